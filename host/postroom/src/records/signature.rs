//! How an ERP recognises our requests. What it is asked is signed over method, path and query, time, a nonce, and the digest
//! of the body; what it is notified of is signed in the form of Standard Webhooks 1.0, for which there are libraries in most
//! languages. `docs/records.md` has both with examples that a test here computes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use sha2::{Digest as _, Sha256};
use url::Url;

/// Shortest key, in characters: 128 bits in hexadecimal.
const SHORTEST: usize = 32;
const LONGEST: usize = 1024;

/// First line of what is signed: another form of it would have another name.
const FORM: &str = "postroom-records-1";

/// What a key in the form of Standard Webhooks begins with; base64 follows.
const STANDARD_PREFIX: &str = "whsec_";
/// Bytes of a key in that form.
const STANDARD_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// The key that a company and its ERP share.
#[derive(Debug, Clone)]
pub struct RecordsKey {
    text: SecretString,
    /// What signs: the bytes that the text encodes, or the text itself.
    bytes: SecretSlice<u8>,
}

/// A key that can't be used. The key is not in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the key for the records must be one line of {SHORTEST} to {LONGEST} printable ASCII characters, such as `openssl rand -hex 32` gives, \
     or {STANDARD_PREFIX} and 24 to 64 bytes in base64"
)]
pub struct UnusableKey;

impl RecordsKey {
    /// Reads a key as a file or the vault has it: a text, or `whsec_` and base64.
    ///
    /// # Errors
    /// The text is too short, too long, not one line of printable ASCII, or not base64 after `whsec_`.
    pub fn new(text: &str) -> Result<Self, UnusableKey> {
        let text = text.trim();
        let fits =
            (SHORTEST..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if !fits {
            return Err(UnusableKey);
        }
        let bytes = match text.strip_prefix(STANDARD_PREFIX) {
            Some(encoded) => {
                let bytes = STANDARD.decode(encoded).ok().filter(|it| STANDARD_BYTES.contains(&it.len()));
                bytes.ok_or(UnusableKey)?
            }
            None => text.as_bytes().to_vec(),
        };
        Ok(Self { text: text.into(), bytes: bytes.into() })
    }

    /// Returns the key's text, as the vault stores it.
    pub fn secret(&self) -> &SecretString {
        &self.text
    }

    fn hmac(&self, message: &[u8]) -> Vec<u8> {
        // A key of any length is one.
        let proof = Hmac::<Sha256>::new_from_slice(self.bytes.expose_secret());
        proof.map(|proof| proof.chain_update(message).finalize().into_bytes().to_vec()).unwrap_or_default()
    }
}

/// A notice as it is signed by Standard Webhooks 1.0.
#[derive(Debug, Clone, Copy)]
pub struct SignedNotice<'a> {
    /// The notice's id: the same however often it is sent.
    pub id: &'a str,
    /// Seconds since 1970.
    pub timestamp: i64,
    /// The body.
    pub body: &'a str,
}

impl SignedNotice<'_> {
    /// Computes what stands in `webhook-signature`.
    pub fn signature(&self, key: &RecordsKey) -> String {
        let Self { id, timestamp, body } = self;
        format!("v1,{}", STANDARD.encode(key.hmac(format!("{id}.{timestamp}.{body}").as_bytes())))
    }
}

/// A question as it is signed.
#[derive(Debug, Clone, Copy)]
pub struct SignedQuestion<'a> {
    /// `GET`.
    pub method: &'a str,
    /// Path, and the query with its question mark where there is one, as they stand in the request.
    pub target: &'a str,
    /// Seconds since 1970.
    pub timestamp: i64,
    /// Never used twice.
    pub nonce: &'a str,
    /// The body, empty where there is none.
    pub body: &'a [u8],
}

impl SignedQuestion<'_> {
    /// Gives the text that is signed.
    pub fn text(&self) -> String {
        let Self { method, target, timestamp, nonce, body } = self;
        format!(
            "{FORM}\n{method}\n{target}\n{timestamp}\n{nonce}\n{}",
            HEXLOWER.encode(&Sha256::digest(body))
        )
    }

    /// Computes what stands in `Postroom-Signature`.
    pub fn signature(&self, key: &RecordsKey) -> String {
        HEXLOWER.encode(&key.hmac(self.text().as_bytes()))
    }
}

/// Gives the header fields that sign a question.
pub(super) fn question_fields(key: &RecordsKey, method: &str, url: &Url) -> HeaderMap {
    let target = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let (timestamp, nonce) = (chrono::Utc::now().timestamp(), uuid::Uuid::now_v7().to_string());
    let signed = SignedQuestion { method, target: &target, timestamp, nonce: &nonce, body: b"" };
    let signature = signed.signature(key);
    header_fields([
        ("postroom-timestamp", timestamp.to_string()),
        ("postroom-nonce", nonce),
        ("postroom-signature", signature),
    ])
}

/// Gives the header fields that sign a notice.
pub(super) fn notice_fields(key: &RecordsKey, id: &str, body: &str) -> HeaderMap {
    let timestamp = chrono::Utc::now().timestamp();
    let signature = SignedNotice { id, timestamp, body }.signature(key);
    header_fields([
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", timestamp.to_string()),
        ("webhook-signature", signature),
    ])
}

fn header_fields(fields: [(&'static str, String); 3]) -> HeaderMap {
    let values = fields.into_iter().filter_map(|(name, value)| {
        Some((HeaderName::from_static(name), HeaderValue::from_str(&value).ok()?))
    });
    values.collect()
}
