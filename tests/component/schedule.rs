//! `schedule` as hosts call it that keep their own records: what it refuses, and that what it gives can be stored.

use crate::house::{House, shipped};
use postroom::contract::schedule::{Lookup, Settlement};
use postroom::contract::tracking::Event;
use postroom::contract::transport::{
    Acceptance, ApiResponse, Failure, RecipientReply, Reply, Stage, SubmissionFailure, Verdict,
};
use postroom::contract::types::ArgumentError;
use postroom::engine::Files;

const NOW: &str = "2026-11-22T09:30:00+01:00";

fn to() -> Vec<String> {
    ["ann@example.com", "bob@example.com"].map(str::to_owned).to_vec()
}

fn reply(code: u16, text: &str) -> Reply {
    Reply { code, enhanced: None, text: text.to_owned() }
}

fn accepted(codes: &[u16]) -> Acceptance {
    let recipients = to().into_iter().zip(codes);
    Acceptance {
        server: "mail.example.com".to_owned(),
        reply: reply(250, "queued"),
        recipients: recipients
            .map(|(address, code)| RecipientReply { address, reply: reply(*code, "said") })
            .collect(),
        dsn: false,
    }
}

fn kinds(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.kind.as_str()).collect()
}

#[tokio::test]
async fn a_servers_answer_is_settled_without_a_submission() {
    let (office, none) = (House::new(shipped()).office, Files::default());
    let taken = accepted(&[250, 450]);
    let settled = office.settle_answer(&none, &to(), Ok(&taken), NOW).await.unwrap().unwrap();
    assert_eq!(kinds(&settled.events), ["accepted", "deferred"]);
    assert_eq!((settled.outcome.as_str(), settled.retry_after), ("partly-accepted", None));
    let lost = Failure {
        stage: Stage::AfterDot,
        verdict: Verdict::InDoubt,
        code: None,
        words: None,
        detail: "mail.example.com closed the connection after the final dot".to_owned(),
        retry_after: None,
    };
    let lost = SubmissionFailure { failure: lost, reply_code: None, recipients: vec![] };
    let settled = office.settle_answer(&none, &to(), Err(&lost), NOW).await.unwrap().unwrap();
    assert_eq!(kinds(&settled.events), ["in-doubt", "in-doubt"]);
    assert_eq!((settled.outcome.as_str(), settled.stage.as_deref()), ("in-doubt", Some("after-dot")));

    let found =
        office.settle_doubt(&none, Lookup::Found, &to(), &settled.events, NOW).await.unwrap().unwrap();
    assert_eq!((kinds(&found.events), found.outcome.as_str()), (vec!["accepted"; 2], "found"));
    let not_found = office.settle_doubt(&none, Lookup::NotFound, &to(), &settled.events, NOW).await;
    let not_found = not_found.unwrap().unwrap();
    assert_eq!((kinds(&not_found.events), not_found.outcome.as_str()), (vec!["deferred"; 2], "not-found"));
    let died = office.settle_interruption(&none, &to(), &[], Some("it ended"), NOW).await.unwrap().unwrap();
    assert_eq!((kinds(&died.events), died.outcome.as_str()), (vec!["in-doubt"; 2], "in-doubt"));
}

#[tokio::test]
async fn what_is_no_answer_and_no_fact_is_named_by_its_path() {
    let (office, none) = (House::new(shipped()).office, Files::default());
    let field = |settled: Result<Settlement, ArgumentError>| match settled {
        Ok(settled) => panic!("{settled:?}"),
        Err(error) => error.argument,
    };
    let one = accepted(&[250]);
    for (to, now, expected) in
        [(to(), NOW, "answer.recipients"), (vec![], NOW, "recipients"), (to(), "today", "now")]
    {
        let settled = office.settle_answer(&none, &to, Ok(&one), now).await.unwrap();
        assert_eq!(field(settled), expected);
    }
    let strange = Event {
        recipient: None,
        kind: "vanished".to_owned(),
        at: NOW.to_owned(),
        source: "host".to_owned(),
        code: None,
        words: None,
    };
    let settled =
        office.settle_doubt(&none, Lookup::Found, &to(), std::slice::from_ref(&strange), NOW).await.unwrap();
    assert_eq!(field(settled), "events[0]");
    let settled = office.settle_interruption(&none, &to(), &[strange], None, NOW).await.unwrap();
    assert_eq!(field(settled), "events[0]");
}
