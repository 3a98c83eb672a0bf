//! E-mail client mode: the finished message opens in the user's own program (FEATURES A6).

use super::desk::{Desk, now};
use super::output::{json, line, printable};
use super::{Common, Failure, company_plugin};
use crate::cli::Exit;
use crate::outbox::Ready;
use crate::store::{AttemptId, AttemptResult, Event, MailId, NewAttempt, Outcome, QueueState, StateChange};
use std::path::{Path, PathBuf};

/// What the evidence says.
const WORDS: &str = "handed to your mail program";

/// Hands the mail over, records that, and says where it is. A mail without attachments is a `mailto:` link, unless a
/// file is asked for.
pub(super) async fn run(
    common: &Common,
    desk: &Desk,
    id: MailId,
    ready: &Ready,
    file: Option<&Path>,
) -> Result<Exit, Failure> {
    let entries = &ready.resolution.entries;
    let link = match file {
        None => desk.company_plugin.mailto(&company_plugin::no_files(), &ready.message, entries).await?.ok(),
        Some(_) => None,
    };
    let target = match link {
        Some(link) => link,
        None => write(desk, ready, file).await?.display().to_string(),
    };
    let started = NewAttempt {
        started: now(),
        account: desk.account.id,
        transport: desk.account.transport.kind().to_owned(),
        fallback: false,
    };
    let (journal, lease_owner) = (&desk.outbox.journal, &desk.outbox.lease_owner);
    let attempt = journal.begin(id, &started, lease_owner).await?;
    // Once the user's program has it nobody can call it back.
    journal.release(attempt, lease_owner, now()).await?;
    if file.is_none()
        && let Err(error) = super::child::open(&target)
    {
        eprintln!("no mail program could be started ({error}): open this yourself");
    }
    record(desk, attempt).await?;
    if common.json {
        json(&serde_json::json!({
            "mail": id.to_string(), "status": "unknown", "reason": WORDS, "opened": target,
        }))?;
    } else {
        line(&target)?;
        line(&format!("Unknown: {WORDS}"))?;
    }
    Ok(Exit::Done)
}

/// Writes the unsent message.
async fn write(desk: &Desk, ready: &Ready, file: Option<&Path>) -> Result<PathBuf, Failure> {
    let entries = &ready.resolution.entries;
    let unsent = desk.company_plugin.draft(&ready.files, &ready.message, entries).await?;
    let unsent = unsent.map_err(|fault| Failure::other(fault.sentence()))?;
    let path = match file {
        Some(path) => path.to_owned(),
        // Beside this program's other temporary files, but it stays: the user's program reads it when it likes.
        None => {
            let folder = tempfile::Builder::new().prefix("postroom-").tempdir();
            folder.map_err(|e| Failure::other(e.to_string()))?.keep().join(&unsent.file_name)
        }
    };
    let mut whole = ready.clone();
    whole.message.mail.chunks = unsent.chunks;
    super::render::write_message(&whole, &path).await?;
    Ok(path)
}

async fn record(desk: &Desk, attempt: AttemptId) -> Result<(), Failure> {
    let outcome = Outcome {
        finished: now(),
        result: AttemptResult::Accepted,
        stage: None,
        detail: Some(WORDS.to_owned()),
        provider_ids: Vec::new(),
    };
    let handed = Event {
        recipient: None,
        kind: "handed-over".to_owned(),
        at: now(),
        source: "host".to_owned(),
        code: None,
        words: Some(WORDS.to_owned()),
    };
    let given = Some(StateChange::of(&desk.outbox.lease_owner, QueueState::Sent));
    if let Some(alarm) = desk.outbox.journal.finish(attempt, &outcome, &[handed], given).await? {
        eprintln!("postroom: {}", printable(&alarm.to_string()));
    }
    Ok(())
}
