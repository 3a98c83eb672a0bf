//! Answers and forwards through the real plugin: read from a message, composed, and read again as their readers do.

use crate::test_host::{TestHost, shipped};
use postroom::contract::attachments::Attachment;
use postroom::contract::composing::{ComposeError, Message};
use postroom::contract::inbound::MessageContent;
use postroom::contract::letters::{CarriedFile, DraftLetter, DraftRequest, Letter, LetterKind};
use postroom::contract::reading::ReadableMessage;
use postroom::contract::types::Address;
use postroom::engine::Files;
use postroom::transport::attachments::AttachmentSource;
use postroom_plugin::domain::compose::{Chunk, assemble};
use postroom_tests::fixtures;

const OFFICE: &str = "office@ateliernord.example.com";
const NOW: &str = "2026-11-30T11:30:00+01:00";
const SETTINGS: &str =
    r#"{"company": {"name": "Atelier Nord", "language": "nl"}, "user": {"display_name": "Lotte"}}"#;

async fn read(host: &TestHost, raw: Vec<u8>, own: &str) -> ReadableMessage {
    let content = MessageContent::Bytes(raw);
    host.company_plugin
        .read_message(&Files::default(), &content, &[own.to_owned()], NOW)
        .await
        .unwrap()
        .unwrap()
}

async fn drafted(host: &TestHost, kind: LetterKind, original: &ReadableMessage) -> DraftLetter {
    let request = DraftRequest {
        kind,
        original: Some(original.clone()),
        own_addresses: vec![OFFICE.to_owned()],
        language: None,
        settings: SETTINGS.to_owned(),
    };
    host.company_plugin.draft_letter(&Files::default(), &request).await.unwrap().unwrap()
}

/// The letter that a draft becomes, its files in hand.
fn letter(kind: LetterKind, original: &ReadableMessage, draft: &DraftLetter, files: &mut Files) -> Letter {
    let carried = draft.carried.iter().map(|part| CarriedFile {
        handle: files.add(AttachmentSource::from_bytes(&b"abc"[..])),
        file_name: part.file_name.clone(),
        media_type: part.media_type.clone(),
        size: 3,
        content_id: part.content_id.clone(),
    });
    Letter {
        id: "l1".to_owned(),
        now: NOW.to_owned(),
        kind,
        original: Some(original.clone()),
        language: None,
        settings: SETTINGS.to_owned(),
        sender: Address { name: None, address: OFFICE.to_owned() },
        to: draft.to.clone(),
        cc: draft.cc.clone(),
        bcc: draft.bcc.clone(),
        reply_to: draft.reply_to.clone(),
        subject: draft.subject.clone(),
        body: "Thank you.".to_owned(),
        in_reply_to: draft.in_reply_to.clone(),
        references: draft.references.clone(),
        attachments: vec![],
        carried: carried.collect(),
    }
}

fn whole(message: &Message) -> Vec<u8> {
    use postroom::contract::attachments::Chunk as Given;
    let chunks = message.mail.chunks.iter().map(|chunk| match chunk {
        Given::Text(text) => Chunk::Text(text.clone()),
        Given::Attachment(handle) => Chunk::Attachment(*handle),
        Given::Raw(handle) => Chunk::Raw(*handle),
    });
    let whole = assemble(&chunks.collect::<Vec<_>>(), |_| Some(b"abc")).unwrap();
    assert_eq!(whole.len() as u32, message.mail.size);
    whole
}

fn addresses(list: &[Address]) -> Vec<&str> {
    list.iter().map(|it| it.address.as_str()).collect()
}

