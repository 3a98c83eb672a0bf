//! The events of a transaction, for each recipient.

use super::event::{EventKind as K, EventSource};
use super::*;
use chrono::{DateTime, FixedOffset};

fn now() -> DateTime<FixedOffset> {
    "2026-11-22T09:30:00+01:00".parse().unwrap()
}

fn reply(code: u16, enhanced: &str, text: &str) -> Reply {
    Reply { code, enhanced: Some(enhanced.to_owned()).filter(|e| !e.is_empty()), text: text.into() }
}

fn answers(list: &[(&str, u16)]) -> Vec<RecipientReply> {
    let answer = |(who, code): &(&str, u16)| RecipientReply {
        address: (*who).to_owned(),
        reply: reply(*code, "", &format!("answer to {who}")),
    };
    list.iter().map(answer).collect()
}

#[test]
fn a_refused_recipient_does_not_hide_behind_an_accepted_one() {
    let taken = Acceptance {
        reply: reply(250, "2.0.0", "Ok: queued as 4F"),
        recipients: answers(&[("a@x.be", 250), ("b@x.be", 550), ("c@x.be", 451), ("d@x.be", 252)]),
    };
    let events = events_of_acceptance(&taken, ServerRole::Submission, now());
    let kinds: Vec<_> = events.iter().map(|e| (e.recipient.as_deref().unwrap(), e.kind)).collect();
    assert_eq!(
        kinds,
        [("a@x.be", K::Accepted), ("b@x.be", K::Refused), ("c@x.be", K::Deferred), ("d@x.be", K::Accepted)]
    );
    assert_eq!(events[0].code.as_deref(), Some("2.0.0"));
    assert_eq!(events[0].words.as_deref(), Some("Ok: queued as 4F"));
    assert_eq!(
        (events[1].code.as_deref(), events[1].words.as_deref()),
        (Some("550"), Some("answer to b@x.be"))
    );
    assert_eq!(events_of_acceptance(&taken, ServerRole::Final, now())[0].kind, K::Stored);
    let to: Vec<String> = ["a@x.be", "b@x.be", "C@X.be", "new@x.be"].map(String::from).to_vec();
    assert_eq!(outstanding(&to, &events), ["C@X.be", "new@x.be"]);
}

#[test]
fn each_of_thousands_of_recipients_keeps_the_answer_that_was_its_own() {
    let to: Vec<String> = (0..3_000).map(|n| format!("r{n}@x.be")).collect();
    let answer = |address: &String| RecipientReply {
        address: address.to_uppercase(),
        reply: reply(550, "5.1.1", &format!("no {address}")),
    };
    let failure = Failure {
        stage: Stage::Recipient,
        verdict: Verdict::Permanent,
        reply: None,
        detail: "refused".into(),
        retry_after: None,
        recipients: to.iter().map(answer).collect(),
    };
    for (address, event) in to.iter().zip(events_of_failure(&to, &failure, now())) {
        assert_eq!(event.recipient.as_ref(), Some(address));
        assert_eq!(event.words.as_deref(), Some(format!("no {address}").as_str()));
    }
}

#[test]
fn a_failed_attempt_says_of_each_recipient_what_is_known() {
    use {Stage as S, Verdict as V};
    let to: Vec<String> = ["a@x.be", "b@x.be", "c@x.be"].map(String::from).to_vec();
    let mixed = [("a@x.be", 250), ("b@x.be", 550), ("c@x.be", 451)];
    let rows = [
        (S::Connect, V::Transient, &[][..], [K::Deferred, K::Deferred, K::Deferred], 3),
        (S::Login, V::Permanent, &[], [K::Deferred, K::Deferred, K::Deferred], 3),
        (S::Login, V::NeedsSignIn, &[], [K::Deferred, K::Deferred, K::Deferred], 3),
        (S::Prepare, V::Permanent, &[], [K::Unsent, K::Unsent, K::Unsent], 3),
        (S::Sender, V::Permanent, &[], [K::Deferred, K::Deferred, K::Deferred], 3),
        (S::AfterDot, V::Permanent, &[], [K::Unsent, K::Unsent, K::Unsent], 3),
        (S::Data, V::Transient, &mixed, [K::Deferred, K::Refused, K::Deferred], 2),
        (S::Data, V::Permanent, &mixed, [K::Refused, K::Refused, K::Refused], 0),
        (S::Recipient, V::Permanent, &mixed[1..], [K::Refused, K::Refused, K::Deferred], 1),
        (S::AfterDot, V::InDoubt, &mixed, [K::InDoubt, K::Refused, K::Deferred], 1),
        (S::AfterDot, V::InDoubt, &[], [K::InDoubt, K::InDoubt, K::InDoubt], 0),
    ];
    for (stage, verdict, known, expected, open) in rows {
        let is_refused = matches!(stage, S::Sender | S::Recipient | S::Data) && verdict == V::Permanent;
        let failure = Failure {
            stage,
            verdict,
            reply: Some(reply(554, "5.7.1", "no")).filter(|_| is_refused),
            detail: format!("{stage} at mail.example.be"),
            retry_after: None,
            recipients: answers(known),
        };
        let events = events_of_failure(&to, &failure, now());
        let kinds: Vec<_> = events.iter().map(|e| e.kind).collect();
        assert_eq!(kinds, expected, "{stage} {verdict}");
        assert_eq!(outstanding(&to, &events).len(), open, "{stage} {verdict}");
        if is_refused {
            assert_eq!((events[0].code.as_deref(), events[0].words.as_deref()), (Some("5.7.1"), Some("no")));
        } else if known.is_empty() {
            assert_eq!(events[0].source, EventSource::Host);
            assert_eq!(events[0].words, Some(failure.detail));
        }
    }
}
