//! SendGrid signs the time and the raw body with ECDSA on P-256; the public half is the webhook's key.

use super::verification::{Delivery, Refusal, Verified, within_window};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postroom::app::{Webhook, sendgrid_point};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use secrecy::ExposeSecret;

const SIGNATURE: &str = "x-twilio-email-event-webhook-signature";
const TIMESTAMP: &str = "x-twilio-email-event-webhook-timestamp";

pub(super) fn verify(webhook: &Webhook, delivery: Delivery<'_>) -> Result<Verified, Refusal> {
    let (signature, timestamp) = match (delivery.header(SIGNATURE), delivery.header(TIMESTAMP)) {
        (Some(signature), Some(timestamp)) => (signature, timestamp),
        _ => return Err(Refusal::Unsigned),
    };
    let point = sendgrid_point(webhook.key().expose_secret()).ok_or(Refusal::Forged)?;
    let signature = STANDARD.decode(signature).map_err(|_| Refusal::Forged)?;
    let signed = [timestamp.as_bytes(), delivery.body].concat();
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point);
    key.verify(&signed, &signature).map_err(|_| Refusal::Forged)?;
    // Only what is signed says when.
    within_window(timestamp.parse().map_err(|_| Refusal::Forged)?, delivery.now)?;
    Ok(Verified::Report(None))
}
