//! Composing as a whole: the expected message, its parts and its headers.

mod hostile;
mod identified;
mod read_back;

use super::message::built;
use super::*;
use crate::domain::address::{Address, Mailbox};
use crate::domain::attachment::{Attachment, Format, Role, Selected, check};
use chrono::DateTime;
use mail_builder::mime::{BodyPart, MimePart};
use mail_parser::{Message, MessageParser, MimeHeaders as _, PartType};

/// Owns what a [`MessageContent`] borrows.
#[derive(Debug, Clone)]
struct ContentFixture {
    id: MailId,
    from: Mailbox,
    reply_to: Vec<Mailbox>,
    to: Vec<Mailbox>,
    cc: Vec<Mailbox>,
    bcc: Vec<Mailbox>,
    subject: String,
    text: String,
    html: String,
    thread: Option<Thread>,
    automatic: bool,
    payment_code: Option<Vec<u8>>,
    reference: Option<String>,
    feedback_id: Option<String>,
    files: Selected,
}

fn mailbox(name: &str, address: &str) -> Mailbox {
    let name = (!name.is_empty()).then(|| name.to_owned());
    Mailbox { name, address: Address::parse(address).unwrap() }
}

fn file(handle: u32, file_name: &str, size: u64, role: Role) -> Attachment {
    let media_type = match role {
        Role::Pdf => "application/pdf",
        Role::Ubl => "text/xml",
        Role::Logo => "image/png",
        Role::Added => "application/zip",
    };
    Attachment { handle, file_name: file_name.into(), media_type: media_type.into(), size, role }
}

fn typical() -> ContentFixture {
    let files = [
        file(1, "Rechnung Müller 2026-0001.pdf", 120_000, Role::Pdf),
        file(2, "2026-0001.xml", 9_000, Role::Ubl),
        file(3, "logo.png", 6_000, Role::Logo),
        file(
            4,
            "Allgemeine Geschäftsbedingungen für Lieferungen und Leistungen (Stand Juli).zip",
            57,
            Role::Added,
        ),
    ];
    ContentFixture {
        id: MailId::parse("inv-2026-0001.r1").unwrap(),
        from: mailbox("Buchhaltung Atelier Nord", "rechnung@atelier-nord.example"),
        reply_to: vec![mailbox("", "antwort@atelier-nord.example")],
        to: vec![mailbox("Müller, E.", "e.mueller@kunde.example"), mailbox("Einkauf", "einkauf@kunde.example")],
        cc: vec![mailbox("Café Crème", "cc@kunde.example")],
        bcc: vec![mailbox("Hidden", "hidden@atelier-nord.example")],
        subject: "Rechnung 2026-0001 über 1.234,56 € – fällig am 31. Juli 2026, zahlbar per Überweisung".into(),
        text: "Guten Tag Frau Müller,\n\nanbei die Rechnung über 1.234,56 €.\n\nMit freundlichen Grüßen\n-- \nAtelier Nord\n".into(),
        html: "<!doctype html>\n<p>Guten Tag Frau Müller,</p>\n<img src=\"cid:logo\"\nalt=\"Atelier Nord\" width=\"140\">\n<img src='cid:payment-code' alt=\"\">\n".into(),
        thread: Some(Thread {
            in_reply_to: Some(MessageId::parse("<quote-17@atelier-nord.example>").unwrap()),
            references: vec![MessageId::parse("<CAF+first@mail.kunde.example>").unwrap()],
        }),
        automatic: true,
        payment_code: Some(b"\x89PNG\r\n\x1a\n, and what follows".to_vec()),
        reference: Some("2026/0001@atelier-nord.example".into()),
        feedback_id: Some("invoice:c3fb7bfbec41e131:postroom".into()),
        files: check(&files, Format::PdfUbl).unwrap(),
    }
}

/// The shortest content: plain text in every field and no files.
fn plain() -> ContentFixture {
    ContentFixture {
        from: mailbox("", "a@b.example"),
        reply_to: vec![],
        to: vec![mailbox("", "c@d.example")],
        cc: vec![],
        bcc: vec![],
        subject: "Hello".into(),
        text: "Hello\n".into(),
        html: "<p>Hello</p>\n".into(),
        thread: None,
        automatic: false,
        payment_code: None,
        reference: None,
        feedback_id: None,
        files: Selected::default(),
        ..typical()
    }
}

