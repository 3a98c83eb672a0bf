//! Mail of stored accounts: kept before it is sent, filed in Sent, resumed where it stood, and never sent twice.

use crate::home::Home;
use crate::mailbox::{arrived, the_one};
use crate::samples::pdf;
use crate::servers::servers;
use mail_parser::{MessageParser, MimeHeaders};
use postroom::model::AllowList;
use postroom::transport::imap::{
    Account, Criterion, ImapClient, Login, Mailboxes, Mechanism, Place, Secret, Security,
};
use postroom_providers::ClosedPort;
use postroom_tests::scripted::{At, How, notifying_server, server, wait_for};
use std::time::{Duration, Instant};

/// The mails in the folder that Dovecot marks for what was sent.
async fn sent_copies(mailbox: &str) -> Vec<Vec<u8>> {
    let login = Login {
        user: mailbox.to_owned(),
        secret: Secret::password(&servers().reader),
        mechanism: Mechanism::Auto,
    };
    let account = Account {
        port: servers().imaps,
        allow_private: AllowList::loopback(),
        trusted_ca: Some(std::fs::read_to_string(servers().authority()).expect("the authority")),
        ..Account::new("reader", "localhost", Security::Tls, login)
    };
    let client = ImapClient::default();
    let found = client.search(&account, "Gesendet", &[], None, 100).await.expect("a search");
    let seen = [Criterion::Flagged("\\Seen".into())];
    let read = client.search(&account, "Gesendet", &seen, None, 100).await.expect("a search");
    assert_eq!(found.uids, read.uids, "a copy is marked as read");
    let mut copies = Vec::new();
    for uid in found.uids {
        let at = Place { folder: "Gesendet".into(), uid_validity: found.uid_validity, uid };
        let mut whole = Vec::new();
        loop {
            let slice =
                client.fetch_message(&account, &at, whole.len() as u64, 1 << 20).await.expect("a slice");
            if slice.is_empty() {
                break;
            }
            whole.extend(slice);
        }
        copies.push(whole);
    }
    client.close().await;
    copies
}

fn body(message: &[u8]) -> &[u8] {
    let head = message.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    &message[head..]
}

