//! Bodies on their way: files from memory and disk, attempts to smuggle, servers that speak too early or make
//! no sense at the end.

use std::sync::Arc;

use tokio::sync::Notify;

use super::super::{Chunk, Security, SmtpClient, Stage, Submitter, Verdict};
use super::server::{Peer, Server};
use super::{MESSAGE, account, submission};
use crate::attachments::AttachmentSource;

const ALL: &[&str] = &["PIPELINING", "SIZE 50000000", "8BITMIME", "SMTPUTF8", "DSN"];

/// Up to the 354, everything accepted.
async fn up_to_data(peer: &mut Peer, extensions: &[&str]) {
    peer.welcome(extensions).await;
    peer.expect("MAIL FROM:", "250 2.1.0 Ok\r\n").await;
    peer.expect("RCPT TO:", "250 2.1.5 Ok\r\n").await;
    peer.expect("DATA", "354 go\r\n").await;
}

#[tokio::test]
async fn text_and_files_arrive_as_one_message_byte_for_byte() {
    let file: Vec<u8> = (0..3_000_001u32).map(|n| (n ^ (n >> 7)) as u8).collect();
    let on_disk = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(on_disk.path(), &file).expect("written");
    let encoded = {
        use base64::Engine;
        let all = base64::engine::general_purpose::STANDARD.encode(&file);
        all.as_bytes()
            .chunks(76)
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect::<Vec<_>>()
            .join("\r\n")
    };
    let expected = format!("Head\r\n\r\n{encoded}\r\n--b\r\n\r\n{encoded}\r\n--b--\r\n");
    let length = expected.len();
    let server = Server::start(move |mut peer: Peer| {
        let expected = expected.clone();
        async move {
            up_to_data(&mut peer, ALL).await;
            assert!(peer.message().await == expected.as_bytes(), "the message differs");
            peer.send("250 ok\r\n").await;
            peer.drain().await;
        }
    })
    .await;
    let mut sent = submission(&["one@west.test"], "Head\r\n\r\n");
    sent.chunks.push(Chunk::Attachment(AttachmentSource::from_bytes(file)));
    sent.chunks.push(Chunk::Text("\r\n--b\r\n\r\n".into()));
    sent.chunks.push(Chunk::Attachment(AttachmentSource::from_file(on_disk.path()).expect("a file")));
    sent.chunks.push(Chunk::Text("\r\n--b--\r\n".into()));
    assert_eq!(sent.chunks.iter().map(Chunk::length).sum::<u64>(), length as u64);
    let client = SmtpClient::default();
    client.submit(&account(server.port, Security::None), &sent).await.expect("accepted");
    client.close().await;
    let lines = server.finish().await;
    assert!(lines.iter().any(|line| line.contains(&format!("SIZE={length}"))), "{lines:?}");
}

#[tokio::test]
async fn nothing_can_be_smuggled_behind_a_message() {
    let evil = "MAIL FROM:<x@y.test>\r\nRCPT TO:<z@y.test>\r\nDATA\r\n";
    for end in ["\n.\r\n", "\r.\r\n", "\n.\n", "\r\n.\n", "\r\n.\r", "\r.\r", "\r\n.\r\n", "\r\r\n.\r\r\n"] {
        for cut in 0..=end.len() {
            let server = Server::start(|mut peer: Peer| async move {
                up_to_data(&mut peer, ALL).await;
                let message = peer.message().await;
                let text = String::from_utf8_lossy(&message).into_owned();
                assert!(text.contains("\r\n..\r\n") && text.contains("MAIL FROM:<x@y.test>"), "{text:?}");
                assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "{text:?}");
                peer.send("250 ok\r\n").await;
                assert_eq!(peer.drain().await, b"QUIT\r\n");
            })
            .await;
            let mut sent = submission(&["one@west.test"], &format!("Hello{}", &end[..cut]));
            sent.chunks.push(Chunk::Text(format!("{}{evil}", &end[cut..])));
            let client = SmtpClient::default();
            client.submit(&account(server.port, Security::None), &sent).await.expect("accepted");
            client.close().await;
            server.finish().await;
        }
    }
}

