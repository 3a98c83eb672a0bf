//! E-mail client mode: the finished message is handed to the user's own program (rule A6).

use super::{AppError, Session, no_files, now};
use crate::outbox::Ready;
use postroom_store::{
    AttemptResult, Completion, Contradiction, Event, MailId, NewAttempt, QueueState, StateChange,
};

/// What the evidence of a mail says that was handed over.
pub const HANDED_OVER: &str = "handed to your mail program";

/// A message that the user's own program can open and send.
#[derive(Debug)]
pub struct UnsentMessage {
    /// The name of its file.
    pub file_name: String,
    /// The message, marked as unsent.
    pub message: Ready,
}

/// Makes the `mailto:` link of a mail; none: it has attachments, which no such link carries.
pub async fn mailto_link(session: &Session, ready: &Ready) -> Result<Option<String>, AppError> {
    let entries = &ready.resolution.entries;
    Ok(session.plugin.mailto(&no_files(), &ready.message, entries).await?.ok())
}

/// Makes the unsent message of a mail.
pub async fn unsent_message(session: &Session, ready: &Ready) -> Result<UnsentMessage, AppError> {
    let entries = &ready.resolution.entries;
    let unsent = session.plugin.draft(&ready.files, &ready.message, entries).await?;
    let unsent = unsent.map_err(|fault| AppError::Internal(fault.sentence()))?;
    let mut message = ready.clone();
    message.message.mail.chunks = unsent.chunks;
    Ok(UnsentMessage { file_name: unsent.file_name, message })
}

/// Records an attempt, hands the mail over by `open`, and records that it left. An alarm says that what was recorded
/// contradicts what another program recorded of the same mail.
pub async fn hand_over(
    session: &Session,
    id: MailId,
    open: impl FnOnce(),
) -> Result<Option<Contradiction>, AppError> {
    let started = NewAttempt {
        started: now(),
        account: session.account.id,
        transport: session.account.transport.kind().to_owned(),
        fallback: false,
    };
    let (journal, lease_owner) = (&session.outbox.journal, &session.outbox.lease_owner);
    let attempt = journal.begin(id, &started, lease_owner).await?;
    // Once the user's program has it, it can't be called back.
    journal.release(attempt, lease_owner, now()).await?;
    open();
    let completion = Completion {
        finished: now(),
        result: AttemptResult::Accepted,
        stage: None,
        detail: Some(HANDED_OVER.to_owned()),
        provider_ids: Vec::new(),
    };
    let handed = Event {
        recipient: None,
        kind: "handed-over".to_owned(),
        at: now(),
        source: "host".to_owned(),
        code: None,
        words: Some(HANDED_OVER.to_owned()),
    };
    let sent = Some(StateChange::of(lease_owner, QueueState::Sent));
    Ok(journal.finish(attempt, &completion, &[handed], sent).await?)
}
