//! The message that a letter becomes: its headers, its parts, and what is refused.

use super::*;
use crate::domain::attachment::{ContentId, Role};
use crate::domain::compose::{Chunk, assemble, read_back};
use crate::domain::inbound::Sender;
use crate::flows::test_job::NoFiles;
use mail_parser::{MessageParser, MimeHeaders as _, PartType};

const SETTINGS: &str =
    r#"{"company": {"name": "Atelier Nord", "language": "nl"}, "user": {"display_name": "Lotte"}}"#;

fn original() -> Original {
    Original {
        message_id: Some("<3@customer.example>".to_owned()),
        subject: "Quote 7".to_owned(),
        authors: vec![Sender {
            name: Some("Jérôme".to_owned()),
            address: "jerome@customer.example".to_owned(),
        }],
        date: Some("2026-11-30T10:00:00+01:00".parse().unwrap()),
        text: "Agreed.".to_owned(),
        html: Some("<p>Agreed. <img src=\"cid:logo\"></p>".to_owned()),
        ..Original::default()
    }
}

fn letter() -> Letter {
    Letter {
        id: "l1".to_owned(),
        now: "2026-11-30T11:00:00+01:00".parse().unwrap(),
        kind: LetterKind::Reply,
        original: Some(original()),
        language: None,
        settings: SETTINGS.to_owned(),
        sender: (None, "office@nord.example".to_owned()),
        people: [
            vec![(Some("Jérôme".to_owned()), "jerome@customer.example".to_owned())],
            vec![],
            vec![],
            vec![],
        ],
        subject: "Re: Quote 7".to_owned(),
        body: "Thank you.".to_owned(),
        in_reply_to: Some("<3@customer.example>".to_owned()),
        references: vec!["<1@nord.example>".to_owned(), "<3@customer.example>".to_owned()],
        added: vec![],
        carried: vec![],
    }
}

fn file(handle: u32, name: &str, media_type: &str, role: Role) -> Attachment {
    Attachment { handle, file_name: name.to_owned(), media_type: media_type.to_owned(), size: 3, role }
}

fn whole(message: &Message) -> Vec<u8> {
    let whole = assemble(&message.composed.chunks, |_| Some(b"abc")).unwrap();
    assert_eq!(whole.len() as u64, message.composed.size);
    whole
}

#[test]
fn a_reply_is_threaded_and_nothing_marks_it_as_made_by_a_program() {
    let message = compose_letter(&letter(), &mut NoFiles).unwrap();
    assert_eq!(message, compose_letter(&letter(), &mut NoFiles).unwrap(), "the same bytes again");
    assert_eq!(message.composed.message_id, "<l1@nord.example>");
    assert_eq!(message.rendered.template, "letter/reply");
    assert_eq!(message.language.locale.to_string(), "nl");
    assert!(message.warnings.is_empty(), "{:?}", message.warnings);
    let source = String::from_utf8(whole(&message)).unwrap();
    let (header, _) = source.split_once("\r\n\r\n").unwrap();
    for line in [
        "From: \"Lotte\" <office@nord.example>\r\n",
        "Subject: Re: Quote 7\r\n",
        "In-Reply-To: <3@customer.example>\r\n",
        "References: <1@nord.example> <3@customer.example>\r\n",
        "Message-ID: <l1@nord.example>\r\n",
        "Content-Type: multipart/alternative;",
    ] {
        assert!(header.contains(line), "{line:?} in {header}");
    }
    assert!(!header.contains("Auto-Submitted") && !header.contains("X-Entity-Ref-ID"), "{header}");
    let parsed = MessageParser::default().parse(source.as_bytes()).unwrap();
    let text = parsed.body_text(0).unwrap();
    let wanted = "Thank you.\r\n\r\nLotte\r\nAtelier Nord\r\n\r\n\
                  Op 30 november 2026 om 10:00 schreef Jérôme <jerome@customer.example>:\r\n> Agreed.\r\n";
    assert_eq!(text, wanted);
    assert!(parsed.body_html(0).unwrap().contains("<blockquote type=\"cite\""));
}

#[test]
fn a_forward_carries_files_and_shows_pictures_under_the_names_that_its_html_has_for_them() {
    let carried = vec![
        Carried { file: file(1, "p.png", "image/png", Role::Added), content_id: ContentId::parse("logo") },
        Carried { file: file(2, "order.txt", "text/plain", Role::Added), content_id: None },
        Carried { file: file(3, "old.eml", "message/rfc822", Role::Added), content_id: None },
    ];
    let added = vec![file(4, "more.csv", "text/csv", Role::Added)];
    let forward = Letter {
        kind: LetterKind::Forward,
        body: String::new(),
        in_reply_to: None,
        references: vec![],
        carried,
        added,
        ..letter()
    };
    let message = compose_letter(&forward, &mut NoFiles).unwrap();
    let source = whole(&message);
    let parsed = MessageParser::default().parse(&source).unwrap();
    assert!(parsed.body_html(0).unwrap().contains("src=\"cid:logo\""));
    let parts: Vec<_> = parsed.parts.iter().filter(|part| part.content_disposition().is_some()).collect();
    let shown: Vec<_> = parts
        .iter()
        .map(|part| {
            let kind = part.content_disposition().unwrap().ctype();
            (part.attachment_name().unwrap(), kind, part.content_id())
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("p.png", "inline", Some("logo")),
            ("order.txt", "attachment", None),
            ("old.eml", "attachment", None),
            ("more.csv", "attachment", None)
        ]
    );
    assert!(parts.iter().all(|part| !matches!(part.body, PartType::Message(_)) && part.contents() == b"abc"));
    let kind = |at: usize| parsed.parts[at].content_type().unwrap().subtype().unwrap().to_owned();
    assert_eq!((kind(0), kind(1), kind(2)), ("mixed".into(), "related".into(), "alternative".into()));
    let back = read_back(&message.composed.chunks).unwrap();
    let files: Vec<_> = back.files.iter().map(|it| (it.handle, it.content_id.as_deref())).collect();
    assert_eq!(files, [(1, Some("logo")), (2, None), (3, None), (4, None)], "for transports by an API");
    let handles =
        message.composed.chunks.iter().filter(|chunk| matches!(chunk, Chunk::Attachment(_))).count();
    assert_eq!(handles, 4);
}

