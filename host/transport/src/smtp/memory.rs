//! A submitter without a network, for tests and demonstrations: it takes what it is given, remembers it, and
//! refuses what it was told to refuse.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::account::Account;
use super::command;
use super::connection::Place;
use super::reply::Reply;
use super::submission::{
    Acceptance, Failure, ProbeReport, ProbeStep, RecipientReply, Stage, Submission, Verdict,
};
use super::{BoxFuture, Submitter};
use crate::attachments::MessageReader;

/// A message that was taken.
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

/// Keeps mails in memory.
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
    /// One that takes everything and announces DSN.
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers this recipient so from now on.
    pub fn answer_recipient(&self, address: impl Into<String>, reply: Reply) {
        self.lock().refused.insert(address.into(), reply);
    }

    /// Fails the next submission or probe so; called again, the ones after it.
    pub fn fail_next(&self, failure: Failure) {
        self.lock().next.push(failure);
    }

    /// Announces no DSN from now on.
    pub fn without_dsn(&self) {
        self.lock().no_dsn = true;
    }

    /// What was taken so far, in order.
    pub fn taken(&self) -> Vec<Recorded> {
        self.lock().taken.clone()
    }

    async fn submit(&self, account: &Account, submission: &Submission) -> Result<Acceptance, Failure> {
        let place = Place::of(account);
        let ruled_out = |reason: String| place.failure(Stage::Prepare, Verdict::Permanent, reason);
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
            return Err(place.all_refused(recipients));
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
        let extensions = if state.no_dsn { Vec::new() } else { vec!["DSN".to_owned()] };
        let detail = format!("{} is kept in memory", account.host);
        let steps = match failure {
            Some(_) => Vec::new(),
            None => vec![ProbeStep { stage: Stage::Connect, detail }],
        };
        ProbeReport { steps, failure, extensions }
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
