//! A server that hangs, closes or refuses at each stage: the failure names the stage, says what it means for
//! the next attempt, and comes in time.

use std::time::{Duration, Instant};

use super::super::reply::Reply;
use super::super::server::Server as Named;
use super::super::{
    Account, Chunk, Failure, Mechanism, Secret, Security, SmtpClient, Stage, Submitter, Timeouts, Verdict,
};
use super::server::{Peer, Server};
use super::{LONG, MESSAGE, SHORT, account, all_words, certificates, submission, with_login};
use crate::attachments::AttachmentSource;

#[derive(Debug, Clone, Copy, PartialEq)]
enum At {
    Greeting,
    Ehlo,
    StartTls,
    Handshake,
    EhloInTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    Body,
    Dot,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum How {
    Hang,
    Close,
    Say(&'static str),
}

const ALL: [At; 11] = [
    At::Greeting,
    At::Ehlo,
    At::StartTls,
    At::Handshake,
    At::EhloInTls,
    At::Auth,
    At::Mail,
    At::Rcpt,
    At::Data,
    At::Body,
    At::Dot,
];

fn stage(at: At) -> Stage {
    match at {
        At::Greeting | At::Ehlo | At::EhloInTls => Stage::Greeting,
        At::StartTls | At::Handshake => Stage::Tls,
        At::Auth => Stage::Login,
        At::Mail => Stage::Sender,
        At::Rcpt => Stage::Recipient,
        At::Data | At::Body => Stage::Data,
        At::Dot => Stage::AfterDot,
    }
}

/// Time for everything but the stage in question.
fn timeouts(at: At) -> Timeouts {
    let mut limits = Timeouts::all(LONG);
    let limit = match at {
        At::Greeting | At::Ehlo | At::EhloInTls => &mut limits.opening.greeting,
        At::StartTls | At::Handshake => &mut limits.opening.tls,
        At::Auth => &mut limits.opening.login,
        At::Mail => &mut limits.sender,
        At::Rcpt => &mut limits.recipient,
        At::Data => &mut limits.data,
        At::Body => &mut limits.block,
        At::Dot => &mut limits.dot,
    };
    *limit = SHORT;
    limits
}

async fn misbehave(mut peer: Peer, at: At, how: How) {
    match how {
        // A server that hangs in the middle of a body reads no more of it.
        How::Hang if at == At::Body => tokio::time::sleep(Duration::from_secs(2)).await,
        How::Hang => peer.hang().await,
        How::Close => {}
        How::Say(words) => {
            peer.send(words).await;
            let _ = tokio::time::timeout(SHORT, peer.drain()).await;
        }
    }
}

async fn script(mut peer: Peer, at: At, how: How, extensions: &'static [&'static str]) {
    let identity = certificates::good();
    if at == At::Greeting {
        return misbehave(peer, at, how).await;
    }
    peer.send("220 scripted.test ESMTP\r\n").await;
    if at == At::Ehlo {
        peer.expect("EHLO", "").await;
        return misbehave(peer, at, how).await;
    }
    peer.hello(&["STARTTLS"]).await;
    peer.expect("STARTTLS", "").await;
    if at == At::StartTls {
        return misbehave(peer, at, how).await;
    }
    peer.send("220 go\r\n").await;
    if at == At::Handshake {
        return misbehave(peer, at, how).await;
    }
    assert!(peer.start_tls(&identity).await);
    if at == At::EhloInTls {
        peer.expect("EHLO", "").await;
        return misbehave(peer, at, how).await;
    }
    peer.hello(extensions).await;
    for (this, command, answer) in [
        (At::Auth, "AUTH PLAIN", "235 2.7.0 welcome\r\n"),
        (At::Mail, "MAIL FROM:", "250 2.1.0 Ok\r\n"),
        (At::Rcpt, "RCPT TO:", "250 2.1.5 Ok\r\n"),
        (At::Data, "DATA", "354 go\r\n"),
    ] {
        peer.expect(command, "").await;
        if at == this {
            return misbehave(peer, at, how).await;
        }
        peer.send(answer).await;
    }
    if at == At::Body {
        return misbehave(peer, at, how).await;
    }
    peer.message().await;
    misbehave(peer, at, how).await;
}

const PASSWORD: &str = "correct-horse-7";

fn secured(port: u16, at: At) -> Account {
    let account = Account { timeouts: timeouts(at), ..account(port, Security::StartTls) };
    with_login(account, Secret::password(PASSWORD), Mechanism::Auto)
}

async fn result(at: At, how: How, extensions: &'static [&'static str]) -> Failure {
    let server = Server::start(move |peer| script(peer, at, how, extensions)).await;
    let mut message = submission(&["otto@west.test"], MESSAGE);
    if at == At::Body {
        // More than the buffers of both sides hold.
        message.chunks.push(Chunk::Attachment(AttachmentSource::from_bytes(vec![7; 24_000_000])));
    }
    let begun = Instant::now();
    let account = secured(server.port, at);
    let failure = SmtpClient::default().submit(&account, &message).await.expect_err("a failure");
    assert!(begun.elapsed() < Duration::from_secs(8), "{at:?} {how:?} took {:?}", begun.elapsed());
    let words = all_words(&failure);
    assert!(!words.contains(PASSWORD), "the password shows in {words}");
    assert!(words.contains(&format!("127.0.0.1:{}, stage {}: ", server.port, failure.stage)), "{words}");
    server.finish().await;
    failure
}

