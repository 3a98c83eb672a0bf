//! The mailbox as people work with it: what was exchanged before, what we send, and what comes back, in one conversation each, from a real
//! Dovecot.

use crate::home::Home;
use crate::mailbox::the_one;
use crate::servers::servers;
use chrono::{DateTime, FixedOffset};
use mail_parser::MessageParser;
use postroom::model::AllowList;
use postroom::transport::attachments::Chunk;
use postroom::transport::imap::{Account, Filing, ImapClient, Login, Mailboxes, Mechanism, Secret, Security};
use serde_json::Value;
use std::time::{Duration, Instant};

/// A home whose account has its own address in a mailbox at Dovecot.
struct MailboxOwner {
    home: Home,
    address: String,
    server: Account,
    client: ImapClient,
}

impl MailboxOwner {
    fn new(mailbox: &str) -> Self {
        let home = Home::new();
        let (plain, address) = (servers().plain.to_string(), format!("{mailbox}@west.test"));
        let (imaps, authority) = (servers().imaps.to_string(), servers().authority().display().to_string());
        home.add_smtp("office", servers().plain, &["--no-login"]);
        home.ok(&["account", "set", "office", "--security", "none", "--port", &plain, "--address", &address]);
        home.ok(&[
            "account",
            "set",
            "office",
            "--imap-host",
            "localhost",
            "--imap-port",
            &imaps,
            "--imap-login",
            &address,
            "--imap-password-file",
            "reader",
            "--ca-file",
            &authority,
        ]);
        let login = Login {
            user: address.clone(),
            secret: Secret::password(&servers().reader),
            mechanism: Mechanism::Auto,
        };
        let server = Account {
            port: servers().imaps,
            allow_private: AllowList::loopback(),
            trusted_ca: Some(std::fs::read_to_string(servers().authority()).expect("the authority")),
            ..Account::new("reader", "localhost", Security::Tls, login)
        };
        Self { home, address, server, client: ImapClient::default() }
    }

    /// Puts a message into a folder, as another program did.
    async fn file(&self, folder: &str, received: &str, message: &str) {
        let message = message.replace('\n', "\r\n");
        let received: DateTime<FixedOffset> = received.parse().expect("a time");
        let filing = Filing { chunks: vec![Chunk::Text(message)], flags: vec![], received };
        let filed = self.client.append(&self.server, folder, &[filing]).await.expect("filed");
        assert_eq!(filed.len(), 1);
    }

    fn sync(&self) -> Value {
        self.home.ok(&["sync", "--json"]).json()
    }

    fn mailbox(&self, words: &[&str]) -> Value {
        self.home.ok(&[&["mailbox"], words, &["--user", "lotte", "--json"]].concat()).json()
    }

    /// The conversations with a partner: of each its subject, and of each message in it the subject and why it is there.
    fn conversations(&self, partner: &str) -> Vec<(String, Vec<(String, String)>)> {
        let listed = self.mailbox(&["partner", partner]);
        let all = listed["conversations"].as_array().expect("conversations");
        all.iter()
            .map(|one| {
                let shown = self.mailbox(&["show", one["id"].as_str().expect("a number")]);
                let messages = shown["messages"].as_array().expect("messages");
                let texts = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let messages =
                    messages.iter().map(|it| (texts(&it["subject"]), texts(&it["reason"]))).collect();
                (texts(&one["subject"]), messages)
            })
            .collect()
    }

    fn status(&self, number: &str) -> Value {
        self.home.ok(&["timeline", number, "--user", "lotte", "--json"]).json()[0].clone()
    }
}

