//! Whether it runs, and whether it can do its work; and what was counted.

use super::router::App;
use super::site::{Site, log_failure};
use super::{metrics, peer};
use axum::extract::{Extension, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::time::Instant;

/// Confirms that the server runs.
pub(super) async fn health() -> &'static str {
    "ok\n"
}

/// Checks whether the store answers. Where a proxy is most probably not trusted, a warning is added.
pub(super) async fn ready(State(app): State<App>) -> (StatusCode, String) {
    if let Err(error) = app.site.installation.check_store().await {
        log_failure("ready", &error);
        return (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n".to_owned());
    }
    let warning = app.site.untrusted_proxies.probable(Instant::now()).map_or_else(String::new, |proxy| {
        format!(
            "warning: {proxy} sends X-Forwarded-For and is not among [web] trusted_proxies, see the log\n"
        )
    });
    (StatusCode::OK, format!("ready\n{warning}"))
}

/// Shows the metrics to the networks that the operator named, and otherwise to this machine alone.
pub(super) async fn metrics(
    State(site): State<Arc<Site>>,
    Extension(peer): Extension<peer::Peer>,
) -> Response {
    let peer = peer.address.ip();
    let allowed = match &site.settings().metrics_from {
        Some(networks) => networks.contains(peer),
        None => peer.to_canonical().is_loopback(),
    };
    if !allowed {
        return (StatusCode::FORBIDDEN, format!("{peer} is not among [web] metrics_from\n")).into_response();
    }
    let depth = match site.installation.queue_depths().await {
        Ok(depth) => depth,
        Err(error) => {
            log_failure("metrics", &error);
            Vec::new()
        }
    };
    match site.metrics.text(&depth) {
        Ok(text) => ([(header::CONTENT_TYPE, metrics::MEDIA_TYPE)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
