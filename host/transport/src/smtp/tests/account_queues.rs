//! Mails of one account on the same connection, closely behind each other: what each is told when the server
//! refuses, hangs up, stalls or talks nonsense between two of them.

use std::time::Duration;

use super::super::account_queue::SubmitResult;
use super::super::{
    Account, ConnectionLimits, Failure, PoolLimits, Security, SmtpClient, Submission, Submitter, Timeouts,
};
use super::server::{Peer, Server};
use super::{LONG, SHORT, account, submission};

pub(super) const EXTENSIONS: &[&str] = &["PIPELINING", "SIZE 1000"];

/// A client that carries everything on so many connections.
pub(super) fn client(connections: usize) -> SmtpClient {
    let queues = ConnectionLimits { connections, ..ConnectionLimits::default() };
    SmtpClient::with_limits(PoolLimits { per_account: 16, ..PoolLimits::default() }, queues)
}

/// A mail that says its name.
pub(super) fn mail(name: &str) -> Submission {
    submission(&[&format!("{name}@west.test")], &format!("Subject: {name}\r\n\r\nHello.\r\n"))
}

/// Hands in a mail and lets everything run until it waits.
pub(super) async fn hand_in(
    client: &SmtpClient,
    account: &Account,
    mail: Submission,
) -> tokio::task::JoinHandle<SubmitResult> {
    let (client, account) = (client.clone(), account.clone());
    let handed_in = tokio::spawn(async move { client.submit(&account, &mail).await });
    // All of a test runs on one thread: others go on until they wait for the network.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    handed_in
}

pub(super) async fn hand_in_all(
    client: &SmtpClient,
    account: &Account,
    names: &[&str],
) -> Vec<tokio::task::JoinHandle<SubmitResult>> {
    let mut all = Vec::new();
    for name in names {
        all.push(hand_in(client, account, mail(name)).await);
    }
    all
}

pub(super) async fn results(all: Vec<tokio::task::JoinHandle<SubmitResult>>) -> Vec<SubmitResult> {
    let mut results = Vec::new();
    for one in all {
        results.push(tokio::time::timeout(LONG, one).await.expect("an outcome in time").expect("no panic"));
    }
    results
}

/// What came of it, in a few words.
fn words(result: &SubmitResult) -> String {
    match result {
        Ok(accepted) => format!("accepted: {}", accepted.reply.text),
        Err(Failure { stage, verdict, .. }) => format!("{verdict} at {stage}"),
    }
}

pub(super) fn all_words(results: &[SubmitResult]) -> Vec<String> {
    results.iter().map(words).collect()
}

/// Reads the commands of a mail to this name, answers none.
pub(super) async fn commands(peer: &mut Peer, name: &str) {
    peer.expect("MAIL FROM:", "").await;
    peer.expect(&format!("RCPT TO:<{name}@"), "").await;
    peer.expect("DATA", "").await;
}

/// Takes the first mail up to its dot, and the commands of the second, and answers neither.
async fn two_unanswered(peer: &mut Peer) {
    // The second was handed in before the first byte came.
    commands(peer, "one").await;
    peer.send("250 ok\r\n250 ok\r\n354 go\r\n").await;
    peer.message().await;
    commands(peer, "two").await;
}

/// Takes whatever comes.
pub(super) async fn obey(peer: &mut Peer, answer: &str) {
    while let Some(line) = peer.line().await {
        match line.get(..4) {
            Some("DATA") => {
                peer.send("354 go\r\n").await;
                peer.message().await;
                peer.send(format!("250 {answer}\r\n")).await;
            }
            Some("QUIT") => return peer.send("221 bye\r\n").await,
            _ => peer.send("250 ok\r\n").await,
        }
    }
}

#[tokio::test]
async fn the_commands_of_the_next_mail_leave_with_the_end_of_the_body() {
    let server = Server::start(|mut peer: Peer| async move {
        peer.welcome(EXTENSIONS).await;
        two_unanswered(&mut peer).await;
        peer.send("250 took one\r\n250 ok\r\n250 ok\r\n354 go\r\n").await;
        assert!(peer.message().await.starts_with(b"Subject: two"));
        peer.send("250 took two\r\n").await;
        peer.expect("QUIT", "221 bye\r\n").await;
    })
    .await;
    let (client, account) = (client(1), account(server.port, Security::None));
    let all = hand_in_all(&client, &account, &["one", "two"]).await;
    assert_eq!(all_words(&results(all).await), ["accepted: took one", "accepted: took two"]);
    client.close().await;
    server.finish().await;
}

