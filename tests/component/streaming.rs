//! Invariant 5: what the host streams, file by file, is what the plugin makes with the files in hand.

use crate::test_host::{TestHost, cases, shipped, streamed};
use mail_parser::{MessageParser, MimeHeaders as _};
use postroom::contract::composing;
use postroom::engine::Files;
use postroom::outbox::Attempt;

#[tokio::test]
async fn streaming_and_assembling_give_the_same_bytes() {
    let host = TestHost::new(shipped());
    for case in cases() {
        let ready = host.compose(&case).await;
        let message = streamed(&ready).await;
        assert_eq!(message.len(), ready.message.mail.size as usize, "{}", case.name);
        let in_hand = (1..).zip(&case.files);
        let in_hand =
            in_hand.map(|(handle, (.., content))| composing::File { handle, content: content.clone() });
        let in_hand = in_hand.collect::<Vec<_>>();
        let chunks = &ready.message.mail.chunks;
        let assembled = host.company_plugin.assemble(&Files::default(), chunks, &in_hand).await.unwrap();
        assert!(assembled.as_ref() == Ok(&message), "{}: assembled in the sandbox", case.name);
        let native = case.whole(&case.compose().unwrap().composed.chunks).unwrap();
        assert!(native == message, "{}: assembled outside", case.name);
        let short = host.company_plugin.assemble(&Files::default(), chunks, &[]).await.unwrap();
        let first = chunks.iter().find_map(|chunk| match chunk {
            composing::Chunk::Attachment(handle) => Some(*handle),
            composing::Chunk::Text(_) | composing::Chunk::Raw(_) => None,
        });
        assert_eq!(short.err(), first, "{}: the handle that has no file is named", case.name);
    }
}

#[tokio::test]
async fn the_submitted_message_is_the_streamed_one_and_its_files_come_back_whole() {
    let host = TestHost::new(shipped());
    for (number, case) in cases().into_iter().enumerate() {
        let ready = host.compose(&case).await;
        let attempt = Attempt {
            account: "office".to_owned(),
            now: case.now.clone(),
            envelope_id: Some(format!("intent-{number}")),
            notify_delivered: false,
        };
        let sent = ready.send(&host.company_plugin, &attempt).await.unwrap();
        assert_eq!(sent.submitted.error, None, "{}", case.name);
        assert_eq!(
            host.company_plugin.label(&Files::default(), sent.timeline.status, "en").await.unwrap(),
            "In transit"
        );
        let taken = host.mails.taken().pop().unwrap();
        assert!(taken.message == streamed(&ready).await, "{}", case.name);
        assert_eq!(taken.recipients, ready.message.mail.envelope.recipients, "{}", case.name);
        assert_eq!(taken.envelope_id, attempt.envelope_id, "{}", case.name);

        let parsed = MessageParser::new().parse(&taken.message).unwrap();
        let parts =
            parsed.attachments().map(|part| (part.attachment_name().map(str::to_owned), part.contents()));
        let parts = parts.collect::<Vec<_>>();
        for (name, _, role, content) in case.files.iter().filter(|(_, _, role, _)| *role != "logo") {
            let found = parts.iter().find(|(found, _)| found.as_ref() == Some(name));
            let found = found.unwrap_or_else(|| panic!("{}: no {role} {name}", case.name));
            assert!(found.1 == content.as_slice(), "{}: {name} differs", case.name);
        }
    }
}

#[tokio::test]
async fn the_work_in_the_sandbox_does_not_depend_on_the_size_of_a_file() {
    let host = TestHost::new(shipped());
    let case = cases().pop().unwrap();
    let ready = host.compose(&case).await;
    let texts = ready.message.mail.chunks.iter().filter_map(|chunk| match chunk {
        composing::Chunk::Text(text) => Some(text.len()),
        composing::Chunk::Attachment(_) | composing::Chunk::Raw(_) => None,
    });
    let skeleton = texts.sum::<usize>();
    assert!(
        skeleton < 100_000 && ready.message.mail.size > 400_000,
        "{skeleton} of {} bytes",
        ready.message.mail.size
    );
}
