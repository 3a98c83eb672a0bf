//! Amazon SNS signs its envelopes with RSA; the certificate is fetched from the URL that the envelope names, which must be
//! SNS's own. Version 1 is SHA-1, which Amazon still uses by default; version 2 SHA-256.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html>

use super::sns_access::SnsAccess;
use super::verification::{Delivery, Refusal, Verified, WINDOW};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use postroom::app::{Webhook, sns_region};
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
    VerificationAlgorithm,
};
use serde::Deserialize;
use url::Url;
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::time::ASN1Time;

/// Older than SNS goes on trying.
const OLDEST: TimeDelta = TimeDelta::hours(1);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    #[serde(rename = "Type")]
    kind: String,
    message_id: String,
    topic_arn: String,
    message: String,
    timestamp: String,
    signature_version: String,
    signature: String,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: String,
    subject: Option<String>,
    token: Option<String>,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: Option<String>,
}

impl Envelope {
    /// The text that is signed: names and values in the order of the names, a line each.
    fn signed_text(&self) -> String {
        let notification = self.kind == "Notification";
        let fields = [
            ("Message", Some(self.message.as_str())),
            ("MessageId", Some(self.message_id.as_str())),
            ("Subject", self.subject.as_deref().filter(|_| notification)),
            ("SubscribeURL", self.subscribe_url.as_deref().filter(|_| !notification)),
            ("Timestamp", Some(self.timestamp.as_str())),
            ("Token", self.token.as_deref().filter(|_| !notification)),
            ("TopicArn", Some(self.topic_arn.as_str())),
            ("Type", Some(self.kind.as_str())),
        ];
        let mut text = String::new();
        for (name, value) in fields {
            if let Some(value) = value {
                text.push_str(name);
                text.push('\n');
                text.push_str(value);
                text.push('\n');
            }
        }
        text
    }
}

/// Reads a URL of SNS itself in this region, `https://sns.<region>.amazonaws.com/…`, and refuses any other.
pub(super) fn own_url(text: &str, region: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let host = url.host_str()?;
    let hosts = [format!("sns.{region}.amazonaws.com"), format!("sns.{region}.amazonaws.com.cn")];
    let plain = url.username().is_empty() && url.password().is_none() && url.port().is_none();
    (url.scheme() == "https" && plain && hosts.iter().any(|own| own == host)).then_some(url)
}

pub(super) async fn verify(
    webhook: &Webhook,
    delivery: Delivery<'_>,
    access: &dyn SnsAccess,
) -> Result<Verified, Refusal> {
    let envelope: Envelope = serde_json::from_slice(delivery.body).map_err(|_| Refusal::Malformed)?;
    // Nothing is fetched for a topic that is not set up.
    if !webhook.topics.contains(&envelope.topic_arn) {
        return Err(Refusal::Foreign);
    }
    let region = sns_region(&envelope.topic_arn).ok_or(Refusal::Foreign)?;
    let algorithm: &dyn VerificationAlgorithm = match envelope.signature_version.as_str() {
        "1" => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        "2" => &RSA_PKCS1_2048_8192_SHA256,
        _ => return Err(Refusal::Forged),
    };
    let signature = STANDARD.decode(&envelope.signature).map_err(|_| Refusal::Forged)?;
    let url = own_url(&envelope.signing_cert_url, region).filter(|url| url.path().ends_with(".pem"));
    let certificate = access.certificate(&url.ok_or(Refusal::Forged)?).await.map_err(Refusal::Unavailable)?;
    let key = public_key(&certificate, delivery.now).ok_or(Refusal::Forged)?;
    let verified =
        UnparsedPublicKey::new(algorithm, key).verify(envelope.signed_text().as_bytes(), &signature);
    verified.map_err(|_| Refusal::Forged)?;

    let signed = DateTime::parse_from_rfc3339(&envelope.timestamp).map_err(|_| Refusal::Malformed)?;
    let age = delivery.now.signed_duration_since(signed);
    if age > OLDEST || age < -WINDOW {
        return Err(Refusal::Stale);
    }
    match envelope.kind.as_str() {
        "Notification" => Ok(Verified::Report(None)),
        "SubscriptionConfirmation" => {
            let url = envelope.subscribe_url.as_deref().and_then(|url| own_url(url, region));
            access.confirm(&url.ok_or(Refusal::Forged)?).await.map_err(Refusal::Unavailable)?;
            Ok(Verified::Settled("subscription confirmed"))
        }
        // The topic's owner took it away: nothing more will come.
        "UnsubscribeConfirmation" => Ok(Verified::Settled("subscription ended")),
        _ => Err(Refusal::Malformed),
    }
}

/// The key of a certificate that holds now.
fn public_key(pem: &[u8], now: DateTime<Utc>) -> Option<Vec<u8>> {
    use rustls::pki_types::{CertificateDer, pem::PemObject};
    let der = CertificateDer::from_pem_slice(pem).ok()?;
    let (_, certificate) = X509Certificate::from_der(&der).ok()?;
    let now = ASN1Time::from_timestamp(now.timestamp()).ok()?;
    certificate.validity().is_valid_at(now).then(|| certificate.public_key().subject_public_key.data.to_vec())
}
