//! What is stored for an attempt that was given up, interrupted or in doubt, and which answers are none.

use super::*;
use crate::domain::status::{Event, EventKind as K, EventSource, Status, fold, outstanding};

fn event(to: &str, kind: K, seconds: i64) -> Event {
    let recipient = Some(to.to_owned()).filter(|to| !to.is_empty());
    Event { recipient, kind, at: at(seconds), source: EventSource::Smtp, code: None, words: None }
}

fn to(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("{name}@example.com")).collect()
}

fn found_of(settled: &Settlement) -> Vec<(String, K)> {
    let events = settled.events.iter();
    events.map(|it| (it.recipient.clone().unwrap_or_default(), it.kind)).collect()
}

fn of(kind: K, names: &[&str]) -> Vec<(String, K)> {
    to(names).into_iter().map(|it| (it, kind)).collect()
}

#[test]
fn giving_up_fails_those_whom_no_server_took_it_for_and_nobody_else() {
    let recipients = to(&["ann", "bob", "eve"]);
    let events = vec![
        event("ann@example.com", K::Accepted, 0),
        event("BOB@example.com", K::Deferred, 0),
        event("eve@example.com", K::Refused, 0),
    ];
    let last = Attempt {
        detail: Some("mx.example.com: \"no\"".into()),
        ..tried(0, R::Permanent, Some(S::Recipient))
    };
    let facts = Facts { recipients: recipients.clone(), events, ..facts(vec![last]) };
    let Action::GiveUp(given_up) = decide(&facts, at(9)) else { panic!("refused for good") };
    let reason = "the mail was refused for good by \"office\", at the stage recipient; the last try: mx.example.com: \"no\"";
    assert_eq!(given_up.reason, reason);
    let expected = Event {
        source: EventSource::Host,
        words: Some(reason.into()),
        ..event("bob@example.com", K::Expired, 9)
    };
    assert_eq!(given_up.events, [expected]);
    let all: Vec<Event> = facts.events.iter().chain(&given_up.events).cloned().collect();
    let of = fold(&recipients, &all, at(10));
    let statuses: Vec<Status> = of.recipients.iter().map(|it| it.status).collect();
    assert_eq!(statuses, [Status::InTransit, Status::Failed, Status::Failed]);
}

#[test]
fn an_interrupted_attempt_is_in_doubt_for_those_whom_it_named() {
    let recipients = to(&["ann", "bob", "eve"]);
    let events = [event("ann@example.com", K::Accepted, 0), event("eve@example.com", K::Refused, 0)];
    let settled = settle_interruption(&recipients, &events, Some("the power went"), at(5));
    assert_eq!(found_of(&settled), of(K::InDoubt, &["bob"]));
    assert_eq!(settled.events[0].words.as_deref(), Some("the power went"));
    assert_eq!((settled.result, settled.stage, settled.pause), (R::InDoubt, None, None));
    let all = [&events[..], &settled.events].concat();
    assert_eq!(outstanding(&recipients, &all), Vec::<String>::new(), "nothing is sent before it is settled");
}

