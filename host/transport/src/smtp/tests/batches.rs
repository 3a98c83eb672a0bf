//! Many mails at once: how many connections they take, how long they wait for one, and that each is told what the
//! server said of it and of no other, whatever the server does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::super::account_queue::SubmitResult;
use super::super::{
    Account, Chunk, ConnectionLimits, PoolLimits, Security, SmtpClient, Stage, Submission, Submitter,
    Timeouts, Verdict,
};
use super::server::{Peer, Server};
use super::{LONG, SHORT, account, submission};
use crate::attachments::AttachmentSource;

/// What a server saw and said.
#[derive(Default)]
struct ServerLog {
    /// How often each mail came whole.
    whole: BTreeMap<String, usize>,
    /// Those that it took.
    took: BTreeSet<String>,
    /// Connections that carry a mail, from its MAIL to the answer that ends it: how many are open is nothing that both sides
    /// know at once.
    carrying: usize,
    most_carrying: usize,
}

impl ServerLog {
    fn begin(&mut self, carries: &mut bool) {
        if !std::mem::replace(carries, true) {
            self.carrying += 1;
            self.most_carrying = self.most_carrying.max(self.carrying);
        }
    }

    /// Before the answer leaves: after it, the client may begin another elsewhere.
    fn end(&mut self, carries: &mut bool) {
        if std::mem::replace(carries, false) {
            self.carrying -= 1;
        }
    }
}

type SharedLog = Arc<Mutex<ServerLog>>;

/// The same numbers in the same order for the same seed.
#[derive(Clone)]
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }
}

/// What a server does out of turn, one in so many times; never where 0.
#[derive(Clone, Copy)]
struct Faults {
    seed: u64,
    one_in: u64,
}

impl Faults {
    const NONE: Self = Self { seed: 1, one_in: 0 };
}

/// A server that keeps to the protocol as long as its mood is good: a mail is named by its recipients' local
/// part up to the first dot, and what follows the dot says how the recipient is answered.
async fn serve(mut peer: Peer, faults: Faults, log: SharedLog) {
    let mut carries = false;
    converse(&mut peer, faults, &log, &mut carries).await;
    log.lock().expect("book").end(&mut carries);
}

async fn converse(peer: &mut Peer, faults: Faults, log: &SharedLog, carries: &mut bool) {
    let mut dice = Dice(faults.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (peer.number as u64 + 1) << 32);
    peer.welcome(&["PIPELINING", "8BITMIME", "SIZE 900000"]).await;
    let (mut sender, mut name, mut accepted) = (false, String::new(), 0);
    while let Some(line) = peer.line().await {
        if faults.one_in > 0 && dice.throw(faults.one_in) == 0 {
            match dice.throw(5) {
                0 => return,
                1 => return peer.send("421 4.3.2 closing\r\n").await,
                2 => return peer.send("what?\r\n").await,
                3 => {
                    let _ = tokio::time::timeout(6 * SHORT, peer.drain()).await;
                    return;
                }
                _ => tokio::time::sleep(Duration::from_millis(3)).await,
            }
        }
        if let Some(from) = line.strip_prefix("MAIL FROM:<") {
            (sender, accepted) = (!from.starts_with("refused"), 0);
            log.lock().expect("book").begin(carries);
            if !sender {
                log.lock().expect("book").end(carries);
            }
            peer.send(if sender { "250 2.1.0 ok\r\n" } else { "550 5.7.1 no\r\n" }).await;
        } else if let Some(to) = line.strip_prefix("RCPT TO:<") {
            let local = to.split('@').next().unwrap_or_default();
            let (of, answer) = local.split_once('.').unwrap_or((local, "yes"));
            name = of.to_owned();
            let reply = match answer {
                _ if !sender => "503 5.5.1 sender first\r\n",
                "unknown" => "550 5.1.1 unknown\r\n",
                "later" => "451 4.7.1 later\r\n",
                _ => {
                    accepted += 1;
                    "250 2.1.5 ok\r\n"
                }
            };
            peer.send(reply).await;
        } else if line == "DATA" {
            if accepted == 0 {
                log.lock().expect("book").end(carries);
            }
            if accepted == 0 && name.len().is_multiple_of(2) {
                peer.send("554 5.5.1 no valid recipients\r\n").await;
                continue;
            }
            peer.send("354 go\r\n").await;
            let message = peer.message().await;
            if accepted == 0 {
                assert_eq!(message, b"", "a body for nobody");
                peer.send("554 5.5.1 no valid recipients\r\n").await;
                continue;
            }
            assert!(
                message.starts_with(format!("Subject: {name}\r\n").as_bytes()),
                "{name} has another's body"
            );
            *log.lock().expect("book").whole.entry(name.clone()).or_default() += 1;
            if faults.one_in > 0 && dice.throw(2 * faults.one_in) == 0 {
                return;
            }
            log.lock().expect("book").end(carries);
            if name.ends_with('x') {
                peer.send(format!("554 5.7.1 spam {name}\r\n")).await;
            } else {
                log.lock().expect("book").took.insert(name.clone());
                peer.send(format!("250 2.0.0 took {name}\r\n")).await;
            }
            sender = false;
        } else if line == "QUIT" {
            return peer.send("221 bye\r\n").await;
        } else {
            peer.send("250 ok\r\n").await;
        }
    }
}

