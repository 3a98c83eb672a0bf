//! Amazon SES: every type of event, bounce and complaint.

use super::ses::body;
use super::{Notice, Provider, reading};
use crate::domain::status::{EventKind as K, Status, fold};
use chrono::DateTime;
use serde_json::{Value, json};

const TIME: &str = "2026-09-21T14:13:20.000Z";
const JO: &str = "jo@example.com";
const MO: &str = "mo@example.com";

fn notices(kind: &str, part: &str, what: Value, to: &[&str]) -> Vec<Notice> {
    reading(Provider::Sns, &body(kind, part, what, to)).notices
}

#[test]
fn every_event_is_what_it_says() {
    let at = json!({"timestamp": TIME});
    for (kind, part, wanted) in [
        ("Send", "send", Some(K::Accepted)),
        ("Delivery", "delivery", Some(K::Delivered)),
        ("DeliveryDelay", "deliveryDelay", Some(K::Delayed)),
        ("Reject", "reject", Some(K::Dropped)),
        ("Rendering Failure", "failure", Some(K::Dropped)),
        ("Click", "click", Some(K::Clicked)),
        ("Subscription", "subscription", None),
        ("Novel", "novel", None),
    ] {
        let found = notices(kind, part, at.clone(), &[JO]);
        assert_eq!(found.first().map(|notice| notice.event.kind), wanted, "{kind}");
    }
}

#[test]
fn a_bounce_without_any_code_loses_nothing() {
    let bounce = |kind: &str, subtype: &str, recipient: Value| {
        let what = json!({"bounceType": kind, "bounceSubType": subtype, "timestamp": TIME,
            "bouncedRecipients": [recipient]});
        notices("Bounce", "bounce", what, &[JO])
    };
    let bare = || json!({"emailAddress": JO});
    let failed = || json!({"emailAddress": JO, "action": "failed"});
    let unknown = || {
        json!({"emailAddress": JO, "action": "failed", "status": "5.1.1",
            "diagnosticCode": "smtp; 550 5.1.1 unknown user"})
    };
    for (kind, subtype, recipient, wanted) in [
        ("Transient", "General", bare(), Some((K::AutoReply, false))),
        ("Transient", "General", json!({"emailAddress": JO, "status": ""}), Some((K::AutoReply, false))),
        ("Transient", "General", failed(), Some((K::Bounced, false))),
        ("Transient", "General", unknown(), Some((K::Bounced, true))),
        ("Transient", "MailboxFull", bare(), Some((K::Bounced, false))),
        ("Transient", "CustomTimeoutExceeded", failed(), Some((K::Expired, false))),
        ("Undetermined", "Undetermined", bare(), Some((K::Bounced, false))),
        ("Permanent", "General", bare(), Some((K::Bounced, true))),
        ("Permanent", "NoEmail", failed(), Some((K::Bounced, true))),
        ("Permanent", "Suppressed", unknown(), Some((K::Dropped, false))),
        ("Permanent", "OnAccountSuppressionList", bare(), Some((K::Dropped, false))),
        ("Novel", "Novel", bare(), None),
    ] {
        let found = bounce(kind, subtype, recipient.clone());
        let first = found.first().map(|notice| (notice.event.kind, notice.lasting));
        assert_eq!(first, wanted, "{kind} {subtype} {recipient}");
    }
    let suppressed = bounce("Permanent", "OnAccountSuppressionList", bare());
    assert_eq!(suppressed[0].event.words.as_deref(), Some("OnAccountSuppressionList"));
}

fn complaint(subtype: Value, feedback: Value, complained: &[&str], to: &[&str]) -> Vec<Notice> {
    let named: Vec<Value> = complained.iter().map(|it| json!({"emailAddress": it})).collect();
    let what = json!({"timestamp": TIME, "complaintSubType": subtype, "complaintFeedbackType": feedback,
        "complainedRecipients": named});
    notices("Complaint", "complaint", what, to)
}

#[test]
fn a_complaint_is_what_a_recipient_said_and_nothing_else() {
    let null = Value::Null;
    for (subtype, feedback, wanted) in [
        (null.clone(), json!("abuse"), Some(K::Complaint)),
        (null.clone(), null.clone(), Some(K::Complaint)),
        (null.clone(), json!("fraud"), Some(K::Complaint)),
        (null.clone(), json!("virus"), Some(K::Complaint)),
        (null.clone(), json!("other"), Some(K::Complaint)),
        (null.clone(), json!("not-spam"), None),
        (null.clone(), json!("auth-failure"), None),
        (json!("OnAccountSuppressionList"), null, Some(K::Dropped)),
    ] {
        let found = complaint(subtype.clone(), feedback.clone(), &[JO], &[JO]);
        assert_eq!(found.first().map(|it| it.event.kind), wanted, "{subtype} {feedback}");
        assert!(found.iter().all(|it| !it.lasting && it.event.recipient.as_deref() == Some(JO)));
    }
    let not_sent = complaint(json!("OnAccountSuppressionList"), Value::Null, &[JO], &[JO]);
    let facts: Vec<_> = not_sent.into_iter().map(|it| it.event).collect();
    let now = DateTime::parse_from_rfc3339("2026-09-22T00:00:00Z").unwrap();
    let timeline = fold(&[JO.to_owned()], &facts, now);
    assert_eq!((timeline.status, timeline.recipients[0].complained), (Status::Failed, false));
}

#[test]
fn one_persons_click_names_nobody_of_several() {
    let found = complaint(Value::Null, json!("abuse"), &[JO, MO], &[JO, MO]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].event.kind, found[0].event.recipient.as_deref()), (K::Complaint, None));
    assert!(found[0].event.words.as_ref().is_some_and(|words| words.starts_with("one of 2 recipients")));
    let same = complaint(Value::Null, json!("abuse"), &[JO, "Jo@Example.com"], &[JO, MO]);
    assert_eq!(same.len(), 1);
    assert!(same[0].event.recipient.is_some(), "one recipient, spelled twice");
    let unnamed = complaint(Value::Null, json!("abuse"), &[], &[JO, MO]);
    assert_eq!((unnamed.len(), unnamed[0].event.recipient.as_deref()), (1, None), "{unnamed:?}");
}