fn header<'a>(message: &'a mail_parser::Message<'_>, name: &'a str) -> &'a str {
    message.header_raw(name).map(str::trim).unwrap_or_else(|| panic!("no {name}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn d1_all_mail_with_a_partner_stands_in_its_conversations_and_the_statuses_move() {
    let owner = MailboxOwner::new("conv-d1");
    let ann = "box-conv-ann@west.test";
    // Before Postroom existed.
    owner
        .file(
            "INBOX",
            "2025-03-01T09:00:00+01:00",
            &format!("From: Ann Peeters <{ann}>\nTo: {0}\nSubject: Opening hours\nMessage-ID: <old-1@west.test>\nDate: Sat, 1 Mar 2025 09:00:00 +0100\n\nWhen are you open?\n", owner.address),
        )
        .await;
    owner
        .file(
            "Gesendet",
            "2025-03-01T10:00:00+01:00",
            &format!("From: {0}\nTo: {ann}\nSubject: Re: Opening hours\nMessage-ID: <old-2@west.test>\nIn-Reply-To: <old-1@west.test>\nDate: Sat, 1 Mar 2025 10:00:00 +0100\n\nFrom nine.\n", owner.address),
        )
        .await;
    // Postroom sends the invoice.
    let sent = owner.home.send("office", ann, &[]);
    sent.assert(0, &[]);
    let arrived = the_one(ann);
    let invoice = MessageParser::default().parse(&arrived).expect("a message");
    let id = header(&invoice, "Message-ID").to_owned();
    let subject = invoice.subject().expect("a subject").to_owned();
    let to = header(&invoice, "From").to_owned();
    // Ann answers by three programs, and passes it on to herself.
    let answers = [
        (
            "gmail-1",
            format!("Re: {subject}"),
            format!("In-Reply-To: {id}\nReferences: {id}\n"),
            "On Mon, 30 Nov 2026 at 10:00, Office wrote:\n> The invoice\n",
        ),
        (
            "outlook-1",
            format!("RE: {subject}"),
            format!("In-Reply-To: {id}\nReferences: {id}\nThread-Index: AQHQ1x2Y3Z4a5b6c7d8e9f0A1B2C3A==\n"),
            "-----Original Message-----\nFrom: Office\nSubject: The invoice\n",
        ),
        ("apple-1", "Betaling".to_owned(), format!("In-Reply-To: {id}\n"), "> The invoice\n"),
    ];
    for (name, subject, threading, quote) in &answers {
        owner
            .file(
                "INBOX",
                &chrono::Utc::now().to_rfc3339(),
                &format!("From: Ann Peeters <{ann}>\nTo: {to}\nSubject: {subject}\nMessage-ID: <{name}@west.test>\n{threading}Date: {}\n\nI pay tomorrow.\n\n{quote}", chrono::Utc::now().to_rfc2822()),
            )
            .await;
    }
    owner
        .file(
            "INBOX",
            &chrono::Utc::now().to_rfc3339(),
            &format!("From: Ann Peeters <{ann}>\nTo: {to}\nSubject: Fwd: {subject}\nMessage-ID: <fwd-1@west.test>\nReferences: {id}\nDate: {}\n\nFor you.\n", chrono::Utc::now().to_rfc2822()),
        )
        .await;
    let synced = owner.sync();
    assert_eq!(synced[0]["state"], "complete", "{synced}");
    let partner = owner.home.ok(&["timeline", "--help"]).out.len();
    assert!(partner > 0);
    let number = sent.json()["document"]["number"].as_str().map(str::to_owned);
    let status = owner.status(number.as_deref().unwrap_or_else(|| panic!("{}", sent.json())));
    assert_eq!(status["label"], "Read", "{status}");
    let partner = status["partner"].as_str().unwrap_or_else(|| panic!("{status}")).to_owned();
    let conversations = owner.conversations(&partner);
    let of = |wanted: &str| {
        let found = conversations.iter().find(|(subject, _)| subject.contains(wanted));
        found.unwrap_or_else(|| panic!("no {wanted}: {conversations:?}")).1.clone()
    };
    assert_eq!(of("Opening hours").len(), 2, "{conversations:?}");
    let about =
        conversations.iter().find(|(_, messages)| messages.iter().any(|(subject, _)| subject == "Betaling"));
    let about = &about.unwrap_or_else(|| panic!("{conversations:?}")).1;
    assert_eq!(about.len(), 4, "our mail and three answers: {conversations:?}");
    assert!(!about.iter().any(|(subject, _)| subject.starts_with("Fwd")), "{about:?}");
    // A second look finds nothing new.
    let again = owner.sync();
    assert_eq!((&again[0]["indexed"], &again[0]["read"]), (&0.into(), &0.into()), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn c5_an_answer_is_on_the_timeline_within_ten_seconds_of_its_arrival() {
    let owner = MailboxOwner::new("conv-c5");
    let ann = "box-conv-c5@west.test";
    let sent = owner.home.send("office", ann, &[]);
    sent.assert(0, &[]);
    let arrived = the_one(ann);
    let invoice = MessageParser::default().parse(&arrived).expect("a message");
    let id = header(&invoice, "Message-ID").to_owned();
    let mut watching = owner.home.start(&["sync", "--watch"]);
    // Until the first look is over.
    let end = Instant::now() + Duration::from_secs(30);
    while owner
        .mailbox(&["folders"])
        .as_array()
        .is_none_or(|all| all.iter().all(|it| it["looked_at"].is_null()))
    {
        assert!(Instant::now() < end, "the mailbox is not followed");
        std::thread::sleep(Duration::from_millis(200));
    }
    std::thread::sleep(Duration::from_secs(2));
    owner
        .file(
            "INBOX",
            &chrono::Utc::now().to_rfc3339(),
            &format!("From: Ann <{ann}>\nTo: {0}\nSubject: Re: the invoice\nMessage-ID: <c5@west.test>\nIn-Reply-To: {id}\n\nThank you.\n", owner.address),
        )
        .await;
    let (begun, number) =
        (Instant::now(), sent.json()["document"]["number"].as_str().expect("a number").to_owned());
    while owner.status(&number)["label"] != "Read" {
        assert!(begun.elapsed() < Duration::from_secs(10), "{}", owner.status(&number));
        std::thread::sleep(Duration::from_millis(100));
    }
    watching.kill().expect("it runs");
    watching.wait().expect("it ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn a1_the_mail_of_an_account_is_that_of_its_users() {
    let owner = MailboxOwner::new("conv-a1");
    owner
        .file(
            "INBOX",
            "2026-11-01T09:00:00+01:00",
            &format!(
                "From: bo@other.test\nTo: {0}\nSubject: Salaries\nMessage-ID: <a1@west.test>\n\nSecret.\n",
                owner.address
            ),
        )
        .await;
    owner.sync();
    let listed = owner.mailbox(&["all"]);
    let id = listed["conversations"][0]["id"].as_str().expect("a conversation").to_owned();
    let as_marc =
        |words: &[&str]| owner.home.run(&[&["mailbox"], words, &["--user", "marc", "--json"]].concat());
    let none = as_marc(&["all"]);
    none.assert(0, &[]);
    assert_eq!(none.json()["conversations"], Value::Array(vec![]));
    assert_eq!(as_marc(&["search", "salaries", "--local"]).json()["messages"], Value::Array(vec![]));
    for words in [
        vec!["show", &id],
        vec!["done", &id],
        vec!["note", &id, "x"],
        vec!["private", &id],
        vec!["assign", &id, "marc"],
    ] {
        let run = as_marc(&words);
        assert_eq!(run.code, 3, "{words:?}: {}", run.output());
        assert!(!run.output().contains("Salaries"), "{}", run.output());
    }
    // The user of the account reads it, and finds it by a word and on the server by its text.
    assert_eq!(owner.mailbox(&["search", "salar"])["messages"][0]["subject"], "Salaries");
    let on_server = owner.mailbox(&["search", "Secret"]);
    assert_eq!(on_server["on_server"][0]["subject"], "Salaries", "{on_server}");
    assert_eq!(on_server["complete"], true);
    let message = owner.mailbox(&["show", &id])["messages"][0]["id"].as_str().expect("a message").to_owned();
    assert_eq!(owner.mailbox(&["show", &message])["reply"].as_str().map(str::trim), Some("Secret."));
}

#[tokio::test(flavor = "multi_thread")]
async fn d8_a_reply_from_the_mailbox_arrives_threaded_and_is_filed_and_marked() {
    let owner = MailboxOwner::new("conv-d8");
    let ann = "box-conv-d8@west.test";
    owner
        .file(
            "INBOX",
            &chrono::Utc::now().to_rfc3339(),
            &format!("From: Ann Peeters <{ann}>\nTo: {0}\nSubject: Opening hours\nMessage-ID: <q-1@west.test>\nReferences: <q-0@west.test>\nDate: {1}\n\nWhen are you open?\n", owner.address, chrono::Utc::now().to_rfc2822()),
        )
        .await;
    owner.sync();
    let listed = owner.mailbox(&["contact", ann]);
    let conversation = listed["conversations"][0]["id"].as_str().expect("a conversation").to_owned();
    let message =
        owner.mailbox(&["show", &conversation])["messages"][0]["id"].as_str().expect("a message").to_owned();
    let dry = owner.mailbox(&["reply", &message, "--text", "From nine.", "--dry-run"]);
    assert!(dry.to_string().contains(ann), "{dry}");
    owner.mailbox(&["reply", &message, "--text", "From nine."]);
    // The same words about the same message are one mail.
    owner.mailbox(&["reply", &message, "--text", "From nine."]);
    let arrived = the_one(ann);
    let reply = MessageParser::default().parse(&arrived).expect("a message");
    assert_eq!(header(&reply, "In-Reply-To"), "<q-1@west.test>");
    assert_eq!(
        header(&reply, "References").split_whitespace().collect::<Vec<_>>(),
        ["<q-0@west.test>", "<q-1@west.test>"]
    );
    assert_eq!(reply.subject(), Some("Re: Opening hours"));
    let text = reply.body_text(0).expect("a text");
    let (words, quote) =
        (text.find("From nine.").expect("the words"), text.find("> When are you open?").expect("the quote"));
    assert!(words < quote, "{text}");
    owner.sync();
    let shown = owner.mailbox(&["show", &conversation]);
    let messages = shown["messages"].as_array().expect("messages");
    assert_eq!(messages.len(), 2, "the copy in Sent is in the conversation: {shown}");
    assert_eq!(messages[1]["direction"], "outgoing");
    let criteria = [postroom::transport::imap::Criterion::Flagged("\\Answered".into())];
    let answered = owner.client.search(&owner.server, "INBOX", &criteria, None, 10).await.expect("a search");
    assert_eq!(answered.uids.len(), 1);
}
