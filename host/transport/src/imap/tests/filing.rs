//! Messages are filed byte for byte, once, and no result claims more than the server confirmed.

use chrono::{DateTime, FixedOffset};

use super::super::{
    Chunk, Filed, Filing, ImapClient, MailboxError, Mailboxes, Place, Security, Stage, Verdict,
};
use super::{account, command, failed, logged_in};
use crate::attachments::AttachmentSource;
use crate::tests::server::{Peer, Server};

const TEXT: &str = "Subject: hello\r\n\r\n.\r\nHello.\r\n";
/// How a filing begins, up to the literal's size.
const HEAD: &str = "(\\Seen) \"23-Nov-2026 10:11:12 +0100\" {";

fn received() -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339("2026-11-23T10:11:12.345+01:00").expect("a time")
}

fn filing(chunks: Vec<Chunk>) -> Filing {
    Filing { chunks, flags: vec!["\\Seen".into()], received: received() }
}

fn text(text: &str) -> Filing {
    filing(vec![Chunk::Text(text.into())])
}

fn place(uid: u32) -> Option<Place> {
    Some(Place { folder: "Gesendet ä".into(), uid_validity: 9, uid })
}

async fn file(port: u16, messages: &[Filing]) -> Result<Vec<Filed>, MailboxError> {
    let client = ImapClient::default();
    let filed = client.append(&account(port, Security::None), "Gesendet ä", messages).await;
    client.close().await;
    filed
}

fn refused(filed: &Filed) -> &super::Failure {
    match filed {
        Filed::Refused(failure) => failure,
        other => panic!("a refusal was expected, came {other:?}"),
    }
}

#[tokio::test]
async fn a_message_with_a_file_is_streamed_as_a_literal_of_every_kind() {
    for (capabilities, plus) in [("", ""), ("LITERAL+", "+"), ("LITERAL-", "")] {
        let server = Server::start(move |mut peer: Peer| async move {
            logged_in(&mut peer, capabilities).await;
            let (tag, line) = command(&mut peer, "APPEND \"Gesendet &AOQ-\" ").await;
            let size = line.rsplit_once('{').expect("a literal").1.trim_end_matches(['}', '+']);
            assert_eq!(line, format!("APPEND \"Gesendet &AOQ-\" {HEAD}{size}{plus}}}"));
            if plus.is_empty() {
                peer.assert_client_waits("the announcement of a literal").await;
                peer.send("+ go on\r\n").await;
            }
            let message = peer.bytes(size.parse().expect("a size")).await;
            let encoded = message.strip_prefix(TEXT.as_bytes()).expect("the text first");
            assert!(encoded.starts_with(b"BwcHBwcH") && encoded.ends_with(b"BwcH\r\n"));
            assert_eq!(peer.bytes(2).await, b"\r\n");
            peer.send(format!("* 4 EXISTS\r\n{tag} OK [APPENDUID 9 31] done\r\n")).await;
            peer.drain().await;
        })
        .await;
        let file_of = AttachmentSource::from_bytes(vec![7; 300_000]);
        let chunks = vec![Chunk::Text(TEXT.into()), Chunk::Attachment(file_of), Chunk::Text("\r\n".into())];
        let filed = file(server.port, &[filing(chunks)]).await.expect("filed");
        assert_eq!(filed, [Filed::Stored(place(31))], "{capabilities}");
        server.finish().await;
    }
}

