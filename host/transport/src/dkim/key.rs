//! Private keys for DKIM: RSA of at least 2,048 bits, or Ed25519 (RFC 8463).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mail_auth::common::crypto::{Ed25519Key, RsaKey, Sha256};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use thiserror::Error;

/// Why a text is no key to sign with. Never shows the text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnusableKey {
    /// No PEM, or not of a private key.
    #[error("expected a private key in PEM (BEGIN PRIVATE KEY or BEGIN RSA PRIVATE KEY)")]
    NotAKey,
    /// A private key of another kind, or too weak a one, in the library's words.
    #[error("expected an RSA key of 2048 bits or more, or an Ed25519 key: {0}")]
    Unsuitable(String),
}

/// A private key with its public one. It shows in no `Debug`.
pub struct SigningKeyPair {
    kind: Kind,
}

pub(super) enum Kind {
    Rsa(RsaKey<Sha256>),
    Ed25519(Ed25519Key),
}

impl fmt::Debug for SigningKeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::Rsa(_) => "SigningKeyPair(RSA …)",
            Kind::Ed25519(_) => "SigningKeyPair(Ed25519 …)",
        })
    }
}

impl SigningKeyPair {
    /// Reads PKCS#8, or PKCS#1 for RSA, in PEM.
    pub fn from_pem(pem: &str) -> Result<Self, UnusableKey> {
        let der = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| UnusableKey::NotAKey)?;
        if let PrivateKeyDer::Pkcs8(der) = &der
            && let Ok(key) = Ed25519Key::from_pkcs8_maybe_unchecked_der(der.secret_pkcs8_der())
        {
            return Ok(Self { kind: Kind::Ed25519(key) });
        }
        let key = RsaKey::from_key_der(der).map_err(|error| UnusableKey::Unsuitable(error.to_string()))?;
        Ok(Self { kind: Kind::Rsa(key) })
    }

    /// Returns the content of the TXT record that publishes the public key (RFC 6376 §3.6.1, RFC 8463 §4).
    pub fn record(&self) -> String {
        match &self.kind {
            Kind::Rsa(key) => {
                let public = subject_public_key_info(&key.public_key());
                format!("v=DKIM1; k=rsa; p={}", STANDARD.encode(public))
            }
            Kind::Ed25519(key) => format!("v=DKIM1; k=ed25519; p={}", STANDARD.encode(key.public_key())),
        }
    }

    pub(super) fn kind(&self) -> &Kind {
        &self.kind
    }
}

/// An RSA public key (PKCS#1) as what records hold (RFC 5280 §4.1, RFC 3279 §2.3.1).
fn subject_public_key_info(public: &[u8]) -> Vec<u8> {
    const RSA_ENCRYPTION: [u8; 15] =
        [0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
    let mut bits = vec![0];
    bits.extend_from_slice(public);
    let mut content = RSA_ENCRYPTION.to_vec();
    content.extend(der(0x03, &bits));
    der(0x30, &content)
}

/// One value in DER.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let mut value = vec![tag];
    match significant.as_slice() {
        [] => value.push(0),
        [short] if *short < 0x80 => value.push(*short),
        long => {
            value.push(0x80 | u8::try_from(long.len()).unwrap_or(8));
            value.extend_from_slice(long);
        }
    }
    value.extend_from_slice(content);
    value
}
