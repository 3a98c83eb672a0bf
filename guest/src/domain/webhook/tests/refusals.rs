//! A refusal is permanent or not by its code and words, whichever provider passes them on; and each provider's own types, one by one.

use super::{Provider, Reading, mailgun, postmark, sendgrid, ses};
use super::{one, reading};
use crate::domain::inbound;
use crate::domain::status::EventKind as K;
use serde_json::{Value, json};

const TIME: &str = "2026-09-21T14:13:20Z";
const JO: &str = "jo@example.com";

fn sendgrid_bounce(kind: &str, status: &str, reason: &str) -> Value {
    json!([sendgrid::event("bounce", json!({"type": kind, "status": status, "reason": reason}))])
}

fn mailgun_failure(reason: &str, code: Value, message: &str) -> Value {
    let status = json!({"code": code, "message": message, "attempt-no": 1});
    mailgun::body("failed", json!({"severity": "permanent", "reason": reason, "delivery-status": status}))
}

fn postmark_bounce(kind: &str, details: &str) -> Value {
    let bounce = json!({"ID": 42, "Type": kind, "Email": JO, "Details": details, "BouncedAt": TIME, "Inactive": false});
    postmark::body("Bounce", bounce)
}

fn ses_bounce(kind: &str, subtype: &str, recipient: Value) -> Value {
    let bounce = json!({"bounceType": kind, "bounceSubType": subtype, "timestamp": TIME, "feedbackId": "f-1",
        "bouncedRecipients": [recipient]});
    ses::body("Bounce", "bounce", bounce, &[JO])
}

fn ses_recipient(status: &str, words: &str) -> Value {
    let words = format!("smtp; {words}");
    json!({"emailAddress": JO, "action": "failed", "status": status, "diagnosticCode": words})
}

#[test]
fn a_servers_words_are_for_ever_or_not_whoever_passes_them_on() {
    for (status, words, lasting) in [
        ("5.1.1", "550 5.1.1 <jo@example.com>: Recipient address rejected: User unknown", true),
        ("", "550 No Such User Here", true),
        ("5.0.0", "550 Requested action not taken: mailbox unavailable", true),
        ("5.2.2", "552 5.2.2 mailbox full", false),
        ("5.1.1", "550 5.1.1 The mailbox is full, try later", false),
        ("5.7.1", "554 5.7.1 Service unavailable; Client host blocked using zen.spamhaus.org", false),
        ("5.7.26", "550 5.7.26 unauthenticated mail is not accepted from this domain", false),
        ("5.3.4", "552 5.3.4 Message size exceeds fixed limit", false),
    ] {
        let hard = inbound::bounce_type(Some(status), words) == inbound::BounceType::Hard;
        assert_eq!(hard, lasting, "as a returned mail: {words}");
        for body in [
            (Provider::SendGrid, sendgrid_bounce("bounce", status, words)),
            (Provider::SendGrid, sendgrid_bounce("blocked", status, words)),
            (Provider::Mailgun, mailgun_failure("generic", json!(550), words)),
            (Provider::Mailgun, mailgun_failure("bounce", json!(550), words)),
            (Provider::Postmark, postmark_bounce("HardBounce", &format!("smtp;{words}"))),
            (Provider::Postmark, postmark_bounce("SoftBounce", words)),
            (Provider::Sns, ses_bounce("Permanent", "General", ses_recipient(status, words))),
            (Provider::Sns, ses_bounce("Transient", "General", ses_recipient(status, words))),
        ] {
            let notice = one(body.0, &body.1);
            assert_eq!((notice.event.kind, notice.lasting), (K::Bounced, lasting), "{}", body.1);
        }
    }
}