impl ContentFixture {
    fn content(&self) -> MessageContent<'_> {
        MessageContent {
            id: &self.id,
            message_id_domain: "atelier-nord.example",
            date: DateTime::parse_from_rfc3339("2026-07-01T10:52:37+02:00").unwrap(),
            from: &self.from,
            reply_to: &self.reply_to,
            to: &self.to,
            cc: &self.cc,
            bcc: &self.bcc,
            subject: &self.subject,
            text: &self.text,
            html: &self.html,
            payment_code: self.payment_code.as_deref(),
            reference: self.reference.as_deref(),
            feedback_id: self.feedback_id.as_deref(),
            thread: self.thread.as_ref(),
            automatic: self.automatic,
            attachments: &self.files,
        }
    }

    fn composed(&self) -> Composed {
        compose(&self.content()).unwrap()
    }

    /// Joined, every file made of its handle's byte.
    fn message(&self) -> Vec<u8> {
        let files: Vec<(u32, Vec<u8>)> = self.every_file().map(|f| (f.handle, content(f))).collect();
        let find = |h| files.iter().find(|(handle, _)| *handle == h).map(|(_, bytes)| bytes.as_slice());
        assemble(&self.composed().chunks, find).unwrap()
    }

    fn every_file(&self) -> impl Iterator<Item = &Attachment> {
        self.files.files().iter().chain(self.files.logo())
    }

    /// What mail-builder writes with the files in hand.
    fn in_hand(&self) -> Vec<u8> {
        let id = format!("{}@atelier-nord.example", self.id.as_str());
        let part = |headers, file: &Attachment| MimePart {
            headers,
            contents: BodyPart::Binary(content(file).into()),
        };
        built(&self.content(), &id, &part).unwrap().write_to_vec().unwrap()
    }
}

/// Bytes that differ from file to file and from place to place.
fn content(file: &Attachment) -> Vec<u8> {
    (0..file.size).map(|i| (i.wrapping_mul(31) >> 2) as u8 ^ file.handle as u8).collect()
}

fn parsed(message: &[u8]) -> Message<'_> {
    MessageParser::new().parse(message).unwrap()
}

fn header_names<'a>(message: &'a Message<'_>) -> Vec<&'a str> {
    message.headers().iter().map(|h| h.name()).collect()
}

#[test]
fn a_typical_letter_reads_as_expected() {
    let chunks = typical().composed().chunks;
    let shown = chunks.iter().map(|chunk| match chunk {
        Chunk::Text(text) => text.replace("\r\n", "\n"),
        Chunk::Attachment(handle) | Chunk::Raw(handle) => format!("[bytes of file {handle}]"),
    });
    insta::assert_snapshot!("typical_letter", shown.collect::<String>());
}

/// HTML with its numeric character references as the characters they stand for.
fn dereferenced(html: &str) -> String {
    let mut pieces = html.split("&#");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let referred = piece.split_once(';').and_then(|(code, rest)| {
            let character = code.parse().ok().and_then(char::from_u32)?;
            Some((character, rest))
        });
        match referred {
            Some((character, rest)) => plain.extend([character.to_string().as_str(), rest]),
            None => plain.extend(["&#", piece]),
        }
    }
    plain
}

#[test]
fn a_typical_letter_arrives_whole() {
    let desk = typical();
    let message = desk.message();
    let mail = parsed(&message);
    assert_eq!(mail.subject(), Some(desk.subject.as_str()));
    assert_eq!(mail.body_text(0).unwrap().replace("\r\n", "\n"), desk.text);
    let ids = desk
        .html
        .replace("cid:logo", "cid:logo.inv-2026-0001.r1@atelier-nord.example")
        .replace("cid:payment-code", "cid:payment-code.inv-2026-0001.r1@atelier-nord.example");
    assert_eq!(dereferenced(&mail.body_html(0).unwrap()).replace("\r\n", "\n"), ids);
    assert_eq!(mail.message_id(), Some("inv-2026-0001.r1@atelier-nord.example"));
    assert_eq!(mail.date().unwrap().to_rfc3339(), "2026-07-01T10:52:37+02:00");
    let to: Vec<_> = mail.to().unwrap().iter().map(|a| (a.name(), a.address())).collect();
    assert_eq!(
        to,
        [
            (Some("Müller, E."), Some("e.mueller@kunde.example")),
            (Some("Einkauf"), Some("einkauf@kunde.example"))
        ]
    );
    assert_eq!(mail.attachment_count(), 5);
    let code = mail.attachments().find(|p| p.attachment_name() == Some("payment-code.png")).unwrap();
    assert_eq!(code.content_id(), Some("payment-code.inv-2026-0001.r1@atelier-nord.example"));
    assert_eq!(code.contents(), desk.payment_code.as_deref().unwrap());
    for file in desk.every_file() {
        let part = mail.attachments().find(|p| p.attachment_name() == Some(&file.file_name)).unwrap();
        assert_eq!(part.contents(), content(file), "{}", file.file_name);
        assert_eq!(
            part.content_id(),
            (file.role == Role::Logo).then_some("logo.inv-2026-0001.r1@atelier-nord.example"),
            "{}",
            file.file_name
        );
    }
}