#[tokio::test]
async fn a_mail_that_comes_while_the_dot_is_unanswered_is_opened_at_once() {
    let unanswered = std::sync::Arc::new(tokio::sync::Notify::new());
    let has_all = unanswered.clone();
    let server = Server::start(move |mut peer: Peer| {
        let has_all = has_all.clone();
        async move {
            peer.welcome(EXTENSIONS).await;
            commands(&mut peer, "one").await;
            peer.send("250 ok\r\n250 ok\r\n354 go\r\n").await;
            peer.message().await;
            has_all.notify_one();
            commands(&mut peer, "two").await;
            peer.send("250 took one\r\n250 ok\r\n250 ok\r\n354 go\r\n").await;
            peer.message().await;
            peer.send("250 took two\r\n").await;
            peer.drain().await;
        }
    })
    .await;
    let (client, account) = (client(1), account(server.port, Security::None));
    let first = hand_in(&client, &account, mail("one")).await;
    unanswered.notified().await;
    let second = hand_in(&client, &account, mail("two")).await;
    assert_eq!(all_words(&results(vec![first, second]).await), ["accepted: took one", "accepted: took two"]);
    client.close().await;
    server.finish().await;
}

#[tokio::test]
async fn without_pipelining_or_permission_each_mail_waits_for_the_answer_to_the_one_before() {
    for (extensions, pipelining) in [(&["DSN"][..], true), (EXTENSIONS, false)] {
        let server = Server::start(move |mut peer: Peer| async move {
            peer.welcome(extensions).await;
            for name in ["one", "two", "three"] {
                peer.expect("MAIL FROM:", "250 ok\r\n").await;
                peer.expect("RCPT TO:", "250 ok\r\n").await;
                peer.expect("DATA", "354 go\r\n").await;
                peer.message().await;
                peer.assert_client_waits("the dot").await;
                peer.send(format!("250 took {name}\r\n")).await;
            }
            peer.drain().await;
        })
        .await;
        let queues = ConnectionLimits { connections: 1, pipelining, ..ConnectionLimits::default() };
        let client = SmtpClient::with_limits(PoolLimits::default(), queues);
        let account = account(server.port, Security::None);
        let all = hand_in_all(&client, &account, &["one", "two", "three"]).await;
        assert_eq!(
            all_words(&results(all).await),
            ["accepted: took one", "accepted: took two", "accepted: took three"],
            "{extensions:?}"
        );
        client.close().await;
        server.finish().await;
    }
}

#[tokio::test]
async fn a_refused_mail_hurts_neither_the_one_before_nor_the_one_after() {
    // Answers to the second mail; what ends it, if the server says 354 all the same; what its owner is told.
    let cases = [
        ("550 no\r\n503 no\r\n503 no\r\n", None, "permanent at sender"),
        ("451 no\r\n503 no\r\n503 no\r\n", None, "transient at sender"),
        ("452 full\r\n503 no\r\n354 go\r\n", Some("554 nobody\r\n"), "transient at sender"),
        ("250 ok\r\n550 no\r\n554 nobody\r\n", None, "permanent at recipient"),
        ("250 ok\r\n452 many\r\n503 nobody\r\n", None, "transient at recipient"),
        ("250 ok\r\n550 no\r\n354 go\r\n", Some("554 nobody\r\n"), "permanent at recipient"),
        ("250 ok\r\n250 ok\r\n451 later\r\n", None, "transient at data"),
        ("250 ok\r\n250 ok\r\n554 no\r\n", None, "permanent at data"),
    ];
    for (answers, end, expected) in cases {
        let server = Server::start(move |mut peer: Peer| async move {
            peer.welcome(EXTENSIONS).await;
            two_unanswered(&mut peer).await;
            peer.send(format!("250 took one\r\n{answers}")).await;
            if let Some(end) = end {
                assert_eq!(peer.message().await, b"", "only the dot");
                peer.send(end).await;
            }
            peer.expect("RSET", "250 ok\r\n").await;
            commands(&mut peer, "three").await;
            peer.send("250 ok\r\n250 ok\r\n354 go\r\n").await;
            assert!(peer.message().await.starts_with(b"Subject: three"));
            peer.send("250 took three\r\n").await;
            peer.drain().await;
        })
        .await;
        let (client, account) = (client(1), account(server.port, Security::None));
        let all = hand_in_all(&client, &account, &["one", "two", "three"]).await;
        assert_eq!(
            all_words(&results(all).await),
            ["accepted: took one", expected, "accepted: took three"],
            "{answers:?}"
        );
        client.close().await;
        server.finish().await;
    }
}