#[test]
fn a_providers_own_verdict_counts_where_the_server_said_nothing() {
    for (provider, body, lasting) in [
        (Provider::SendGrid, sendgrid_bounce("bounce", "", ""), true),
        (Provider::SendGrid, sendgrid_bounce("blocked", "", ""), false),
        (Provider::SendGrid, sendgrid_bounce("bounce", "4.0.0", "450 not now"), false),
        (Provider::Mailgun, mailgun_failure("bounce", json!(550), ""), true),
        (Provider::Mailgun, mailgun_failure("generic", json!(550), ""), false),
        (Provider::Postmark, postmark_bounce("HardBounce", ""), true),
        (Provider::Postmark, postmark_bounce("Blocked", ""), false),
        (Provider::Sns, ses_bounce("Permanent", "General", json!({"emailAddress": JO})), true),
        (Provider::Sns, ses_bounce("Transient", "MailboxFull", json!({"emailAddress": JO})), false),
    ] {
        assert_eq!(one(provider, &body).lasting, lasting, "{body}");
    }
    for (class, lasting) in [
        ("Invalid Address", true),
        ("Mailbox Unavailable", true),
        ("Unclassified", true),
        ("Technical", false),
        ("Content", false),
        ("Reputation", false),
        ("Frequency or Volume Too High", false),
    ] {
        let bounce = json!({"type": "bounce", "status": "", "bounce_classification": class});
        let body = json!([sendgrid::event("bounce", bounce)]);
        assert_eq!(one(Provider::SendGrid, &body).lasting, lasting, "{class}");
    }
}

fn kinds(reading: &Reading) -> Option<K> {
    reading.notices.first().map(|notice| notice.event.kind)
}

#[test]
fn every_type_of_postmarks_is_what_it_says() {
    for (kind, wanted, lasting) in [
        ("HardBounce", Some(K::Bounced), true),
        ("SoftBounce", Some(K::Bounced), false),
        ("Transient", Some(K::Delayed), false),
        ("Unsubscribe", None, false),
        ("Subscribe", None, false),
        ("AutoResponder", Some(K::AutoReply), false),
        ("AddressChange", Some(K::AutoReply), false),
        ("DnsError", Some(K::Delayed), false),
        ("SpamNotification", Some(K::Bounced), false),
        ("OpenRelayTest", None, false),
        ("Unknown", None, false),
        ("VirusNotification", Some(K::Bounced), false),
        ("ChallengeVerification", None, false),
        ("BadEmailAddress", Some(K::Bounced), true),
        ("SpamComplaint", Some(K::Complaint), false),
        ("ManuallyDeactivated", Some(K::Dropped), false),
        ("Unconfirmed", Some(K::Dropped), false),
        ("Blocked", Some(K::Bounced), false),
        ("SMTPApiError", Some(K::Dropped), false),
        ("InboundError", None, false),
        ("DMARCPolicy", Some(K::Bounced), false),
        ("TemplateRenderingFailed", Some(K::Dropped), false),
        ("SomethingNew", None, false),
        ("hardbounce?", None, false),
    ] {
        let reading = reading(Provider::Postmark, &postmark_bounce(kind, "test"));
        assert_eq!(kinds(&reading), wanted, "{kind}");
        assert_eq!(reading.notices.first().is_some_and(|notice| notice.lasting), lasting, "{kind}");
    }
    let bounced = postmark_bounce("Unknown", "smtp;550 5.1.1 no such user");
    assert_eq!(
        kind_and_type(Provider::Postmark, &bounced),
        (K::Bounced, true),
        "the words tell what Postmark could not"
    );
    let deactivated = postmark::body(
        "Bounce",
        json!({"Type": "ManuallyDeactivated", "Email": JO, "BouncedAt": TIME, "Inactive": true}),
    );
    assert_eq!(kind_and_type(Provider::Postmark, &deactivated), (K::Dropped, false));
    for record in ["Inbound", "SubscriptionChange", "Novel"] {
        let reading = reading(Provider::Postmark, &postmark::body(record, json!({"ReceivedAt": TIME})));
        assert_eq!(kinds(&reading), None, "{record}");
    }
}

