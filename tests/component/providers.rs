//! The plugin at the providers' APIs: the invoice arrives byte for byte, and what goes wrong is told apart.

use crate::test_host::{TestHost, draft, shipped, streamed};
use postroom::contract::delivery::{LookupResult, SubmissionResult};
use postroom::contract::schedule::Route;
use postroom::engine::{Capabilities, CompanyPlugin, Files};
use postroom::model::AllowList;
use postroom::outbox::Ready;
use postroom::transport::http_api::{Account, Timeouts, WebClient};
use postroom::transport::tokens::TokenSource;
use postroom_providers::{Fault, File, Gmail, Graph, Reply, SendGrid, TokenState};
use postroom_tests::case::{Case, SENDER};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

const TOKEN: &str = "ya29.token-4711";
const NOW: &str = "2026-11-23T10:00:00+01:00";

/// Opens the plugin with one account, at the provider of this URL.
fn company_plugin(url: &str) -> CompanyPlugin {
    // Short, since some servers here are silent; long enough for the rest.
    let timeouts = Timeouts { answer: Duration::from_secs(2), ..Timeouts::all(Duration::from_secs(20)) };
    let base = format!("{url}/").parse().unwrap();
    let account = Account {
        allow_private: AllowList::loopback(),
        timeouts,
        ..Account::new("office", base, TokenSource::constant(TOKEN))
    };
    shipped().company_plugin(
        "atelier-nord",
        Capabilities::default().with_apis([account], Arc::new(WebClient::new())),
    )
}

/// The invoice with its PDF and added files of these sizes.
async fn invoice(added: &[usize]) -> (Case, Ready) {
    let mut case = Case::of_document("invoice");
    for (number, size) in added.iter().enumerate() {
        let content = (0..*size).map(|n| (n * 31 % 251) as u8).collect();
        case.files.push((format!("plan-{number} é.bin"), "application/octet-stream", "added", content));
    }
    let ready = draft(&case).compose(&TestHost::new(shipped()).company_plugin).await.unwrap();
    (case, ready)
}

async fn submit(company_plugin: &CompanyPlugin, ready: &Ready, transport: &str) -> SubmissionResult {
    let mail = &ready.message.mail;
    let to = &mail.envelope.recipients;
    company_plugin.submit(&ready.files, mail, to, "", &route(transport), NOW).await.unwrap()
}

/// What an attempt came to, by the contract's name.
fn result(submitted: &SubmissionResult) -> &str {
    &submitted.settlement.outcome
}

fn route(transport: &str) -> Route {
    Route { account_name: "office".to_owned(), transport: transport.to_owned() }
}

/// The files that the user attached are among those that arrived, with every byte.
fn assert_files(case: &Case, arrived: &[File]) {
    for (name, _, role, content) in case.files.iter().filter(|(_, _, role, _)| *role != "logo") {
        let found = arrived.iter().find(|file| file.name == *name);
        let found = found.unwrap_or_else(|| panic!("{role} {name} is not among {:?}", names(arrived)));
        assert!(found.bytes == *content, "{name} differs");
    }
}

fn names(files: &[File]) -> Vec<&str> {
    files.iter().map(|file| file.name.as_str()).collect()
}

fn body(message: &[u8]) -> &[u8] {
    let head = message.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    &message[head + 4..]
}

#[tokio::test]
async fn a9_the_invoice_leaves_through_gmail_byte_for_byte() {
    let gmail = Gmail::start(SENDER, TOKEN);
    let (case, ready) = invoice(&[100_000]).await;
    let submitted = submit(&company_plugin(&gmail.url()), &ready, "gmail").await;
    assert_eq!((&submitted.error, result(&submitted)), (&None, "accepted"));
    let sent = gmail.sent();
    assert_eq!(sent.len(), 1);
    assert!(body(&sent[0].raw) == body(&streamed(&ready).await), "the body");
    assert_files(&case, &sent[0].files());
    let receipt = submitted.receipt.unwrap();
    assert_eq!((receipt.status, receipt.provider_id.as_deref()), (200, Some(sent[0].id.as_str())));
    assert_eq!(receipt.message_id.as_deref(), Some(ready.message.mail.message_id.as_str()));
}

