//! What the recipient has in hand in the end: the same bytes that were attached, under names and a subject that read
//! as they were written.

use crate::mailbox::the_one;
use crate::program::{Program, Written, assert_no_secret};
use crate::samples::{invoice, invoices, pdf};
use mail_parser::{MessageParser, MimeHeaders};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Attachments of a message by file name.
pub(crate) fn attachments(message: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let parsed = MessageParser::default().parse(message).expect("a message");
    let parts = parsed.attachments().filter(|part| part.content_id().is_none());
    parts.map(|part| (part.attachment_name().expect("a name").to_owned(), part.contents().to_vec())).collect()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_real_invoice_arrives_with_pdf_and_ubl_byte_for_byte() {
    let document = invoices().into_iter().next().expect("an invoice");
    let ubl = std::fs::read(&document).expect("the invoice");
    let pdf = pdf(4, 120_000);
    let program = Program::new(&Written::starttls());
    program.put("Rechnung Nº 7 für Müller.pdf", &pdf);
    let to = "box-pdf-and-ubl@west.test";
    let options = ["--pdf", "Rechnung Nº 7 für Müller.pdf", "--format", "pdf+ubl", "--json"];
    program.send(&document, to, &options).assert(0, &[]);
    let message = the_one(to);
    assert_no_secret("the message", &message);
    let attached = attachments(&message);
    assert_eq!(attached.len(), 2, "{:?}", attached.keys());
    let expected = [
        ("Rechnung Nº 7 für Müller.pdf", &pdf),
        (document.file_name().and_then(|n| n.to_str()).expect("a name"), &ubl),
    ];
    for (name, bytes) in expected {
        let arrived = attached.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", attached.keys()));
        assert_eq!(sha256(arrived), sha256(bytes), "{name}");
    }
}

#[test]
fn what_was_rendered_is_what_arrives_whichever_way_it_went() {
    for (to, account) in [
        ("box-rendered@west.test", Written::starttls()),
        (
            "box-rendered-lock-step@west.test",
            Written { port: crate::servers::servers().old, ..Written::starttls() },
        ),
    ] {
        let program = Program::new(&account);
        program.put("invoice.pdf", &pdf(5, 200_000));
        let mail = [
            "--pdf",
            "invoice.pdf",
            "--format",
            "pdf+ubl",
            "--now",
            "2026-11-22T09:30:00+01:00",
            "--id",
            "same",
        ];
        let document = invoice().display().to_string();
        let words = [
            "render",
            &document,
            "--settings",
            "settings.toml",
            "--account",
            "office",
            "--out",
            "mail",
            "--to",
            to,
        ];
        program.run(&[&words[..], &mail].concat()).assert(0, &[]);
        program.send(&invoice(), to, &mail).assert(0, &[]);
        let rendered = std::fs::read(program.path("mail/message.eml")).expect("the rendered mail");
        let arrived = the_one(to);
        assert!(rendered.starts_with(b"From: ") || rendered.windows(8).any(|w| w == b"\r\nFrom: "), "{to}");
        assert!(arrived.ends_with(&rendered), "{to}: another mail arrived");
    }
}

#[test]
fn names_subject_and_text_read_as_they_were_written() {
    let program = Program::new(&Written::starttls());
    program.put("offre.pdf", &pdf(6, 2_000));
    program.put("Ångström – 図面.txt", "hé\n".as_bytes());
    let to = "\"Müller, Zoë (Büro)\" <box-names@west.test>";
    let options = [
        "--pdf",
        "offre.pdf",
        "--attach",
        "Ångström – 図面.txt",
        "--language",
        "fr",
        "--reply-to",
        "Délia <d@east.test>",
        "--json",
    ];
    let run = program.send(&invoice(), to, &options);
    run.assert(0, &[]);
    let message = the_one("box-names@west.test");
    let parsed = MessageParser::default().parse(&message).expect("a message");
    assert_eq!(parsed.subject(), run.json()["subject"].as_str(), "subject");
    assert!(parsed.subject().is_some_and(|s| s.contains("2026-0417")), "{:?}", parsed.subject());
    let name = |address: Option<&mail_parser::Address<'_>>| {
        let first = address.and_then(|a| a.first()).expect("an address");
        (first.name().map(str::to_owned), first.address().map(str::to_owned))
    };
    let pair = |name: &str, address: &str| (Some(name.to_owned()), Some(address.to_owned()));
    assert_eq!(name(parsed.to()), pair("Müller, Zoë (Büro)", "box-names@west.test"));
    assert_eq!(name(parsed.from()), pair("Ateliér Nörd", "office@east.test"));
    assert_eq!(name(parsed.reply_to()), pair("Délia", "d@east.test"));
    let (text, html) = (parsed.body_text(0).expect("text"), parsed.body_html(0).expect("HTML"));
    assert!(text.contains("2026-0417") && html.contains("2026-0417"), "{text}");
    // Non-ASCII of the document's own notes and of the language went through unharmed.
    assert!(text.contains('é') || text.contains('à'), "{text}");
    let attached = attachments(&message);
    assert_eq!(attached.keys().map(String::as_str).collect::<Vec<_>>(), ["offre.pdf", "Ångström – 図面.txt"]);
    assert_eq!(attached["Ångström – 図面.txt"], "hé\n".as_bytes());
}

#[test]
fn a_blind_copy_is_delivered_and_named_to_nobody() {
    let program = Program::new(&Written::starttls());
    program.put("invoice.pdf", &pdf(7, 2_000));
    let options = ["--pdf", "invoice.pdf", "--bcc", "box-blind@west.test", "--cc", "box-copy@west.test"];
    program.send(&invoice(), "box-seen@west.test", &options).assert(0, &[]);
    for to in ["box-seen@west.test", "box-copy@west.test", "box-blind@west.test"] {
        let message = the_one(to);
        let parsed = MessageParser::default().parse(&message).expect("a message");
        assert!(parsed.bcc().is_none(), "{to} sees who else has it");
        let text = String::from_utf8_lossy(&message).into_owned();
        assert!(!text.contains("box-blind@west.test"), "{to} sees who else has it: {text}");
    }
}
