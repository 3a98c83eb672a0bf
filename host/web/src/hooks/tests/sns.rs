//! SNS: both versions of its signature, a certificate that is fetched from SNS alone, subscriptions that were set up.

use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use serde_json::{Value, json};

const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:mail";
const CERTIFICATE: &str = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem";
/// Over the envelope of [`notification`], by the key beside it, with SHA-1: this program can't make one.
const VERSION_1: &str = "CGv6HYS9z2F2WgpUXyoaWZKQDdKfXZt3Cuvp4rQR/I2tXMvQnwJEqcdt+6f6d47oNKIbMGA37fiQW6q6kmnyL8lvJrrqrWPvkVua/crObMyiK8ZPHpOjqW3BwHPcVP4D1a/SZbTzSt7tmfKQ6CYHzooGVz4pUQHNV/ahDYfDq6bUfUn/jN8F9q7V74SIixpskl2uQ/R79uzQIFB10mDvw1+VCYBuyyzGaqtOKyE/DkIiEe0at5IkGHWDMMYNCrBw7iZVGdAyerTcgjW3E7tbA2sqvBJJlQ++EB/nB5jCEh2Eq4PbFyjOqsKAwr0LNmZCQBFlE3XpvzY7DD25+RtL1w==";

fn asked() -> Asked {
    Asked { certificate: include_bytes!("sns.pem").to_vec(), ..Asked::default() }
}

fn hook() -> Webhook {
    Webhook::new(WebhookProvider::Sns, None, vec![TOPIC.to_owned()]).unwrap()
}

fn notification() -> Value {
    json!({
        "Type": "Notification", "MessageId": "m-1", "TopicArn": TOPIC, "Message": "news",
        "Timestamp": "2027-01-01T00:00:00.000Z", "SignatureVersion": "1", "Signature": VERSION_1,
        "SigningCertURL": CERTIFICATE, "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
    })
}

/// Signs what there is of these fields, as version 2.
fn signed(mut envelope: Value, names: &[&str]) -> Value {
    let text: String = names
        .iter()
        .filter_map(|name| Some(format!("{name}\n{}\n", envelope.get(*name)?.as_str()?)))
        .collect();
    let der = PrivatePkcs8KeyDer::from_pem_slice(include_bytes!("sns.key.pem")).unwrap();
    let key = RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).unwrap();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    envelope["SignatureVersion"] = "2".into();
    envelope["Signature"] = STANDARD.encode(signature).into();
    envelope
}

const NOTIFICATION: &[&str] = &["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"];
const CONFIRMATION: &[&str] =
    &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];

async fn sns(envelope: &Value, access: &Asked, seconds: i64) -> Result<Verified, Refusal> {
    let (headers, body) = (headers(&[]), envelope.to_string());
    let delivery = Delivery { headers: &headers, body: body.as_bytes(), now: at(seconds) };
    verify(&hook(), delivery, &RecentReports::default(), access).await
}

#[tokio::test]
async fn both_versions_of_the_signature_are_believed_for_an_hour() {
    let mut with_subject = notification();
    with_subject["Subject"] = "Amazon SES Email Event Notification".into();
    for (what, envelope) in [
        ("version 1", notification()),
        ("version 2", signed(notification(), NOTIFICATION)),
        ("a subject", signed(with_subject, NOTIFICATION)),
    ] {
        for (seconds, expected) in [
            (0, Ok(Verified::Report(None))),
            (3_600, Ok(Verified::Report(None))),
            (-300, Ok(Verified::Report(None))),
            (3_601, Err(Refusal::Stale)),
            (-301, Err(Refusal::Stale)),
        ] {
            assert_eq!(sns(&envelope, &asked(), seconds).await, expected, "{what}, {seconds} s");
        }
    }
}

#[tokio::test]
async fn a_changed_envelope_is_not_believed() {
    for (name, value) in [
        ("Message", "other news"),
        ("MessageId", "m-2"),
        ("Timestamp", "2027-01-01T00:00:01.000Z"),
        ("Type", "UnsubscribeConfirmation"),
        ("Subject", "added"),
        ("SignatureVersion", "2"),
        ("SignatureVersion", "3"),
        ("Signature", "AAAA"),
        ("Signature", "%"),
    ] {
        let mut envelope = notification();
        envelope[name] = value.into();
        assert_eq!(sns(&envelope, &asked(), 0).await, Err(Refusal::Forged), "{name}: {value}");
    }
    for garbage in ["", "{}", "[]", "\u{0}"] {
        let headers = headers(&[]);
        let delivery = Delivery { headers: &headers, body: garbage.as_bytes(), now: at(0) };
        let refused = verify(&hook(), delivery, &RecentReports::default(), &asked()).await;
        assert_eq!(refused, Err(Refusal::Malformed), "{garbage:?}");
    }
}