fn kind_and_type(provider: Provider, body: &Value) -> (K, bool) {
    let notice = one(provider, body);
    (notice.event.kind, notice.lasting)
}

#[test]
fn every_event_of_sendgrids_is_what_it_says() {
    for (kind, wanted) in [
        ("processed", Some(K::Accepted)),
        ("deferred", Some(K::Delayed)),
        ("delivered", Some(K::Delivered)),
        ("bounce", Some(K::Bounced)),
        ("dropped", Some(K::Dropped)),
        ("click", Some(K::Clicked)),
        ("spamreport", Some(K::Complaint)),
        ("unsubscribe", None),
        ("group_unsubscribe", None),
        ("group_resubscribe", None),
        ("account_status_change", None),
        ("something_new", None),
    ] {
        let reading = reading(Provider::SendGrid, &json!([sendgrid::event(kind, json!({}))]));
        assert_eq!(kinds(&reading), wanted, "{kind}");
    }
    let expired = sendgrid_bounce("expired", "", "");
    assert_eq!(kind_and_type(Provider::SendGrid, &expired), (K::Expired, false));
    let bounced = sendgrid_bounce("bounce", "5.4.7", "554 5.4.7 delivery time expired");
    assert_eq!(kind_and_type(Provider::SendGrid, &bounced), (K::Expired, false));
    for reason in [
        "Bounced Address",
        "Unsubscribed Address",
        "Spam Reporting Address",
        "Invalid",
        "Invalid SMTPAPI header",
        "Spam Content (if Spam Checker app is enabled)",
        "Recipient List over Package Quota",
    ] {
        let body = json!([sendgrid::event("dropped", json!({"reason": reason}))]);
        assert_eq!(kind_and_type(Provider::SendGrid, &body), (K::Dropped, false), "{reason}");
    }
}

#[test]
fn every_event_of_mailguns_is_what_it_says() {
    for (kind, wanted) in [
        ("accepted", Some(K::Accepted)),
        ("rejected", Some(K::Dropped)),
        ("delivered", Some(K::Delivered)),
        ("clicked", Some(K::Clicked)),
        ("unsubscribed", None),
        ("complained", Some(K::Complaint)),
        ("stored", None),
        ("list_member_uploaded", None),
        ("list_member_upload_error", None),
        ("list_uploaded", None),
        ("failed", None),
        ("something_new", None),
    ] {
        assert_eq!(kinds(&reading(Provider::Mailgun, &mailgun::body(kind, json!({})))), wanted, "{kind}");
    }
    for (severity, reason, code, wanted) in [
        (json!("permanent"), "bounce", 550, Some(K::Bounced)),
        (json!("permanent"), "generic", 550, Some(K::Bounced)),
        (json!("permanent"), "espblock", 550, Some(K::Bounced)),
        (json!("permanent"), "suppress-bounce", 605, Some(K::Dropped)),
        (json!("permanent"), "suppress-complaint", 607, Some(K::Dropped)),
        (json!("permanent"), "suppress-unsubscribe", 606, Some(K::Dropped)),
        (json!("permanent"), "old", 602, Some(K::Expired)),
        (json!("temporary"), "generic", 451, Some(K::Delayed)),
        (json!("temporary"), "greylisted", 450, Some(K::Delayed)),
        (json!("temporary"), "espblock", 421, Some(K::Delayed)),
        (Value::Null, "generic", 550, Some(K::Bounced)),
        (Value::Null, "generic", 450, Some(K::Delayed)),
        (json!("novel"), "generic", 0, None),
    ] {
        let body = mailgun::body(
            "failed",
            json!({"severity": severity, "reason": reason, "delivery-status": {"code": code}}),
        );
        assert_eq!(kinds(&reading(Provider::Mailgun, &body)), wanted, "{severity} {reason} {code}");
    }
}
