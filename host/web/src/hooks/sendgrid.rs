//! SendGrid signs the time and the raw body with ECDSA on P-256; the public half is the webhook's key.

use super::hook::Hook;
use super::verification::{Delivery, Refusal, Verified, within_window};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use secrecy::ExposeSecret;
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

const SIGNATURE: &str = "x-twilio-email-event-webhook-signature";
const TIMESTAMP: &str = "x-twilio-email-event-webhook-timestamp";
/// Bytes of an uncompressed point, which begins with a 4.
const POINT: usize = 65;

/// The point of a key as SendGrid shows it: base64 of a SubjectPublicKeyInfo.
pub(super) fn public_key(text: &str) -> Option<Vec<u8>> {
    let inside: String = text.lines().map(str::trim).filter(|line| !line.starts_with("-----")).collect();
    let der = STANDARD.decode(inside).ok()?;
    let (rest, info) = SubjectPublicKeyInfo::from_der(&der).ok()?;
    let curve = info.algorithm.parameters.as_ref()?.as_oid().ok()?;
    let is_p256 = info.algorithm.algorithm == x509_parser::oid_registry::OID_KEY_TYPE_EC_PUBLIC_KEY
        && curve == x509_parser::oid_registry::OID_EC_P256;
    let point = info.subject_public_key.data.to_vec();
    (rest.is_empty() && is_p256 && point.len() == POINT && point.first() == Some(&4)).then_some(point)
}

pub(super) fn verify(hook: &Hook, delivery: Delivery<'_>) -> Result<Verified, Refusal> {
    let (signature, timestamp) = match (delivery.header(SIGNATURE), delivery.header(TIMESTAMP)) {
        (Some(signature), Some(timestamp)) => (signature, timestamp),
        _ => return Err(Refusal::Unsigned),
    };
    let point = public_key(hook.key.expose_secret()).ok_or(Refusal::Forged)?;
    let signature = STANDARD.decode(signature).map_err(|_| Refusal::Forged)?;
    let signed = [timestamp.as_bytes(), delivery.body].concat();
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point);
    key.verify(&signed, &signature).map_err(|_| Refusal::Forged)?;
    // Only what is signed says when.
    within_window(timestamp.parse().map_err(|_| Refusal::Forged)?, delivery.now)?;
    Ok(Verified::News(None))
}
