//! The submitter in memory keeps to the same contract.

use super::super::{Chunk, MemorySubmitter, Reply, Security, SmtpClient, Stage, Submitter, Verdict};
use super::{MESSAGE, account, submission};
use crate::attachments::AttachmentSource;

#[tokio::test]
async fn what_is_taken_is_remembered_as_a_whole_message() {
    let memory = MemorySubmitter::new();
    memory.answer_recipient("two@west.test", Reply::new(550, Some("5.1.1"), "no such user"));
    let mut sent = submission(&["one@west.test", "two@west.test"], "Head\r\n\r\n.\r\n");
    sent.chunks.push(Chunk::Attachment(AttachmentSource::from_bytes(*b"ABC")));
    let account = account(25, Security::None);
    let accepted = memory.submit(&account, &sent).await.expect("accepted");
    let codes: Vec<u16> = accepted.recipients.iter().map(|answer| answer.reply.code).collect();
    assert_eq!(codes, [250, 550]);
    let taken = memory.taken();
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].recipients, ["one@west.test"]);
    assert_eq!(taken[0].message, b"Head\r\n\r\n.\r\nQUJD");
    assert_eq!(memory.probe(&account).await.failure, None);
}

#[tokio::test]
async fn refusals_and_failures_are_those_it_was_told() {
    let memory = MemorySubmitter::new();
    let account = account(25, Security::None);
    memory.answer_recipient("one@west.test", Reply::new(450, None, "try again in 60 seconds"));
    let sent = submission(&["one@west.test"], MESSAGE);
    let failure = memory.submit(&account, &sent).await.expect_err("refused");
    assert_eq!((failure.stage, failure.verdict), (Stage::Recipient, Verdict::Transient), "{failure}");
    assert_eq!(failure.retry_after, Some(60));

    let mut doubt = failure.clone();
    doubt.verdict = Verdict::InDoubt;
    memory.fail_next(doubt.clone());
    let other = submission(&["two@west.test"], MESSAGE);
    assert_eq!(memory.submit(&account, &other).await, Err(doubt));
    assert!(memory.taken().is_empty());
    assert!(memory.submit(&account, &other).await.is_ok());

    let failure = memory.submit(&account, &submission(&[], MESSAGE)).await.expect_err("nobody");
    assert_eq!(failure.stage, Stage::Prepare, "{failure}");
}

#[test]
fn both_submitters_can_be_shared_between_threads_and_awaited_anywhere() {
    fn shared<T: Submitter + 'static>(submitter: T) -> std::sync::Arc<dyn Submitter> {
        std::sync::Arc::new(submitter)
    }
    assert_eq!(std::sync::Arc::strong_count(&shared(MemorySubmitter::new())), 1);
    assert_eq!(std::sync::Arc::strong_count(&shared(SmtpClient::default())), 1);
}
