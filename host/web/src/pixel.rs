//! The pixel that tells of a mail's opening (rules C3, C4).
//!
//! The answer is the same picture, whatever is asked for: it shows nobody whether a token is one of ours. What the request
//! proves is worked out after it, by the plugin's rule, one at a time: a store that is slow holds no reader up.

use super::router::App;
use super::site::Site;
use super::{networks, peer};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, Method, Uri, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, FixedOffset, SecondsFormat};
use postroom::engine::{Capabilities, Files};
use postroom_contract::openings::Fetch;
use postroom_model::CompanyId;
use postroom_store::{Event, MailId, StoreError};
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::mpsc;

/// A transparent picture of one pixel.
const GIF: &[u8] = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
/// Facts of a mail that its pixel tells at most: who opens it for the hundredth time tells nothing new.
const MOST_FACTS: u64 = 20;
/// Fetches that wait to be judged.
pub(super) const MOST_WAITING: usize = 1_000;
/// Longest header that the rule is shown, in bytes.
const LONGEST_HEADER: usize = 1_000;

/// A fetch of a pixel that is ours.
#[derive(Debug)]
pub(super) struct Fetched {
    company: CompanyId,
    mail: MailId,
    method: &'static str,
    user_agent: Option<String>,
    purpose: Option<String>,
    client: IpAddr,
    at: DateTime<FixedOffset>,
}

/// Answers with the picture.
pub(super) async fn serve(
    State(app): State<App>,
    Extension(peer): Extension<peer::Peer>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let site = &app.site;
    let file = uri.path().strip_prefix("/o/").unwrap_or_default();
    if let Some((company, mail)) = site.tokens.read_pixel(file.strip_suffix(".gif").unwrap_or(file)) {
        let text = |name: &str| {
            let value = headers.get(name)?.as_bytes();
            Some(String::from_utf8_lossy(value.get(..LONGEST_HEADER).unwrap_or(value)).into_owned())
        };
        let fetched = Fetched {
            company,
            mail,
            method: if method == Method::GET { "GET" } else { "HEAD" },
            user_agent: text("user-agent"),
            purpose: text("sec-purpose").or_else(|| text("purpose")).or_else(|| text("x-moz")),
            client: peer::client(peer.address.ip(), &headers, &site.settings.trusted_proxies),
            at: site.clock.now().fixed_offset(),
        };
        if app.openings.try_send(fetched).is_err() {
            site.metrics.opening("lost");
        }
    }
    picture()
}

/// The picture, not to be kept by anybody on the way.
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

/// Judges fetches, one after the other, until nobody can send one any more.
pub(super) async fn work(site: Arc<Site>, mut fetches: mpsc::Receiver<Fetched>) {
    while let Some(fetched) = fetches.recv().await {
        match judge(&site, &fetched).await {
            Ok(kind) => site.metrics.opening(kind),
            Err(error) => {
                site.store_failed("pixel", &error);
                site.metrics.opening("lost");
            }
        }
    }
}

/// Keeps what a fetch proves, and says what that is.
async fn judge(site: &Site, fetched: &Fetched) -> Result<&'static str, StoreError> {
    let store = site.connections.store().system();
    let Some(mail) = store.tracked(fetched.mail).await?.filter(|it| it.company == fetched.company) else {
        return Ok("unknown");
    };
    // Whoever looks at a mail that has not left is no recipient; of several nobody knows which one it was.
    let (Some(sent), [recipient]) = (mail.sent, mail.rcpt_to.as_slice()) else { return Ok("ignored") };
    if mail.openings >= MOST_FACTS {
        return Ok("repeated");
    }
    let stamp = |at: DateTime<FixedOffset>| at.to_rfc3339_opts(SecondsFormat::Millis, false);
    let fetch = Fetch {
        method: fetched.method.to_owned(),
        user_agent: fetched.user_agent.clone(),
        purpose: fetched.purpose.clone(),
        network: networks::network(fetched.client).to_owned(),
        sent: Some(stamp(sent)),
        at: stamp(fetched.at),
        recipient: recipient.clone(),
    };
    let company_plugin = site.engine.company_plugin(mail.company.to_string(), Capabilities::default());
    let told = match company_plugin.classify_fetch(&Files::default(), &fetch).await {
        Ok(Ok(told)) => told,
        Ok(Err(fault)) => {
            site.say(&format!("pixel: the plugin can't judge {}", fault.sentence()));
            return Ok("lost");
        }
        Err(error) => {
            site.say(&format!("pixel: {error}"));
            return Ok("lost");
        }
    };
    let event = Event {
        recipient: told.recipient,
        kind: told.kind,
        at: fetched.at,
        source: told.source,
        code: told.code,
        words: told.words,
    };
    store.add_events(fetched.mail, std::slice::from_ref(&event)).await?;
    site.metrics.event(&event.source, &event.kind);
    Ok(if event.kind == "opened" { "opened" } else { "machine-open" })
}
