//! Whole transactions: recipients that differ, servers with few extensions or none, odd replies.

use super::super::{Chunk, Recipient, Security, SmtpClient, Stage, Submitter, Verdict};
use super::server::{Peer, Server};
use super::{MESSAGE, account, submission};
use crate::attachments::AttachmentSource;

const ALL: &[&str] = &["PIPELINING", "SIZE 50000000", "8BITMIME", "SMTPUTF8", "DSN"];

#[tokio::test]
async fn a_refused_recipient_does_not_hold_back_the_others() {
    for extensions in [ALL, &["DSN"][..]] {
        let server = Server::start(move |mut peer: Peer| async move {
            peer.welcome(extensions).await;
            peer.expect("MAIL FROM:<nora@nord.test>", "250 2.1.0 Ok\r\n").await;
            peer.expect("RCPT TO:<one@west.test>", "250 2.1.5 Ok\r\n").await;
            peer.expect("RCPT TO:<two@west.test>", "550-5.1.1 No such\r\n550 5.1.1 user\r\n").await;
            peer.expect("RCPT TO:<three@west.test>", "450 4.2.0 Later\r\n").await;
            peer.expect("RCPT TO:<four@west.test>", "252\n").await;
            peer.expect("DATA", "354 go\r\n").await;
            assert_eq!(String::from_utf8_lossy(&peer.message().await), MESSAGE);
            peer.send("250 2.0.0 Ok: queued as 4F\r\n").await;
            peer.expect("QUIT", "221 bye\r\n").await;
        })
        .await;
        let names = ["one@west.test", "two@west.test", "three@west.test", "four@west.test"];
        let client = SmtpClient::default();
        let sent = submission(&names, MESSAGE);
        let accepted = client.submit(&account(server.port, Security::None), &sent).await.expect("accepted");
        assert_eq!(accepted.server, "127.0.0.1");
        assert_eq!(accepted.reply.text, "Ok: queued as 4F");
        assert!(accepted.dsn);
        let answers: Vec<(&str, u16, &str)> = accepted
            .recipients
            .iter()
            .map(|answer| (answer.address.as_str(), answer.reply.code, answer.reply.text.as_str()))
            .collect();
        let expected = [
            (names[0], 250, "Ok"),
            (names[1], 550, "No such\nuser"),
            (names[2], 450, "Later"),
            (names[3], 252, ""),
        ];
        assert_eq!(answers, expected);
        client.close().await;
        server.finish().await;
    }
}

#[tokio::test]
async fn when_all_recipients_are_refused_nothing_of_the_message_leaves() {
    for (answers, data, verdict) in [
        (["550 5.1.1 no\r\n", "550 5.1.1 no\r\n"], "354 go\r\n", Verdict::Permanent),
        (["550 5.1.1 no\r\n", "550 5.1.1 no\r\n"], "554 5.5.1 no valid recipients\r\n", Verdict::Permanent),
        (["550 5.1.1 no\r\n", "450 4.2.2 full\r\n"], "503 5.5.1 need RCPT\r\n", Verdict::Transient),
    ] {
        let server = Server::start(move |mut peer: Peer| async move {
            peer.welcome(ALL).await;
            for round in ["first", "second"] {
                if round == "second" {
                    peer.expect("RSET", "250 2.0.0 Ok\r\n").await;
                }
                peer.expect("MAIL FROM:", "250 2.1.0 Ok\r\n").await;
                peer.expect("RCPT TO:", answers[0]).await;
                peer.expect("RCPT TO:", answers[1]).await;
                peer.expect("DATA", data).await;
                if data.starts_with("354") {
                    assert_eq!(peer.message().await, b"", "only the dot");
                    peer.send("554 5.5.1 no valid recipients\r\n").await;
                }
            }
            peer.drain().await;
        })
        .await;
        let client = SmtpClient::default();
        for _ in 0..2 {
            let sent = submission(&["one@west.test", "two@west.test"], MESSAGE);
            let failure =
                client.submit(&account(server.port, Security::None), &sent).await.expect_err("refused");
            assert_eq!((failure.stage, failure.verdict), (Stage::Recipient, verdict), "{failure}");
            let codes: Vec<String> =
                failure.recipients.iter().map(|answer| format!("{}", answer.reply.code)).collect();
            assert_eq!(codes, answers.map(|answer| answer[..3].to_owned()), "{failure}");
        }
        client.close().await;
        server.finish().await;
    }
}