#[tokio::test]
async fn an_answer_to_the_dot_is_its_mails_own_whatever_follows() {
    let cases = [
        ("451 4.3.0 later\r\n", "transient at data", 0),
        ("452 full\r\n", "transient at data", 0),
        ("554 5.7.1 spam\r\n", "permanent at data", 0),
        ("250 took one\r\n", "accepted: took one", 0),
        // These end the connection; the second mail, of which only commands had left, takes another.
        ("421 4.3.2 closing\r\n", "transient at data", 1),
        ("hello\r\n", "in doubt at after-dot", 1),
        ("354 more\r\n", "in doubt at after-dot", 1),
    ];
    for (answer, expected, connection) in cases {
        let server = Server::start(move |mut peer: Peer| async move {
            peer.welcome(EXTENSIONS).await;
            if peer.number > 0 {
                return obey(&mut peer, "on connection 1").await;
            }
            two_unanswered(&mut peer).await;
            peer.send(answer).await;
            if connection == 0 {
                peer.send("250 ok\r\n250 ok\r\n354 go\r\n").await;
                peer.message().await;
                peer.send("250 on connection 0\r\n").await;
                peer.drain().await;
            }
        })
        .await;
        let (client, account) = (client(1), account(server.port, Security::None));
        let all = hand_in_all(&client, &account, &["one", "two"]).await;
        let second = format!("accepted: on connection {connection}");
        assert_eq!(all_words(&results(all).await), [expected, &second], "{answer:?}");
        client.close().await;
        server.finish().await;
    }
}

#[tokio::test]
async fn a_close_between_mails_says_of_each_what_is_known() {
    let took = "250 took one\r\n";
    let cases = [
        ("", "in doubt at after-dot", "accepted: on connection 1"),
        (took, "accepted: took one", "accepted: on connection 1"),
        ("250 took one\r\n421 4.4.2 bye\r\n", "accepted: took one", "accepted: on connection 1"),
        ("250 took one\r\nnonsense\r\n", "accepted: took one", "accepted: on connection 1"),
        ("250 took one\r\n250 ok\r\n", "accepted: took one", "transient at recipient"),
        ("250 took one\r\n250 ok\r\n250 ok\r\n", "accepted: took one", "transient at data"),
        ("250 took one\r\n250 ok\r\n250 ok\r\nnonsense\r\n", "accepted: took one", "transient at data"),
        ("250 took one\r\n250 ok\r\n250 ok\r\n354 go\r\n", "accepted: took one", "in doubt at after-dot"),
    ];
    for (reply, first, second) in cases {
        let server = Server::start(move |mut peer: Peer| async move {
            peer.welcome(EXTENSIONS).await;
            if peer.number > 0 {
                return obey(&mut peer, "on connection 1").await;
            }
            two_unanswered(&mut peer).await;
            peer.send(reply).await;
            if reply.contains("354") {
                peer.message().await;
            }
        })
        .await;
        let (client, account) = (client(1), account(server.port, Security::None));
        let all = hand_in_all(&client, &account, &["one", "two"]).await;
        assert_eq!(all_words(&results(all).await), [first, second], "{reply:?}");
        client.close().await;
        let lines = server.finish().await;
        let begun = lines.iter().filter(|line| line.contains("two@west.test")).count();
        assert_eq!(begun, if second.contains("on connection 1") { 2 } else { 1 }, "{reply:?}: {lines:?}");
    }
}

#[tokio::test]
async fn a_mail_whose_second_connection_is_no_better_is_not_tried_a_third_time() {
    let server = Server::start(|mut peer: Peer| async move {
        peer.welcome(EXTENSIONS).await;
        if peer.number == 0 {
            two_unanswered(&mut peer).await;
            peer.send("250 took one\r\n").await;
        } else {
            peer.expect("MAIL FROM:", "").await;
        }
    })
    .await;
    let (client, account) = (client(1), account(server.port, Security::None));
    let all = hand_in_all(&client, &account, &["one", "two"]).await;
    assert_eq!(all_words(&results(all).await), ["accepted: took one", "transient at sender"]);
    let lines = server.finish().await;
    assert_eq!(lines.iter().filter(|line| line.starts_with("EHLO")).count(), 2, "{lines:?}");
}