#[test]
fn nobody_sees_who_got_a_blind_copy() {
    let desk = typical();
    assert!(!String::from_utf8(desk.message()).unwrap().to_lowercase().contains("hidden"));
    let recipients = desk.composed().envelope.recipients;
    assert_eq!(recipients.last().map(Address::wire).as_deref(), Some("hidden@atelier-nord.example"));
}

#[test]
fn an_address_stands_in_the_envelope_once() {
    let mut desk = plain();
    desk.to.push(mailbox("", "C@D.example"));
    desk.bcc = vec![mailbox("", "c@d.example"), mailbox("", "e@f.example")];
    let envelope = desk.composed().envelope;
    let wires: Vec<String> = envelope.recipients.iter().map(Address::wire).collect();
    assert_eq!(wires, ["c@d.example", "e@f.example"]);
    assert_eq!(envelope.mail_from.wire(), "a@b.example");
}

#[test]
fn levels_that_are_not_needed_are_left_out() {
    let logo = file(3, "logo.png", 10, Role::Logo);
    let pdf = file(1, "a.pdf", 10, Role::Pdf);
    for (files, expected) in [
        (vec![], "alternative(text html)"),
        (vec![logo.clone()], "related(alternative(text html) binary)"),
        (vec![pdf.clone()], "mixed(alternative(text html) binary)"),
        (vec![pdf.clone(), logo.clone()], "mixed(related(alternative(text html) binary) binary)"),
    ] {
        let desk = ContentFixture { files: check(&files, Format::Pdf).unwrap(), ..plain() };
        let message = desk.message();
        let mail = parsed(&message);
        assert_eq!(outline(&mail, 0), expected, "{files:?}");
    }
    let payment_code = typical().payment_code;
    for (files, expected) in [
        (vec![], "related(alternative(text html) binary)"),
        (vec![pdf, logo], "mixed(related(alternative(text html) binary binary) binary)"),
    ] {
        let desk = ContentFixture {
            files: check(&files, Format::Pdf).unwrap(),
            payment_code: payment_code.clone(),
            ..plain()
        };
        let message = desk.message();
        assert_eq!(outline(&parsed(&message), 0), expected, "{files:?}");
    }
}

fn outline(mail: &Message<'_>, part: u32) -> String {
    let part = &mail.parts[part as usize];
    match &part.body {
        PartType::Multipart(children) => {
            let inner: Vec<String> = children.iter().map(|c| outline(mail, *c)).collect();
            format!("{}({})", part.content_type().unwrap().subtype().unwrap(), inner.join(" "))
        }
        PartType::Text(_) => "text".into(),
        PartType::Html(_) => "html".into(),
        _ => "binary".into(),
    }
}

#[test]
fn a_letter_that_a_person_sent_is_not_marked_automatic_and_has_only_the_headers_it_needs() {
    let message = plain().message();
    assert_eq!(
        header_names(&parsed(&message)),
        ["Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Content-Type"]
    );
}

#[test]
fn a_letter_to_nobody_that_can_be_named_says_so() {
    let desk = ContentFixture { to: vec![], bcc: vec![mailbox("", "x@y.example")], ..plain() };
    let text = String::from_utf8(desk.message()).unwrap();
    assert!(text.contains("\r\nTo: undisclosed-recipients:;\r\n"), "{text}");
    let desk = ContentFixture { to: vec![], cc: vec![mailbox("", "x@y.example")], ..plain() };
    let text = String::from_utf8(desk.message()).unwrap();
    assert!(!text.contains("\r\nTo:"), "{text}");
}

#[test]
fn the_parent_is_the_last_reference_once() {
    let id = |text: &str| MessageId::parse(text).unwrap();
    for (references, parent, expected) in [
        (vec![], Some("<p@x>"), "<p@x>"),
        (vec!["<a@x>", "<p@x>"], Some("<p@x>"), "<a@x> <p@x>"),
        (vec!["<a@x>"], Some("<p@x>"), "<a@x> <p@x>"),
        (vec!["<a@x>"], None, "<a@x>"),
    ] {
        let thread =
            Thread { in_reply_to: parent.map(id), references: references.iter().map(|r| id(r)).collect() };
        let desk = ContentFixture { thread: Some(thread), ..plain() };
        let text = String::from_utf8(desk.message()).unwrap();
        assert!(
            text.contains(&format!("\r\nReferences: {expected}\r\n")),
            "{references:?} {parent:?}: {text}"
        );
    }
}