#[tokio::test]
async fn a_refused_sender_is_told_from_the_errors_that_follow_it() {
    let server = Server::start(|mut peer: Peer| async move {
        peer.welcome(ALL).await;
        peer.expect("MAIL FROM:", "553 5.7.1 not owned by user\r\n").await;
        peer.expect("RCPT TO:", "503 5.5.1 need MAIL\r\n").await;
        peer.expect("DATA", "503 5.5.1 need RCPT\r\n").await;
        peer.drain().await;
    })
    .await;
    let client = SmtpClient::default();
    let sent = submission(&["one@west.test"], MESSAGE);
    let failure = client.submit(&account(server.port, Security::None), &sent).await.expect_err("refused");
    assert_eq!((failure.stage, failure.verdict), (Stage::Sender, Verdict::Permanent), "{failure}");
    assert_eq!(failure.reply.map(|reply| reply.text), Some("not owned by user".into()));
    assert!(failure.recipients.is_empty());
    client.close().await;
    server.finish().await;
}

#[tokio::test]
async fn the_envelope_is_one_write_where_pipelining_is_offered() {
    let server = Server::start(|mut peer: Peer| async move {
        peer.welcome(ALL).await;
        // Not a word before the whole group is there.
        let mut group = Vec::new();
        for _ in 0..4 {
            group.push(peer.line().await.expect("a command"));
        }
        assert!(group[3] == "DATA", "{group:?}");
        peer.assert_client_waits("DATA").await;
        peer.send("250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n").await;
        peer.message().await;
        peer.send("250 ok\r\n").await;
        peer.drain().await;
    })
    .await;
    let client = SmtpClient::default();
    let sent = submission(&["one@west.test", "two@west.test"], MESSAGE);
    client.submit(&account(server.port, Security::None), &sent).await.expect("accepted");
    client.close().await;
    server.finish().await;
}

#[tokio::test]
async fn without_pipelining_each_command_waits_for_its_answer() {
    let server = Server::start(|mut peer: Peer| async move {
        peer.welcome(&["SIZE"]).await;
        for (command, answer) in [
            ("MAIL FROM:", "250\n"),
            ("RCPT TO:<one", "250 ok\r\n"),
            ("RCPT TO:<two", "550 no\r\n"),
            ("DATA", "354\n"),
        ] {
            peer.expect(command, "").await;
            peer.assert_client_waits(command).await;
            peer.send(answer).await;
        }
        peer.message().await;
        peer.assert_client_waits("the dot").await;
        peer.send("250 ok\r\n").await;
        peer.drain().await;
    })
    .await;
    let client = SmtpClient::default();
    let sent = submission(&["one@west.test", "two@west.test"], MESSAGE);
    client.submit(&account(server.port, Security::None), &sent).await.expect("accepted");
    client.close().await;
    server.finish().await;
}

#[tokio::test]
async fn what_the_announced_limits_rule_out_never_reaches_mail() {
    let too_large = submission(&["one@west.test"], &"x".repeat(2000));
    let mut understated = too_large.clone();
    understated.size = 10;
    let mut utf8 = submission(&["søren@west.test"], MESSAGE);
    utf8.smtputf8 = true;
    let eight_bit = submission(&["one@west.test"], "Subject: é\r\n");
    let mut with_file = submission(&["one@west.test"], "");
    with_file.chunks.push(Chunk::Attachment(AttachmentSource::from_bytes(vec![0; 800])));
    for (name, sent, reason) in [
        ("too large", too_large, "2000 bytes"),
        ("larger than it says", understated, "2000 bytes"),
        ("too large as base64", with_file, "1096 bytes"),
        ("SMTPUTF8", utf8, "SMTPUTF8"),
        ("8BITMIME", eight_bit, "8BITMIME"),
    ] {
        let server = Server::start(|mut peer: Peer| async move {
            peer.welcome(&["SIZE 1000", "PIPELINING"]).await;
            peer.drain().await;
        })
        .await;
        let client = SmtpClient::default();
        let failure = client.submit(&account(server.port, Security::None), &sent).await.expect_err(name);
        assert_eq!(
            (failure.stage, failure.verdict),
            (Stage::Prepare, Verdict::Permanent),
            "{name}: {failure}"
        );
        assert!(failure.detail.contains(reason), "{name}: {failure}");
        client.close().await;
        let lines = server.finish().await;
        assert!(lines.iter().all(|line| line.starts_with("EHLO")), "{name}: {lines:?}");
    }
}

