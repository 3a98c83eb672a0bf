//! A response as the plugin gets it: few fields, a bounded body, and no token in either.

use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;

use super::request::Header;

/// Fields that pass. The ids are Microsoft's (`request-id`, `client-request-id`), Google's
/// (`x-guploader-uploadid`) and SendGrid's (`x-message-id`), and the one that many use (`x-request-id`).
const FIELDS: [&str; 9] = [
    "content-type",
    "location",
    "range",
    "etag",
    "request-id",
    "client-request-id",
    "x-request-id",
    "x-message-id",
    "x-guploader-uploadid",
];
/// Longest value that passes, in bytes.
const LONGEST_VALUE: usize = 8 * 1024;

/// A response of any status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiResponse {
    /// HTTP status.
    pub status: u16,
    /// The fields that pass, names in lower case, `retry-after` in seconds.
    pub headers: Vec<Header>,
    /// At most as many bytes as were wanted.
    pub body: Vec<u8>,
    /// There was more, or the connection broke before its end.
    pub truncated: bool,
}

impl ApiResponse {
    /// Returns the value of a field.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.name == name).map(|header| header.value.as_str())
    }
}

/// Returns the fields that pass, without the secret.
pub(super) fn fields(
    status: u16,
    headers: &HeaderMap,
    secret: Option<&str>,
    now: DateTime<Utc>,
) -> Vec<Header> {
    let value = |name: &str| {
        let value = headers.get(name)?.to_str().ok()?;
        (value.len() <= LONGEST_VALUE).then(|| without(secret, value.to_owned().into_bytes()))
    };
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let mut received: Vec<Header> = FIELDS
        .iter()
        .filter_map(|name| Some(Header { name: (*name).to_owned(), value: text(value(name)?) }))
        .collect();
    let wait = headers.get("retry-after").and_then(|value| value.to_str().ok()).and_then(|v| seconds(v, now));
    // SendGrid sends when the limit is reset, in seconds since 1970, and gives no Retry-After:
    // https://www.twilio.com/docs/sendgrid/api-reference/how-to-use-the-sendgrid-v3-api/rate-limits
    let reset = || {
        let at: i64 = headers.get("x-ratelimit-reset")?.to_str().ok()?.trim().parse().ok()?;
        (status == 429).then(|| whole_seconds(at.saturating_sub(now.timestamp())))
    };
    if let Some(seconds) = wait.or_else(reset) {
        received.push(Header { name: "retry-after".into(), value: seconds.to_string() });
    }
    received
}

/// Parses `Retry-After` in its two forms (RFC 9110 §10.2.3) as seconds from now.
pub(super) fn seconds(value: &str, now: DateTime<Utc>) -> Option<u32> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(value.parse().unwrap_or(u32::MAX));
    }
    let at = DateTime::parse_from_rfc2822(value).ok()?;
    Some(whole_seconds(at.timestamp().saturating_sub(now.timestamp())))
}

fn whole_seconds(seconds: i64) -> u32 {
    u32::try_from(seconds.max(0)).unwrap_or(u32::MAX)
}

/// Removes the secret where a server repeated it.
pub(super) fn without(secret: Option<&str>, mut bytes: Vec<u8>) -> Vec<u8> {
    let Some(secret) = secret.map(str::as_bytes).filter(|secret| secret.len() > 3) else { return bytes };
    let mut searched = 0;
    while let Some(place) =
        bytes.get(searched..).and_then(|rest| rest.windows(secret.len()).position(|window| window == secret))
    {
        let start = searched + place;
        bytes.splice(start..start + secret.len(), *b"[...]");
        searched = start;
    }
    bytes
}

/// Returns the URLs that a response points to: where the resource is, where an upload goes, where the next page is.
pub(super) fn pointers(headers: &[Header], body: &[u8]) -> Vec<String> {
    let mut found: Vec<String> = headers
        .iter()
        .filter(|header| header.name == "location")
        .map(|header| header.value.clone())
        .collect();
    #[derive(serde::Deserialize)]
    struct Pointers {
        #[serde(rename = "uploadUrl")]
        upload: Option<String>,
        #[serde(rename = "@odata.nextLink")]
        next: Option<String>,
    }
    if let Ok(Pointers { upload, next }) = serde_json::from_slice(body) {
        found.extend(upload.into_iter().chain(next));
    }
    found
}
