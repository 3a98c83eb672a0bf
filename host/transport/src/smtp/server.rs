//! The server as errors name it, and what its replies mean for the next attempt.

use std::fmt;

use super::account::Account;
use super::reply::Reply;
use super::submission::{Failure, RecipientReply, Stage};
use super::wire::WireError;
use crate::Verdict;

/// The server as errors name it.
#[derive(Debug, Clone)]
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
}

impl Server {
    pub(super) fn of(account: &Account) -> Self {
        Self { host: account.host.clone(), port: account.port }
    }

    pub(super) fn failure(&self, stage: Stage, verdict: Verdict, what: impl fmt::Display) -> Failure {
        let detail = format!("{}:{}, stage {stage}: {what}", self.host, self.port);
        Failure { stage, verdict, reply: None, detail, retry_after: None, recipients: Vec::new() }
    }

    /// Builds the failure of a stage to which the server replied negatively.
    pub(super) fn refused(&self, stage: Stage, what: &str, reply: Reply) -> Failure {
        let verdict = if reply.is_permanent() { Verdict::Permanent } else { Verdict::Transient };
        let retry_after = reply.retry_after();
        let failure = self.failure(stage, verdict, format!("{what}: {reply}"));
        Failure { retry_after, reply: Some(reply), ..failure }
    }

    /// Builds the failure of a refused MAIL. The command carries the message's size, and a size that is refused is no
    /// fault of the sender's address (RFC 1870).
    pub(super) fn refused_sender(&self, reply: Reply) -> Failure {
        let what = match reply.is_about_size() {
            true => "the server takes no message of this size",
            false => "the server refused the sender",
        };
        self.refused(Stage::Sender, what, reply)
    }

    /// Builds the failure of a mail whose every recipient was refused. One reply that is transient makes all of it
    /// transient.
    pub(super) fn all_refused(&self, replies: Vec<RecipientReply>) -> Failure {
        let chosen = replies.iter().find(|answer| answer.reply.is_transient()).or_else(|| replies.first());
        let Some(RecipientReply { address, reply }) = chosen.cloned() else {
            return self.failure(Stage::Prepare, Verdict::Permanent, "the message has no recipient");
        };
        let what = match replies.len() {
            1 => format!("the server refused the recipient {address}"),
            count => format!("the server refused all {count} recipients, {address} with"),
        };
        let mut failure = self.refused(Stage::Recipient, &what, reply);
        failure.recipients = replies;
        failure
    }

    /// Builds the failure of a stage without a reply, before the server can have accepted anything.
    pub(super) fn lost(&self, stage: Stage, what: &str, error: &WireError) -> Failure {
        self.failure(stage, Verdict::Transient, format!("{what}: {error}"))
    }
}