#[tokio::test]
async fn a10_the_invoice_leaves_through_graph_byte_for_byte() {
    let graph = Graph::start(SENDER, TOKEN);
    let (case, ready) = invoice(&[100_000]).await;
    let submitted = submit(&company_plugin(&graph.url()), &ready, "graph").await;
    assert_eq!((&submitted.error, result(&submitted)), (&None, "accepted"));
    let sent = graph.sent();
    assert_eq!(sent.len(), 1);
    assert!(body(&sent[0].raw) == body(&streamed(&ready).await), "the body");
    assert_files(&case, &sent[0].files());
    assert_eq!(submitted.receipt.unwrap().status, 202);
}

#[tokio::test]
async fn a10_what_is_too_large_for_one_request_goes_by_draft_and_upload_session() {
    let graph = Graph::start(SENDER, TOKEN);
    let (case, ready) = invoice(&[4_500_000, 2_000_000, 3_276_800]).await;
    let submitted = submit(&company_plugin(&graph.url()), &ready, "graph").await;
    assert_eq!((&submitted.error, result(&submitted)), (&None, "accepted"));
    assert_eq!(graph.wrong_uploads(), [""; 0]);
    let (sent, drafts) = (graph.sent(), graph.drafts());
    assert_eq!((sent.len(), drafts.len()), (1, 0));
    assert_files(&case, &sent[0].files());
    let uploads = graph.requests().iter().filter(|it| it.method == "PUT").count();
    assert_eq!(uploads, 3, "two stretches of the first file, one of the last");
    // A session that breaks leaves neither a mail nor a draft.
    graph.fail_next("PUT ", Fault::Close);
    let submitted = submit(&company_plugin(&graph.url()), &ready, "graph").await;
    assert_eq!(result(&submitted), "transient", "{submitted:?}");
    assert_eq!((graph.sent().len(), graph.drafts().len()), (1, 0));
}

#[tokio::test]
async fn a10_a_200_for_a_mail_that_was_swallowed_is_no_acceptance() {
    let graph = Graph::start(SENDER, TOKEN);
    let (_, ready) = invoice(&[]).await;
    graph.fail_next("sendMail", Fault::Say(Reply::empty(200)));
    let submitted = submit(&company_plugin(&graph.url()), &ready, "graph").await;
    assert_ne!(result(&submitted), "accepted", "{submitted:?}");
    assert!(graph.sent().is_empty());
}

#[tokio::test]
async fn a13_the_invoice_leaves_through_sendgrid_with_every_byte_of_its_files() {
    let sendgrid = SendGrid::start(TOKEN);
    let (case, ready) = invoice(&[100_001, 2_000_000]).await;
    let submitted = submit(&company_plugin(&sendgrid.url()), &ready, "sendgrid").await;
    assert_eq!((&submitted.error, result(&submitted)), (&None, "accepted"));
    let sent = sendgrid.sent();
    assert_eq!(sent.len(), 1);
    assert_files(&case, &SendGrid::files(&sent[0]));
    let asked: Vec<&str> = ["to", "cc", "bcc"]
        .iter()
        .flat_map(|field| sent[0]["personalizations"][0][*field].as_array().into_iter().flatten())
        .filter_map(|entry: &Value| entry["email"].as_str())
        .collect();
    for recipient in &ready.message.mail.envelope.recipients {
        assert!(asked.contains(&recipient.as_str()), "{recipient} is not among {asked:?}");
    }
    assert_eq!(submitted.receipt.unwrap().provider_id.as_deref(), Some("sg-000001"));
}