#[tokio::test]
async fn the_certificate_is_fetched_from_sns_of_the_topics_region_and_nowhere_else() {
    for url in [
        "http://sns.eu-west-1.amazonaws.com/x.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem",
        "https://evil.example/sns.eu-west-1.amazonaws.com/x.pem",
        "https://sns.us-east-1.amazonaws.com/x.pem",
        "https://s3.eu-west-1.amazonaws.com/x.pem",
        "https://user@sns.eu-west-1.amazonaws.com/x.pem",
        "https://sns.eu-west-1.amazonaws.com:444/x.pem",
        "https://sns.eu-west-1.amazonaws.com/x.txt",
        "file:///etc/passwd",
        "",
    ] {
        let (mut envelope, access) = (notification(), asked());
        envelope["SigningCertURL"] = url.into();
        assert_eq!(sns(&envelope, &access, 0).await, Err(Refusal::Forged), "{url}");
        assert_eq!(*access.urls.lock().unwrap(), [""; 0], "{url}: nothing was fetched");
    }
    let access = asked();
    sns(&notification(), &access, 0).await.unwrap();
    assert_eq!(*access.urls.lock().unwrap(), [CERTIFICATE]);
    let down = sns(&notification(), &Asked::default(), 0).await;
    assert!(matches!(down, Err(Refusal::Unavailable(_))), "{down:?}");
    let old = Asked {
        certificate: b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----".to_vec(),
        ..asked()
    };
    assert_eq!(sns(&notification(), &old, 0).await, Err(Refusal::Forged));
    assert_eq!(
        sns(&notification(), &asked(), -100_000_000).await,
        Err(Refusal::Forged),
        "before the certificate"
    );
}

#[tokio::test]
async fn a_topic_that_nobody_set_up_is_neither_believed_nor_subscribed_to() {
    let access = asked();
    let mut foreign = notification();
    foreign["TopicArn"] = "arn:aws:sns:eu-west-1:999999999999:mail".into();
    assert_eq!(sns(&foreign, &access, 0).await, Err(Refusal::Foreign));
    let confirmation = |url: &str, topic: &str| {
        let mut envelope = notification();
        envelope["Type"] = "SubscriptionConfirmation".into();
        envelope["Token"] = "t".into();
        envelope["SubscribeURL"] = url.into();
        envelope["TopicArn"] = topic.into();
        signed(envelope, CONFIRMATION)
    };
    let own = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t";
    let foreign = confirmation(own, "arn:aws:sns:eu-west-1:999999999999:mail");
    assert_eq!(sns(&foreign, &access, 0).await, Err(Refusal::Foreign));
    let elsewhere = confirmation("https://evil.example/?Action=ConfirmSubscription", TOPIC);
    assert_eq!(sns(&elsewhere, &access, 0).await, Err(Refusal::Forged));
    assert!(!access.urls.lock().unwrap().iter().any(|url| url.contains("ConfirmSubscription")));
    assert_eq!(
        sns(&confirmation(own, TOPIC), &access, 0).await,
        Ok(Verified::Settled("subscription confirmed"))
    );
    assert_eq!(access.urls.lock().unwrap().last().map(String::as_str), Some(own));
}

#[test]
fn a_topic_is_named_by_its_arn() {
    for topic in [TOPIC, "arn:aws-cn:sns:cn-north-1:123456789012:mail"] {
        assert!(Webhook::new(WebhookProvider::Sns, None, vec![topic.to_owned()]).is_ok(), "{topic}");
    }
    for topic in [
        "",
        "mail",
        "arn:aws:sqs:eu-west-1:123456789012:mail",
        "arn:aws:sns:evil/..:123456789012:mail",
        "arn:aws:sns:eu-west-1:12:mail",
    ] {
        assert!(Webhook::new(WebhookProvider::Sns, None, vec![topic.to_owned()]).is_err(), "{topic}");
    }
    assert!(Webhook::new(WebhookProvider::Sns, None, Vec::new()).is_err());
    assert!(Webhook::new(WebhookProvider::Sns, Some("key"), vec![TOPIC.to_owned()]).is_err());
}