#[test]
fn what_is_wrong_with_a_letter_is_named_by_its_field() {
    let person = |address: &str| vec![(None, address.to_owned())];
    let cases: Vec<(&str, Letter)> = vec![
        ("id", Letter { id: "a b".into(), ..letter() }),
        ("to[0]", Letter { people: [person("a@b@c"), vec![], vec![], vec![]], ..letter() }),
        ("cc[0]", Letter { people: [vec![], person("a@b.be\r\nBcc: x@y.be"), vec![], vec![]], ..letter() }),
        ("reply-to[0]", Letter { people: [vec![], vec![], vec![], person("")], ..letter() }),
        ("in-reply-to", Letter { in_reply_to: Some("<a@b>\r\nX: y".into()), ..letter() }),
        ("references[1]", Letter { references: vec!["<a@b>".into(), "<a b>".into()], ..letter() }),
        ("references", Letter { references: vec!["<a@b>".into(); 201], ..letter() }),
        ("subject", Letter { subject: "x".repeat(1_001), ..letter() }),
        ("body", Letter { body: " \n\t\n".into(), ..letter() }),
        ("body", Letter { body: "x".repeat(LONGEST_EDIT + 1), ..letter() }),
        ("sender.address", Letter { sender: (None, "office".into()), ..letter() }),
    ];
    for (wanted, letter) in cases {
        match compose_letter(&letter, &mut NoFiles) {
            Err(ComposeError::Job { field, .. }) => assert_eq!(field, wanted),
            other => panic!("{wanted}: {other:?}"),
        }
    }
    let wrong = Letter { settings: "{\"nothing\": 1}".into(), ..letter() };
    assert!(matches!(compose_letter(&wrong, &mut NoFiles), Err(ComposeError::Input(_))));
    let logo = Letter { added: vec![file(1, "logo.png", "image/png", Role::Logo)], ..letter() };
    assert!(matches!(compose_letter(&logo, &mut NoFiles), Err(ComposeError::Attachment(_))));
}

#[test]
fn a_subject_with_line_ends_adds_no_header() {
    let hostile = Letter { subject: "Re: 7\r\nBcc: x@evil.example\rX: y\n\n.".into(), ..letter() };
    let source = String::from_utf8(whole(&compose_letter(&hostile, &mut NoFiles).unwrap())).unwrap();
    assert!(source.contains("\r\nSubject: Re: 7 Bcc: x@evil.example X: y .\r\n"), "{source}");
    assert!(!source.contains("\nBcc:") && !source.contains("\nX: y"), "{source}");
}

#[test]
fn a_letter_without_recipients_and_one_in_a_language_without_texts_say_so() {
    let alone = Letter {
        people: [const { vec![] }; 4],
        language: Some("es".into()),
        kind: LetterKind::New,
        original: None,
        ..letter()
    };
    let message = compose_letter(&alone, &mut NoFiles).unwrap();
    let codes: Vec<_> = message.warnings.iter().map(|it| it.code).collect();
    assert_eq!(codes, ["no-recipient", "language-fallback"]);
    assert!(!message.rendered.html.contains("blockquote"));
}

#[test]
fn a_draft_says_what_an_answer_begins_with_and_needs_something_to_answer() {
    let request = DraftRequest {
        kind: LetterKind::Reply,
        original: Some(original()),
        own_addresses: vec!["office@nord.example".into()],
        language: Some("fr".into()),
        settings: SETTINGS.into(),
    };
    let draft = draft_letter(&request).unwrap();
    assert_eq!(draft.people.to[0].to_string(), "Jérôme <jerome@customer.example>");
    assert_eq!(draft.subject, "Re: Quote 7");
    assert!(draft.quote.text.starts_with("Le 30 novembre 2026 à 10:00, Jérôme"), "{}", draft.quote.text);
    assert!(!draft.quote.html.contains("cid:"), "no picture travels: {}", draft.quote.html);
    let nothing = DraftRequest { original: None, ..request.clone() };
    assert!(matches!(draft_letter(&nothing), Err(ComposeError::Job { field, .. }) if field == "original"));
    let new = DraftRequest { kind: LetterKind::New, ..nothing };
    assert_eq!(draft_letter(&new).unwrap().quote, Quote::default());
}