#[tokio::test]
async fn a_refusal_in_the_middle_of_a_body_is_heard_at_once() {
    for words in ["421 4.3.2 shutting down\r\n", "552 5.3.4 too much\r\n"] {
        let received = Arc::new(Notify::new());
        let waiting = received.clone();
        let server = Server::start(move |mut peer: Peer| {
            let waiting = waiting.clone();
            async move {
                up_to_data(&mut peer, ALL).await;
                // The server reads no further: the rest of the body would wait for ever.
                peer.send(words).await;
                waiting.notified().await;
            }
        })
        .await;
        let mut sent = submission(&["one@west.test"], MESSAGE);
        sent.chunks.push(Chunk::Attachment(AttachmentSource::from_bytes(vec![7; 24_000_000])));
        let failure = SmtpClient::default()
            .submit(&account(server.port, Security::None), &sent)
            .await
            .expect_err("refused");
        received.notify_one();
        assert_eq!(failure.stage, Stage::Data, "{failure}");
        assert_eq!(failure.reply.map(|reply| reply.code.to_string()), Some(words[..3].to_owned()));
        assert_eq!(failure.recipients.len(), 1);
        server.finish().await;
    }
}

#[tokio::test]
async fn an_acceptance_before_the_end_of_the_body_is_none() {
    let received = Arc::new(Notify::new());
    let waiting = received.clone();
    let server = Server::start(move |mut peer: Peer| {
        let waiting = waiting.clone();
        async move {
            up_to_data(&mut peer, ALL).await;
            peer.send("250 thank you\r\n").await;
            waiting.notified().await;
        }
    })
    .await;
    let mut sent = submission(&["one@west.test"], MESSAGE);
    sent.chunks.push(Chunk::Attachment(AttachmentSource::from_bytes(vec![7; 24_000_000])));
    let result = SmtpClient::default().submit(&account(server.port, Security::None), &sent).await;
    received.notify_one();
    let failure = result.expect_err("no acceptance");
    assert_eq!((failure.stage, failure.verdict), (Stage::Data, Verdict::Transient), "{failure}");
    server.finish().await;
}

#[tokio::test]
async fn an_answer_to_the_dot_that_makes_no_sense_leaves_doubt() {
    for words in ["354 more please\r\n", "hello\r\n", "25", "250", "250-and", "199 low\r\n"] {
        let server = Server::start(move |mut peer: Peer| async move {
            up_to_data(&mut peer, ALL).await;
            peer.message().await;
            peer.send(words).await;
        })
        .await;
        let sent = submission(&["one@west.test"], MESSAGE);
        let result = SmtpClient::default().submit(&account(server.port, Security::None), &sent).await;
        let failure = result.expect_err(words);
        assert_eq!(
            (failure.stage, failure.verdict),
            (Stage::AfterDot, Verdict::InDoubt),
            "{words:?}: {failure}"
        );
        server.finish().await;
    }
}

#[tokio::test]
async fn a_file_that_changes_while_it_is_sent_stops_the_message_before_its_dot() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), vec![1; 400_000]).expect("written");
    let path = file.path().to_owned();
    let server = Server::start(move |mut peer: Peer| {
        let path = path.clone();
        async move {
            peer.welcome(ALL).await;
            peer.expect("MAIL FROM:", "250 ok\r\n").await;
            peer.expect("RCPT TO:", "250 ok\r\n").await;
            std::fs::write(&path, vec![2; 400_001]).expect("changed");
            peer.expect("DATA", "354 go\r\n").await;
            let came = peer.drain().await;
            assert!(!came.ends_with(b".\r\n"), "the message was ended");
        }
    })
    .await;
    let mut sent = submission(&["one@west.test"], MESSAGE);
    sent.chunks.push(Chunk::Attachment(AttachmentSource::from_file(file.path()).expect("a file")));
    let result = SmtpClient::default().submit(&account(server.port, Security::None), &sent).await;
    let failure = result.expect_err("changed");
    assert_eq!((failure.stage, failure.verdict), (Stage::Data, Verdict::Permanent), "{failure}");
    assert!(failure.detail.contains("400000 bytes and now has 400001"), "{failure}");
    server.finish().await;
}
