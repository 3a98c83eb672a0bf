//! Postmark signs nothing: it calls a URL with a user and a password in it, which come as HTTP Basic credentials.

use super::verification::{Delivery, Refusal, Verified};
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postroom::app::Webhook;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Compares the credentials of a report with those of the webhook.
pub(super) fn verify(webhook: &Webhook, delivery: Delivery<'_>) -> Result<Verified, Refusal> {
    let given = delivery.header(AUTHORIZATION.as_str()).ok_or(Refusal::Unsigned)?;
    let (scheme, credentials) = given.split_once(' ').ok_or(Refusal::Unsigned)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(Refusal::Unsigned);
    }
    let given = STANDARD.decode(credentials.trim()).map_err(|_| Refusal::Forged)?;
    // Digests, so that not even the length shows in the time it takes.
    let (given, known) = (Sha256::digest(given), Sha256::digest(webhook.key().expose_secret().as_bytes()));
    if bool::from(given.as_slice().ct_eq(known.as_slice())) {
        Ok(Verified::Report(None))
    } else {
        Err(Refusal::Forged)
    }
}