const PIPELINING: &[&str] = &["PIPELINING", "AUTH PLAIN LOGIN"];
const LOCK_STEP: &[&str] = &["AUTH PLAIN LOGIN"];

#[tokio::test]
async fn silence_and_closing_are_reported_at_their_stage() {
    for extensions in [PIPELINING, LOCK_STEP] {
        for how in [How::Hang, How::Close] {
            for at in ALL {
                let failure = result(at, how, extensions).await;
                let verdict = if at == At::Dot { Verdict::InDoubt } else { Verdict::Transient };
                assert_eq!(
                    (failure.stage, failure.verdict),
                    (stage(at), verdict),
                    "{at:?} {how:?}: {failure}"
                );
                assert_eq!(failure.reply, None, "{at:?} {how:?}: {failure}");
                let reached = if at == At::Data || at == At::Body || at == At::Dot { 1 } else { 0 };
                assert_eq!(failure.recipients.len(), reached, "{at:?} {how:?}: {failure}");
                if how == How::Hang {
                    assert!(failure.detail.contains("300 ms"), "{at:?}: {failure}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_refusal_at_any_stage_comes_back_word_for_word() {
    let cases = [
        ("421 4.3.2 Closing, come back\r\n", 421, Some("4.3.2"), "Closing, come back", Verdict::Transient),
        (
            "451 4.7.1 Greylisted, try again in 60 seconds\r\n",
            451,
            Some("4.7.1"),
            "Greylisted, try again in 60 seconds",
            Verdict::Transient,
        ),
        ("554-5.7.1 Not from\r\n554 5.7.1 you\r\n", 554, Some("5.7.1"), "Not from\nyou", Verdict::Permanent),
        ("571 Blocked\n", 571, None, "Blocked", Verdict::Permanent),
    ];
    for extensions in [PIPELINING, LOCK_STEP] {
        for (words, code, enhanced, text, verdict) in cases {
            for at in ALL.into_iter().filter(|at| *at != At::Handshake) {
                let failure = result(at, How::Say(words), extensions).await;
                // An answer to the end of the message leaves no doubt.
                let stage = if at == At::Dot { Stage::Data } else { stage(at) };
                assert_eq!((failure.stage, failure.verdict), (stage, verdict), "{at:?} {words:?}: {failure}");
                let reply = failure.reply.as_ref().unwrap_or_else(|| panic!("{at:?} {words:?}: {failure}"));
                assert_eq!(
                    (reply.code, reply.enhanced.as_deref(), reply.text.as_str()),
                    (code, enhanced, text),
                    "{at:?}"
                );
                assert!(failure.detail.contains(&format!("\"{}\"", text.replace('\n', " "))), "{failure}");
                assert_eq!(failure.retry_after, (code == 451).then_some(60), "{at:?} {failure}");
            }
        }
    }
}

#[tokio::test]
async fn an_answer_that_comes_a_byte_at_a_time_does_not_escape_the_limit() {
    let server = Server::start(|mut peer| async move {
        peer.send("220 scripted.test").await;
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            peer.send(".").await;
        }
    })
    .await;
    let account = Account { timeouts: timeouts(At::Greeting), ..account(server.port, Security::None) };
    let failure =
        SmtpClient::default().submit(&account, &submission(&["a@b.test"], MESSAGE)).await.expect_err("slow");
    // The server ends its words at some time; a client that received them to the end reports so.
    assert!(failure.detail.contains("no answer within 300 ms"), "{failure}");
    assert_eq!((failure.stage, failure.verdict), (Stage::Greeting, Verdict::Transient), "{failure}");
    server.finish().await;
}

#[test]
fn a_size_that_is_refused_at_mail_is_no_refused_sender() {
    let server = Named { host: "mail.example".into(), port: 25 };
    for (code, enhanced, text, size) in [
        (552, None, "Message size exceeds maximum permitted", true),
        (552, Some("5.3.4"), "Message size exceeds fixed limit", true),
        (554, Some("5.3.4"), "Message too big for system", true),
        (552, Some("5.2.2"), "over quota", false),
        (452, Some("4.3.1"), "Insufficient system storage", false),
        (550, Some("5.7.1"), "Sender rejected", false),
    ] {
        let failure = server.refused_sender(Reply::new(code, enhanced, text));
        assert_eq!(failure.stage, Stage::Sender);
        assert!(failure.detail.contains(text), "{failure:?}");
        let words = if size { "takes no message of this size" } else { "refused the sender" };
        assert!(failure.detail.contains(words), "{failure:?}");
    }
}
