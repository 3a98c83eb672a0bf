//! How an ERP knows that a request is ours: HMAC-SHA256 over method, path and query, time, a number used once, and the
//! digest of the body. The interface says so in `docs/records.md`, with an example that a test here computes.

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::{HeaderMap, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use url::Url;

/// Shortest key, in characters: 128 bits in hexadecimal.
const SHORTEST: usize = 32;
const LONGEST: usize = 1024;

/// First line of what is signed: another form of it would have another name.
const FORM: &str = "postroom-records-1";

/// The key that a company and its ERP share.
#[derive(Debug, Clone)]
pub struct RecordsKey(SecretString);

/// A key that can't be used. The key is not in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the key for the records must be one line of {SHORTEST} to {LONGEST} printable ASCII characters, such as `openssl rand -hex 32` gives"
)]
pub struct UnusableKey;

impl RecordsKey {
    /// The key as a file or the vault has it.
    ///
    /// # Errors
    /// [`UnusableKey`].
    pub fn new(text: &str) -> Result<Self, UnusableKey> {
        let text = text.trim();
        let fits =
            (SHORTEST..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.into())) } else { Err(UnusableKey) }
    }

    /// As the vault keeps it.
    pub fn secret(&self) -> &SecretString {
        &self.0
    }
}

/// What is signed.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// `GET` or `POST`.
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

impl Signed<'_> {
    /// The text that is signed.
    pub fn text(&self) -> String {
        let Self { method, target, timestamp, nonce, body } = self;
        format!("{FORM}\n{method}\n{target}\n{timestamp}\n{nonce}\n{}", hex(&Sha256::digest(body)))
    }

    /// The signature, as it stands in `Postroom-Signature`.
    pub fn signature(&self, key: &RecordsKey) -> String {
        // A key of any length is one.
        let proof = Hmac::<Sha256>::new_from_slice(key.0.expose_secret().as_bytes());
        proof.map(|proof| hex(&proof.chain_update(self.text()).finalize().into_bytes())).unwrap_or_default()
    }
}

/// The fields that sign a request.
pub(super) fn fields(key: &RecordsKey, method: &str, url: &Url, body: &[u8]) -> HeaderMap {
    let target = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let (timestamp, nonce) = (chrono::Utc::now().timestamp(), uuid::Uuid::now_v7().to_string());
    let signature = Signed { method, target: &target, timestamp, nonce: &nonce, body }.signature(key);
    let mut fields = HeaderMap::new();
    for (name, value) in [
        ("postroom-timestamp", timestamp.to_string()),
        ("postroom-nonce", nonce),
        ("postroom-signature", signature),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            fields.insert(name, value);
        }
    }
    fields
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
