//! Mailgun signs a time and a token with HMAC-SHA256, and puts them into the body. The body itself is not signed: TLS and
//! the unguessable address protect it, and a token that came once is not taken again.

use super::verification::{Delivery, Refusal, Verified, within_window};
use hmac::{Hmac, KeyInit as _, Mac as _};
use postroom::app::{RecentReports, Webhook};
use secrecy::ExposeSecret;
use serde::Deserialize;
use sha2::Sha256;

#[derive(Deserialize)]
struct Envelope {
    signature: Signature,
}

#[derive(Deserialize)]
struct Signature {
    timestamp: String,
    token: String,
    signature: String,
}

/// Longest token: Mailgun's have 50 characters.
const LONGEST_TOKEN: usize = 200;

pub(super) fn verify(
    webhook: &Webhook,
    delivery: Delivery<'_>,
    recent: &RecentReports,
) -> Result<Verified, Refusal> {
    let Ok(Envelope { signature: of }) = serde_json::from_slice::<Envelope>(delivery.body) else {
        return Err(Refusal::Unsigned);
    };
    if of.token.is_empty() || of.token.len() > LONGEST_TOKEN {
        return Err(Refusal::Forged);
    }
    let proof = hex(&of.signature).ok_or(Refusal::Forged)?;
    let mut expected = Hmac::<Sha256>::new_from_slice(webhook.key().expose_secret().as_bytes())
        .map_err(|_| Refusal::Forged)?;
    expected.update(of.timestamp.as_bytes());
    expected.update(of.token.as_bytes());
    expected.verify_slice(&proof).map_err(|_| Refusal::Forged)?;
    within_window(of.timestamp.parse().map_err(|_| Refusal::Forged)?, delivery.now)?;
    if recent.contains(&["mailgun", &of.token]) {
        return Err(Refusal::Repeated);
    }
    Ok(Verified::Report(Some(of.token)))
}

/// Bytes of a digest in hexadecimal.
fn hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks(2).map(byte).collect()
}