#[test]
fn only_a_local_part_beyond_ascii_needs_smtputf8() {
    let desk = ContentFixture { to: vec![mailbox("é", "jose@x.example")], ..plain() };
    assert!(!desk.composed().needs_smtputf8);
    let utf8 = vec![mailbox("", "josé@x.example")];
    for desk in [
        ContentFixture { to: utf8.clone(), ..plain() },
        ContentFixture { cc: utf8.clone(), ..plain() },
        ContentFixture { bcc: utf8.clone(), ..plain() },
        ContentFixture { reply_to: utf8.clone(), ..plain() },
        ContentFixture { from: utf8[0].clone(), ..plain() },
    ] {
        assert!(desk.composed().needs_smtputf8, "{desk:?}");
    }
}

#[test]
fn an_address_beyond_ascii_is_the_only_text_that_is_not_seven_bit() {
    let desk = ContentFixture { to: vec![mailbox("Müller", "josé@x.example")], ..typical() };
    let text = String::from_utf8(desk.message()).unwrap();
    assert!(text.contains("<josé@x.example>"), "{text}");
    assert!(text.replace("<josé@x.example>", "").is_ascii(), "{text}");
}

#[test]
fn a_text_file_keeps_its_line_ends() {
    let csv = Attachment { media_type: "text/csv".into(), ..file(9, "a.csv", 8, Role::Added) };
    let desk = ContentFixture { files: check(&[csv], Format::Pdf).unwrap(), ..plain() };
    let message = assemble(&desk.composed().chunks, |_| Some(b"a\nb\r\nc\r")).unwrap();
    let mail = parsed(&message);
    assert_eq!(mail.attachment(0).unwrap().contents(), b"a\nb\r\nc\r");
}

#[test]
fn the_longest_id_makes_boundaries_of_a_length_that_is_allowed() {
    let desk = ContentFixture { id: MailId::parse(&"x".repeat(64)).unwrap(), ..typical() };
    let text = String::from_utf8(desk.message()).unwrap();
    let mut found = 0;
    for after in text.split("boundary=\"").skip(1) {
        let boundary = after.split('"').next().unwrap();
        assert!(boundary.len() <= 70, "{boundary}");
        found += 1;
    }
    assert_eq!(found, 3);
}

#[test]
fn a_body_cannot_end_its_part() {
    let body = "before\n--=_a_inv-2026-0001.r1--\n--=_m_inv-2026-0001.r1\nContent-Type: text/html\n\n<b>injected</b>\n";
    let desk = ContentFixture { text: body.into(), html: body.into(), ..typical() };
    let message = desk.message();
    let mail = parsed(&message);
    assert_eq!(outline(&mail, 0), outline(&parsed(&typical().message()), 0));
    assert_eq!(mail.body_text(0).unwrap().replace("\r\n", "\n"), body);
    assert_eq!(mail.body_html(0).unwrap().replace("\r\n", "\n"), body);
}

#[test]
fn files_that_base64_may_not_hold_by_their_type_are_attached_as_bytes() {
    let mail = Attachment { media_type: "message/rfc822".into(), ..file(1, "a.eml", 10, Role::Added) };
    let desk = ContentFixture { files: check(&[mail], Format::Pdf).unwrap(), ..plain() };
    let text = String::from_utf8(desk.message()).unwrap();
    assert!(text.contains("Content-Type: application/octet-stream; name=\"a.eml\"\r\n"), "{text}");
}

#[test]
fn what_a_header_cannot_hold_is_refused() {
    let desk = plain();
    for domain in ["", ".", "a..b", "a b", "é.example", "a.b\r\nBcc: x@y", "a>b", "[]", "[a", "a:b"] {
        let refused = compose(&MessageContent { message_id_domain: domain, ..desk.content() });
        assert_eq!(refused, Err(ContentFault::MessageIdDomain(domain.into())), "{domain:?}");
    }
    for domain in ["localhost", "my_host.example", "[192.0.2.1]", "[IPv6:2001:db8:1:1:1:1:1:1]"] {
        let composed = compose(&MessageContent { message_id_domain: domain, ..desk.content() }).unwrap();
        assert_eq!(composed.message_id, format!("<inv-2026-0001.r1@{domain}>"));
    }
    for date in ["0001-01-01T00:00:00Z", "+10000-01-01T00:00:00Z"] {
        let date: DateTime<chrono::FixedOffset> = date.parse().unwrap();
        let refused = compose(&MessageContent { date, ..desk.content() });
        assert_eq!(refused, Err(ContentFault::Date(date)), "{date}");
    }
}

#[test]
fn another_id_gives_another_message_id_and_other_boundaries() {
    let first = typical();
    let second = ContentFixture { id: MailId::parse("other").unwrap(), ..typical() };
    let ours = String::from_utf8(first.message()).unwrap();
    let theirs = String::from_utf8(second.message()).unwrap();
    assert_ne!(first.composed().message_id, second.composed().message_id);
    assert_eq!(ours.replace("inv-2026-0001.r1", "other").len(), theirs.len());
    assert!(!theirs.contains("inv-2026-0001.r1"));
}