#[tokio::test]
async fn a_body_that_breaks_off_takes_nobody_with_it() {
    let server = Server::start(|mut peer: Peer| async move {
        peer.welcome(&["PIPELINING"]).await;
        if peer.number > 0 {
            return obey(&mut peer, "on connection 1").await;
        }
        two_unanswered(&mut peer).await;
        peer.send("250 took one\r\n250 ok\r\n250 ok\r\n354 go\r\n").await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    })
    .await;
    let (client, account) = (client(1), account(server.port, Security::None));
    let mut large = mail("two");
    let bytes = vec![7; 24_000_000];
    large.chunks.push(super::Chunk::Attachment(crate::attachments::AttachmentSource::from_bytes(bytes)));
    let all = vec![
        hand_in(&client, &account, mail("one")).await,
        hand_in(&client, &account, large).await,
        hand_in(&client, &account, mail("three")).await,
    ];
    assert_eq!(
        all_words(&results(all).await),
        ["accepted: took one", "transient at data", "accepted: on connection 1"]
    );
    client.close().await;
    server.finish().await;
}

#[tokio::test]
async fn a_server_that_stalls_times_out_by_stage_and_leaves_the_other_mails_whole() {
    let took = "250 took one\r\n";
    let cases = [
        // The dot: its mail is in doubt, the second goes elsewhere.
        ("", "in doubt at after-dot", "accepted: on connection 1"),
        // MAIL: nothing of it was taken, it goes elsewhere.
        (took, "accepted: took one", "accepted: on connection 1"),
        ("250 took one\r\n250 ok\r\n", "accepted: took one", "transient at recipient"),
        ("250 took one\r\n250 ok\r\n250 ok\r\n", "accepted: took one", "transient at data"),
        ("250 took one\r\n250 ok\r\n250 ok\r\n354 go\r\n", "accepted: took one", "in doubt at after-dot"),
    ];
    for (reply, first, second) in cases {
        let server = Server::start(move |mut peer: Peer| async move {
            peer.welcome(EXTENSIONS).await;
            if peer.number > 0 {
                return obey(&mut peer, "on connection 1").await;
            }
            two_unanswered(&mut peer).await;
            peer.send(reply).await;
            peer.hang().await;
        })
        .await;
        let client = client(1);
        let account = Account { timeouts: Timeouts::all(SHORT), ..account(server.port, Security::None) };
        let all = hand_in_all(&client, &account, &["one", "two"]).await;
        assert_eq!(all_words(&results(all).await), [first, second], "{reply:?}");
        client.close().await;
        server.finish().await;
    }
}

#[tokio::test]
async fn a_server_that_loses_what_follows_a_body_is_not_sent_such_again() {
    let server = Server::start(|mut peer: Peer| async move {
        peer.welcome(EXTENSIONS).await;
        if peer.number == 0 {
            two_unanswered(&mut peer).await;
            peer.send("250 took one\r\n").await;
            return peer.hang().await;
        }
        for name in ["two", "three", "four"] {
            commands(&mut peer, name).await;
            peer.send("250 ok\r\n250 ok\r\n354 go\r\n").await;
            peer.message().await;
            peer.assert_client_waits("the dot").await;
            peer.send(format!("250 took {name}\r\n")).await;
        }
        peer.drain().await;
    })
    .await;
    let client = client(1);
    let timeouts = Timeouts { sender: SHORT, ..Timeouts::all(LONG) };
    let account = Account { timeouts, ..account(server.port, Security::None) };
    let all = hand_in_all(&client, &account, &["one", "two", "three", "four"]).await;
    let expected = ["one", "two", "three", "four"].map(|name| format!("accepted: took {name}"));
    assert_eq!(all_words(&results(all).await), expected);
    client.close().await;
    server.finish().await;
}

#[tokio::test]
async fn a_surplus_answer_makes_no_acceptance() {
    let server = Server::start(|mut peer: Peer| async move {
        peer.welcome(EXTENSIONS).await;
        two_unanswered(&mut peer).await;
        peer.send("250 took one\r\n250 once more\r\n250 ok\r\n550 no\r\n554 nobody\r\n").await;
        let more = peer.drain().await;
        assert!(!more.windows(9).any(|it| it == b"Subject: "), "a body left");
    })
    .await;
    let (client, account) = (client(1), account(server.port, Security::None));
    let all = hand_in_all(&client, &account, &["one", "two"]).await;
    let results = results(all).await;
    assert_eq!(words(&results[0]), "accepted: took one");
    assert!(results[1].is_err(), "{}", words(&results[1]));
    drop(client);
    server.finish().await;
}
