//! SendGrid's signature, Mailgun's, and Postmark's credentials.

use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};

/// What stands before the point in a P-256 key's SubjectPublicKeyInfo.
const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A key pair as SendGrid has one: the public half as it shows it.
struct SendGrid {
    pair: EcdsaKeyPair,
    public: String,
}

impl SendGrid {
    fn new() -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random).unwrap();
        let public = STANDARD.encode([&SPKI[..], pair.public_key().as_ref()].concat());
        Self { pair, public }
    }

    fn hook(&self) -> Webhook {
        Webhook::new(WebhookProvider::SendGrid, Some(&self.public), Vec::new()).unwrap()
    }

    fn signed(&self, timestamp: &str, body: &[u8]) -> HeaderMap {
        let signature = self.pair.sign(&SystemRandom::new(), &[timestamp.as_bytes(), body].concat()).unwrap();
        headers(&[
            ("X-Twilio-Email-Event-Webhook-Signature", &STANDARD.encode(signature)),
            ("X-Twilio-Email-Event-Webhook-Timestamp", timestamp),
        ])
    }
}

#[tokio::test]
async fn sendgrids_signature_covers_time_and_body_and_holds_for_five_minutes() {
    let (own, other) = (SendGrid::new(), SendGrid::new());
    let (hook, body) = (own.hook(), b"[{\"event\":\"open\"}]\r\n");
    let signed = own.signed(&NOW.to_string(), body);
    for (seconds, expected) in [
        (0, Ok(Verified::Report(None))),
        (300, Ok(Verified::Report(None))),
        (-300, Ok(Verified::Report(None))),
        (301, Err(Refusal::Stale)),
        (-301, Err(Refusal::Stale)),
        (1_000_000_000, Err(Refusal::Stale)),
    ] {
        assert_eq!(verified(&hook, &signed, body, at(seconds)).await, expected, "{seconds} s");
    }
    let mut later = signed.clone();
    later.insert("X-Twilio-Email-Event-Webhook-Timestamp", (NOW + 1).to_string().parse().unwrap());
    let mut no_time = signed.clone();
    no_time.remove("X-Twilio-Email-Event-Webhook-Timestamp");
    for (what, headers, body, refusal) in [
        ("another body", &signed, &b"[{\"event\":\"open\"}]"[..], Refusal::Forged),
        ("another time", &later, body, Refusal::Forged),
        ("another key", &other.signed(&NOW.to_string(), body), body, Refusal::Forged),
        ("a time that is none", &own.signed("soon", body), body, Refusal::Forged),
        ("a time beyond all", &own.signed(&i64::MAX.to_string(), body), body, Refusal::Stale),
        ("no time", &no_time, body, Refusal::Unsigned),
        ("no signature", &headers(&[]), body, Refusal::Unsigned),
        (
            "no base64",
            &headers(&[
                ("X-Twilio-Email-Event-Webhook-Signature", "%"),
                ("X-Twilio-Email-Event-Webhook-Timestamp", "1"),
            ]),
            body,
            Refusal::Forged,
        ),
    ] {
        assert_eq!(verified(&hook, headers, body, at(0)).await, Err(refusal), "{what}");
    }
}

#[test]
fn a_key_that_is_not_sendgrids_is_refused_when_it_is_set_up() {
    let good = SendGrid::new().public;
    let pem =
        format!("-----BEGIN PUBLIC KEY-----\n{}\n{}\n-----END PUBLIC KEY-----\n", &good[..64], &good[64..]);
    for text in [&good, &format!(" {good}\n"), &pem] {
        assert!(Webhook::new(WebhookProvider::SendGrid, Some(text), Vec::new()).is_ok(), "{text}");
    }
    for text in ["", "SG.an-api-key", &good[..40], &good.replace('M', "N"), &STANDARD.encode([0; 91])] {
        assert!(Webhook::new(WebhookProvider::SendGrid, Some(text), Vec::new()).is_err(), "{text}");
    }
}

const SIGNING_KEY: &str = "0123456789abcdef0123456789abcdef";

fn mailgun(key: &str, timestamp: &str, token: &str) -> Vec<u8> {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(timestamp.as_bytes());
    mac.update(token.as_bytes());
    let signature: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let signature = serde_json::json!({"timestamp": timestamp, "token": token, "signature": signature});
    serde_json::json!({"signature": signature, "event-data": {"event": "opened"}}).to_string().into_bytes()
}

