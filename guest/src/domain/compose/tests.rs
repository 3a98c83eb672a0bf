//! Composing as a whole: the expected message, the bytes of a streaming host against those of mail-builder
//! with the files in hand, and hostile text in every field.

use super::message::built;
use super::*;
use crate::domain::address::{Address, Mailbox};
use crate::domain::attachment::{Attachment, Format, Role, Selected, check};
use chrono::DateTime;
use mail_builder::mime::{BodyPart, MimePart};
use mail_parser::{Message, MessageParser, MimeHeaders as _, PartType};
use proptest::prelude::*;

/// Owns what a letter borrows.
#[derive(Debug, Clone)]
struct Desk {
    id: LetterId,
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

fn typical() -> Desk {
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
    Desk {
        id: LetterId::parse("inv-2026-0001.r1").unwrap(),
        from: mailbox("Buchhaltung Atelier Nord", "rechnung@atelier-nord.example"),
        reply_to: vec![mailbox("", "antwort@atelier-nord.example")],
        to: vec![mailbox("Müller, E.", "e.mueller@kunde.example"), mailbox("Einkauf", "einkauf@kunde.example")],
        cc: vec![mailbox("Café Crème", "cc@kunde.example")],
        bcc: vec![mailbox("Hidden", "hidden@atelier-nord.example")],
        subject: "Rechnung 2026-0001 über 1.234,56 € – fällig am 31. Juli 2026, zahlbar per Überweisung".into(),
        text: "Guten Tag Frau Müller,\n\nanbei die Rechnung über 1.234,56 €.\n\nMit freundlichen Grüßen\n-- \nAtelier Nord\n".into(),
        html: "<!doctype html>\n<p>Guten Tag Frau Müller,</p>\n<p><img src=\"cid:logo\" alt=\"Atelier Nord\" width=\"140\"></p>\n".into(),
        thread: Some(Thread {
            in_reply_to: Some(MessageId::parse("<quote-17@atelier-nord.example>").unwrap()),
            references: vec![MessageId::parse("<CAF+first@mail.kunde.example>").unwrap()],
        }),
        automatic: true,
        files: check(&files, Format::PdfUbl).unwrap(),
    }
}

/// The shortest letter: plain text in every field and no files.
fn plain() -> Desk {
    Desk {
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
        files: Selected::default(),
        ..typical()
    }
}

impl Desk {
    fn letter(&self) -> Letter<'_> {
        Letter {
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
            thread: self.thread.as_ref(),
            automatic: self.automatic,
            attachments: &self.files,
        }
    }

    fn composed(&self) -> Composed {
        compose(&self.letter()).unwrap()
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
        built(&self.letter(), &id, &part).unwrap().write_to_vec().unwrap()
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
        Chunk::Attachment(handle) => format!("[bytes of file {handle}]"),
    });
    insta::assert_snapshot!("typical_letter", shown.collect::<String>());
}

#[test]
fn a_typical_letter_arrives_whole() {
    let desk = typical();
    let message = desk.message();
    let mail = parsed(&message);
    assert_eq!(mail.subject(), Some(desk.subject.as_str()));
    assert_eq!(mail.body_text(0).unwrap().replace("\r\n", "\n"), desk.text);
    assert_eq!(mail.body_html(0).unwrap().replace("\r\n", "\n"), desk.html);
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
    assert_eq!(mail.attachment_count(), 4);
    for file in desk.every_file() {
        let part = mail.attachments().find(|p| p.attachment_name() == Some(&file.file_name)).unwrap();
        assert_eq!(part.contents(), content(file), "{}", file.file_name);
        assert_eq!(part.content_id(), (file.role == Role::Logo).then_some("logo"), "{}", file.file_name);
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
        (vec![pdf, logo], "mixed(related(alternative(text html) binary) binary)"),
    ] {
        let desk = Desk { files: check(&files, Format::Pdf).unwrap(), ..plain() };
        let message = desk.message();
        let mail = parsed(&message);
        assert_eq!(outline(&mail, 0), expected, "{files:?}");
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
    let desk = Desk { to: vec![], bcc: vec![mailbox("", "x@y.example")], ..plain() };
    let text = String::from_utf8(desk.message()).unwrap();
    assert!(text.contains("\r\nTo: undisclosed-recipients:;\r\n"), "{text}");
    let desk = Desk { to: vec![], cc: vec![mailbox("", "x@y.example")], ..plain() };
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
        let desk = Desk { thread: Some(thread), ..plain() };
        let text = String::from_utf8(desk.message()).unwrap();
        assert!(
            text.contains(&format!("\r\nReferences: {expected}\r\n")),
            "{references:?} {parent:?}: {text}"
        );
    }
}

