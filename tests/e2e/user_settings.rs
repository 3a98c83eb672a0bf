//! What a user sets for an account, and what it does to their mail: rules A2 to A6, A12, A14, A16, C4.

use crate::home::{Home, sendgrid};
use crate::mailbox::the_one;
use crate::servers::servers;
use mail_parser::{HeaderValue, Message, MessageParser};
use std::process::Command;

fn parsed(bytes: &[u8]) -> Message<'_> {
    MessageParser::default().parse(bytes).expect("a message")
}

fn from(message: &Message<'_>) -> (Option<String>, Option<String>) {
    let first = message.from().and_then(|list| list.first()).expect("a From");
    (first.name().map(str::to_owned), first.address().map(str::to_owned))
}

#[test]
fn a2_a4_name_address_and_signature_are_the_users_own_for_each_account() {
    let home = Home::new();
    home.add_smtp("office", servers().starttls, &["--send-as", "billing@east.test=alias"]);
    home.ok(&["account", "grant", "office", "marc"]);
    home.put("lotte.txt", "Lotte Claes, tel. 09 555 01 20".as_bytes());
    home.put("lotte.html", b"<p><b>Lotte Claes</b></p>");
    home.ok(&[
        "account",
        "settings",
        "office",
        "--user",
        "lotte",
        "--display-name",
        "Accounting",
        "--address",
        "billing@east.test",
        "--signature-text-file",
        "lotte.txt",
        "--signature-html-file",
        "lotte.html",
    ]);
    home.send("office", "box-a2@west.test", &[]).assert(0, &[]);
    let bytes = the_one("box-a2@west.test");
    let message = parsed(&bytes);
    assert_eq!(from(&message), (Some("Accounting".into()), Some("billing@east.test".into())));
    assert!(message.body_text(0).is_some_and(|text| text.contains("Lotte Claes, tel. 09 555 01 20")));
    assert!(message.body_html(0).is_some_and(|html| html.contains("<b>Lotte Claes</b>")));
    // Marc has set nothing: the account's own name.
    let invoice = crate::samples::invoice().display().to_string();
    home.ok(&["send", &invoice, "--user", "marc", "--to", "box-a2-marc@west.test", "--without-document"]);
    let bytes = the_one("box-a2-marc@west.test");
    let message = parsed(&bytes);
    assert_eq!(from(&message), (Some("Ateliér Nörd".into()), Some("office@east.test".into())));
    assert!(!message.body_text(0).is_some_and(|text| text.contains("Lotte")));
}

#[test]
fn a3_the_blind_copy_goes_to_the_user_who_creates_the_mail() {
    let home = Home::new();
    home.add_smtp("office", servers().starttls, &[]);
    home.ok(&["user", "set", "lotte", "--address", "box-a3-lotte@west.test"]);
    home.ok(&["account", "settings", "office", "--user", "lotte", "--auto-bcc-self", "true"]);
    home.send("office", "box-a3@west.test", &[]).assert(0, &[]);
    for address in ["box-a3@west.test", "box-a3-lotte@west.test"] {
        let bytes = the_one(address);
        assert!(parsed(&bytes).header("Bcc").is_none(), "nobody sees the blind copy");
    }
}

