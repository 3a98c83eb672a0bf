//! `schedule` as hosts call it that keep their own records: what it refuses, and that what it gives can be stored.

use crate::test_host::{TestHost, shipped};
use postroom::contract::delivery::SubmitError;
use postroom::contract::schedule::{Attempt, Facts, Lookup, Route, Settlement, Step};
use postroom::contract::tracking::Event;
use postroom::contract::transport::{
    Acceptance, ApiResponse, Failure, RecipientReply, Reply, Stage, SubmissionFailure, Verdict,
};
use postroom::contract::types::ArgumentError;
use postroom::engine::Files;
use postroom_tests::case::Case;

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
    let (company_plugin, none) = (TestHost::new(shipped()).company_plugin, Files::default());
    let taken = accepted(&[250, 450]);
    let settled = company_plugin.settle_answer(&none, &to(), Ok(&taken), NOW).await.unwrap().unwrap();
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
    let settled = company_plugin.settle_answer(&none, &to(), Err(&lost), NOW).await.unwrap().unwrap();
    assert_eq!(kinds(&settled.events), ["in-doubt", "in-doubt"]);
    assert_eq!((settled.outcome.as_str(), settled.stage.as_deref()), ("in-doubt", Some("after-dot")));

    let found = company_plugin
        .settle_doubt(&none, Lookup::Found, &to(), &settled.events, NOW)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((kinds(&found.events), found.outcome.as_str()), (vec!["accepted"; 2], "found"));
    let not_found = company_plugin.settle_doubt(&none, Lookup::NotFound, &to(), &settled.events, NOW).await;
    let not_found = not_found.unwrap().unwrap();
    assert_eq!((kinds(&not_found.events), not_found.outcome.as_str()), (vec!["deferred"; 2], "not-found"));
    let died =
        company_plugin.settle_interruption(&none, &to(), &[], Some("it ended"), NOW).await.unwrap().unwrap();
    assert_eq!((kinds(&died.events), died.outcome.as_str()), (vec!["in-doubt"; 2], "in-doubt"));
}