#[tokio::test]
async fn an_answer_arrives_in_its_conversation_with_its_new_words_apart() {
    let host = TestHost::new(shipped());
    let original = read(&host, fixtures::bytes("letters/answer.eml"), OFFICE).await;
    let draft = drafted(&host, LetterKind::ReplyAll, &original).await;
    assert_eq!(addresses(&draft.to), ["orders@brasserie.example"]);
    assert_eq!(addresses(&draft.cc), ["ann@brasserie.example", "bea@architect.example"]);
    assert_eq!(draft.subject, "Re: Devis 2026-0417 – tables");
    assert!(
        !draft.quote_html.contains("script") && !draft.quote_html.contains("tracker"),
        "{}",
        draft.quote_html
    );
    let pictures: Vec<_> =
        draft.carried.iter().map(|part| (&*part.part, part.content_id.as_deref())).collect();
    assert_eq!(pictures, [("1.2", Some("sign@brasserie.example"))]);

    let mut files = Files::default();
    let letter = letter(LetterKind::ReplyAll, &original, &draft, &mut files);
    let message = host.company_plugin.compose_letter(&files, &letter).await.unwrap().unwrap();
    assert_eq!(message.template, "letter/reply-all");
    assert_eq!(message.mail.envelope.recipients.len(), 3);
    assert_eq!(message.mail.files.iter().map(|it| (it.file, it.size)).collect::<Vec<_>>(), [(1, 3)]);
    let again = host.company_plugin.compose_letter(&files, &letter).await.unwrap().unwrap();
    assert_eq!(message.mail, again.mail, "equal letters give equal bytes");

    let arrived = read(&host, whole(&message), "orders@brasserie.example").await;
    assert_eq!(arrived.message_id.as_deref(), Some("<l1@ateliernord.example.com>"));
    assert_eq!(arrived.in_reply_to, ["<3.x7@brasserie.example>"]);
    assert_eq!(arrived.references, ["<2026-0417@ateliernord.example.com>", "<3.x7@brasserie.example>"]);
    assert_eq!(arrived.kind, "ordinary", "nothing says that a program wrote it");
    assert!(arrived.folded.reply.starts_with("Thank you."), "{}", arrived.folded.reply);
    assert!(!arrived.folded.reply.contains("six tables"), "{}", arrived.folded.reply);
    let quoted = arrived.folded.quoted.unwrap();
    assert!(quoted.contains("schreef Jérôme Lambert") && quoted.contains("six tables"), "{quoted}");
    assert!(arrived.html.unwrap().contains("cid:sign@brasserie.example"));
    assert_eq!(arrived.attachments[0].content_id.as_deref(), Some("sign@brasserie.example"));
}

#[tokio::test]
async fn a_forward_carries_the_files_and_is_no_answer() {
    let host = TestHost::new(shipped());
    let original = read(&host, fixtures::bytes("letters/answer.eml"), OFFICE).await;
    let draft = drafted(&host, LetterKind::Forward, &original).await;
    assert_eq!((draft.in_reply_to.clone(), draft.references.len(), draft.to.len()), (None, 0, 0));
    let mut files = Files::default();
    let to = vec![Address { name: None, address: "jo@example.com".to_owned() }];
    let letter = Letter { to, ..letter(LetterKind::Forward, &original, &draft, &mut files) };
    let message = host.company_plugin.compose_letter(&files, &letter).await.unwrap().unwrap();
    let arrived = read(&host, whole(&message), "jo@example.com").await;
    assert_eq!(arrived.subject, "Fwd: Re: Devis 2026-0417 – tables");
    assert!(arrived.in_reply_to.is_empty() && arrived.references.is_empty());
    let names: Vec<_> = arrived.attachments.iter().map(|it| it.name.as_deref().unwrap()).collect();
    assert_eq!(names, ["sign.gif", "plan.pdf"]);
    assert!(arrived.folded.reply.contains("six tables"), "what is passed on is a part of the new words");
    for line in ["Van: Jérôme Lambert <jerome@brasserie.example>", "Onderwerp: Re: Devis", "Cc: Bea"] {
        assert!(arrived.text.contains(line), "{line}: {}", arrived.text);
    }
}

#[tokio::test]
async fn a_field_that_is_wrong_is_named() {
    let host = TestHost::new(shipped());
    let original = read(&host, fixtures::bytes("letters/answer.eml"), OFFICE).await;
    let draft = drafted(&host, LetterKind::Reply, &original).await;
    let mut files = Files::default();
    let good = letter(LetterKind::Reply, &original, &draft, &mut files);
    let file = |role: &str| Attachment {
        handle: 1,
        file_name: "a.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        size: 3,
        role: role.to_owned(),
    };
    let cases = [
        ("now", Letter { now: "today".to_owned(), ..good.clone() }),
        ("body", Letter { body: " ".to_owned(), ..good.clone() }),
        (
            "settings.company.nothing",
            Letter { settings: "{\"company\": {\"nothing\": 1}}".into(), ..good.clone() },
        ),
        ("attachments[0].role", Letter { attachments: vec![file("nothing")], ..good.clone() }),
    ];
    for (wanted, letter) in cases {
        match host.company_plugin.compose_letter(&files, &letter).await.unwrap() {
            Err(ComposeError::Argument(fault)) => assert_eq!(fault.argument, wanted),
            other => panic!("{wanted}: {other:?}"),
        }
    }
    let logo = Letter { attachments: vec![file("logo")], ..good };
    let refused = host.company_plugin.compose_letter(&files, &logo).await.unwrap();
    assert!(matches!(refused, Err(ComposeError::Attachment(fault)) if fault.rule == "role"));
}