#[test]
fn a6_the_users_own_program_gets_an_unsent_draft_without_a_signature() {
    let home = Home::new();
    home.ok(&[
        "account",
        "add",
        "own",
        "--address",
        "lotte@east.test",
        "--transport",
        "mail-client",
        "--user",
        "lotte",
    ]);
    home.put("lotte.txt", b"The signature of Lotte");
    home.ok(&["account", "settings", "own", "--user", "lotte", "--signature-text-file", "lotte.txt"]);
    let run = home.send("own", "box-a6@west.test", &["--draft", "draft.eml"]);
    run.assert(0, &[]);
    let report = run.json();
    assert_eq!(
        (&report["status"], &report["reason"]),
        (&"unknown".into(), &"handed to your mail program".into())
    );
    let bytes = std::fs::read(home.folder().join("draft.eml")).expect("a draft");
    let message = parsed(&bytes);
    assert_eq!(message.header("X-Unsent"), Some(&HeaderValue::Text("1".into())), "it opens for editing");
    assert!(message.header("Message-ID").is_none() && message.from().is_none(), "the program gives these");
    let file = message.attachments().next().expect("the PDF");
    assert!(file.contents() == crate::samples::pdf(7, 30_000));
    assert!(!String::from_utf8_lossy(&bytes).contains("The signature of Lotte"));
    let mail = report["mail"].as_str().expect("an id");
    let shown = home.mail("own", mail);
    assert_eq!((&shown["status"], &shown["events"][0]["kind"]), (&"unknown".into(), &"handed-over".into()));
    home.run(&["account", "test", "own"]).assert(3, &["the user's own program"]);
    home.run(&["resume", mail, "--user", "lotte"]).assert(3, &["sent by the user's own mail program"]);
}

#[test]
fn a5_the_port_is_proposed_from_the_security_and_can_be_changed() {
    let home = Home::new();
    for (security, port) in [("ssl", 465), ("tls", 587), ("none", 25)] {
        let words = [
            "account",
            "add",
            security,
            "--address",
            "office@east.test",
            "--host",
            "smtp.east.test",
            "--security",
            security,
            "--no-login",
            "--json",
        ];
        let account = home.ok(&words).json();
        assert_eq!(account["account"]["transport"]["port"], port, "{security}");
    }
    let changed = home.ok(&["account", "set", "tls", "--port", "2525", "--json"]).json();
    assert_eq!(changed["account"]["transport"]["port"], 2525);
    let changed = home.ok(&["account", "set", "tls", "--security", "ssl", "--json"]).json();
    assert_eq!(changed["account"]["transport"]["port"], 465, "another security proposes another port");
}

#[test]
fn a12_gmails_rule_for_the_from_name_is_reported_when_settings_are_saved_with_the_fix() {
    let home = Home::new();
    home.ok(&[
        "account",
        "add",
        "gmail",
        "--address",
        "nord@gmail.com",
        "--client-id",
        "a-client",
        "--user",
        "lotte",
    ])
    .assert(0, &["Gmail API", "set a display name"]);
    let run = home.ok(&[
        "account",
        "settings",
        "gmail",
        "--user",
        "lotte",
        "--display-name",
        "Nord",
        "--address",
        "other@nord.example",
    ]);
    run.assert(
        0,
        &["warning: $.sender.address", "set it to nord@gmail.com", "or authorise other@nord.example"],
    );
    let run = home.ok(&["account", "settings", "gmail", "--user", "lotte", "--address", "nord@gmail.com"]);
    assert!(!run.output().contains("warning"), "{}", run.output());
}

#[test]
fn a16_what_an_account_can_do_is_shown_with_the_reason() {
    let home = Home::new().with_office("a16@west.test");
    home.add_smtp("bare", servers().starttls, &[]);
    let can = |account: &str, name: &str| {
        let shown = home.ok(&["account", "show", account, "--json"]).json();
        let all = shown["capabilities"].as_array().expect("capabilities").clone();
        let found = all.into_iter().find(|it| it["name"] == name).expect("the capability");
        found["available"].as_str().expect("a word").to_lowercase()
    };
    assert_eq!(
        (can("bare", "send"), can("bare", "inbox"), can("bare", "read")),
        ("yes".into(), "no".into(), "no".into())
    );
    assert_eq!((can("office", "inbox"), can("office", "sent-copy")), ("no".into(), "yes".into()));
    home.ok(&["account", "show", "bare"]).assert(0, &["Own SMTP without IMAP has no inbox."]);
}

#[test]
fn c4_openings_can_not_be_checked_with_own_smtp() {
    let home = Home::new();
    home.add_smtp("office", servers().starttls, &[]);
    let run = home.run(&["account", "settings", "office", "--user", "lotte", "--check-opens", "true"]);
    run.assert(3, &["check-opens: Own SMTP has no Read tracking"]);
    let sendgrid = sendgrid();
    home.fall_back_to(&sendgrid.url(), "off", "0s");
    home.ok(&["account", "grant", "spare", "lotte"]);
    home.ok(&["account", "settings", "spare", "--user", "lotte", "--check-opens", "true"]);
    home.send("spare", "box-c4@west.test", &[]).assert(0, &[]);
    let sent = sendgrid.sent();
    assert_eq!(sent[0]["tracking_settings"]["open_tracking"]["enable"], true);
}

