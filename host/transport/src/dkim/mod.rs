//! DKIM signatures (RFC 6376) for mail that leaves from the platform's own domain.
//!
//! A message is signed as it will be sent, chunk by chunk, with its attachments read once more; the signature is put in front
//! of it and changes nothing else. Headers and body are canonicalised `relaxed`, since mail servers re-fold lines.

mod key;
mod submitter;
#[cfg(test)]
mod tests;

use mail_auth::common::crypto::SigningKey;
use mail_auth::common::headers::HeaderWriter as _;
use mail_auth::dkim::{DkimSigner, Signature};
use thiserror::Error;

use super::attachments::{Chunk, MessageReader, ReadError};
use key::Kind;

pub use key::{SigningKeyPair, UnusableKey};
pub use submitter::SigningSubmitter;

/// Fields that are always signed; where one is missing, its absence is, so that it cannot be added on the way.
const ALWAYS: [&str; 8] = ["From", "To", "Cc", "Subject", "Date", "Message-ID", "Reply-To", "MIME-Version"];
/// Fields that readers see, signed once more than they are there: a second one, put above the first on the way, breaks the
/// signature (RFC 6376 §8.15).
const ONCE: [&str; 4] = ["From", "To", "Subject", "Reply-To"];
/// Fields that are signed where they are (RFC 8058 §4 requires those of unsubscribing, Google that of complaints).
const WHERE_PRESENT: [&str; 7] = [
    "Content-Type",
    "In-Reply-To",
    "References",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Auto-Submitted",
    "Feedback-ID",
];
/// The longest head of a message.
const LONGEST_HEAD: usize = 256 * 1024;

/// Why a message was not signed. Nothing was sent.
#[derive(Debug, Error)]
pub enum SigningError {
    /// An attachment could not be read. A retry may help once it is back.
    #[error("the message could not be signed, as an attachment could not be read: {0}")]
    Unreadable(#[from] ReadError),
    /// The message has no head that ends, or no From. A retry does not help.
    #[error("the message could not be signed: {0}")]
    Malformed(&'static str),
    /// The key did not sign. A retry does not help.
    #[error("the key {selector}._domainkey.{domain} did not sign: {reason}")]
    Key {
        /// Selector.
        selector: String,
        /// Domain.
        domain: String,
        /// The library's message.
        reason: String,
    },
}

/// Signs for one domain.
#[derive(Debug)]
pub struct Signer {
    domain: String,
    selector: String,
    key: SigningKeyPair,
}

impl Signer {
    /// Creates a signer whose public key is at `<selector>._domainkey.<domain>`.
    pub fn new(domain: impl Into<String>, selector: impl Into<String>, key: SigningKeyPair) -> Self {
        Self { domain: domain.into(), selector: selector.into(), key }
    }

    /// Returns name and content of the TXT record that the operator publishes.
    pub fn record(&self) -> (String, String) {
        (format!("{}._domainkey.{}", self.selector, self.domain), self.key.record())
    }

    /// Signs a message. Returns the signature as a header field, with its line end, to be put in front of the message.
    pub async fn sign(&self, message: &[Chunk]) -> Result<String, SigningError> {
        match self.key.kind() {
            Kind::Rsa(key) => self.sign_with(Borrowed(key), message).await,
            Kind::Ed25519(key) => self.sign_with(Borrowed(key), message).await,
        }
    }

    async fn sign_with<K: SigningKey>(
        &self,
        key: Borrowed<'_, K>,
        message: &[Chunk],
    ) -> Result<String, SigningError> {
        let mut reader = MessageReader::new(message);
        let mut block = Vec::new();
        let head_ends = loop {
            if !reader.next(&mut block).await? {
                return Err(SigningError::Malformed("its head does not end"));
            }
            if let Some(place) = block.windows(4).position(|window| window == b"\r\n\r\n") {
                break place + 4;
            }
            if block.len() > LONGEST_HEAD {
                return Err(SigningError::Malformed("its head does not end"));
            }
        };
        let head = block.get(..head_ends).unwrap_or_default();
        if !has_field(head, "From") {
            return Err(SigningError::Malformed("it has no From"));
        }
        // The signer takes a name for each field it finds, and signs the absence of one for each that is left.
        let fields = ALWAYS
            .into_iter()
            .chain(ONCE)
            .chain(WHERE_PRESENT.into_iter().filter(|name| has_field(head, name)));
        let signer = DkimSigner::from_key(key)
            .domain(self.domain.as_str())
            .selector(self.selector.as_str())
            .headers(fields);
        let mut stream = signer.sign_streaming();
        stream.write(&block);
        loop {
            block.clear();
            let more = reader.next(&mut block).await?;
            stream.write(&block);
            if !more {
                break;
            }
        }
        let signature: Signature = stream.finish().map_err(|error| SigningError::Key {
            selector: self.selector.clone(),
            domain: self.domain.clone(),
            reason: error.to_string(),
        })?;
        Ok(signature.to_header())
    }
}

/// Whether a field of this name is in the head.
fn has_field(head: &[u8], name: &str) -> bool {
    head.split(|byte| *byte == b'\n').any(|line| {
        let (begin, rest) = line.split_at(name.len().min(line.len()));
        begin.eq_ignore_ascii_case(name.as_bytes()) && rest.trim_ascii_start().first() == Some(&b':')
    })
}

/// A key that stays where it is.
struct Borrowed<'a, K>(&'a K);

impl<K: SigningKey> SigningKey for Borrowed<'_, K> {
    type Hasher = K::Hasher;

    fn sign(&self, input: impl mail_auth::common::headers::Writable) -> mail_auth::Result<Vec<u8>> {
        self.0.sign(input)
    }

    fn algorithm(&self) -> mail_auth::common::crypto::Algorithm {
        self.0.algorithm()
    }
}
