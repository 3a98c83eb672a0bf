//! One request as the plugin builds it, and the rules for it.

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::account::Account;
use super::body;
use super::failure::WebError;
use super::target::{self, GivenUrls};
use crate::attachments::{AttachmentSource, Chunk};

/// Fields that the plugin may write. The host writes all others.
const FIELDS: [&str; 7] = [
    "accept",
    "content-type",
    "content-range",
    "if-match",
    "prefer",
    "x-upload-content-type",
    "x-upload-content-length",
];
/// Longest value of a field, in bytes.
const LONGEST_VALUE: usize = 1024;
/// The most bytes of an answer's body.
const MOST_WANTED: u32 = 16 * 1024 * 1024;

/// A header field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Name, in lower case.
    pub name: String,
    /// Value, without line breaks.
    pub value: String,
}

/// A piece of a body. The body is the pieces in order, nothing between them.
#[derive(Debug, Clone)]
pub enum Piece {
    /// Text as it is.
    Text(String),
    /// A message.
    Message(Vec<Chunk>),
    /// The same in base64 (RFC 4648 §4, padded), without line breaks.
    MessageBase64(Vec<Chunk>),
    /// The same in base64url (RFC 4648 §5, not padded).
    MessageBase64Url(Vec<Chunk>),
    /// A file's bytes.
    File(AttachmentSource),
    /// A file's bytes in base64 (RFC 4648 §4, padded), without line breaks.
    FileBase64(AttachmentSource),
}

/// A stretch of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// First byte, from 0.
    pub offset: u64,
    /// Number of bytes.
    pub length: u64,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: String,
    /// Path and query below the provider's base URL, or a URL that it gave.
    pub target: String,
    /// Fields from the short list that the plugin may write.
    pub headers: Vec<Header>,
    /// The body; empty: none.
    pub body: Vec<Piece>,
    /// Send only this stretch of the body.
    pub range: Option<Range>,
    /// Whether a token goes with it.
    pub authorize: bool,
    /// Bytes of the answer's body that are wanted at most.
    pub limit: u32,
}

/// A request that the rules allow.
#[derive(Debug)]
pub(super) struct Allowed {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    /// The stretch to send; none: the request has no body.
    pub(super) stretch: Option<Range>,
}

impl Request {
    /// Checks everything that can be known before the network.
    pub(super) fn check(&self, account: &Account, given: &GivenUrls) -> Result<Allowed, WebError> {
        let refused = |what: String| Err(WebError::Refused(what));
        let method = match self.method.as_str() {
            "GET" => Method::GET,
            "POST" => Method::POST,
            "PUT" => Method::PUT,
            "PATCH" => Method::PATCH,
            "DELETE" => Method::DELETE,
            other => {
                return refused(format!("the method {other:?} is none of GET, POST, PUT, PATCH, DELETE"));
            }
        };
        if method == Method::GET && !self.body.is_empty() {
            return refused("a GET has no body".into());
        }
        if self.limit > MOST_WANTED {
            return refused(format!("{} bytes of the answer are more than {MOST_WANTED}", self.limit));
        }
        let url = target::read(&self.target, account, given).map_err(WebError::Refused)?;
        if self.authorize && url.origin() != account.base.origin() {
            return refused(
                "the account's token goes to its own API alone, not to a URL that this gave".into(),
            );
        }
        let stretch = self.stretch().map_err(WebError::Refused)?;
        let headers = fields(&self.headers).map_err(WebError::Refused)?;
        Ok(Allowed { method, url, headers, stretch })
    }

    fn stretch(&self) -> Result<Option<Range>, String> {
        let length = body::length(&self.body);
        match self.range {
            None if self.body.is_empty() => Ok(None),
            None => Ok(Some(Range { offset: 0, length })),
            Some(range) if range.offset.checked_add(range.length).is_some_and(|end| end <= length) => {
                Ok(Some(range))
            }
            Some(range) => {
                Err(format!("{} bytes from {} are not within a body of {length}", range.length, range.offset))
            }
        }
    }
}

fn fields(headers: &[Header]) -> Result<HeaderMap, String> {
    let mut fields = HeaderMap::new();
    for Header { name, value } in headers {
        if !FIELDS.contains(&name.as_str()) {
            return Err(format!("the header field {name:?} is none of {}", FIELDS.join(", ")));
        }
        let unusable = || format!("the value of {name} is too long or has bytes that a header can't carry");
        if value.len() > LONGEST_VALUE {
            return Err(unusable());
        }
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unusable())?;
        let value = HeaderValue::from_str(value).map_err(|_| unusable())?;
        if fields.insert(key, value).is_some() {
            return Err(format!("the header field {name} stands there twice"));
        }
    }
    Ok(fields)
}
