//! The capability against scripted servers that misbehave in every way seen in the wild, and its pure parts
//! against tables and random input.

mod criteria;
mod filing;
mod hostile;
mod logins;
mod memory;
mod reading;
mod responses;
mod reuse;
mod security;
mod stages;
mod sync;
mod texts;

use postroom_model::AllowList;
use std::time::Duration;

use super::connection::MOST_MEMORY;
use super::response::Response;
use super::{Account, Failure, Login, MailboxError, Mechanism, Secret, Security, Timeouts};
use crate::budget::SERVERS;
use crate::tests::certificates;
use crate::tests::server::Peer;

/// Long enough for a loaded machine, short enough to wait for.
const SHORT: Duration = Duration::from_millis(300);
/// For what must not run out.
const LONG: Duration = Duration::from_secs(10);
/// What must be found nowhere.
const PASSWORD: &str = "pw-4711-secret";

fn login() -> Login {
    Login { user: "nora@nord.test".into(), secret: Secret::password(PASSWORD), mechanism: Mechanism::Auto }
}

/// An account for a scripted server.
fn account(port: u16, security: Security) -> Account {
    Account {
        port,
        allow_private: AllowList::loopback(),
        allow_cleartext_login: true,
        timeouts: Timeouts { logout: SHORT, ..Timeouts::all(LONG) },
        trusted_ca: Some(certificates::trusted()),
        ..Account::new("test", "127.0.0.1", security, login())
    }
}

/// Reads a command that must begin so, and gives back its tag and all of it without the tag.
async fn command(peer: &mut Peer, beginning: &str) -> (String, String) {
    let line = peer.line().await.unwrap_or_else(|| panic!("{beginning} was expected, the client hung up"));
    let (tag, rest) = line.split_once(' ').expect("a tag");
    assert!(rest.starts_with(beginning), "{beginning} was expected, came {rest}");
    (tag.to_owned(), rest.to_owned())
}

/// Answers a command that must begin so: untagged lines, then the status.
async fn answer(peer: &mut Peer, beginning: &str, untagged: &[&str], status: &str) -> String {
    let (tag, line) = command(peer, beginning).await;
    let mut words: String = untagged.iter().map(|line| format!("* {line}\r\n")).collect();
    words.push_str(&format!("{tag} {status}\r\n"));
    peer.send(words).await;
    line
}

/// Greeting and capabilities.
async fn welcome(peer: &mut Peer, capabilities: &str) {
    peer.send("* OK scripted.test ready\r\n").await;
    send_capabilities(peer, capabilities).await;
}

async fn send_capabilities(peer: &mut Peer, capabilities: &str) {
    answer(peer, "CAPABILITY", &[&format!("CAPABILITY IMAP4rev1 {capabilities}")], "OK done").await;
}

/// Greeting, capabilities, and a login that is taken.
async fn logged_in(peer: &mut Peer, capabilities: &str) {
    welcome(peer, "SASL-IR AUTH=PLAIN").await;
    let code = format!("OK [CAPABILITY IMAP4rev1 {capabilities}] welcome");
    answer(peer, "AUTHENTICATE PLAIN ", &[], &code).await;
}

/// Lets a folder be opened.
async fn opened(peer: &mut Peer, how: &str) -> String {
    let state = ["FLAGS (\\Seen)", "3 EXISTS", "0 RECENT", "OK [UIDVALIDITY 7] ok", "OK [UIDNEXT 12] ok"];
    answer(peer, how, &state, "OK [READ-WRITE] opened").await
}

/// Reads a response to a question that any data answers.
fn read(line: impl AsRef<[u8]>) -> Response {
    let data = ["LIST", "FETCH", "SEARCH", "EXISTS"];
    Response::read(line.as_ref(), &data, &mut SERVERS.reservation(MOST_MEMORY)).expect("within the budget")
}

fn failed<T: std::fmt::Debug>(answer: Result<T, MailboxError>) -> Failure {
    match answer {
        Err(MailboxError::Failed(failure)) => failure,
        other => panic!("a failure was expected, came {other:?}"),
    }
}