#[tokio::test]
async fn replies_in_pieces_without_returns_or_words_do_for_a_whole_mail() {
    let server = Server::start(|mut peer: Peer| async move {
        peer.send_slowly("220-hello\n220\n").await;
        peer.line().await.expect("EHLO");
        peer.send_slowly("250-me\r\n250-PIPELINING\n250 DSN\r\n").await;
        for _ in 0..3 {
            peer.line().await.expect("a command");
        }
        peer.send_slowly("250\n250 2.1.5\r\n354\n").await;
        peer.message().await;
        // The last words before a close, without a line end.
        peer.send_slowly("250 2.0.0 Gr\u{fc}\u{df}e").await;
    })
    .await;
    let sent = submission(&["one@west.test"], MESSAGE);
    let accepted =
        SmtpClient::default().submit(&account(server.port, Security::None), &sent).await.expect("accepted");
    assert_eq!(
        (accepted.reply.text.as_str(), accepted.recipients[0].reply.enhanced.as_deref()),
        ("Grüße", Some("2.1.5"))
    );
    server.finish().await;
}

#[tokio::test]
async fn a_server_without_ehlo_is_spoken_to_with_helo() {
    let server = Server::start(|mut peer: Peer| async move {
        peer.send("220 old\r\n").await;
        peer.expect("EHLO [127.0.0.1]", "502 what?\r\n").await;
        peer.expect("HELO [127.0.0.1]", "250 old\r\n").await;
        peer.expect("MAIL FROM:<nora@nord.test>", "250 ok\r\n").await;
        peer.expect("RCPT TO:<one@west.test>", "250 ok\r\n").await;
        peer.expect("DATA", "354 go\r\n").await;
        peer.message().await;
        peer.send("250 ok\r\n").await;
        peer.drain().await;
    })
    .await;
    let client = SmtpClient::default();
    let mut sent = submission(&["one@west.test"], MESSAGE);
    sent.recipients[0].notify = vec!["success".into()];
    let accepted = client.submit(&account(server.port, Security::None), &sent).await.expect("accepted");
    assert!(!accepted.dsn);
    client.close().await;
    server.finish().await;
}

#[tokio::test]
async fn two_thousand_recipients_do_not_make_both_sides_wait_for_each_other() {
    let server = Server::start(|mut peer: Peer| async move {
        peer.welcome(ALL).await;
        peer.expect("MAIL FROM:", "250 ok\r\n").await;
        let words = "x".repeat(400);
        for _ in 0..2000 {
            peer.expect("RCPT TO:", &format!("250 2.1.5 {words}\r\n")).await;
        }
        peer.expect("DATA", "354 go\r\n").await;
        peer.message().await;
        peer.send("250 ok\r\n").await;
        peer.drain().await;
    })
    .await;
    let mut sent = submission(&[], MESSAGE);
    sent.recipients = (0..2000)
        .map(|number| Recipient {
            address: format!("{number}-{}@west.test", "x".repeat(60)),
            notify: Vec::new(),
        })
        .collect();
    let client = SmtpClient::default();
    let accepted = client.submit(&account(server.port, Security::None), &sent).await.expect("accepted");
    assert_eq!(accepted.recipients.len(), 2000);
    client.close().await;
    server.finish().await;
}
