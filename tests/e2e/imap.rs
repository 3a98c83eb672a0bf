//! Mailboxes on a real server: the connection test, copies in Sent, searches, files, and logins by token.

use crate::samples::pdf;
use crate::servers::{TOKEN_HOLDER, servers};
use chrono::{DateTime, FixedOffset, NaiveDate};
use postroom::model::AllowList;
use postroom::transport::attachments::AttachmentSource;
use postroom::transport::imap::*;
use postroom_providers::ClosedPort;

fn account(user: &str, security: Security) -> Account {
    let secret = Secret::password(&servers().reader);
    let login = Login { user: user.to_owned(), secret, mechanism: Mechanism::Auto };
    Account {
        port: if security == Security::Tls { servers().imaps } else { servers().imap },
        allow_private: AllowList::loopback(),
        trusted_ca: Some(std::fs::read_to_string(servers().authority()).expect("the authority")),
        ..Account::new("office", "localhost", security, login)
    }
}

fn with_token(token: &str, mechanism: Mechanism) -> Account {
    let login = Login { user: TOKEN_HOLDER.to_owned(), secret: Secret::token(token), mechanism };
    Account { login, ..account(TOKEN_HOLDER, Security::Tls) }
}

fn received() -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339("2026-11-20T09:30:00+01:00").expect("a time")
}

/// A mail with a file, in the pieces in which it would be sent.
fn mail(id: &str, file: &[u8]) -> Filing {
    let head = format!(
        "From: Nora <nora@west.test>\r\nTo: zoe@west.test\r\nSubject: =?UTF-8?Q?Rechnung_f=C3=BCr_Zo=C3=AB?=\r\n\
         Message-ID: <{id}>\r\nDate: Fri, 20 Nov 2026 09:30:00 +0100\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=cut\r\n\r\n--cut\r\nContent-Type: text/plain\r\n\r\n\
         .\r\nHello Zoe,\r\n--cut\r\nContent-Type: application/pdf; name=invoice.pdf\r\n\
         Content-Disposition: attachment; filename*=utf-8''Rechnung%20%E2%82%AC.pdf\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n"
    );
    Filing {
        chunks: vec![
            Chunk::Text(head),
            Chunk::Attachment(AttachmentSource::from_bytes(file)),
            Chunk::Text("\r\n--cut--\r\n".to_owned()),
        ],
        flags: vec!["\\Seen".to_owned()],
        received: received(),
    }
}

/// The bytes that a filing is.
async fn bytes(filing: &Filing) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut reader = postroom::transport::attachments::MessageReader::new(&filing.chunks);
    while reader.next(&mut bytes).await.expect("readable") {}
    bytes
}

/// A whole message, slice by slice.
async fn whole(client: &ImapClient, account: &Account, at: &Place) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        let slice = client.fetch_message(account, at, all.len() as u64, 50_000).await.expect("a slice");
        if slice.is_empty() {
            return all;
        }
        all.extend(slice);
    }
}

async fn sent_folder(client: &ImapClient, account: &Account) -> String {
    let folders = client.folders(account).await.expect("folders");
    let sent = folders.into_iter().find(|folder| folder.special_use == ["sent"]);
    sent.expect("a folder for sent mails").name
}