/// A mail of a kind that depends on its number.
fn mail(number: usize) -> (String, Submission) {
    let name = format!("m{number}{}", if number % 11 == 5 { "x" } else { "" });
    let to = |answers: &[&str]| -> Vec<String> {
        answers.iter().map(|answer| format!("{name}.{answer}@west.test")).collect()
    };
    let recipients = match number % 7 {
        1 => to(&["unknown", "yes", "later"]),
        3 => to(&["unknown", "gone.unknown"]).into_iter().take(1).collect(),
        5 => to(&["later"]),
        _ => to(&["yes"]),
    };
    let recipients: Vec<&str> = recipients.iter().map(String::as_str).collect();
    let mut mail = submission(&recipients, &format!("Subject: {name}\r\n\r\n.Hello {number}.\r\n"));
    if number % 9 == 4 {
        mail.mail_from = "refused@nord.test".into();
    }
    if number.is_multiple_of(4) {
        let size = (number * 7_919) % 300_000;
        mail.chunks.push(Chunk::Attachment(AttachmentSource::from_bytes(vec![number as u8; size])));
    }
    if number % 17 == 16 {
        mail.size = 1_000_000;
    }
    (name, mail)
}

async fn submit_all(client: &SmtpClient, account: &Account, count: usize) -> BTreeMap<String, SubmitResult> {
    let mut all = Vec::new();
    for number in 0..count {
        let (client, account) = (client.clone(), account.clone());
        let (name, mail) = mail(number);
        all.push((name, tokio::spawn(async move { client.submit(&account, &mail).await })));
    }
    let mut results = BTreeMap::new();
    for (name, one) in all {
        let result = tokio::time::timeout(4 * LONG, one).await.expect("an outcome in time");
        results.insert(name, result.expect("no panic"));
    }
    results
}

