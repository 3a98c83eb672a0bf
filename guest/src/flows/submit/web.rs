//! The port to a provider's HTTP API, in the terms of the contract's `web`.

use crate::domain::compose::Chunk;
use crate::domain::status::Verdict;

/// Calls of a provider's API as a named account.
pub trait Web {
    /// Makes one call; at most one request reaches the provider.
    ///
    /// # Errors
    /// [`WebError`]: no answer came, and what that means. An answer of 4xx or 5xx is none.
    fn call(&mut self, request: Request) -> Result<WebResponse, WebError>;
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Account, by the host's name for it.
    pub account: String,
    /// HTTP method.
    pub method: &'static str,
    /// Path and query, or a URL that the provider gave.
    pub target: String,
    /// Fields, names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<Piece>,
    /// Offset and length of the stretch to send; none: all of it.
    pub range: Option<(u64, u64)>,
    /// True to send the account's token with it.
    pub authorize: bool,
    /// Bytes of the answer that are wanted at most.
    pub limit: u32,
}

/// A piece of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text as it is.
    Text(String),
    /// A message's bytes.
    Message(Vec<Chunk>),
    /// A message in base64.
    MessageBase64(Vec<Chunk>),
    /// A file's bytes.
    File(u32),
    /// A file in base64.
    FileBase64(u32),
}

/// An answer, whatever its status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebResponse {
    /// HTTP status.
    pub status: u16,
    /// Fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// What was read of the body.
    pub body: Vec<u8>,
    /// True if the body had more bytes.
    pub truncated: bool,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebError {
    /// The host has no such account, or the account has no API.
    UnknownAccount,
    /// The host's rules forbid the request.
    Refused(String),
    /// The account needs its user: the provider's words.
    NeedsSignIn(String),
    /// All else.
    Failed(WebFailure),
}

/// A call that came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebFailure {
    /// Where.
    pub stage: WebStage,
    /// What that means.
    pub verdict: Verdict,
    /// One sentence naming host and stage.
    pub detail: String,
    /// Seconds to wait at least.
    pub retry_after: Option<u32>,
}

/// The progress of a call when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebStage {
    /// Before anything was sent over the network.
    Prepare,
    /// Getting a token.
    Token,
    /// The host name.
    Resolve,
    /// TCP.
    Connect,
    /// TLS.
    Tls,
    /// Sending the request.
    Request,
    /// The request was sent, its answer not read.
    WebResponse,
}

/// Bytes of an answer that are read where it holds a few fields.
const SHORT: u32 = 64 * 1024;

impl Request {
    /// Makes a request without body, as the account.
    pub(super) fn new(account: &str, method: &'static str, target: String) -> Self {
        Self {
            account: account.to_owned(),
            method,
            target,
            headers: vec![("accept", "application/json".to_owned())],
            body: Vec::new(),
            range: None,
            authorize: true,
            limit: SHORT,
        }
    }

    /// Adds a body of a media type.
    pub(super) fn with(mut self, media_type: &str, body: Vec<Piece>) -> Self {
        self.headers.push(("content-type", media_type.to_owned()));
        self.body = body;
        self
    }
}

impl WebResponse {
    /// Returns the value of a field.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Reads the body as JSON; null where it is none, or is not whole.
    pub(super) fn json(&self) -> serde_json::Value {
        if self.truncated {
            return serde_json::Value::Null;
        }
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Encodes a text as one segment of a path, or one value of a query (RFC 3986 §2.3).
pub(super) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Reads an identifier that a provider gave, where it can be one: short, printable, without spaces.
pub(super) fn identifier(value: &serde_json::Value) -> Option<String> {
    let text = value.as_str()?;
    let known = (1..=512).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    // `.` and `..` would be steps in a path.
    (known && text.bytes().any(|b| b != b'.')).then(|| text.to_owned())
}