#[tokio::test]
async fn several_messages_go_in_one_command_where_the_server_can() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "MULTIAPPEND LITERAL-").await;
        let size = TEXT.len();
        let (tag, line) = command(&mut peer, "APPEND ").await;
        assert_eq!(line, format!("APPEND \"Gesendet &AOQ-\" {HEAD}{size}+}}"));
        assert_eq!(peer.bytes(size).await, TEXT.as_bytes());
        assert_eq!(peer.line().await, Some(format!(" {HEAD}{size}+}}")));
        assert_eq!(peer.bytes(size).await, TEXT.as_bytes());
        assert_eq!(peer.line().await, Some(format!(" {HEAD}6000}}")));
        peer.send("+\r\n").await;
        assert_eq!(peer.bytes(6000).await, "x".repeat(6000).as_bytes());
        assert_eq!(peer.line().await.as_deref(), Some(""));
        peer.send(format!("{tag} OK [APPENDUID 9 31:32,40] done\r\n")).await;
        peer.drain().await;
    })
    .await;
    let messages = [text(TEXT), text("not\nfit"), text(TEXT), text(&"x".repeat(6000))];
    let filed = file(server.port, &messages).await.expect("filed");
    assert_eq!((&filed[0], &filed[2]), (&Filed::Stored(place(31)), &Filed::Stored(place(32))));
    assert_eq!(filed[3], Filed::Stored(place(40)));
    assert_eq!(refused(&filed[1]).stage, Stage::Prepare);
    server.finish().await;
}

#[tokio::test]
async fn elsewhere_they_go_one_by_one_and_a_refused_one_does_not_hold_back_the_others() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "LITERAL+").await;
        for status in ["OK done", "NO [OVERQUOTA] voll", "OK [APPENDUID 9 5:900000] done"] {
            let (tag, _) = command(&mut peer, "APPEND ").await;
            peer.bytes(TEXT.len() + 2).await;
            peer.send(format!("{tag} {status}\r\n")).await;
        }
        peer.drain().await;
    })
    .await;
    let filed = file(server.port, &[text(TEXT), text(TEXT), text(TEXT)]).await.expect("filed");
    assert_eq!((&filed[0], &filed[2]), (&Filed::Stored(None), &Filed::Stored(None)));
    let failure = refused(&filed[1]);
    assert_eq!((failure.code.as_deref(), failure.verdict), (Some("OVERQUOTA"), Verdict::Permanent));
    assert_eq!(failure.words.as_deref(), Some("voll"));
    server.finish().await;
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_not_made() {
    for early in [true, false] {
        let server = Server::start(move |mut peer: Peer| async move {
            logged_in(&mut peer, if early { "" } else { "LITERAL+" }).await;
            let (tag, _) = command(&mut peer, "APPEND ").await;
            if !early {
                peer.bytes(TEXT.len() + 2).await;
            }
            peer.send(format!("{tag} NO [TRYCREATE] no such folder\r\n")).await;
            assert!(String::from_utf8_lossy(&peer.drain().await).contains("LOGOUT"));
        })
        .await;
        assert_eq!(file(server.port, &[text(TEXT)]).await, Err(MailboxError::NoSuchFolder), "early: {early}");
        server.finish().await;
    }
}

#[tokio::test]
async fn a_connection_lost_after_the_literal_leaves_the_message_in_doubt() {
    for closed in ["", "* BYE crashed\r\n", "nonsense\r\n", "p77 OK done\r\n"] {
        let server = Server::start(move |mut peer: Peer| async move {
            logged_in(&mut peer, "LITERAL+").await;
            command(&mut peer, "APPEND ").await;
            peer.bytes(TEXT.len() + 2).await;
            peer.send(closed).await;
        })
        .await;
        let filed = file(server.port, &[text(TEXT), text(TEXT)]).await.expect("filed");
        let Filed::InDoubt(failure) = &filed[0] else { panic!("{closed:?}: {filed:?}") };
        assert_eq!((failure.stage, failure.verdict), (Stage::Command, Verdict::InDoubt), "{failure}");
        assert_eq!(refused(&filed[1]).verdict, Verdict::Transient, "{closed:?}: {filed:?}");
        assert_eq!(server.finish().await.iter().filter(|line| line.contains("APPEND")).count(), 1);
    }
}

#[tokio::test]
async fn a_connection_lost_within_the_literal_filed_nothing() {
    for (words, expected) in [("", "closed the connection"), ("* BYE full\r\n", "\"BYE full\"")] {
        let server = Server::start(move |mut peer: Peer| async move {
            logged_in(&mut peer, "").await;
            command(&mut peer, "APPEND ").await;
            peer.send(format!("+ go\r\n{words}")).await;
            peer.bytes(10).await;
        })
        .await;
        // More than the system's buffers hold.
        let filed = file(server.port, &[text(&"x".repeat(20 << 20))]).await.expect("an answer");
        let failure = refused(&filed[0]);
        assert_eq!(failure.verdict, Verdict::Transient, "{failure}");
        assert!(failure.detail.contains(expected), "{failure}");
        server.finish().await;
    }
}

