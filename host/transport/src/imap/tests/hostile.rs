//! Servers that want to do harm: every answer is bounded.

use proptest::prelude::*;

use super::super::connection::MOST_MEMORY;
use super::super::response::{Response, Value};
use super::super::structure::leaves;
use super::super::{ImapClient, Mailboxes, Place, Security, Stage, Verdict};
use super::{account, command, failed, logged_in, opened, read};
use crate::budget::{OverBudget, SERVERS};
use crate::tests::server::{Peer, Server};

/// What a server answers to a question about a message, and what is said of it.
#[tokio::test]
async fn an_answer_larger_than_the_question_ends_the_connection() {
    let long = "x".repeat(2 << 20);
    let many = "* 1 EXISTS\r\n".repeat(100_001);
    let cases = [
        (
            "a literal bomb",
            "* 1 FETCH (UID 3 BODY[] {4294967295}\r\n".to_owned(),
            "announces 4294967295 bytes",
        ),
        ("a large literal", "* 1 FETCH (UID 3 BODY[] {11}\r\n12345678901)\r\n".into(), "announces 11 bytes"),
        ("a large string", "* 1 FETCH (UID 3 BODY[] \"12345678901\")\r\n".into(), "gives 11 bytes"),
        ("an endless line", format!("* {long}"), "is longer than"),
        ("a long line", format!("* OK {long}\r\n"), "is longer than"),
        ("endless chatter", many, "more than 100000 lines"),
        ("another's answer", "p999 OK done\r\n".into(), "does not speak IMAP"),
    ];
    for (name, words, expected) in cases {
        let server = Server::start(move |mut peer: Peer| {
            let words = words.clone();
            async move {
                logged_in(&mut peer, "").await;
                opened(&mut peer, "EXAMINE INBOX").await;
                let (tag, _) = command(&mut peer, "UID FETCH 3").await;
                peer.send(words).await;
                peer.send(format!("{tag} OK\r\n")).await;
                assert!(peer.drain().await.is_empty(), "the client went on");
            }
        })
        .await;
        let account = account(server.port, Security::None);
        let at = Place { folder: "INBOX".into(), uid_validity: 7, uid: 3 };
        let client = ImapClient::default();
        let failure = failed(client.fetch_message(&account, &at, 0, 10).await);
        assert_eq!(failure.verdict, Verdict::Permanent, "{name}: {failure}");
        assert!(failure.detail.contains(expected), "{name}: {failure}");
        client.close().await;
        server.finish().await;
    }
}

#[tokio::test]
async fn half_a_literal_is_no_message() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "").await;
        opened(&mut peer, "EXAMINE INBOX").await;
        command(&mut peer, "UID FETCH 3").await;
        peer.send("* 1 FETCH (UID 3 BODY[] {10}\r\nhalf").await;
    })
    .await;
    let account = account(server.port, Security::None);
    let at = Place { folder: "INBOX".into(), uid_validity: 7, uid: 3 };
    let failure = failed(ImapClient::default().fetch_message(&account, &at, 0, 10).await);
    assert_eq!((failure.stage, failure.verdict), (Stage::Command, Verdict::Transient), "{failure}");
    server.finish().await;
}

#[tokio::test]
async fn lines_that_make_no_sense_do_not_hide_those_that_do() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "").await;
        opened(&mut peer, "EXAMINE INBOX").await;
        let (tag, _) = command(&mut peer, "UID FETCH 3").await;
        peer.send("* 1 FETCH (UID 3 BODY[] \"unbalanced\"\r\n* \r\n*\r\n\r\n+ what\r\n* 1 FETCH )\r\n").await;
        peer.send("* \u{fffd}\u{0} (\r\n* 1 FETCH (UID 3 BODY[] \"here\")\r\n").await;
        peer.send(format!("{tag} OK\r\n")).await;
        peer.drain().await;
    })
    .await;
    let client = ImapClient::default();
    let account = account(server.port, Security::None);
    let at = Place { folder: "INBOX".into(), uid_validity: 7, uid: 3 };
    assert_eq!(client.fetch_message(&account, &at, 0, 10).await, Ok(b"here".to_vec()));
    client.close().await;
    server.finish().await;
}

#[test]
fn nesting_and_the_memory_of_values_are_bounded() {
    let deep = format!("* 1 FETCH {}{}\r\n", "(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(read(deep), Response::Unreadable);
    let wide = format!("* 1 FETCH ({})\r\n", "()".repeat(1_000_000));
    let mut memory = SERVERS.reservation(MOST_MEMORY);
    let over = Response::read(wide.as_bytes(), &["FETCH"], &mut memory).expect_err("too dear");
    assert_eq!(over, OverBudget::Response(MOST_MEMORY));
    let part = "(\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 1 1)";
    let many = format!("* 1 FETCH ({} \"MIXED\")\r\n", part.repeat(1_000));
    let Response::Data(values) = read(many) else { panic!("data") };
    assert_eq!(leaves(values.last().expect("a list")).len(), 200);
}

proptest! {
    #[test]
    fn no_response_is_too_much(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes);
        let mut line = b"* 1 FETCH (".to_vec();
        line.extend_from_slice(&bytes);
        let _ = read(&line);
    }

    #[test]
    fn no_structure_is_too_much(text in "[()\" a-zA-Z0-9{}\\[\\]]{0,300}") {
        if let Response::Data(values) = read(format!("* 1 FETCH {text}\r\n")) {
            for value in &values {
                let _ = leaves(value);
            }
            let _ = leaves(&Value::List(values));
        }
    }
}
