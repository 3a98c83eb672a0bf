//! Answers and forwards from a mailbox: the message is found in the index, answered from there, arrives threaded, lies in Sent, and the
//! original is marked.

use crate::home::Home;
use crate::mailbox::the_one;
use crate::servers::{SENDER, servers};
use mail_parser::{MessageParser, MimeHeaders};
use postroom::model::AllowList;
use postroom::transport::imap::{
    Account, Chunk, Criterion, Filed, Filing, ImapClient, Login, Mailboxes, Mechanism, Secret, Security,
};
use serde_json::Value;

fn reader(mailbox: &str) -> Account {
    let login = Login {
        user: mailbox.to_owned(),
        secret: Secret::password(&servers().reader),
        mechanism: Mechanism::Auto,
    };
    Account {
        port: servers().imaps,
        allow_private: AllowList::loopback(),
        trusted_ca: Some(std::fs::read_to_string(servers().authority()).expect("the authority")),
        ..Account::new("reader", "localhost", Security::Tls, login)
    }
}

/// Puts a message with a PDF into a mailbox, to be answered at `answers`.
async fn put(mailbox: &str, answers: &str) {
    let message = format!(
        "From: Nora <nora@west.test>\r\nReply-To: {answers}\r\nTo: {SENDER}, box-letters-other@west.test\r\nSubject: AW: Order 7\r\n\
         Message-ID: <order-7@west.test>\r\nReferences: <first@west.test>\r\nDate: Fri, 27 Nov 2026 09:30:00 +0100\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=cut\r\n\r\n--cut\r\nContent-Type: text/html\r\n\r\n\
         <p>Six tables, please.</p><script>x()</script>\r\n--cut\r\nContent-Type: application/pdf; name=plan.pdf\r\n\
         Content-Disposition: attachment; filename=plan.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjcKJSVFT0YK\r\n--cut--\r\n"
    );
    let filing = Filing {
        chunks: vec![Chunk::Text(message)],
        flags: vec![],
        received: "2026-11-27T09:30:00+01:00".parse().expect("a time"),
    };
    let client = ImapClient::default();
    let filed = client.append(&reader(mailbox), "INBOX", &[filing]).await.expect("an answer");
    assert!(matches!(filed[..], [Filed::Stored(_)]), "{filed:?}");
    client.close().await;
}

/// How many messages of a folder have a flag.
async fn flagged(mailbox: &str, folder: &str, flag: &str) -> usize {
    let client = ImapClient::default();
    let criteria = [Criterion::Flagged(flag.to_owned())];
    let found = client.search(&reader(mailbox), folder, &criteria, None, 100).await.expect("a search");
    client.close().await;
    found.uids.len()
}

/// The number of the one message in the index.
fn message(home: &Home) -> String {
    home.ok(&["sync", "--account", "office"]);
    let all = home.ok(&["mailbox", "all", "--user", "lotte", "--json"]).json();
    let conversation = all["conversations"][0]["id"].as_str().expect("a conversation").to_owned();
    let shown = home.ok(&["mailbox", "show", &conversation, "--user", "lotte", "--json"]).json();
    shown["messages"][0]["id"].as_str().expect("a message").to_owned()
}