#[tokio::test]
async fn what_can_not_be_filed_as_it_is_is_refused_before_the_network() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "APPENDLIMIT=1000").await;
        peer.drain().await;
    })
    .await;
    let chunks = |parts: &[&str]| filing(parts.iter().map(|part| Chunk::Text((*part).into())).collect());
    let wrong = |flags: &str| Filing { flags: vec![flags.into()], ..text(TEXT) };
    let cases = [
        ("LF", text("a\nb"), "CRLF"),
        ("CR", text("a\rb"), "CRLF"),
        ("CR at the end", text("a\r"), "CRLF"),
        ("LF of its own", chunks(&["a\r\n", "\n"]), "CRLF"),
        ("NUL", text("a\0"), "NUL"),
        ("too large", text(&"x".repeat(1001)), "at the most"),
        ("deleted", wrong("\\Deleted"), "nothing is deleted"),
        ("no flag", wrong("a b"), "is no flag"),
    ];
    for (name, message, words) in cases {
        let filed = file(server.port, &[message]).await.expect("an answer");
        let failure = refused(&filed[0]);
        assert_eq!((failure.stage, failure.verdict), (Stage::Prepare, Verdict::Permanent), "{name}");
        assert!(failure.detail.contains(words), "{name}: {failure}");
    }
    let filed = file(server.port, &[]).await;
    assert_eq!(filed, Ok(Vec::new()));
    assert!(server.finish().await.iter().all(|line| !line.contains("APPEND")));
}

#[tokio::test]
async fn a_cut_between_cr_and_lf_is_none() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "LITERAL+").await;
        let (tag, _) = command(&mut peer, "APPEND ").await;
        assert_eq!(peer.bytes(6).await, b"a\r\nb\r\n");
        peer.send(format!("{tag} OK\r\n")).await;
        peer.drain().await;
    })
    .await;
    let chunks = vec![Chunk::Text("a\r".into()), Chunk::Text("\nb".into())];
    assert_eq!(file(server.port, &[filing(chunks)]).await, Ok(vec![Filed::Stored(None)]));
    server.finish().await;
}

#[tokio::test]
async fn a_file_that_changed_is_not_filed_by_half() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.pdf");
    std::fs::write(&path, vec![7; 200_000]).expect("written");
    let source = AttachmentSource::from_file(&path).expect("a file");
    let server = Server::start(move |mut peer: Peer| {
        let path = path.clone();
        async move {
            logged_in(&mut peer, "").await;
            command(&mut peer, "APPEND ").await;
            std::fs::write(&path, vec![8; 100]).expect("written");
            peer.send("+ go\r\n").await;
            let sent = peer.drain().await;
            assert!(sent.len() < 200_000, "{} bytes", sent.len());
        }
    })
    .await;
    let filed = file(server.port, &[filing(vec![Chunk::Attachment(source)])]).await.expect("an answer");
    let failure = refused(&filed[0]);
    assert!(failure.detail.contains("changed while it was being sent"), "{failure}");
    server.finish().await;
}

#[tokio::test]
async fn a_name_that_is_none_is_refused() {
    let server = Server::start(|mut peer: Peer| async move {
        logged_in(&mut peer, "").await;
        while let Some(line) = peer.line().await {
            let tag = line.split(' ').next().expect("a tag");
            assert!(line.ends_with("NOOP") || line.ends_with("LOGOUT"), "{line}");
            peer.send(format!("{tag} OK\r\n")).await;
        }
    })
    .await;
    let client = ImapClient::default();
    let account = account(server.port, Security::None);
    for name in ["", "a\r\np9 DELETE INBOX", "a\0"] {
        let failure = failed(client.append(&account, name, &[text(TEXT)]).await);
        assert_eq!((failure.stage, failure.verdict), (Stage::Prepare, Verdict::Permanent), "{name:?}");
    }
    client.close().await;
    server.finish().await;
}
