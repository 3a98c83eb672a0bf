//! An access token that ends in the middle of a batch: one refresh, and every mail leaves once; or the refresh is refused, and
//! what had not left is held until a user has signed in again.

use crate::bulk::invoices;
use crate::home::Home;
use crate::sign_in::server::{AuthorizationServer, Manner};
use crate::sign_in::{USER, add, authorize};
use postroom::transport::oauth::SystemClock;
use postroom::transport::tokens::Resource;
use postroom_providers::{Gmail, Server, TokenState};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const COUNT: usize = 24;

/// A signed-in Gmail account; at its `after`th request something happens to its tokens.
async fn signed_in(
    after: usize,
    happens: impl Fn(&AuthorizationServer) + Send + Sync + 'static,
) -> (Arc<Home>, Arc<AuthorizationServer>, Server<Gmail>, String) {
    let server = Arc::new(AuthorizationServer::start(Manner::Google, Arc::new(SystemClock)).await);
    let gmail = Gmail::start(USER, "nobody-has-this-token");
    let (asked, judge) = (AtomicUsize::new(0), Arc::clone(&server));
    gmail.access.ask(move |token| {
        if asked.fetch_add(1, Ordering::SeqCst) + 1 == after {
            happens(&judge);
        }
        judge.mailbox_owner(token, Resource::Api).map_or(TokenState::Expired, |_| TokenState::Valid)
    });
    let home = Arc::new(Home::new());
    let (setting_up, at, url) = (Arc::clone(&home), Arc::clone(&server), gmail.url());
    let folder = tokio::task::spawn_blocking(move || {
        add(&setting_up, "gmail", &at, &url);
        setting_up.ok(&["account", "pace", "gmail", "--per-minute", "6000"]);
        invoices(&setting_up, "batch", COUNT, |number| format!("customer-{number}@west.test"))
    });
    let folder = folder.await.expect("set up").display().to_string();
    authorize(&home, "gmail").await.assert(0, &["signed in as"]);
    (home, server, gmail, folder)
}

async fn run(home: &Arc<Home>, words: Vec<String>) -> crate::program::Run {
    let home = Arc::clone(home);
    let run =
        tokio::task::spawn_blocking(move || home.run(&words.iter().map(String::as_str).collect::<Vec<_>>()));
    run.await.expect("it ends")
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

/// How often each mail left.
fn times(gmail: &Gmail) -> BTreeMap<String, usize> {
    let mut times = BTreeMap::new();
    for mail in gmail.sent() {
        *times.entry(mail.header("message-id").expect("a Message-ID")).or_default() += 1;
    }
    times
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_token_that_ends_in_the_middle_of_a_batch_is_refreshed_once() {
    let (home, server, gmail, folder) = signed_in(9, AuthorizationServer::forget_access_tokens).await;
    let before = server.refreshes();
    let sent = run(&home, words(&["send-bulk", &folder, "--user", "lotte", "--yes", "--json"])).await;
    sent.assert(0, &[]);
    assert_eq!(sent.json()["states"]["sent"], COUNT, "{}", sent.output());
    assert_eq!(server.refreshes() - before, 1, "whoever met the old token waited for one refresh");
    let times = times(&gmail);
    assert_eq!(times.len(), COUNT);
    assert!(times.values().all(|times| *times == 1), "{times:?}");
    assert!(gmail.requests().len() > COUNT, "the old token was met");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_grant_that_ends_in_the_middle_of_a_batch_holds_the_rest_until_somebody_signs_in() {
    let (home, _server, gmail, folder) = signed_in(9, AuthorizationServer::withdraw).await;
    let sent = run(&home, words(&["send-bulk", &folder, "--user", "lotte", "--yes", "--json"])).await;
    sent.assert(4, &[]);
    let states = sent.json()["states"].clone();
    let (left, held) = (states["sent"].as_u64().unwrap_or(0), states["held"].as_u64().unwrap_or(0));
    assert_eq!(
        (left + held, left),
        (COUNT as u64, gmail.sent().len() as u64),
        "none failed, none is lost: {states}"
    );
    assert!(left > 0 && held > 0, "{states}");
    let shown = run(&home, words(&["account", "show", "gmail", "--json"])).await.json();
    assert_eq!(shown["account"]["state"]["state"], "needs-sign-in");
    let listed = run(&home, words(&["outbox", "--json"])).await.json();
    for mail in listed["mails"].as_array().expect("mails") {
        let why = mail["why"].as_str().unwrap_or_default();
        assert!(mail["state"] == "held" && why.contains("needs a new sign-in"), "{mail}");
    }
    let status = run(&home, words(&["status", "--user", "lotte", "--json"])).await.json();
    let labels = status.as_array().expect("mails").iter().map(|mail| mail["label"].clone());
    assert!(labels.into_iter().all(|label| label == "In transit"), "{status}");
    authorize(&home, "gmail").await.assert(0, &["signed in as"]);
    // Those that had an attempt wait for their next one, a minute after it.
    let end = Instant::now() + Duration::from_secs(100);
    let mut sent_since = 0;
    while sent_since < held {
        let worked = run(&home, words(&["worker", "--drain", "--json"])).await;
        sent_since += worked.json()["sent"].as_u64().unwrap_or(0);
        assert!(Instant::now() < end, "{sent_since} of {held} left: {}", worked.output());
        tokio::time::sleep(Duration::from_secs(3)).await;
    }
    let times = times(&gmail);
    assert_eq!(times.len(), COUNT);
    assert!(times.values().all(|times| *times == 1), "{times:?}");
}
