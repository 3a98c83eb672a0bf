//! Whether it runs, and whether it can do its work; and what was counted.

use super::router::App;
use super::{metrics, peer, queue};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// It runs.
pub(super) async fn health() -> &'static str {
    "ok\n"
}

/// It can keep what it is told.
pub(super) async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    match app.site.connections.store().answers().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(error) => {
            app.site.store_failed("ready", &error);
            (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n")
        }
    }
}

/// What was counted: for those whom the operator named, and otherwise for this machine alone.
pub(super) async fn metrics(
    State(app): State<App>,
    Extension(peer::Peer(peer)): Extension<peer::Peer>,
    headers: HeaderMap,
) -> Response {
    let site = &app.site;
    let client = peer::client(peer.ip(), &headers, &site.settings.trusted_proxies);
    let allowed = match &site.settings.metrics_from {
        Some(networks) => networks.contains(client),
        // Behind a proxy on this machine everybody seems to be here.
        None => client.is_loopback() && !headers.contains_key("x-forwarded-for"),
    };
    if !allowed {
        return StatusCode::NOT_FOUND.into_response();
    }
    let depth = match queue::depth(site.connections.store()).await {
        Ok(depth) => depth,
        Err(error) => {
            site.store_failed("metrics", &error);
            Vec::new()
        }
    };
    match site.metrics.text(&depth) {
        Ok(text) => ([(header::CONTENT_TYPE, metrics::MEDIA_TYPE)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
