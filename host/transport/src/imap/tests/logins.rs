//! Every way to log in, and the words of a refusal without the secret in them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::{
    Account, BoxFuture, ImapClient, Login, MailboxError, Mailboxes, Mechanism, Secret, Security, Stage,
    Verdict,
};
use super::{PASSWORD, account, answer, command, welcome};
use crate::tests::server::{Peer, Server};
use crate::tokens::{Bearer, Resource, TokenError, TokenSource, Tokens};

const TOKEN: &str = "ya29.token-4711-secret";

fn with(account: Account, secret: Secret, mechanism: Mechanism) -> Account {
    Account { login: Login { user: "nora@nord.test".into(), secret, mechanism }, ..account }
}

async fn end(peer: &mut Peer) {
    answer(peer, "CAPABILITY", &["CAPABILITY IMAP4rev1"], "OK").await;
    answer(peer, "LIST", &[], "OK").await;
    answer(peer, "LOGOUT", &["BYE"], "OK").await;
}

#[tokio::test]
async fn a_password_goes_by_the_best_way_that_the_server_offers() {
    let plain = STANDARD.encode(format!("\0nora@nord.test\0{PASSWORD}"));
    let cases: Vec<(&str, Mechanism, Vec<String>)> = vec![
        ("SASL-IR AUTH=PLAIN", Mechanism::Auto, vec![format!("AUTHENTICATE PLAIN {plain}")]),
        ("AUTH=PLAIN", Mechanism::Auto, vec!["AUTHENTICATE PLAIN".into(), plain]),
        ("", Mechanism::Auto, vec![format!("LOGIN \"nora@nord.test\" {PASSWORD}")]),
        ("AUTH=PLAIN", Mechanism::Login, vec![format!("LOGIN \"nora@nord.test\" {PASSWORD}")]),
        (
            "LOGINDISABLED AUTH=LOGIN",
            Mechanism::Auto,
            vec!["AUTHENTICATE LOGIN".into(), STANDARD.encode("nora@nord.test"), STANDARD.encode(PASSWORD)],
        ),
    ];
    for (capabilities, mechanism, expected) in cases {
        let lines = expected.clone();
        let server = Server::start(move |mut peer: Peer| {
            let lines = lines.clone();
            async move {
                welcome(&mut peer, capabilities).await;
                let (tag, first) = command(&mut peer, "").await;
                let first = first.replace("LOGIN nora@nord.test", "LOGIN \"nora@nord.test\"");
                assert_eq!(first, lines[0]);
                for line in &lines[1..] {
                    peer.send("+ \r\n").await;
                    assert_eq!(peer.line().await.as_ref(), Some(line));
                }
                peer.send(format!("{tag} OK in\r\n")).await;
                end(&mut peer).await;
            }
        })
        .await;
        let account = with(account(server.port, Security::None), Secret::password(PASSWORD), mechanism);
        let report = ImapClient::default().probe(&account).await;
        assert_eq!(report.failure, None, "{capabilities}");
        server.finish().await;
    }
}

#[tokio::test]
async fn no_password_becomes_a_command() {
    let passwords = ["p\"w\\ 4711", "pw\r\np9 DELETE INBOX", "pässwort-4711", "a{3}", "(x) y*"];
    for password in passwords {
        let server = Server::start(move |mut peer: Peer| async move {
            welcome(&mut peer, "").await;
            let (tag, line) = command(&mut peer, "LOGIN").await;
            let sent = match line.rsplit_once('{') {
                Some((_, length)) if line.ends_with('}') && !line.contains("a{3}") => {
                    peer.send("+ go\r\n").await;
                    let length: usize = length.trim_end_matches('}').parse().expect("a length");
                    let bytes = peer.bytes(length).await;
                    assert_eq!(peer.bytes(2).await, b"\r\n");
                    String::from_utf8(bytes).expect("UTF-8")
                }
                _ => {
                    let quoted = line.split_once(' ').and_then(|(_, rest)| rest.split_once(' '));
                    let quoted = quoted.expect("two words").1;
                    let text = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
                    text.unwrap_or(quoted).replace("\\\"", "\"").replace("\\\\", "\\")
                }
            };
            assert_eq!(sent, password);
            peer.send(format!("{tag} OK in\r\n")).await;
            end(&mut peer).await;
        })
        .await;
        let secret = Secret::password(password);
        let account = with(account(server.port, Security::None), secret, Mechanism::Auto);
        let report = ImapClient::default().probe(&account).await;
        assert_eq!(report.failure, None, "{password:?}");
        let lines = server.finish().await;
        assert!(lines.iter().all(|line| !line.starts_with("p9")), "{lines:?}");
    }
}

