//! Submission in memory, for tests and demonstrations: mails are recorded, and refused where a test asks for it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::account::Account;
use super::command;
use super::reply::Reply;
use super::server::Server;
use super::submission::{Acceptance, Failure, ProbeReport, ProbeStep, RecipientReply, Stage, Submission};
use super::{BoxFuture, Submitter};
use crate::Verdict;
use crate::attachments::MessageReader;

/// A message that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Name of the account.
    pub account: String,
    /// MAIL FROM.
    pub mail_from: String,
    /// The recipients that were accepted.
    pub recipients: Vec<String>,
    /// ENVID.
    pub envelope_id: Option<String>,
    /// The whole message with its attachments in base64, before dots are stuffed.
    pub message: Vec<u8>,
}

/// Accepts mails and records them.
#[derive(Debug, Default)]
pub struct MemorySubmitter {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    taken: Vec<Recorded>,
    refused: BTreeMap<String, Reply>,
    next: Vec<Failure>,
    no_dsn: bool,
}

impl MemorySubmitter {
    /// Creates one that accepts every mail and announces DSN.
    pub fn new() -> Self {
        Self::default()
    }

    /// Replies to this recipient with `reply` from now on.
    pub fn answer_recipient(&self, address: impl Into<String>, reply: Reply) {
        self.lock().refused.insert(address.into(), reply);
    }

    /// Fails the next submission or probe with `failure`; called again, the ones after it.
    pub fn fail_next(&self, failure: Failure) {
        self.lock().next.push(failure);
    }

    /// Announces no DSN from now on.
    pub fn without_dsn(&self) {
        self.lock().no_dsn = true;
    }

    /// Returns the mails that were accepted so far, in order.
    pub fn taken(&self) -> Vec<Recorded> {
        self.lock().taken.clone()
    }

    async fn submit(&self, account: &Account, submission: &Submission) -> Result<Acceptance, Failure> {
        let server = Server::of(account);
        let ruled_out = |reason: String| server.failure(Stage::Prepare, Verdict::Permanent, reason);
        command::check(submission).map_err(|reason| ruled_out(reason.to_string()))?;
        let mut message = Vec::new();
        let mut reader = MessageReader::new(&submission.chunks);
        while reader.next(&mut message).await.map_err(|error| ruled_out(error.to_string()))? {}
        let mut state = self.lock();
        if !state.next.is_empty() {
            return Err(state.next.remove(0));
        }
        let recipients: Vec<RecipientReply> = submission
            .recipients
            .iter()
            .map(|recipient| RecipientReply {
                address: recipient.address.clone(),
                reply: state
                    .refused
                    .get(&recipient.address)
                    .cloned()
                    .unwrap_or_else(|| Reply::new(250, Some("2.1.5"), "Ok")),
            })
            .collect();
        let accepted: Vec<String> = recipients
            .iter()
            .filter(|answer| answer.reply.is_positive())
            .map(|answer| answer.address.clone())
            .collect();
        if accepted.is_empty() {
            return Err(server.all_refused(recipients));
        }
        state.taken.push(Recorded {
            account: account.name.clone(),
            mail_from: submission.mail_from.clone(),
            recipients: accepted,
            envelope_id: submission.envelope_id.clone(),
            message,
        });
        let reply = Reply::new(250, Some("2.0.0"), format!("Ok: kept as {}", state.taken.len()));
        Ok(Acceptance { server: account.host.clone(), reply, recipients, dsn: !state.no_dsn })
    }

    fn probe(&self, account: &Account) -> ProbeReport {
        let mut state = self.lock();
        let failure = (!state.next.is_empty()).then(|| state.next.remove(0));
        let capabilities = if state.no_dsn { Vec::new() } else { vec!["DSN".to_owned()] };
        let detail = format!("{} is kept in memory", account.host);
        let steps = match failure {
            Some(_) => Vec::new(),
            None => vec![ProbeStep { stage: Stage::Connect, detail }],
        };
        ProbeReport { steps, failure, capabilities }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Submitter for MemorySubmitter {
    fn submit<'a>(
        &'a self,
        account: &'a Account,
        submission: &'a Submission,
    ) -> BoxFuture<'a, Result<Acceptance, Failure>> {
        Box::pin(self.submit(account, submission))
    }

    fn probe<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, ProbeReport> {
        Box::pin(async move { self.probe(account) })
    }
}