#[tokio::test]
async fn what_is_no_answer_and_no_fact_is_named_by_its_path() {
    let (company_plugin, none) = (TestHost::new(shipped()).company_plugin, Files::default());
    let field = |settled: Result<Settlement, ArgumentError>| match settled {
        Ok(settled) => panic!("{settled:?}"),
        Err(error) => error.argument,
    };
    let one = accepted(&[250]);
    for (to, now, expected) in
        [(to(), NOW, "answer.recipients"), (vec![], NOW, "recipients"), (to(), "today", "now")]
    {
        let settled = company_plugin.settle_answer(&none, &to, Ok(&one), now).await.unwrap();
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
    let settled = company_plugin
        .settle_doubt(&none, Lookup::Found, &to(), std::slice::from_ref(&strange), NOW)
        .await
        .unwrap();
    assert_eq!(field(settled), "events[0].kind");
    let settled = company_plugin.settle_interruption(&none, &to(), &[strange], None, NOW).await.unwrap();
    assert_eq!(field(settled), "events[0].kind");
}

/// A host with an API of its own: the mail as it was composed, and the provider's response to the request.
#[tokio::test]
async fn an_apis_response_is_settled_without_a_submission() {
    let host = TestHost::new(shipped());
    let ready = host.compose(&Case::of_document("invoice")).await;
    let (mail, none) = (&ready.message.mail, Files::default());
    let to = &mail.envelope.recipients;
    let response = |status: u16, body: &str| ApiResponse {
        status,
        body: body.to_owned(),
        retry_after: Some(30),
        message_id: None,
    };
    for (transport, status, body, result, kind) in [
        ("gmail", 200, r#"{"id":"18f"}"#, "accepted", "accepted"),
        ("graph", 202, "", "accepted", "accepted"),
        ("sendgrid", 202, "", "accepted", "accepted"),
        ("graph", 200, "", "in-doubt", "in-doubt"),
        ("gmail", 429, "", "account-unavailable", "deferred"),
        ("sendgrid", 401, "", "needs-sign-in", "deferred"),
        ("gmail", 502, "", "in-doubt", "in-doubt"),
        ("sendgrid", 413, "", "permanent", "refused"),
    ] {
        let answer = response(status, body);
        let settled = host.company_plugin.settle_api(&none, transport, mail, to, Ok(&answer), NOW).await;
        let settled = settled.unwrap().unwrap();
        assert_eq!(settled.outcome, result, "{transport} {status}: {settled:?}");
        assert!(kinds(&settled.events).iter().all(|it| *it == kind), "{transport} {status}: {settled:?}");
        assert_eq!(settled.events.len(), to.len());
    }
    let stranger = ["eve@elsewhere.example".to_owned()];
    let taken = response(202, "");
    for (transport, to, argument) in [
        ("graph", &stranger[..], "recipients[0]"),
        ("graph", &[][..], "recipients"),
        ("smtp", to.as_slice(), "transport"),
        ("fax", to.as_slice(), "transport"),
    ] {
        let settled =
            host.company_plugin.settle_api(&none, transport, mail, to, Ok(&taken), NOW).await.unwrap();
        assert_eq!(settled.unwrap_err().argument, argument);
    }
}

/// What is kept of an attempt is one text, which is given back as it is; a host with columns makes it of them.
#[tokio::test]
async fn a_memo_is_what_decides_and_a_person_may_replace_it() {
    let (company_plugin, none) = (TestHost::new(shipped()).company_plugin, Files::default());
    let route = || Route { account_name: "office".to_owned(), transport: "smtp".to_owned() };
    let facts = |memo: String| Facts {
        id: "mail-1".to_owned(),
        recipients: to(),
        events: vec![],
        send_at: None,
        held: false,
        attempts: vec![Attempt { at: NOW.to_owned(), route: route(), memo: Some(memo) }],
        route: route(),
        fallback: None,
        fallback_policy: "off".to_owned(),
        patience: 0,
        compromised: false,
        pause: None,
        fallback_pause: None,
        can_look_in_sent: false,
    };
    for (result, stage, code) in [
        ("accepted", None, "left"),
        ("in-doubt", Some("after-dot"), "lookup-impossible"),
        ("transient", Some("connect"), "retry-pause"),
        ("permanent", Some("login"), "account-broken"),
        ("permanent", Some("data"), "refused-for-good"),
        ("needs-sign-in", Some("login"), "needs-sign-in"),
        ("not-attempted", Some("prepare"), "not-attempted"),
    ] {
        let memo = company_plugin
            .memo(&none, result, None, stage, Some("the server said no"))
            .await
            .unwrap()
            .unwrap();
        let action = company_plugin.decide(&none, &facts(memo), NOW).await.unwrap().unwrap();
        assert_eq!(action.reason.code, code, "{result}: {action:?}");
    }
    let mut by_fax = facts(company_plugin.memo(&none, "transient", None, None, None).await.unwrap().unwrap());
    by_fax.route.transport = "fax".to_owned();
    let wrong = company_plugin.decide(&none, &by_fax, NOW).await.unwrap().unwrap_err();
    assert_eq!(wrong.argument, "facts.route.transport", "what can't be submitted is not handed out");
    // A person has put the account right.
    let memo = company_plugin.memo(&none, "transient", None, Some("login"), None).await.unwrap().unwrap();
    let later = "2026-11-22T12:00:00+01:00";
    let action = company_plugin.decide(&none, &facts(memo), later).await.unwrap().unwrap();
    assert!(matches!(action.step, Step::Submit(_)), "{action:?}");
    let wrong =
        company_plugin.decide(&none, &facts("what came of it".to_owned()), NOW).await.unwrap().unwrap_err();
    assert_eq!(wrong.argument, "facts.attempts[0].memo");
    let wrong = company_plugin.memo(&none, "lost", None, None, None).await.unwrap().unwrap_err();
    assert_eq!(wrong.argument, "outcome");
}

#[tokio::test]
async fn a_mail_goes_to_nobody_whom_it_was_not_made_for() {
    let host = TestHost::new(shipped());
    let ready = host.compose(&Case::of_document("invoice")).await;
    let mail = &ready.message.mail;
    let route = Route { account_name: "office".to_owned(), transport: "smtp".to_owned() };
    let twice =
        [&mail.envelope.recipients[0], &mail.envelope.recipients[0].to_uppercase()].map(String::clone);
    let submitted = host.company_plugin.submit(&ready.files, mail, &twice, "", &route, NOW).await.unwrap();
    assert!(
        matches!(&submitted.error, Some(SubmitError::Argument(error)) if error.argument == "recipients[1]"),
        "{submitted:?}"
    );
    for (to, options, argument) in [
        ("eve@elsewhere.example", "", "recipients[0]"),
        (mail.envelope.recipients[0].as_str(), r#"{"priority":1}"#, "options.priority"),
        (mail.envelope.recipients[0].as_str(), "urgent", "options"),
    ] {
        let to = [to.to_owned()];
        let submitted =
            host.company_plugin.submit(&ready.files, mail, &to, options, &route, NOW).await.unwrap();
        match submitted.error {
            Some(SubmitError::Argument(error)) => assert_eq!(error.argument, argument),
            other => panic!("{other:?}"),
        }
        let settled = (submitted.settlement.outcome.as_str(), submitted.settlement.stage.as_deref());
        assert_eq!(settled, ("not-attempted", Some("prepare")), "no server has refused the mail");
    }
    assert!(host.mails.taken().is_empty());
}