#[tokio::test(flavor = "multi_thread")]
async fn b7_the_invoice_arrives_and_its_copy_lies_in_sent() {
    let home = Home::new().with_office("b7-copy@west.test");
    let run = home.send("office", "box-b7@west.test", &["--format", "pdf+ubl"]);
    run.assert(0, &[]);
    let report = run.json();
    assert_eq!(report["status"], "in-transit");
    assert_eq!(report["copy"], serde_json::json!({ "copy": "filed", "folder": "Gesendet" }));
    assert_eq!(report["attempts"][0]["result"], "accepted");
    let message = the_one("box-b7@west.test");
    let copies = sent_copies("b7-copy@west.test").await;
    assert_eq!(copies.len(), 1);
    assert!(body(&message) == body(&copies[0]), "the copy differs from what was sent");
    let parsed = MessageParser::default().parse(&message).expect("a message");
    let file =
        parsed.attachments().find(|part| part.attachment_name() == Some("invoice.pdf")).expect("the PDF");
    assert!(file.contents() == pdf(7, 30_000), "the PDF differs");

    // What has left is not sent again.
    let mail = report["mail"].as_str().expect("an id");
    let again = home.ok(&["resume", mail, "--user", "lotte", "--json"]).json();
    assert_eq!(again["attempts"].as_array().map(Vec::len), Some(1));
    assert_eq!(arrived("box-b7@west.test").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn b7_the_folder_that_the_user_chose_comes_first() {
    let home = Home::new().with_office("b7-chosen@west.test");
    home.ok(&["account", "folders", "office", "--assign", "sent=INBOX"]);
    let report = home.send("office", "box-b7-chosen@west.test", &[]).json();
    assert_eq!(report["copy"]["folder"], "INBOX");
    home.run(&["account", "folders", "office", "--assign", "sent=Nirgends"]).assert(3, &["Nirgends"]);
    let run = home.send("office", "box-b7-chosen-2@west.test", &[]);
    // The mail has left all the same: a folder that is gone is not believed.
    run.assert(0, &[]);
    the_one("box-b7-chosen-2@west.test");
}

#[test]
fn b7_a_mailbox_that_is_down_does_not_hold_up_the_mail() {
    let home = Home::new().with_office("b7-down@west.test");
    let closed = ClosedPort::new();
    let port = closed.number().to_string();
    let set = ["account", "set", "office", "--imap-port", &port];
    home.ok(&[&set[..], &["--imap-password-file", "reader"]].concat());
    let run = home.send("office", "box-b7-down@west.test", &[]);
    run.assert(0, &[]);
    assert_eq!(run.json()["copy"]["copy"], "failed", "{}", run.output());
    the_one("box-b7-down@west.test");
}

/// An account at a server that closes after the final dot, and the sample invoice in doubt there.
fn in_doubt(home: &Home, to: &str) -> String {
    let lost = server(At::Dot, How::Closes, &["PIPELINING", "8BITMIME"]);
    home.add_smtp("office", lost, &["--no-login"]);
    home.ok(&["account", "set", "office", "--security", "none", "--port", &lost.to_string()]);
    let run = home.send("office", to, &["--wait", "2s"]);
    run.assert(6, &["after-dot"]);
    let report = run.json();
    assert_eq!(
        (&report["status"], &report["attempts"][0]["result"]),
        (&"unknown".into(), &"in-doubt".into())
    );
    report["mail"].as_str().expect("an id").to_owned()
}

#[test]
fn a_word_to_send_again_is_for_one_doubt_and_the_next_asks_anew() {
    let home = Home::new();
    let mail = in_doubt(&home, "box-doubts@west.test");
    let run = home.run(&["resume", &mail, "--user", "lotte", "--send-again", "--wait", "90s", "--json"]);
    run.assert(6, &["--send-again"]);
    let results: Vec<_> =
        run.json()["attempts"].as_array().expect("attempts").iter().map(|it| it["result"].clone()).collect();
    assert_eq!(results, ["not-found", "in-doubt"], "{}", run.output());
}

#[test]
fn a_mail_in_doubt_is_not_sent_again_before_a_person_says_so() {
    let home = Home::new();
    let mail = in_doubt(&home, "box-doubt@west.test");
    // The server is well again: that alone is no reason to send.
    home.ok(&["account", "set", "office", "--port", &servers().plain.to_string()]);
    let run = home.run(&["resume", &mail, "--user", "lotte", "--json"]);
    run.assert(6, &["--send-again"]);
    assert_eq!(run.json()["attempts"].as_array().map(Vec::len), Some(1));
    let run = home.ok(&["resume", &mail, "--user", "lotte", "--send-again", "--wait", "90s", "--json"]);
    assert_eq!(run.json()["status"], "in-transit", "{}", run.output());
    the_one("box-doubt@west.test");
}

#[test]
fn a_program_that_was_killed_while_it_sent_leaves_the_mail_in_doubt_and_not_doubled() {
    let home = Home::new();
    let (silent, reached) = notifying_server(At::Dot, How::Hangs, &["PIPELINING", "8BITMIME"]);
    home.add_smtp("office", silent, &["--no-login"]);
    home.ok(&["account", "set", "office", "--security", "none", "--port", &silent.to_string()]);
    let invoice = crate::samples::invoice().display().to_string();
    let words =
        ["send", &invoice, "--user", "lotte", "--to", "box-killed-stored@west.test", "--without-document"];
    let mut child = home.start(&words);
    let sent = || home.ok(&["account", "sent", "office", "--user", "lotte", "--json"]).json();
    let under_way =
        |mail: &str| home.mail("office", mail)["attempts"].as_array().is_some_and(|it| it.len() == 1);
    let end = Instant::now() + Duration::from_secs(60);
    let mail = loop {
        let mail = sent()[0]["mail"].as_str().map(str::to_owned);
        if let Some(mail) = mail.filter(|mail| under_way(mail)) {
            break mail;
        }
        assert!(Instant::now() < end, "no attempt begins");
    };
    wait_for(&reached);
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    home.ok(&["account", "set", "office", "--port", &servers().plain.to_string()]);
    // Its last bytes had left: in doubt, and not sent again unasked.
    let run = home.run(&["resume", &mail, "--user", "lotte", "--json"]);
    run.assert(6, &["it may have left"]);
    let attempts = run.json()["attempts"].clone();
    assert_eq!(
        (attempts.as_array().map(Vec::len), &attempts[0]["result"]),
        (Some(1), &serde_json::Value::from("in-doubt"))
    );
    home.ok(&["worker", "--drain"]);
    // A person's word is for the one doubt; the next attempt waits its minute.
    let run = home.run(&["resume", &mail, "--user", "lotte", "--send-again", "--wait", "75s", "--json"]);
    run.assert(0, &[]);
    the_one("box-killed-stored@west.test");
}

#[test]
fn a_server_that_is_down_keeps_the_mail_for_later() {
    let home = Home::new();
    let closed = ClosedPort::new();
    home.add_smtp("office", closed.number(), &[]);
    let run = home.send("office", "box-later@west.test", &[]);
    run.assert(5, &["it is tried again at", "postroom resume"]);
    let report = run.json();
    let mail = report["mail"].as_str().expect("an id").to_owned();
    assert_eq!(
        (&report["status"], &report["attempts"][0]["stage"]),
        (&"in-transit".into(), &"connect".into())
    );
    // Not before its time.
    let run = home.run(&["resume", &mail, "--user", "lotte", "--json"]);
    assert_eq!(run.json()["attempts"].as_array().map(Vec::len), Some(1), "{}", run.output());
    let set = ["account", "set", "office", "--port", &servers().starttls.to_string()];
    home.ok(&[&set[..], &["--password-file", "password"]].concat());
    let run = home.ok(&["resume", &mail, "--user", "lotte", "--wait", "90s", "--json"]);
    assert_eq!(run.json()["attempts"][1]["result"], "accepted", "{}", run.output());
    the_one("box-later@west.test");
}

#[test]
fn a_mail_whose_pdf_was_changed_after_it_was_made_is_not_sent() {
    let home = Home::new();
    let closed = ClosedPort::new();
    home.add_smtp("office", closed.number(), &[]);
    let mail =
        home.send("office", "box-changed@west.test", &[]).json()["mail"].as_str().expect("an id").to_owned();
    home.put("invoice.pdf", &pdf(8, 30_000));
    let set = ["account", "set", "office", "--port", &servers().starttls.to_string()];
    home.ok(&[&set[..], &["--password-file", "password"]].concat());
    let run = home.run(&["resume", &mail, "--user", "lotte", "--wait", "90s"]);
    run.assert(3, &["the attachment \"invoice.pdf\" was changed after the mail was composed"]);
}

#[test]
fn a11_what_was_sent_is_listed_and_one_is_shown_with_body_and_attachments() {
    let home = Home::new();
    home.add_smtp("office", servers().starttls, &[]);
    let first = home.send("office", "box-a11@west.test", &["--language", "fr"]).json();
    let second = home.send("office", "box-a11-two@west.test", &[]).json();
    let listed = home.ok(&["account", "sent", "office", "--user", "lotte", "--json"]).json();
    let ids: Vec<_> = listed.as_array().expect("a list").iter().map(|it| it["mail"].clone()).collect();
    assert_eq!(ids, [second["mail"].clone(), first["mail"].clone()], "newest first");
    assert_eq!(listed[1]["kind"], "invoice");
    let mail = first["mail"].as_str().expect("an id");
    let shown = home.mail("office", mail);
    assert_eq!(shown["attachments"][0]["name"], "invoice.pdf");
    assert!(shown["html"].as_str().is_some_and(|html| html.contains("lang=\"fr")), "{}", shown["html"]);
    let words = ["account", "sent", "office", "--user", "lotte", "--mail", mail, "--save", "saved"];
    home.ok(&words).assert(0, &["invoice.pdf", "office", "accepted", "In transit"]);
    let saved = std::fs::read_dir(home.folder().join("saved")).expect("a folder").flatten();
    let pdfs: Vec<_> =
        saved.map(|it| it.path()).filter(|it| it.extension().is_some_and(|e| e == "pdf")).collect();
    assert_eq!(pdfs.len(), 1);
    assert!(std::fs::read(&pdfs[0]).expect("the PDF") == pdf(7, 30_000));
    // For the user alone, and through no link that another user put there.
    for file in std::fs::read_dir(home.folder().join("saved")).expect("a folder").flatten() {
        let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata().expect("facts").permissions());
        assert_eq!(mode & 0o777, 0o600, "{}", file.path().display());
    }
    let precious = home.put("precious", b"as it was");
    for name in ["body.txt", "body.html", pdfs[0].file_name().and_then(|name| name.to_str()).expect("a name")]
    {
        let link = home.folder().join("saved").join(name);
        std::fs::remove_file(&link).expect("a saved file");
        std::os::unix::fs::symlink(&precious, &link).expect("a link");
        home.run(&words).assert(3, &[name, "is a link"]);
        std::fs::remove_file(&link).expect("a link");
        home.ok(&words);
    }
    assert_eq!(std::fs::read(&precious).expect("a file"), b"as it was");
}

#[test]
fn a7_a_test_message_arrives_and_a_failure_is_told() {
    let home = Home::new();
    home.add_smtp("office", servers().starttls, &[]);
    let run = home.run(&["account", "send-test", "office", "--user", "lotte"]);
    run.assert(2, &["destination is missing: give it with --to"]);
    let words = ["account", "send-test", "office", "--user", "lotte", "--to", "box-a7@west.test"];
    home.ok(&[&words[..], &["--subject", "Does it work?"]].concat())
        .assert(0, &["the test message was sent"]);
    let message = the_one("box-a7@west.test");
    let parsed = MessageParser::default().parse(&message).expect("a message");
    assert_eq!(parsed.subject(), Some("Does it work?"));
    let run = home.run(&["account", "send-test", "office", "--user", "lotte", "--to", "nobody@west.test"]);
    run.assert(4, &["550 5.1.1", "Failed", "the test message was not sent"]);
}

#[test]
fn a_company_can_be_exported_and_imported_without_its_secrets() {
    let home = Home::new().with_office("export@west.test");
    home.ok(&["account", "settings", "office", "--user", "lotte", "--display-name", "Accounting"]);
    let exported = home.ok(&["company", "export"]).out;
    for secret in [&servers().password, &servers().reader] {
        assert!(!exported.contains(secret.as_str()), "{exported}");
    }
    home.put("company.toml", exported.as_bytes());
    home.ok(&["company", "import", "company.toml", "--name", "Copy"]);
    let again = home.ok(&["company", "export", "--company", "Copy"]).out;
    let without_title = |text: &str| text.lines().skip(1).collect::<Vec<_>>().join("\n");
    assert_eq!(without_title(&exported), without_title(&again));
    let account = home.ok(&["account", "show", "office", "--company", "Copy", "--json"]).json();
    assert_eq!(account["account"]["state"]["state"], "needs-sign-in", "secrets do not travel");
    home.put("broken.toml", b"[accounts.office]\naddress = \"nobody\"\nhost = \"smtp.example.com\"\n");
    let run = home.run(&["company", "import", "broken.toml", "--name", "Broken"]);
    run.assert(3, &["broken.toml: accounts.office.address: mail address \"nobody\""]);
    home.run(&["company", "show", "--company", "Broken"]).assert(3, &["there is no company \"Broken\""]);
}

#[test]
fn a_settings_file_with_a_password_becomes_a_company_that_sends() {
    let home = Home::new();
    let (port, authority) = (servers().starttls, servers().authority().display().to_string());
    let file = format!(
        "[company]\nname = \"From a file\"\n\n[users.eve]\nname = \"Eve\"\naddress = \"eve@east.test\"\n\n\
         [accounts.mail]\naddress = \"office@east.test\"\nhost = \"localhost\"\nport = {port}\nsecurity = \"tls\"\n\
         login = \"office@east.test\"\npassword_file = \"password\"\nca_file = \"{authority}\"\nusers = [\"eve\"]\n"
    );
    home.put("company.toml", file.as_bytes());
    home.ok(&["company", "import", "company.toml", "--trust-file"]);
    let company = ["--company", "From a file"];
    home.ok(&[&["account", "permit", "mail", "--allow-private", "localhost"][..], &company].concat());
    home.ok(&[&["account", "send-test", "mail", "--to", "box-imported@west.test"][..], &company].concat());
    the_one("box-imported@west.test");
}

#[test]
fn a15_the_administrators_page_names_addresses_hosts_and_ports() {
    let home = Home::new().with_office("a15@west.test");
    home.put("operator.toml", b"[origin]\naddresses = [\"192.0.2.7\"]\nregion = \"Gent, Belgium\"\n");
    let words = ["account", "administrator-page", "office", "--operator", "operator.toml"];
    let port = servers().starttls.to_string();
    home.ok(&words).assert(0, &["192.0.2.7", "Gent, Belgium", "localhost", &port]);
    let dutch = home.ok(&[&words[..], &["--language", "nl", "--json"]].concat()).json();
    assert_eq!(dutch["language"], "nl");
    home.ok(&[&words[..], &["--html"]].concat()).assert(0, &["<html lang=\"en\">"]);
}
