//! The pixel that tells of a mail's opening (rules C3, C4).
//!
//! The answer is the same picture, whatever is asked for: it does not show whether a token is one of ours. What the request
//! proves is worked out after it, by the plugin's rule, one at a time: a store that is slow holds no reader up.

use super::router::App;
use super::site::{Site, log_failure};
use super::{networks, peer};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, Method, Uri, header};
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use postroom::app::{Opening, PixelFetch};
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::mpsc;

/// A transparent picture of one pixel.
const GIF: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
/// Fetches that wait to be judged.
pub(super) const MOST_WAITING: usize = 1_000;
/// Longest header that the rule is shown, in bytes.
const LONGEST_HEADER: usize = 1_000;

/// A fetch of a pixel that is ours.
#[derive(Debug)]
pub(super) struct Fetched {
    client: IpAddr,
    /// Without the client's network, which is found out when the fetch is judged.
    fetch: PixelFetch,
}

/// Sends the picture.
pub(super) async fn serve(
    State(app): State<App>,
    Extension(peer): Extension<peer::Peer>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let site = &app.site;
    let file = uri.path().strip_prefix("/o/").unwrap_or_default();
    if let Some((company, mail)) = site.tokens().read_pixel(file.strip_suffix(".gif").unwrap_or(file)) {
        let text = |name: &str| {
            let value = headers.get(name)?.as_bytes();
            Some(String::from_utf8_lossy(value.get(..LONGEST_HEADER).unwrap_or(value)).into_owned())
        };
        let fetch = PixelFetch {
            company,
            mail,
            method: if method == Method::GET { "GET" } else { "HEAD" },
            user_agent: text("user-agent"),
            purpose: text("sec-purpose").or_else(|| text("purpose")).or_else(|| text("x-moz")),
            network: "",
            at: Utc::now().fixed_offset(),
        };
        let client = peer::client(peer.address.ip(), &headers, &site.settings().trusted_proxies);
        if app.openings.try_send(Fetched { client, fetch }).is_err() {
            site.metrics.opening("lost");
        }
    }
    picture()
}

/// Builds the answer with the picture, which no cache on the way may store.
pub(super) fn picture() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "image/gif"),
        (header::CACHE_CONTROL, "no-store, no-cache, private, must-revalidate, max-age=0"),
        (header::PRAGMA, "no-cache"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, GIF).into_response()
}

/// Judges fetches, one after the other, until the server that sends them has ended.
pub(super) async fn work(site: Arc<Site>, mut fetches: mpsc::Receiver<Fetched>) {
    while let Some(Fetched { client, fetch }) = fetches.recv().await {
        let fetch = PixelFetch { network: networks::network(client), ..fetch };
        match site.installation.record_opening(&fetch).await {
            Ok(opening) => {
                if let Opening::Recorded { source, kind } = &opening {
                    site.metrics.event(source, kind);
                }
                if let Opening::NotJudged(reason) = &opening {
                    tracing::warn!("pixel: {reason}");
                }
                site.metrics.opening(opening.as_str());
            }
            Err(error) => {
                log_failure("pixel", &error);
                site.metrics.opening("lost");
            }
        }
    }
}
