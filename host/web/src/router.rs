//! Routes, and what holds for every request: how often, how long, how much; counted, and logged by its pattern.

use super::hooks;
use super::sign_in::{self, SignIns};
use super::site::Site;
use super::{health, peer, pixel};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Extension, MatchedPath, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http_body_util::LengthLimitError;
use postroom::access;
use postroom::app::WebhookProvider;
use postroom_transport::budget::MemoryBudget;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Largest report, in bytes. SendGrid's have at most 768 KB.
const LARGEST_REPORT: usize = 2 << 20;
/// Reports that are read at once, all together.
static REPORTS: MemoryBudget = MemoryBudget::new(16 * LARGEST_REPORT);
/// How long a body may take to come.
const BODY_TIME: Duration = Duration::from_secs(10);
/// How long a whole request may take.
const REQUEST_TIME: Duration = Duration::from_secs(30);
/// The route whose answer is always the same.
const PIXEL: &str = "/o/{*token}";

/// Where proxies write whom they speak for.
pub(super) const FORWARDED_FOR: &str = "x-forwarded-for";

/// The state that every handler has.
#[derive(Clone)]
pub(super) struct App {
    pub(super) site: Arc<Site>,
    pub(super) openings: mpsc::Sender<pixel::Fetched>,
    pub(super) sign_ins: Option<Arc<SignIns>>,
}

/// Builds the routes of a site. Fetches of pixels are judged by [`pixel::work`] at the other end of the channel.
pub(super) fn router(site: Arc<Site>, openings: mpsc::Sender<pixel::Fetched>) -> Router {
    let sign_ins = SignIns::of(&site);
    let callback = sign_ins.as_ref().map(SignIns::router);
    let app = App { site, openings, sign_ins };
    let routes = Router::new()
        .route("/hooks/{provider}/{token}", post(report))
        .route(PIXEL, get(pixel::serve))
        .route("/oauth/start/{token}", get(sign_in::invite).post(sign_in::begin))
        .route("/health", get(health::health))
        .route("/ready", get(health::ready))
        .with_state(app.clone());
    let routes = match callback {
        Some(callback) => routes.merge(callback),
        None => routes,
    };
    routes.layer(middleware::from_fn_with_state(app, bounded))
}

/// Builds the route of the metrics, for a listener of its own: nothing that the public can reach leads to them.
pub(super) fn metrics_router(site: Arc<Site>) -> Router {
    Router::new().route("/metrics", get(health::metrics)).with_state(site)
}

/// Takes a provider's report.
async fn report(
    State(app): State<App>,
    Path((provider, token)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Ok(provider) = provider.parse::<WebhookProvider>() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let counted = |status: StatusCode, result: &str| {
        app.site.metrics.webhook(provider.as_str(), result);
        status.into_response()
    };
    // A request without an address of ours costs nothing.
    if app.site.tokens().read_webhook(&token).is_none() {
        return counted(StatusCode::NOT_FOUND, "unknown");
    }
    // What it takes is there for it before it comes; else the provider sends it again.
    let mut memory = REPORTS.reservation(2 * LARGEST_REPORT);
    if memory.allocate(announced(&headers).unwrap_or(LARGEST_REPORT).min(LARGEST_REPORT)).is_err() {
        return counted(StatusCode::SERVICE_UNAVAILABLE, "unread");
    }
    let body = match read_body(&headers, body, LARGEST_REPORT).await {
        Ok(body) => body,
        Err(status) => return counted(status, "unread"),
    };
    let received = hooks::receive(&app.site, provider, &token, &headers, &body).await;
    counted(received.status, received.result)
}

/// Reads a body within its bounds.
pub(super) async fn read_body(headers: &HeaderMap, body: Body, largest: usize) -> Result<Bytes, StatusCode> {
    if announced(headers).is_some_and(|length| length > largest) {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    match tokio::time::timeout(BODY_TIME, to_bytes(body, largest)).await {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(error)) => {
            let too_large = std::error::Error::source(&error).is_some_and(|it| it.is::<LengthLimitError>());
            Err(if too_large { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST })
        }
        Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
    }
}

/// Refuses what is not in the table of who may do what: it has every route, or there is none.
fn not_in_table(method: &str, pattern: &str) -> Option<StatusCode> {
    if access::route(method, pattern).is_some() {
        return None;
    }
    let known = ["GET", "POST"].iter().any(|method| access::route(method, pattern).is_some());
    Some(if known { StatusCode::METHOD_NOT_ALLOWED } else { StatusCode::NOT_FOUND })
}

/// The length that a body is to have, where it says so.
fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Bounds, counts and logs every request.
async fn bounded(
    State(app): State<App>,
    Extension(peer): Extension<peer::Peer>,
    request: Request,
    next: Next,
) -> Response {
    let begun = Instant::now();
    let site = &app.site;
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = route.as_deref().unwrap_or("(no route)");
    let method =
        if request.method().as_str().len() <= 7 { request.method().as_str() } else { "?" }.to_owned();
    let _busy = peer.slot.busy();
    let peer = peer.address.ip();
    let client = peer::client(peer, request.headers(), &site.settings().trusted_proxies);
    if request.headers().contains_key(FORWARDED_FOR) && !site.settings().trusted_proxies.contains(peer) {
        site.metrics.untrusted_proxy();
        if let Some(warning) = site.untrusted_proxies.note(peer, begun) {
            tracing::warn!(%peer, "{warning}");
        }
    }
    // Nothing but a report and a form has a body; what else comes with one is not read.
    let response = if !site.rates.allows(client) {
        match route {
            PIXEL => pixel::picture(),
            _ => (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "5")]).into_response(),
        }
    } else if let Some(refused) = not_in_table(&method, route) {
        refused.into_response()
    } else {
        match tokio::time::timeout(REQUEST_TIME, next.run(request)).await {
            Ok(response) => response,
            Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
        }
    };
    let status = response.status().as_u16();
    site.metrics.request(route, status);
    let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(%client, method, route, status, ms, "{client} {method} {route} {status} {ms} ms");
    response
}
