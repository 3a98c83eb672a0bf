//! Connections that wait for the next question.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::DateTime;

use super::super::{Chunk, Filed, Filing, ImapClient, Mailboxes, Secret, Security};
use super::{account, answer, logged_in, opened};
use crate::tests::server::{Peer, Server};

#[tokio::test]
async fn one_login_serves_many_questions_and_another_password_none_of_them() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "").await;
        if peer.number == 0 {
            answer(&mut peer, "LIST", &[], "OK").await;
            opened(&mut peer, "EXAMINE INBOX").await;
            answer(&mut peer, "UID FETCH 3", &["1 FETCH (UID 3 BODY[] {2}\r\nab)"], "OK").await;
            opened(&mut peer, "SELECT INBOX").await;
            answer(&mut peer, "UID STORE 3 +FLAGS.SILENT", &[], "OK").await;
            answer(&mut peer, "UID FETCH 3", &[], "OK").await;
        } else {
            answer(&mut peer, "LIST", &[], "OK").await;
        }
        answer(&mut peer, "LOGOUT", &["BYE"], "OK").await;
    })
    .await;
    let client = ImapClient::default();
    let account = account(server.port, Security::None);
    let names = ["Subject".to_owned()];
    client.folders(&account).await.expect("folders");
    client.state(&account, "INBOX").await.expect("a state");
    client.fetch_headers(&account, "INBOX", 7, &[3], &names).await.expect("headers");
    client.set_flags(&account, "INBOX", 7, &[3], &["\\Seen".into()], &[]).await.expect("set");
    client.fetch_headers(&account, "INBOX", 7, &[3], &names).await.expect("headers");
    let mut other = account.clone();
    other.login.secret = Secret::password("another-4711");
    client.folders(&other).await.expect("folders");
    client.close().await;
    server.finish().await;
}

#[tokio::test]
async fn a_connection_that_died_while_it_waited_is_replaced_once() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "").await;
        answer(&mut peer, "LIST", &[], "OK").await;
        // Gone without a word, as soon as it is spoken to again.
        peer.line().await;
    })
    .await;
    let client = ImapClient::default();
    let account = account(server.port, Security::None);
    client.folders(&account).await.expect("folders");
    client.folders(&account).await.expect("folders on a fresh connection");
    client.close().await;
    let lines = server.finish().await;
    assert_eq!(lines.iter().filter(|line| line.contains("AUTHENTICATE")).count(), 2, "{lines:?}");
}

#[tokio::test]
async fn filing_never_begins_on_a_connection_that_does_not_answer() {
    let connections = Arc::new(AtomicUsize::new(0));
    let count = connections.clone();
    let server = Server::start(move |mut peer: Peer| {
        count.fetch_add(1, Ordering::SeqCst);
        async move {
            logged_in(&mut peer, "LITERAL+").await;
            if peer.number == 0 {
                answer(&mut peer, "LIST", &[], "OK").await;
                assert!(peer.line().await.is_some_and(|line| line.ends_with("NOOP")));
            } else {
                let (tag, _) = super::command(&mut peer, "APPEND Sent").await;
                peer.bytes(3).await;
                peer.send(format!("{tag} OK\r\n")).await;
                peer.drain().await;
            }
        }
    })
    .await;
    let client = ImapClient::default();
    let account = account(server.port, Security::None);
    client.folders(&account).await.expect("folders");
    let message =
        Filing { chunks: vec![Chunk::Text("x".into())], flags: Vec::new(), received: DateTime::default() };
    assert_eq!(client.append(&account, "Sent", &[message]).await, Ok(vec![Filed::Stored(None)]));
    client.close().await;
    server.finish().await;
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}