#[test]
fn only_a_local_part_beyond_ascii_needs_smtputf8() {
    let desk = Desk { to: vec![mailbox("é", "jose@x.example")], ..plain() };
    assert!(!desk.composed().needs_smtputf8);
    let utf8 = vec![mailbox("", "josé@x.example")];
    for desk in [
        Desk { to: utf8.clone(), ..plain() },
        Desk { cc: utf8.clone(), ..plain() },
        Desk { bcc: utf8.clone(), ..plain() },
        Desk { reply_to: utf8.clone(), ..plain() },
        Desk { from: utf8[0].clone(), ..plain() },
    ] {
        assert!(desk.composed().needs_smtputf8, "{desk:?}");
    }
}

#[test]
fn a_body_cannot_end_its_part() {
    let body = "before\n--=_a_inv-2026-0001.r1--\n--=_m_inv-2026-0001.r1\nContent-Type: text/html\n\n<b>injected</b>\n";
    let desk = Desk { text: body.into(), html: body.into(), files: typical().files, ..plain() };
    let message = desk.message();
    let mail = parsed(&message);
    assert_eq!(outline(&mail, 0), outline(&parsed(&typical().message()), 0));
    assert_eq!(mail.body_text(0).unwrap().replace("\r\n", "\n"), body);
    assert_eq!(mail.body_html(0).unwrap().replace("\r\n", "\n"), body);
}

#[test]
fn files_that_base64_may_not_hold_by_their_type_are_attached_as_bytes() {
    let mail = Attachment { media_type: "message/rfc822".into(), ..file(1, "a.eml", 10, Role::Added) };
    let desk = Desk { files: check(&[mail], Format::Pdf).unwrap(), ..plain() };
    let text = String::from_utf8(desk.message()).unwrap();
    assert!(text.contains("Content-Type: application/octet-stream; name=\"a.eml\"\r\n"), "{text}");
}

#[test]
fn what_a_header_cannot_hold_is_refused() {
    let desk = plain();
    for domain in ["", ".", "a..b", "a b", "é.example", "a.b\r\nBcc: x@y", "a>b"] {
        let refused = compose(&Letter { message_id_domain: domain, ..desk.letter() });
        assert_eq!(refused, Err(LetterFault::MessageIdDomain(domain.into())), "{domain:?}");
    }
    for date in ["0001-01-01T00:00:00Z", "+10000-01-01T00:00:00Z"] {
        let date: DateTime<chrono::FixedOffset> = date.parse().unwrap();
        let refused = compose(&Letter { date, ..desk.letter() });
        assert_eq!(refused, Err(LetterFault::Date(date)), "{date}");
    }
}

#[test]
fn another_id_gives_another_message_id_and_other_boundaries() {
    let first = typical();
    let second = Desk { id: LetterId::parse("other").unwrap(), ..typical() };
    let ours = String::from_utf8(first.message()).unwrap();
    let theirs = String::from_utf8(second.message()).unwrap();
    assert_ne!(first.composed().message_id, second.composed().message_id);
    assert_eq!(ours.replace("inv-2026-0001.r1", "other").len(), theirs.len());
    assert!(!theirs.contains("inv-2026-0001.r1"));
}

/// File names as they come: any script, quotes, long ones.
fn file_names() -> impl Strategy<Value = String> {
    let usable = |name: &String| check(&[file(0, name, 0, Role::Added)], Format::Pdf).is_ok();
    prop_oneof![
        "[a-zA-Z0-9 _.,;'\"()%&@*=-]{1,120}".boxed(),
        "[äöüßéèçñ€日本語עבריתрусский👍🏽 .a-z\"%'-]{1,60}".boxed(),
        "\\PC{1,40}".boxed(),
    ]
    .prop_filter("must pass the rules", usable)
}

/// Text that would like to be more than text.
fn nasty() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\r\nBcc: evil@x.example\r\n".to_owned()),
        Just("\n\n<script>".to_owned()),
        Just("\r".to_owned()),
        Just("\0".to_owned()),
        Just("=?utf-8?Q?=0D=0ABcc:_x@y?=".to_owned()),
        Just("\", <evil@x.example>, \"".to_owned()),
        Just("--=_m_inv-2026-0001.r1--".to_owned()),
        Just("\u{2028}\u{85}\u{7f}".to_owned()),
        Just("x".repeat(1200)),
        Just("Straße €  日本語 👍🏽 ".to_owned()),
        "[ -~]{0,30}",
        "\\PC{0,30}",
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