/// What each fault comes to, at each provider; the number of mails that were sent all the same.
#[tokio::test]
async fn faults_of_a_provider_are_told_apart_and_nothing_is_sent_twice() {
    let (_, ready) = invoice(&[]).await;
    let gmail = Gmail::start(SENDER, TOKEN);
    let graph = Graph::start(SENDER, TOKEN);
    let sendgrid = SendGrid::start(TOKEN);
    let at_gmail = company_plugin(&gmail.url());
    let at_graph = company_plugin(&graph.url());
    let at_sendgrid = company_plugin(&sendgrid.url());
    let sent = || (gmail.sent().len(), graph.sent().len(), sendgrid.sent().len());

    let redirect = || Reply::empty(302).with("location", "http://127.0.0.1:1/elsewhere");
    for (fault, stored) in [
        (Fault::Hang, 0),
        (Fault::Close, 0),
        (Fault::Garbage, 0),
        (Fault::LoseAnswer, 1),
        (Fault::Say(Reply::empty(500)), 0),
    ] {
        let before = sent();
        gmail.fail_next("POST", fault.clone());
        graph.fail_next("POST", fault.clone());
        sendgrid.fail_next("POST", fault.clone());
        for (company_plugin, transport) in
            [(&at_gmail, "gmail"), (&at_graph, "graph"), (&at_sendgrid, "sendgrid")]
        {
            let submitted = submit(company_plugin, &ready, transport).await;
            assert_eq!(result(&submitted), "in-doubt", "{transport}, {fault:?}: {submitted:?}");
        }
        assert_eq!(sent(), (before.0 + stored, before.1 + stored, before.2 + stored), "{fault:?}");
    }
    let before = sent();
    for fault in [Fault::Say(redirect()), Fault::Huge] {
        gmail.fail_next("POST", fault.clone());
        graph.fail_next("POST", fault.clone());
        sendgrid.fail_next("POST", fault.clone());
        for (company_plugin, transport) in
            [(&at_gmail, "gmail"), (&at_graph, "graph"), (&at_sendgrid, "sendgrid")]
        {
            let submitted = submit(company_plugin, &ready, transport).await;
            assert_ne!(result(&submitted), "accepted", "{transport}, {fault:?}: {submitted:?}");
        }
    }
    gmail.fail_next("POST", Fault::Say(Gmail::throttled(30)));
    graph.fail_next("POST", Fault::Say(Graph::throttled(30)));
    sendgrid.fail_next("POST", Fault::Say(SendGrid::throttled(30)));
    for (company_plugin, transport) in
        [(&at_gmail, "gmail"), (&at_graph, "graph"), (&at_sendgrid, "sendgrid")]
    {
        let submitted = submit(company_plugin, &ready, transport).await;
        assert_eq!(result(&submitted), "account-unavailable", "{transport}: {submitted:?}");
        let wait = submitted.settlement.retry_after.unwrap();
        assert!((28..=30).contains(&wait), "{transport}: {wait}");
        assert_eq!(
            submitted.settlement.pause.map(|pause| pause.cause).as_deref(),
            Some("quota"),
            "{transport}"
        );
    }
    gmail.fail_next("POST", Fault::Say(Gmail::quota_exceeded()));
    let submitted = submit(&at_gmail, &ready, "gmail").await;
    let settled = (result(&submitted), submitted.settlement.retry_after);
    assert_eq!(settled, ("account-unavailable", None), "{submitted:?}");

    for token_state in [TokenState::Expired, TokenState::Revoked] {
        gmail.access.set(TOKEN, token_state);
        graph.access.set(TOKEN, token_state);
        sendgrid.access.set(TOKEN, token_state);
        for (company_plugin, transport) in
            [(&at_gmail, "gmail"), (&at_graph, "graph"), (&at_sendgrid, "sendgrid")]
        {
            let submitted = submit(company_plugin, &ready, transport).await;
            assert_eq!(result(&submitted), "needs-sign-in", "{transport}, {token_state:?}: {submitted:?}");
            assert!(!format!("{submitted:?}").contains(TOKEN), "{transport}: a token in the outcome");
        }
    }
    assert_eq!(sent(), before);
}

#[tokio::test]
async fn a_mail_whose_answer_was_lost_is_found_at_the_provider() {
    let (_, ready) = invoice(&[]).await;
    let gmail = Gmail::start(SENDER, TOKEN);
    let graph = Graph::start(SENDER, TOKEN);
    for replaced in [false, true] {
        if replaced {
            gmail.replace_message_ids();
        }
        gmail.fail_next("POST", Fault::LoseAnswer);
        graph.fail_next("POST", Fault::LoseAnswer);
        for (url, transport) in [(gmail.url(), "gmail"), (graph.url(), "graph")] {
            let company_plugin = company_plugin(&url);
            let submitted = submit(&company_plugin, &ready, transport).await;
            assert_eq!(result(&submitted), "in-doubt", "{submitted:?}");
            let id = &ready.message.mail.message_id;
            let route = route(transport);
            let seen =
                company_plugin.look_in_sent(&Files::default(), id, &route, None, NOW, NOW).await.unwrap();
            assert!(matches!(seen, LookupResult::Found(_)), "{transport}: {seen:?}");
        }
    }
}