#[test]
fn a14_companies_of_the_same_name_keep_their_addresses_on_the_platform_apart() {
    let home = Home::new();
    home.put(
        "operator.toml",
        b"[platform]\nname = \"Postroom\"\ndomain = \"east.test\"\nreply_domain = \"west.test\"\n\
          [platform.smtp]\nhost = \"relay.east.test\"\nsecurity = \"tls\"\n",
    );
    home.ok(&["company", "add", "Atelier-Nord"]);
    for (company, suffix) in [("Atelier Nord", serde_json::Value::Null), ("Atelier-Nord", 2.into())] {
        let with = ["--operator", "operator.toml", "--company", company, "--json"];
        let add = ["account", "add", "platform", "--address", "lotte@east.test", "--transport", "platform"];
        let added = home.ok(&[&add[..], &with].concat()).json();
        assert_eq!(added["account"]["transport"]["suffix"], suffix, "{company}");
        let set = ["account", "set", "platform", "--display-name", "Another name"];
        let changed = home.ok(&[&set[..], &with].concat()).json();
        assert_eq!(changed["account"]["transport"]["suffix"], suffix, "{company}, after a change");
    }
}

#[test]
fn a14_the_platform_sends_in_the_companys_name_signed_and_with_a_way_back() {
    let home = Home::new();
    let (port, authority) = (servers().starttls, servers().authority().display().to_string());
    let key = home.folder().join("dkim.pem");
    let generated = Command::new("openssl").args(["genpkey", "-algorithm", "RSA", "-out"]).arg(&key).output();
    assert!(generated.expect("openssl runs").status.success());
    let operator = format!(
        "[platform]\nname = \"Postroom\"\ndomain = \"east.test\"\nreply_domain = \"west.test\"\n\
         [platform.smtp]\nhost = \"localhost\"\nport = {port}\nsecurity = \"tls\"\nlogin = \"office@east.test\"\n\
         password_file = \"password\"\nca_file = \"{authority}\"\nallow_private = [\"localhost\"]\n\
         [platform.dkim]\nselector = \"post\"\nkey_file = \"dkim.pem\"\n"
    );
    home.put("operator.toml", operator.as_bytes());
    let with = ["--operator", "operator.toml"];
    let add = ["account", "add", "platform", "--address", "lotte@east.test", "--transport", "platform"];
    home.run(&add).assert(3, &["the operator has no platform"]);
    home.ok(&[&add[..], &["--user", "lotte"], &with].concat());
    home.ok(&[&["account", "test", "platform"][..], &with].concat()).assert(0, &["SMTP test successful"]);
    let portal =
        ["--view-url", "https://portal.east.test/i/1", "--pdf-url", "https://portal.east.test/i/1.pdf"];
    let run = home.send("platform", "box-a14@west.test", &[&portal[..], &with].concat());
    run.assert(0, &[]);
    let bytes = the_one("box-a14@west.test");
    let message = parsed(&bytes);
    assert_eq!(
        from(&message),
        (Some("Atelier Nord via Postroom".into()), Some("atelier-nord@east.test".into()))
    );
    assert_eq!(message.attachments().filter(|it| !it.is_text()).count(), 0, "the links carry the document");
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let answers =
        message.reply_to().and_then(|it| it.first()).and_then(|it| it.address()).expect("a Reply-To");
    assert!(answers.starts_with("reply+") && answers.ends_with("@west.test"), "{answers}");
    let signed = message.header_raw("DKIM-Signature").expect("a signature");
    assert!(signed.contains("d=east.test") && signed.contains("s=post"), "{signed}");
    assert!(text.contains("Return-Path: <bounce+"), "reports come back to us");
}