#[test]
fn a_doubt_is_settled_for_those_who_are_in_doubt_and_nobody_else() {
    let recipients = to(&["ann", "bob", "eve"]);
    let doubt = |name: &str, seconds| event(&format!("{name}@example.com"), K::InDoubt, seconds);
    let (accepted, refused, deferred) = (
        event("ann@example.com", K::Accepted, 0),
        event("ann@example.com", K::Refused, 0),
        event("ann@example.com", K::Deferred, 5),
    );
    let delivered = event("ann@example.com", K::Delivered, 7);
    // What happened, the facts, who is in doubt, what comes of "found", and who is left then.
    type Case = (&'static str, Vec<Event>, &'static [&'static str], R, &'static [&'static str]);
    let rows: [Case; 8] = [
        ("all of them", vec![event("", K::InDoubt, 5)], &["ann", "bob", "eve"], R::Found, &[]),
        // The server had deferred one of them before the connection was lost.
        (
            "one was told to come later",
            vec![deferred.clone(), doubt("bob", 5), doubt("eve", 5)],
            &["bob", "eve"],
            R::PartlyAccepted(None),
            &["ann"],
        ),
        (
            "one was refused before",
            vec![refused, doubt("bob", 5), doubt("eve", 5)],
            &["bob", "eve"],
            R::Found,
            &[],
        ),
        (
            "one was taken by an earlier attempt",
            vec![accepted, doubt("bob", 5), doubt("eve", 5)],
            &["bob", "eve"],
            R::Found,
            &[],
        ),
        (
            "a report told of one",
            vec![doubt("ann", 5), doubt("bob", 5), doubt("eve", 5), delivered.clone()],
            &["bob", "eve"],
            R::Found,
            &[],
        ),
        (
            "a report told of the only one, others were told to come later",
            vec![
                doubt("ann", 5),
                delivered,
                event("bob@example.com", K::Deferred, 5),
                event("eve@example.com", K::Deferred, 5),
            ],
            &[],
            R::PartlyAccepted(None),
            &["bob", "eve"],
        ),
        ("the attempt ended before it was on record", vec![], &["ann", "bob", "eve"], R::Found, &[]),
        (
            "an earlier doubt was settled",
            vec![doubt("ann", 1), deferred],
            &["ann", "bob", "eve"],
            R::Found,
            &[],
        ),
    ];
    for (what, events, doubtful, result, left) in rows {
        let settled = settle_doubt(Lookup::Found, &recipients, &events, at(9));
        assert_eq!(found_of(&settled), of(K::Accepted, doubtful), "{what}");
        assert_eq!(settled.result, result, "{what}");
        let all = [&events[..], &settled.events].concat();
        assert_eq!(outstanding(&recipients, &all), to(left), "{what}");

        let settled = settle_doubt(Lookup::NotFound, &recipients, &events, at(9));
        assert_eq!(found_of(&settled), of(K::Deferred, doubtful), "{what}");
        assert_eq!(settled.result, R::NotFound, "{what}");
        let all = [&events[..], &settled.events].concat();
        let again = outstanding(&recipients, &all);
        assert!(to(doubtful).iter().chain(&to(left)).all(|it| again.contains(it)), "{what}: {again:?}");
        assert_eq!(again.len(), doubtful.len() + left.len(), "{what}: {again:?}");
    }
}

#[test]
fn an_answer_that_is_none_to_the_transaction_is_refused() {
    let reply = |code| Reply { code, enhanced: None, text: "x".into() };
    let replies = |names: &[(&str, u16)]| {
        let replies = names.iter();
        replies
            .map(|(name, code)| RecipientReply {
                address: format!("{name}@example.com"),
                reply: reply(*code),
            })
            .collect::<Vec<_>>()
    };
    let accepted = |names: &[(&str, u16)]| Ok(Acceptance { reply: reply(250), recipients: replies(names) });
    let failed = |names: &[(&str, u16)]| {
        Err(Failure {
            stage: S::Recipient,
            verdict: Verdict::Permanent,
            reply: None,
            detail: "x".into(),
            retry_after: None,
            recipients: replies(names),
        })
    };
    let both = to(&["ann", "bob"]);
    for answer in [
        accepted(&[("ann", 250), ("bob", 550)]),
        accepted(&[("BOB", 250), ("Ann", 251)]),
        failed(&[]),
        failed(&[("bob", 550)]),
    ] {
        assert_eq!(check_answer(&both, &answer), Ok(()), "{answer:?}");
    }
    for (answer, field) in [
        (accepted(&[]), "answer.recipients"),
        (accepted(&[("ann", 250)]), "answer.recipients"),
        (accepted(&[("ann", 550), ("bob", 450)]), "answer.recipients"),
        (accepted(&[("ann", 250), ("bob", 250), ("eve", 250)]), "answer.recipients[2].address"),
        (failed(&[("eve", 550)]), "answer.recipients[0].address"),
    ] {
        assert_eq!(check_answer(&both, &answer).unwrap_err().field, field, "{answer:?}");
    }
    assert_eq!(check_answer(&[], &failed(&[])).unwrap_err().field, "recipients");
}