#[tokio::test]
async fn mailguns_token_holds_for_five_minutes_and_once() {
    let hook = Webhook::new(WebhookProvider::Mailgun, Some(SIGNING_KEY), Vec::new()).unwrap();
    let now = NOW.to_string();
    let body = mailgun(SIGNING_KEY, &now, "t-1");
    let report = Ok(Verified::Report(Some("t-1".to_owned())));
    for (seconds, expected) in [
        (0, report.clone_ok()),
        (300, report.clone_ok()),
        (-300, report.clone_ok()),
        (301, Err(Refusal::Stale)),
        (-301, Err(Refusal::Stale)),
    ] {
        assert_eq!(verified(&hook, &headers(&[]), &body, at(seconds)).await, expected, "{seconds} s");
    }
    let text = String::from_utf8(body.clone()).unwrap();
    for (what, body, refusal) in [
        ("another token", text.replace("t-1", "t-2"), Refusal::Forged),
        ("another time", text.replace(&now, &(NOW + 1).to_string()), Refusal::Forged),
        ("no signature", "{\"event-data\":{}}".to_owned(), Refusal::Unsigned),
        (
            "numbers",
            "{\"signature\":{\"timestamp\":1,\"token\":2,\"signature\":3}}".to_owned(),
            Refusal::Unsigned,
        ),
        ("garbage", "\u{0}[[".to_owned(), Refusal::Unsigned),
        ("another key", String::from_utf8(mailgun("x", &now, "t")).unwrap(), Refusal::Forged),
        ("no token", String::from_utf8(mailgun(SIGNING_KEY, &now, "")).unwrap(), Refusal::Forged),
    ] {
        assert_eq!(verified(&hook, &headers(&[]), body.as_bytes(), at(0)).await, Err(refusal), "{what}");
    }
    let recent = RecentReports::default();
    let delivery = Delivery { headers: &headers(&[]), body: &body, now: at(0) };
    assert!(
        verify(&hook, delivery, &recent, &Asked::default()).await.is_ok(),
        "not kept yet: it may come again"
    );
    recent.remember(&["mailgun", "t-1"]);
    assert_eq!(verify(&hook, delivery, &recent, &Asked::default()).await, Err(Refusal::Repeated));
}

trait CloneOk {
    fn clone_ok(&self) -> Result<Verified, Refusal>;
}

impl CloneOk for Result<Verified, Refusal> {
    fn clone_ok(&self) -> Result<Verified, Refusal> {
        match self {
            Ok(Verified::Report(once)) => Ok(Verified::Report(once.clone())),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn postmarks_credentials_are_those_that_were_set_up() {
    let hook = Webhook::new(WebhookProvider::Postmark, Some("post:4711-4711-4711-4711"), Vec::new()).unwrap();
    let basic = |text: &str| headers(&[("Authorization", &format!("Basic {}", STANDARD.encode(text)))]);
    assert_eq!(
        verified(&hook, &basic("post:4711-4711-4711-4711"), b"{}", at(0)).await,
        Ok(Verified::Report(None))
    );
    let lower =
        headers(&[("Authorization", &format!("basic {}", STANDARD.encode("post:4711-4711-4711-4711")))]);
    assert_eq!(verified(&hook, &lower, b"{}", at(0)).await, Ok(Verified::Report(None)));
    for (what, headers, refusal) in [
        ("none", headers(&[]), Refusal::Unsigned),
        ("a token", headers(&[("Authorization", "Bearer x")]), Refusal::Unsigned),
        ("no base64", headers(&[("Authorization", "Basic %%")]), Refusal::Forged),
        ("another password", basic("post:4711-4711-4711-4712"), Refusal::Forged),
        ("less", basic("post:4711"), Refusal::Forged),
        ("more", basic("post:4711-4711-4711-47110"), Refusal::Forged),
        ("nothing", basic(""), Refusal::Unsigned),
    ] {
        assert_eq!(verified(&hook, &headers, b"{}", at(0)).await, Err(refusal), "{what}");
    }
    for text in [
        "post:short",
        "nopassword-nopassword",
        ":4711-4711-4711-4711",
        "po st:4711-4711-4711-4711",
        "a:b@4711-4711-4711-4711",
    ] {
        assert!(Webhook::new(WebhookProvider::Postmark, Some(text), Vec::new()).is_err(), "{text}");
    }
}