#[tokio::test]
async fn a_refused_login_is_quoted_without_the_secret() {
    let cases = [
        ("NO [AUTHENTICATIONFAILED] Authentication failed.", Verdict::Permanent),
        ("NO [UNAVAILABLE] Temporary authentication failure.", Verdict::Transient),
        ("NO [ALERT] Too many simultaneous connections. (Failure)", Verdict::Transient),
        ("BAD nonsense: pw-4711-secret", Verdict::Permanent),
        ("NO nonsense: AG5vcmFAbm9yZC50ZXN0AHB3LTQ3MTEtc2VjcmV0", Verdict::Permanent),
    ];
    for (status, verdict) in cases {
        let server = Server::start(move |mut peer: Peer| async move {
            welcome(&mut peer, "SASL-IR AUTH=PLAIN").await;
            answer(&mut peer, "AUTHENTICATE PLAIN", &[], status).await;
            peer.drain().await;
        })
        .await;
        let failure =
            super::failed(ImapClient::default().folders(&account(server.port, Security::None)).await);
        assert_eq!((failure.stage, failure.verdict), (Stage::Login, verdict), "{status}: {failure}");
        let shown = format!("{failure} {failure:?}");
        assert!(!shown.contains(PASSWORD) && !shown.contains("HB3LTQ3MTEtc2Vjc"), "{shown}");
        let announced = status.split(':').next().unwrap_or_default();
        assert!(failure.detail.contains(announced), "{status}: {failure}");
        server.finish().await;
    }
}

#[tokio::test]
async fn xoauth2_and_oauthbearer_show_the_json_of_a_refusal() {
    let json = r#"{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}"#;
    let cases = [
        ("AUTH=XOAUTH2", format!("user=nora@nord.test\x01auth=Bearer {TOKEN}\x01\x01"), ""),
        ("AUTH=OAUTHBEARER", format!("n,a=nora@nord.test,\x01auth=Bearer {TOKEN}\x01\x01"), "AQ=="),
    ];
    for (capability, expected, last) in cases {
        for at_once in [true, false] {
            let expected = expected.clone();
            let server = Server::start(move |mut peer: Peer| {
                let expected = expected.clone();
                async move {
                    welcome(&mut peer, &format!("{capability}{}", if at_once { " SASL-IR" } else { "" }))
                        .await;
                    let (tag, line) = command(&mut peer, "AUTHENTICATE ").await;
                    let sent = if at_once {
                        line.rsplit(' ').next().expect("a response").to_owned()
                    } else {
                        peer.send("+\r\n").await;
                        peer.line().await.expect("a response")
                    };
                    assert_eq!(STANDARD.decode(sent).expect("base64"), expected.as_bytes());
                    peer.send(format!("+ {}\r\n", STANDARD.encode(json))).await;
                    assert_eq!(peer.line().await.as_deref(), Some(last));
                    peer.send(format!("{tag} NO [AUTHENTICATIONFAILED] invalid\r\n")).await;
                    peer.drain().await;
                }
            })
            .await;
            let account = with(account(server.port, Security::None), Secret::token(TOKEN), Mechanism::Auto);
            let failure = super::failed(ImapClient::default().folders(&account).await);
            assert_eq!((failure.stage, failure.verdict), (Stage::Login, Verdict::Permanent), "{failure}");
            assert!(failure.detail.contains(json), "{capability}: {failure}");
            assert!(!format!("{failure} {failure:?}").contains("4711"), "{failure:?}");
            server.finish().await;
        }
    }
}

/// Gives out one token after the other.
struct Series {
    rejected: AtomicUsize,
    end: Option<TokenError>,
}

impl Tokens for Series {
    fn token<'a>(&'a self, _: &'a str, _: Resource) -> BoxFuture<'a, Result<Bearer, TokenError>> {
        Box::pin(async {
            match (&self.end, self.rejected.load(Ordering::SeqCst)) {
                (Some(error), 1..) => Err(error.clone()),
                (_, count) => Ok(Bearer::new(format!("token-{count}"))),
            }
        })
    }

    fn rejected<'a>(&'a self, _: &'a str, _: Resource, _: &'a Bearer) -> BoxFuture<'a, ()> {
        Box::pin(async {
            self.rejected.fetch_add(1, Ordering::SeqCst);
        })
    }
}

async fn refuse_first(mut peer: Peer) {
    welcome(&mut peer, "SASL-IR AUTH=XOAUTH2").await;
    answer(&mut peer, "AUTHENTICATE XOAUTH2", &[], "NO expired").await;
    if let Some(line) = peer.line().await {
        let sent = STANDARD.decode(line.rsplit(' ').next().expect("a word")).expect("base64");
        assert!(String::from_utf8_lossy(&sent).contains("Bearer token-1"), "{sent:?}");
        peer.send(format!("{} OK in\r\n", line.split(' ').next().expect("a tag"))).await;
        end(&mut peer).await;
    }
}

#[tokio::test]
async fn a_fresh_token_is_tried_where_the_first_was_refused() {
    let server = Server::start(refuse_first).await;
    let tokens = Arc::new(Series { rejected: AtomicUsize::new(0), end: None });
    let secret = Secret::tokens(TokenSource::new(tokens, "nora", Resource::Mail));
    let account = with(account(server.port, Security::None), secret, Mechanism::Auto);
    let report = ImapClient::default().probe(&account).await;
    assert_eq!(report.failure, None);
    server.finish().await;
}

#[tokio::test]
async fn an_expired_grant_asks_for_a_new_sign_in() {
    let server = Server::start(refuse_first).await;
    let end = Some(TokenError::NeedsSignIn("the grant was revoked".into()));
    let tokens = Arc::new(Series { rejected: AtomicUsize::new(0), end });
    let secret = Secret::tokens(TokenSource::new(tokens, "nora", Resource::Mail));
    let account = with(account(server.port, Security::None), secret, Mechanism::Auto);
    let answer = ImapClient::default().folders(&account).await;
    assert_eq!(answer, Err(MailboxError::NeedsSignIn("the grant was revoked".into())));
    server.finish().await;
}
