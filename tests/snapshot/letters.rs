//! Letters without a document, an answer and a forward, as a reader of their text, their HTML and their source sees them.

use postroom_plugin::domain::attachment::{Attachment, Carried, Role};
use postroom_plugin::domain::compose::assemble;
use postroom_plugin::domain::letter::{LetterKind, Original};
use postroom_plugin::domain::reading::read;
use postroom_plugin::flows::{DraftRequest, FileError, Files, Letter, Message, compose_letter, draft_letter};
use postroom_tests::fixtures;

const OFFICE: &str = "office@ateliernord.example.com";
const NOW: &str = "2026-11-30T11:30:00+01:00";

struct InHand;

impl Files for InHand {
    fn read(&mut self, handle: u32, offset: u64, length: u32) -> Result<Vec<u8>, FileError> {
        let whole = content(handle);
        let rest = whole.get(offset as usize..).unwrap_or_default();
        Ok(rest[..rest.len().min(length as usize)].to_vec())
    }
}

/// The files of the original, by their handles: the picture comes first.
fn content(handle: u32) -> Vec<u8> {
    if handle == 1 { b"GIF89a of a test".to_vec() } else { fixtures::pdf() }
}

fn original() -> Original {
    let raw = fixtures::bytes("letters/answer.eml");
    let of = read(&raw, &[OFFICE.to_owned()], NOW.parse().unwrap()).unwrap();
    Original {
        message_id: of.message_id,
        in_reply_to: of.in_reply_to,
        references: of.references,
        subject: of.subject,
        authors: of.from,
        to: of.to,
        cc: of.cc,
        reply_to: of.reply_to,
        date: of.date.map(|date| date.parse().unwrap()),
        text: of.text,
        html: of.html,
        files: of.files,
    }
}

fn composed(kind: LetterKind, to: Option<&str>, body: &str, settings: &str) -> Message {
    let request = DraftRequest {
        kind,
        original: Some(original()),
        own_addresses: vec![OFFICE.to_owned()],
        language: (kind != LetterKind::Forward).then(|| "fr".to_owned()),
        settings: settings.to_owned(),
    };
    let draft = draft_letter(&request).unwrap();
    let people = |list: &[postroom_plugin::domain::address::Mailbox]| {
        list.iter().map(|it| (it.name.clone(), it.address.to_string())).collect::<Vec<_>>()
    };
    let carried = (1..).zip(draft.carried).map(|(handle, part)| Carried {
        file: Attachment {
            handle,
            file_name: part.file_name,
            media_type: part.media_type,
            size: content(handle).len() as u64,
            role: Role::Added,
        },
        content_id: part.content_id,
    });
    let to = to.map_or_else(|| people(&draft.people.to), |to| vec![(None, to.to_owned())]);
    let letter = Letter {
        id: format!("letter-{}", kind.name()),
        now: NOW.parse().unwrap(),
        kind,
        original: request.original,
        language: request.language,
        settings: request.settings,
        sender: (None, OFFICE.to_owned()),
        people: [to, people(&draft.people.cc), people(&draft.people.bcc), people(&draft.people.reply_to)],
        subject: draft.subject,
        body: body.to_owned(),
        in_reply_to: draft.thread.in_reply_to.map(|id| id.to_string()),
        references: draft.thread.references.iter().map(ToString::to_string).collect(),
        added: vec![],
        carried: carried.collect(),
    };
    compose_letter(&letter, &mut InHand).unwrap()
}

fn hold(name: &str, message: &Message) {
    let files: Vec<Vec<u8>> = (0..9).map(content).collect();
    let whole = assemble(&message.composed.chunks, |handle| Some(&files[handle as usize][..])).unwrap();
    assert_eq!(whole.len() as u64, message.composed.size, "{name}");
    let whole = String::from_utf8(whole).unwrap();
    assert!(!whole.replace("\r\n", "").contains(['\r', '\n']), "{name}: lines end in CRLF, all of them");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(fixtures::folder().join("snapshot/letters"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let rendered = &message.rendered;
    let text = format!("Subject: {}\n\n{}", rendered.subject, rendered.text);
    let parts = [("txt", text), ("html", rendered.html.clone()), ("eml", whole.replace("\r\n", "\n"))];
    settings.bind(|| {
        for (part, content) in parts {
            insta::assert_snapshot!(format!("{name}.{part}"), content);
        }
    });
}

#[test]
fn an_answer_to_all() {
    let words = "Bonjour Jérôme,\n\nMerci ! Nous livrons le 14 décembre.\nDétails : https://www.ateliernord.example.com/livraison";
    let settings = r#"{"company": {"name": "Atelier Nord", "language": "nl"},
        "user": {"display_name": "Lotte Claes", "signature_html": "<p><b>Lotte Claes</b><br>Atelier Nord</p>"}}"#;
    let message = composed(LetterKind::ReplyAll, None, words, settings);
    let to = message.composed.envelope.recipients.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(to, ["orders@brasserie.example", "ann@brasserie.example", "bea@architect.example"]);
    hold("reply-all@fr", &message);
}

#[test]
fn a_forward() {
    let message = composed(
        LetterKind::Forward,
        Some("magazijn@ateliernord.example.com"),
        "Kan dit mee op de 14e?",
        r#"{"company": {"name": "Atelier Nord", "language": "nl"}}"#,
    );
    hold("forward@nl", &message);
}