fn client(connections: usize, pool: PoolLimits) -> SmtpClient {
    SmtpClient::with_limits(pool, ConnectionLimits { connections, ..ConnectionLimits::default() })
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_many_mails_is_told_what_was_said_of_it() {
    const COUNT: usize = 300;
    for connections in [1, 4] {
        let log = SharedLog::default();
        let pages = log.clone();
        let server = Server::start(move |peer: Peer| serve(peer, Faults::NONE, pages.clone())).await;
        let client = client(connections, PoolLimits::default());
        let account = account(server.port, Security::None);
        let results = submit_all(&client, &account, COUNT).await;
        client.close().await;
        server.finish().await;
        let book = log.lock().expect("book");
        assert!(book.most_carrying <= connections, "{} at once", book.most_carrying);
        for number in 0..COUNT {
            let (name, sent) = mail(number);
            let result = &results[&name];
            let what = format!("mail {name}: {result:?}");
            let failed = result.as_ref().err().map(|failure| (failure.stage, failure.verdict));
            let expected = match number {
                _ if sent.size > 900_000 => Some((Stage::Prepare, Verdict::Permanent)),
                _ if number % 9 == 4 => Some((Stage::Sender, Verdict::Permanent)),
                _ if number % 7 == 3 => Some((Stage::Recipient, Verdict::Permanent)),
                _ if number % 7 == 5 => Some((Stage::Recipient, Verdict::Transient)),
                _ if name.ends_with('x') => Some((Stage::Data, Verdict::Permanent)),
                _ => None,
            };
            assert_eq!(failed, expected, "{what}");
            assert_eq!(book.took.contains(&name), expected.is_none(), "{what}");
            match result {
                Ok(accepted) => assert_eq!(accepted.reply.text, format!("took {name}"), "{what}"),
                Err(failure) if failure.stage == Stage::Data => {
                    assert!(failure.detail.contains(&name), "{what}")
                }
                Err(_) => {}
            }
            assert_eq!(
                book.whole.get(&name).copied().unwrap_or_default(),
                usize::from(
                    expected.is_none()
                        || name.ends_with('x') && failed.is_some_and(|(stage, _)| stage == Stage::Data)
                ),
                "{what}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_server_does_no_mail_is_doubled_and_none_that_was_taken_is_called_refused() {
    let runs: Vec<_> = (1..=24).map(|seed| tokio::spawn(at_random(seed))).collect();
    for run in runs {
        run.await.expect("as it should be");
    }
}

async fn at_random(seed: u64) {
    const COUNT: usize = 40;
    let log = SharedLog::default();
    let pages = log.clone();
    let faults = Faults { seed, one_in: 12 + seed };
    let server = Server::start(move |peer: Peer| serve(peer, faults, pages.clone())).await;
    let client = client(1 + (seed % 3) as usize, PoolLimits { transactions: 9, ..PoolLimits::default() });
    let timeouts = Timeouts { quit: SHORT, ..Timeouts::all(3 * SHORT) };
    let account = Account { timeouts, ..account(server.port, Security::None) };
    let results = submit_all(&client, &account, COUNT).await;
    client.close().await;
    server.finish().await;
    let book = log.lock().expect("book");
    for (name, result) in &results {
        let what = format!("seed {seed}, mail {name}: {result:?}");
        let whole = book.whole.get(name).copied().unwrap_or_default();
        assert!(whole <= 1, "{whole} times: {what}");
        match result {
            Ok(accepted) => {
                assert!(book.took.contains(name), "{what}");
                assert!(accepted.reply.text.ends_with(&format!("took {name}")), "{what}");
            }
            Err(failure) if failure.verdict != Verdict::InDoubt => {
                assert!(!book.took.contains(name), "taken: {what}");
            }
            Err(_) => assert_eq!(whole, 1, "no reason to doubt: {what}"),
        }
    }
}

#[tokio::test]
async fn a_connection_carries_no_more_mails_than_it_may() {
    let log = SharedLog::default();
    let pages = log.clone();
    let server = Server::start(move |peer: Peer| serve(peer, Faults::NONE, pages.clone())).await;
    let client = client(1, PoolLimits { transactions: 3, ..PoolLimits::default() });
    let account = account(server.port, Security::None);
    let mut all = Vec::new();
    for number in 0..7 {
        let (client, account) = (client.clone(), account.clone());
        let mail = submission(&[&format!("m{number}@west.test")], &format!("Subject: m{number}\r\n\r\n"));
        all.push(tokio::spawn(async move { client.submit(&account, &mail).await }));
    }
    for one in all {
        one.await.expect("no panic").expect("accepted");
    }
    client.close().await;
    let lines = server.finish().await;
    let (mut counts, mut mails) = (Vec::new(), 0);
    for line in &lines {
        if line.starts_with("MAIL") {
            mails += 1;
        } else if line == "QUIT" {
            counts.push(mails);
            mails = 0;
        }
    }
    counts.sort_unstable();
    assert_eq!(counts.iter().sum::<usize>(), 7, "{lines:?}");
    assert_eq!(lines.iter().filter(|line| line.starts_with("EHLO")).count(), 3, "{lines:?}");
}

#[tokio::test]
async fn a_mail_that_waits_too_long_for_a_connection_was_not_sent() {
    let server = Server::start(|mut peer: Peer| async move {
        peer.welcome(&["PIPELINING"]).await;
        peer.expect("MAIL FROM:", "").await;
        peer.hang().await;
    })
    .await;
    let queues = ConnectionLimits { connections: 1, wait: SHORT, ..ConnectionLimits::default() };
    let client = SmtpClient::with_limits(PoolLimits::default(), queues);
    let timeouts = Timeouts { sender: Duration::from_secs(2), ..Timeouts::all(LONG) };
    let account = Account { timeouts, ..account(server.port, Security::None) };
    let mail = submission(&["one@west.test"], "Subject: one\r\n\r\n");
    // The first is polled first, and has the connection.
    let (first, second) =
        tokio::join!(async { (client.submit(&account, &mail).await, Instant::now()) }, async {
            (client.submit(&account, &mail).await, Instant::now())
        },);
    let failure = second.0.expect_err("no connection");
    assert_eq!((failure.stage, failure.verdict), (Stage::Connect, Verdict::Transient), "{failure}");
    assert!(failure.detail.contains("busy"), "{failure}");
    assert!(second.1 < first.1, "it waited for the other");
    assert_eq!(first.0.expect_err("silent").stage, Stage::Sender);
    server.finish().await;
}

#[tokio::test]
async fn a_server_that_takes_fewer_connections_gets_the_mails_on_those() {
    let log = SharedLog::default();
    let pages = log.clone();
    let server = Server::start(move |mut peer: Peer| {
        let pages = pages.clone();
        async move {
            if peer.number == 0 {
                return serve(peer, Faults::NONE, pages).await;
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
            peer.send("421 4.7.0 too many connections\r\n").await;
        }
    })
    .await;
    let client = client(4, PoolLimits::default());
    let account = account(server.port, Security::None);
    let mut all = Vec::new();
    for number in 0..12 {
        let (client, account) = (client.clone(), account.clone());
        let mail = submission(&[&format!("m{number}@west.test")], &format!("Subject: m{number}\r\n\r\n"));
        all.push(tokio::spawn(async move { client.submit(&account, &mail).await }));
    }
    for one in all {
        one.await.expect("no panic").expect("accepted");
    }
    client.close().await;
    server.finish().await;
}

#[tokio::test]
async fn where_no_connection_opens_every_mail_is_told_why() {
    let server = Server::start(|mut peer: Peer| async move {
        tokio::time::sleep(Duration::from_millis(30)).await;
        peer.send("554 5.7.1 not from you\r\n").await;
    })
    .await;
    let client = client(2, PoolLimits::default());
    let account = account(server.port, Security::None);
    let mut all = Vec::new();
    for _ in 0..9 {
        let (client, account) = (client.clone(), account.clone());
        let mail = submission(&["one@west.test"], "Subject: one\r\n\r\n");
        all.push(tokio::spawn(async move { client.submit(&account, &mail).await }));
    }
    for one in all {
        let failure = one.await.expect("no panic").expect_err("turned away");
        assert_eq!((failure.stage, failure.verdict), (Stage::Greeting, Verdict::Permanent), "{failure}");
        assert!(failure.detail.contains("not from you"), "{failure}");
    }
    // The next one is tried anew.
    let mail = submission(&["one@west.test"], "Subject: one\r\n\r\n");
    assert_eq!(client.submit(&account, &mail).await.expect_err("turned away").stage, Stage::Greeting);
    server.finish().await;
}
