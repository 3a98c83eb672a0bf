//! Accounts that need a person: a sign-in, a doubt that the provider can clear, another account in their place.

use super::{Erp, NOW, enqueue, on, outcomes, run, statuses};
use postroom_cli::catcher::Catcher;
use postroom_tests::scripted::{At, How, server};
use serde_json::{Value, json};

const ANN: &str = "ann@example.org";
const LATER: &str = "2026-11-22T09:30:00Z";

/// A business system whose mail leaves by the Gmail API.
async fn with_gmail() -> (Erp, Value) {
    let erp = Erp::new().await;
    let gmail = json!({"do": "account", "name": "gmail", "transport": "gmail", "can_look_in_sent": true});
    erp.does(None, vec![gmail]).await;
    let mut mail = enqueue("button", ANN);
    mail["wanted"]["account_name"] = json!("gmail");
    (erp, mail)
}

/// A provider's response.
fn response(body: &str) -> Value {
    use base64::Engine as _;
    let body = base64::engine::general_purpose::STANDARD.encode(body);
    let headers = json!([{"name": "content-type", "value": "application/json"}]);
    json!({"ok": {"status": 200, "headers": headers, "body": {"base64": body}, "truncated": false}})
}

fn run_with(now: &str, web: &Value) -> Value {
    json!({"do": "run", "now": now, "web": web})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_whose_account_needs_a_sign_in_waits_for_it() {
    let (erp, mail) = with_gmail().await;
    let expired = json!({"POST": {"err": {"needs-sign-in": "Token has been expired or revoked."}}});
    let tables = erp.does(None, vec![mail, run_with(NOW, &expired), run_with(LATER, &expired)]).await;
    let mail = &tables["mails"][0];
    assert_eq!(
        (&mail["state"], outcomes(mail)),
        (&json!("person"), vec![Some("needs-sign-in")]),
        "{tables:#}"
    );
    assert_eq!(mail["reason_code"], "needs-sign-in", "{tables:#}");
    assert!(mail["explained"].as_str().unwrap().contains("aan"), "{tables:#}");

    let works = json!({"POST": response(r#"{"id": "18f0a", "threadId": "18f0a", "labelIds": ["SENT"]}"#)});
    let signed_in = json!({"do": "put_right", "account": "gmail", "now": LATER});
    let tables = erp.does(None, vec![signed_in, run_with(LATER, &works)]).await;
    let mail = &tables["mails"][0];
    assert_eq!(outcomes(mail), [Some("transient"), Some("accepted")], "{tables:#}");
    assert_eq!(mail["attempts"][1][4], "18f0a", "the provider's name for it: {tables:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_a_response_is_looked_for_at_the_provider() {
    let (erp, mail) = with_gmail().await;
    let lost = json!({"stage": "response", "verdict": "in-doubt", "code": null, "words": null,
        "detail": "the connection closed", "retry-after": null});
    let lost = json!({"POST": {"err": {"failed": lost}}});
    let found = json!({"GET": response(r#"{"messages": [{"id": "18f0a", "threadId": "18f0a"}], "resultSizeEstimate": 1,
        "id": "18f0a", "threadId": "18f0a", "labelIds": ["SENT"]}"#)});
    let tables = erp.does(None, vec![mail, run_with(NOW, &lost)]).await;
    let mail = &tables["mails"][0];
    assert_eq!((&mail["state"], outcomes(mail)), (&json!("due"), vec![Some("in-doubt")]), "{tables:#}");
    let tables = erp.does(None, vec![run_with(LATER, &found)]).await;
    let mail = &tables["mails"][0];
    assert_eq!((&mail["state"], outcomes(mail)), (&json!("done"), vec![Some("found")]), "{tables:#}");
    assert_eq!(statuses(mail), ["in-transit"], "{tables:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_account_is_asked_about_and_taken_on_a_persons_word() {
    for (may, left) in [(true, 1), (false, 0)] {
        let erp = Erp::new().await;
        let spare = json!({"do": "account", "name": "spare", "transport": "smtp"});
        let dead = json!({"do": "account", "name": "dead", "transport": "smtp", "fallback": "spare",
            "fallback_policy": "ask", "patience": 60});
        let mut mail = enqueue("button", ANN);
        mail["wanted"]["account_name"] = json!("dead");
        let catcher = Catcher::start().await.unwrap();
        let rounds = ["2026-11-22T08:31:10Z", "2026-11-22T08:32:00Z", "2026-11-22T08:48:00Z"];
        let mut steps = vec![spare, dead, mail, run(NOW)];
        steps.extend(rounds.map(run));
        let tables = erp.does(Some(catcher.address()), steps).await;
        let mail = &tables["mails"][0];
        assert_eq!((&mail["state"], &mail["question"]), (&json!("due"), &json!("fallback")), "{tables:#}");
        assert!(outcomes(mail).len() > 1, "the own way goes on being tried: {tables:#}");
        assert!(catcher.caught().is_empty());
        let answer = json!({"do": "answer_fallback", "mail": 0, "may": may, "now": rounds[2]});
        let tables = erp.does(Some(catcher.address()), vec![answer, run(rounds[2])]).await;
        let state = if may { "done" } else { "due" };
        assert_eq!(
            (&tables["mails"][0]["state"], &tables["mails"][0]["question"]),
            (&json!(state), &Value::Null)
        );
        assert_eq!(catcher.caught().len(), left);
    }
}

/// All mails of an account wait for it, and at the end of its pause one of them tries it.
#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_can_not_send_pauses_all_its_mails_and_one_tries_it() {
    let erp = Erp::new().await;
    let over = How::Replies("454 4.7.0 Throttling failure: Daily message quota exceeded.");
    let (catcher, full) = (Catcher::start().await.unwrap(), on(server(At::Sender, over, &[])));
    let steps = vec![enqueue("1", ANN), enqueue("2", ANN), enqueue("3", ANN), run(NOW)];
    let tables = erp.does(Some(full), steps).await;
    let account = &tables["accounts"][0];
    assert_eq!(account["pause_cause"], "quota", "{tables:#}");
    let tries = |tables: &Value| {
        tables["mails"].as_array().unwrap().iter().map(|it| outcomes(it).len()).sum::<usize>()
    };
    assert_eq!(tries(&tables), 1, "{tables:#}");
    let until = account["pause_until"].as_str().unwrap().to_owned();
    for mail in tables["mails"].as_array().unwrap() {
        assert!(mail["next_at"].as_str().unwrap() >= until.as_str(), "{tables:#}");
        assert_eq!(mail["reason_code"], "account-quota", "{tables:#}");
    }
    // Still full at its end: of two workers one makes a try, and the pause gets longer.
    tokio::join!(erp.does(Some(full), vec![run(&until)]), erp.does(Some(full), vec![run(&until)]));
    let tables = erp.does(None, vec![]).await;
    assert_eq!(tries(&tables), 2, "{tables:#}");
    assert_eq!(tables["accounts"][0]["pause_failures"], 1, "{tables:#}");
    let longer = tables["accounts"][0]["pause_until"].as_str().unwrap().to_owned();
    assert!(longer > until, "{tables:#}");
    let tables = erp.does(Some(catcher.address()), vec![run(&longer), run(&longer)]).await;
    assert_eq!(tables["accounts"][0]["pause_until"], Value::Null, "{tables:#}");
    assert_eq!(catcher.caught().len(), 3, "{tables:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leaves_by_a_compromised_account_until_the_mark_is_cleared() {
    let (erp, catcher) = (Erp::new().await, Catcher::start().await.unwrap());
    let mark = |is: bool| json!({"do": "change_account", "name": "office", "compromised": is});
    let hold = json!({"do": "hold", "mail": 1, "held": true, "now": NOW});
    let steps = vec![mark(true), enqueue("1", ANN), enqueue("2", ANN), hold, run(NOW)];
    let tables = erp.does(Some(catcher.address()), steps).await;
    let reasons =
        |tables: &Value| [0, 1].map(|at| tables["mails"][at]["reason_code"].as_str().unwrap().to_owned());
    assert_eq!(reasons(&tables), ["account-compromised", "held"], "{tables:#}");
    let put_right = json!({"do": "put_right", "account": "office", "now": LATER});
    let tables = erp.does(Some(catcher.address()), vec![mark(false), put_right, run(LATER)]).await;
    assert_eq!(reasons(&tables), ["left", "held"], "what a person holds stays held: {tables:#}");
    assert_eq!(catcher.caught().len(), 1);
}