fn addresses(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().map(|it| it["address"].as_str().expect("an address")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_arrives_threaded_lies_in_sent_and_the_message_is_marked() {
    let (mailbox, answers) = ("letters-office@west.test", "box-letters-answered@west.test");
    put(mailbox, answers).await;
    let home = Home::new().with_office(mailbox);
    let number = message(&home);
    let reply = ["mailbox", "reply", &number, "--user", "lotte", "--text", "We ship tomorrow."];

    let tried = home.ok(&[&reply[..], &["--all", "--dry-run", "--json"]].concat()).json();
    assert_eq!(addresses(&tried["to"]), [answers]);
    assert_eq!(addresses(&tried["cc"]), ["box-letters-other@west.test"]);
    assert_eq!((&tried["subject"], &tried["kind"]), (&"Re: Order 7".into(), &"reply-all".into()));
    assert_eq!(flagged(mailbox, "INBOX", "\\Answered").await, 0, "nothing was sent");

    let file = home.put("terms.txt", b"Terms").display().to_string();
    let sent = home.ok(&[&reply[..], &["--attach", &file, "--json"]].concat()).json();
    assert_eq!(sent["status"], "in-transit", "{sent:#}");
    assert_eq!(sent["copy"]["copy"], "filed", "{sent:#}");
    let arrived = the_one(answers);
    let parsed = MessageParser::default().parse(&arrived).expect("a message");
    assert_eq!(parsed.subject(), Some("Re: Order 7"));
    assert_eq!(parsed.in_reply_to().as_text(), Some("order-7@west.test"));
    assert_eq!(
        parsed.references().as_text_list().expect("references"),
        ["first@west.test", "order-7@west.test"]
    );
    let text = parsed.body_text(0).expect("a text");
    assert!(text.starts_with("We ship tomorrow.") && text.contains("> Six tables, please."), "{text}");
    assert!(!parsed.body_html(0).expect("a page").contains("<script"));
    let names: Vec<_> = parsed.attachments().filter_map(|part| part.attachment_name()).collect();
    assert_eq!(names, ["terms.txt"], "an answer does not send the files back");
    assert_eq!(flagged(mailbox, "INBOX", "\\Answered").await, 1);
    assert_eq!(flagged(mailbox, "Gesendet", "\\Seen").await, 1);

    // Pressed twice: one mail.
    let again = home.ok(&[&reply[..], &["--attach", &file, "--json"]].concat()).json();
    assert_eq!((&again["mail"], &again["asked_before"]), (&sent["mail"], &true.into()));
    the_one(answers);
    let other =
        home.ok(&[&reply[..], &["--attach", &file, "--to", "box-letters-else@west.test", "--json"]].concat());
    assert_ne!(other.json()["mail"], sent["mail"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forward_carries_the_files_and_starts_anew() {
    let (mailbox, to) = ("letters-forward@west.test", "box-letters-forwarded@west.test");
    put(mailbox, "nora@west.test").await;
    let home = Home::new().with_office(mailbox);
    let number = message(&home);
    let forward = ["mailbox", "forward", &number, "--user", "lotte", "--to", to];
    let sent = home.ok(&[&forward[..], &["--language", "de", "--json"]].concat()).json();
    assert_eq!(sent["subject"], "Fwd: AW: Order 7", "{sent:#}");
    let arrived = the_one(to);
    let parsed = MessageParser::default().parse(&arrived).expect("a message");
    assert!(parsed.in_reply_to().as_text().is_none());
    assert!(parsed.body_text(0).expect("a text").contains("Von: Nora <nora@west.test>"));
    let plan =
        parsed.attachments().find(|part| part.attachment_name() == Some("plan.pdf")).expect("the plan");
    assert_eq!(plan.contents(), b"%PDF-1.7\n%%EOF\n");
    assert_eq!(flagged(mailbox, "INBOX", "$Forwarded").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_named_and_a_stranger_to_the_mailbox_finds_no_message() {
    let mailbox = "letters-refused@west.test";
    put(mailbox, "nora@west.test").await;
    let home = Home::new().with_office(mailbox);
    let number = message(&home);
    let refused = |code: i32, user: &str, more: &[&str], words: &[&str]| {
        home.run(&[&["mailbox", "reply", &number, "--user", user], more].concat()).assert(code, words);
    };
    refused(2, "lotte", &[], &["--text"]);
    refused(3, "lotte", &["--text", " "], &["--text", "nothing is written"]);
    refused(3, "lotte", &["--text", "x", "--cc", "nobody at all"], &["nobody at all"]);
    refused(3, "lotte", &["--text", "x", "--attach", "none.pdf"], &["none.pdf"]);
    refused(3, "lotte", &["--text", "x", "--as", "else@west.test"], &["else@west.test", SENDER]);
    refused(3, "lotte", &["--text-file", "none.txt"], &["none.txt"]);
    let stranger = home.run(&["mailbox", "reply", &number, "--user", "marc", "--text", "x"]);
    assert_ne!(stranger.code, 0);
    assert!(
        !stranger.output().contains("Order 7") && !stranger.output().contains("west.test"),
        "{}",
        stranger.output()
    );
    assert_eq!(flagged(mailbox, "INBOX", "\\Answered").await, 0);
}