fn place(filed: &Filed) -> &Place {
    match filed {
        Filed::Stored(Some(place)) => place,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_connection_test_goes_well_with_and_without_starttls() {
    for security in [Security::Tls, Security::StartTls] {
        let client = ImapClient::default();
        let report = client.probe(&account("probe@west.test", security)).await;
        assert_eq!(report.failure, None, "{security:?}");
        let stages: Vec<Stage> = report.steps.iter().map(|step| step.stage).collect();
        for stage in
            [Stage::Resolve, Stage::Connect, Stage::Tls, Stage::Greeting, Stage::Login, Stage::Folder]
        {
            assert!(stages.contains(&stage), "{security:?}: {stages:?}");
        }
        let last = report.steps.last().map(|step| step.detail.as_str()).unwrap_or_default();
        assert!(last.ends_with("sent mails are kept in \"Gesendet\""), "{last}");
        assert!(report.capabilities.iter().any(|known| known == "MULTIAPPEND"), "{:?}", report.capabilities);
    }
    assert_eq!(TEST_SUCCESSFUL, "IMAP test successful");
}

#[tokio::test]
async fn the_connection_test_names_the_stage_that_failed_and_quotes_the_server() {
    let closed = ClosedPort::new();
    let good = || account("probe@west.test", Security::Tls);
    let wrong = Login {
        user: "probe@west.test".to_owned(),
        secret: Secret::password("wrong-planted-password"),
        mechanism: Mechanism::Auto,
    };
    let cases = [
        ("a closed port", Account { port: closed.number(), ..good() }, Stage::Connect, "refused"),
        (
            "no such host",
            Account { host: "no-such-host.invalid".into(), ..good() },
            Stage::Resolve,
            "resolve",
        ),
        ("an untrusted certificate", Account { trusted_ca: None, ..good() }, Stage::Tls, "is not trusted"),
        ("another name", Account { host: "127.0.0.1".into(), ..good() }, Stage::Tls, "not for 127.0.0.1"),
        (
            "a server without TLS here",
            Account { port: servers().imap, ..good() },
            Stage::Tls,
            "does not speak TLS here",
        ),
        (
            "a wrong password",
            Account { login: wrong, ..good() },
            Stage::Login,
            "\"NO [AUTHENTICATIONFAILED] Authentication failed.\"",
        ),
        (
            "loopback that nobody allowed",
            Account { allow_private: AllowList::none(), ..good() },
            Stage::Resolve,
            "a loopback address",
        ),
    ];
    for (case, account, stage, words) in cases {
        let report = ImapClient::default().probe(&account).await;
        let failure = report.failure.unwrap_or_else(|| panic!("{case}: no failure"));
        assert_eq!(failure.stage, stage, "{case}: {failure}");
        assert!(failure.detail.contains(words), "{case}: {failure}");
        assert!(!format!("{failure:?}").contains("planted"), "{case}");
    }
}

#[tokio::test]
async fn b7_copies_lie_in_sent_byte_for_byte_and_seen() {
    let account = account("sent-copies@west.test", Security::Tls);
    let client = ImapClient::default();
    let sent = sent_folder(&client, &account).await;
    assert_eq!(sent, "Gesendet");
    let before = client.state(&account, &sent).await.expect("a state");

    // One by itself, then several in one command.
    let file = pdf(1, 300_000);
    let messages: Vec<Filing> = (0..5).map(|number| mail(&format!("{number}@nord.test"), &file)).collect();
    let mut filed = client.append(&account, &sent, &messages[..1]).await.expect("filed");
    filed.extend(client.append(&account, &sent, &messages[1..]).await.expect("filed"));
    let after = client.state(&account, &sent).await.expect("a state");
    assert_eq!(after.messages - before.messages, 5);
    assert_eq!(after.uid_validity, before.uid_validity);
    for (message, filed) in messages.iter().zip(&filed) {
        let at = place(filed);
        assert_eq!(at.uid_validity, after.uid_validity);
        assert!(whole(&client, &account, at).await == bytes(message).await, "{at:?}");
    }

    let uids: Vec<u32> = filed.iter().map(|filed| place(filed).uid).rev().collect();
    let envelopes =
        client.fetch_envelopes(&account, &sent, after.uid_validity, &uids).await.expect("envelopes");
    assert_eq!(envelopes.iter().map(|one| one.uid).collect::<Vec<_>>(), uids);
    for envelope in &envelopes {
        assert_eq!(envelope.subject, "Rechnung für Zoë");
        assert!(envelope.flags.contains(&"\\Seen".to_owned()), "{:?}", envelope.flags);
        assert_eq!(envelope.received, received());
        assert_eq!(envelope.parts[1].file_name.as_deref(), Some("Rechnung €.pdf"));
    }
    let fetched = client.fetch_part(&account, place(&filed[3]), "2").await.expect("the PDF");
    assert!(fetched.read(0, 400_000).await.expect("readable") == file);
    client.close().await;
}

#[tokio::test]
async fn a_mail_is_found_by_its_message_id_and_by_what_it_says() {
    let account = account("searched@west.test", Security::StartTls);
    let client = ImapClient::default();
    let filings: Vec<Filing> = (0..3).map(|number| mail(&format!("{number}@nord.test"), b"%PDF")).collect();
    let filed = client.append(&account, "INBOX", &filings).await.expect("filed");
    let uids: Vec<u32> = filed.iter().map(|filed| place(filed).uid).collect();
    let highest_first: Vec<u32> = uids.iter().rev().copied().collect();
    let day = NaiveDate::from_ymd_opt(2026, 11, 20).expect("a day");
    let text = str::to_owned;
    let cases: Vec<(Vec<Criterion>, Vec<u32>)> = vec![
        (vec![], highest_first.clone()),
        (vec![Criterion::MessageId(vec![text("<1@nord.test>")])], vec![uids[1]]),
        (
            vec![Criterion::MessageId(vec![text("<0@nord.test>"), text("<2@nord.test>"), text("<9@x>")])],
            vec![uids[2], uids[0]],
        ),
        (vec![Criterion::Subject(text("für Zoë"))], highest_first.clone()),
        (vec![Criterion::Subject(text("x\" ALL"))], vec![]),
        (vec![Criterion::Subject(text("x\r\np9 LOGOUT"))], vec![]),
        (vec![Criterion::Body(text("Hello Zoe"))], highest_first.clone()),
        (vec![Criterion::Text(text("nowhere"))], vec![]),
        (vec![Criterion::Address(vec![text("zoe@west.test")])], highest_first.clone()),
        (vec![Criterion::Sender(vec![text("zoe@west.test")])], vec![]),
        (vec![Criterion::Since(day), Criterion::Flagged(text("\\Seen"))], highest_first.clone()),
        (vec![Criterion::Before(day)], vec![]),
        (vec![Criterion::Unflagged(text("\\Seen"))], vec![]),
        (vec![Criterion::Header(text("X-None"), String::new())], vec![]),
        (vec![Criterion::Uids(uids[1], u32::MAX)], vec![uids[2], uids[1]]),
        (vec![Criterion::ChangedSince(1 << 40)], vec![]),
    ];
    for (criteria, expected) in cases {
        let found = client.search(&account, "INBOX", &criteria, None, 100).await;
        let found = found.unwrap_or_else(|error| panic!("{criteria:?}: {error}"));
        assert_eq!((found.uids, found.more), (expected, false), "{criteria:?}");
    }
    let page = client.search(&account, "INBOX", &[], Some(uids[2]), 1).await.expect("a page");
    assert_eq!((page.uids, page.more), (vec![uids[1]], true));
    client.close().await;
}

#[tokio::test]
async fn reading_leaves_a_message_unread_and_flags_change_when_asked() {
    let account = account("flags@west.test", Security::Tls);
    let client = ImapClient::default();
    let filing = Filing { flags: Vec::new(), ..mail("f@nord.test", b"%PDF") };
    let filed = client.append(&account, "INBOX", &[filing]).await.expect("filed");
    let at = place(&filed[0]);
    whole(&client, &account, at).await;
    client.fetch_part(&account, at, "1").await.expect("the text");
    let names = ["Message-ID".to_owned(), "Subject".to_owned()];
    let headers = client.fetch_headers(&account, "INBOX", at.uid_validity, &[at.uid], &names).await;
    let fields = &headers.expect("headers")[0].fields;
    assert!(fields.contains(&("Message-ID".into(), "<f@nord.test>".into())), "{fields:?}");
    let flags = async |expected: &[&str]| {
        let found = client.fetch_envelopes(&account, "INBOX", at.uid_validity, &[at.uid]).await;
        let mut found = found.expect("an envelope").remove(0).flags;
        found.retain(|flag| flag != "\\Recent");
        assert_eq!(found, expected);
    };
    flags(&[]).await;
    let (seen, paid) = (["\\Seen".to_owned()], ["$Paid".to_owned()]);
    client.set_flags(&account, "INBOX", at.uid_validity, &[at.uid], &paid, &[]).await.expect("set");
    flags(&["$Paid"]).await;
    client.set_flags(&account, "INBOX", at.uid_validity, &[at.uid], &seen, &paid).await.expect("set");
    flags(&["\\Seen"]).await;
    let deleted = ["\\Deleted".to_owned()];
    let refused = client.set_flags(&account, "INBOX", at.uid_validity, &[at.uid], &deleted, &[]).await;
    assert!(matches!(refused, Err(MailboxError::Failed(_))), "{refused:?}");
    client.close().await;
}

#[tokio::test]
async fn what_is_not_there_is_said_not_to_be_there() {
    let account = account("absent@west.test", Security::Tls);
    let client = ImapClient::default();
    let message = [mail("a@nord.test", b"%PDF")];
    assert_eq!(client.append(&account, "Nirgends ä", &message).await, Err(MailboxError::NoSuchFolder));
    assert_eq!(client.state(&account, "Nirgends ä").await, Err(MailboxError::NoSuchFolder));
    let state = client.state(&account, "INBOX").await.expect("a state");
    let at = Place { folder: "INBOX".into(), uid_validity: state.uid_validity, uid: 4_000_000 };
    assert_eq!(client.fetch_message(&account, &at, 0, 10).await, Err(MailboxError::NoSuchMessage));
    let old = Place { uid_validity: state.uid_validity.wrapping_add(1), ..at };
    let changed = Err(MailboxError::UidValidityChanged(state.uid_validity));
    assert_eq!(client.fetch_message(&account, &old, 0, 10).await, changed);
    client.close().await;
}

#[tokio::test]
async fn a_token_logs_in_and_a_bad_one_shows_the_servers_reason() {
    for mechanism in [Mechanism::Auto, Mechanism::XOAuth2] {
        let report = ImapClient::default().probe(&with_token(&servers().token, mechanism)).await;
        assert_eq!(report.failure, None, "{mechanism:?}");
        let login = report.steps.iter().find(|step| step.stage == Stage::Login).expect("a login");
        assert!(login.detail.contains(&format!("{TOKEN_HOLDER} by XOAUTH2")), "{}", login.detail);
    }
    let report = ImapClient::default().probe(&with_token("planted-expired-token", Mechanism::Auto)).await;
    let failure = report.failure.expect("a failure");
    assert_eq!((failure.stage, failure.verdict), (Stage::Login, Verdict::Permanent), "{failure}");
    assert!(
        failure.detail.contains("\"status\":\"401\"") || failure.detail.contains("\"status\":\"400\""),
        "{failure}"
    );
    assert!(!format!("{failure:?}").contains("planted"), "{failure:?}");
}