fn assert_lines_hold(message: &[u8]) {
    for line in message.split(|b| *b == b'\n') {
        assert!(line.is_empty() || line.ends_with(b"\r"), "a line ends in a bare LF: {line:?}");
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        assert!(line.len() <= 998, "{} bytes in a line", line.len());
        assert!(line.iter().all(|b| b.is_ascii() && (!b.is_ascii_control() || *b == b'\t')), "{line:?}");
    }
}

proptest! {
    #[test]
    fn a_streaming_host_sends_what_would_be_built_with_the_files_in_hand(
        names in prop::collection::vec((file_names(), prop_oneof![0u64..60, 100u64..130, 0u64..20_000]), 0..6),
        pdf in prop::option::of(prop_oneof![Just(0u64), Just(57), 0u64..100_000]),
        logo in prop::option::of(prop_oneof![Just(0u64), 0u64..9_000]),
    ) {
        let mut files: Vec<_> =
            names.iter().enumerate().map(|(i, (n, s))| file(i as u32 + 10, n, *s, Role::Added)).collect();
        files.extend(pdf.map(|size| file(1, "Rechnung März.pdf", size, Role::Pdf)));
        files.extend(logo.map(|size| file(u32::MAX, "logo.png", size, Role::Logo)));
        let desk = Desk { files: check(&files, Format::Pdf).unwrap(), ..typical() };
        let message = desk.message();
        prop_assert_eq!(message.len() as u64, desk.composed().size);
        prop_assert!(message == desk.in_hand());
        assert_lines_hold(&message);
        let mail = parsed(&message);
        prop_assert_eq!(mail.attachment_count(), files.len());
        for file in &files {
            let bytes = content(file);
            let found = mail.attachments().any(|p| {
                p.attachment_name() == Some(&file.file_name) && p.contents() == bytes
            });
            prop_assert!(found, "{:?} in {:?}", file, mail.attachments().map(|p| p.attachment_name()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn hostile_text_adds_no_header_and_no_part(
        subject in nasty(), text in nasty(), html in nasty(),
        names in prop::collection::vec(nasty(), 6),
    ) {
        let named = |i: usize, address: &str| Mailbox { name: Some(names[i].clone()), ..mailbox("", address) };
        let desk = Desk {
            from: named(0, "from@x.example"),
            reply_to: vec![named(1, "reply@x.example")],
            to: vec![named(2, "to1@x.example"), named(3, "to2@x.example")],
            cc: vec![named(4, "cc@x.example")],
            bcc: vec![named(5, "bcc@x.example")],
            subject, text, html,
            ..typical()
        };
        let message = desk.message();
        assert_lines_hold(&message);
        let typical = typical().message();
        let (mail, expected) = (parsed(&message), parsed(&typical));
        prop_assert_eq!(header_names(&mail), header_names(&expected));
        prop_assert_eq!(outline(&mail, 0), outline(&expected, 0));
        let addresses = |list: Option<&mail_parser::Address<'_>>| -> Vec<String> {
            list.into_iter().flat_map(|l| l.iter()).map(|a| a.address().unwrap_or_default().to_owned()).collect()
        };
        prop_assert_eq!(addresses(mail.from()), ["from@x.example"]);
        prop_assert_eq!(addresses(mail.to()), ["to1@x.example", "to2@x.example"]);
        prop_assert_eq!(addresses(mail.cc()), ["cc@x.example"]);
        let shown = header::one_line(&desk.subject);
        prop_assert_eq!(words(mail.subject().unwrap_or_default()), words(&shown));
        let name = header::one_line(&names[2]).replace("=?", "= ?");
        let read = mail.to().and_then(|l| l.first()).and_then(|a| a.name()).unwrap_or_default();
        prop_assert_eq!(words(read), words(&name));
        let lines = |t: &str| body::canonical(t).text;
        prop_assert_eq!(mail.body_text(0).unwrap_or_default(), lines(&desk.text));
        prop_assert_eq!(mail.body_html(0).unwrap_or_default(), lines(&desk.html));
        prop_assert_eq!(desk.message(), message);
    }
}

/// Without regard to white space, which folding may alter.
fn words(text: &str) -> Vec<&str> {
    text.split_ascii_whitespace().collect()
}
