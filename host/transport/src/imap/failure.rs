//! Errors of mailboxes: the stage, and what the error means for the next attempt.

use std::fmt;

use thiserror::Error;

use super::Verdict;
use super::account::Account;
use super::response::{Kind, Status};
use super::wire::WireError;
use crate::session;

/// The stage that a connection had reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Before the network.
    Prepare,
    /// The host name.
    Resolve,
    /// TCP.
    Connect,
    /// TLS, implicit or after STARTTLS.
    Tls,
    /// The server's greeting and its capabilities.
    Greeting,
    /// Authentication.
    Login,
    /// Opening the folder.
    Folder,
    /// The command itself.
    Command,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prepare => "prepare",
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Tls => "TLS",
            Self::Greeting => "greeting",
            Self::Login => "login",
            Self::Folder => "folder",
            Self::Command => "command",
        })
    }
}

/// A failure of the connection or a refusal by the server. Its `Display` is the sentence in `detail`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{detail}")]
pub struct Failure {
    /// Where it failed.
    pub stage: Stage,
    /// What it means for the next attempt. Only APPEND can be [`Verdict::InDoubt`].
    pub verdict: Verdict,
    /// Response code (RFC 5530), `AUTHENTICATIONFAILED`, `OVERQUOTA`, where there was one.
    pub code: Option<String>,
    /// The server's words, verbatim.
    pub words: Option<String>,
    /// One sentence naming host and stage, the server's words in quotes.
    pub detail: String,
    /// Seconds to wait at least, where that is known.
    pub retry_after: Option<u32>,
}

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MailboxError {
    /// There is no such folder. A retry does not help before the folders were listed again.
    #[error("there is no such folder")]
    NoSuchFolder,
    /// The folder was numbered anew: search again.
    #[error("the folder was numbered anew, its validity is now {0}; search again")]
    UidValidityChanged(u32),
    /// There is no such message any more. A retry does not help.
    #[error("there is no such message any more")]
    NoSuchMessage,
    /// The user must sign in again. A retry does not help before that.
    #[error("the account needs a new sign-in: {0}")]
    NeedsSignIn(String),
    /// Any other failure; whether to retry is in the verdict.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl MailboxError {
    /// Returns true if a message is no longer at its place: it was moved or deleted, or its folder removed or numbered anew.
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::NoSuchMessage | Self::NoSuchFolder | Self::UidValidityChanged(_))
    }
}

/// A stage of a connection test that succeeded.
pub type ProbeStep = session::ProbeStep<Stage>;

/// The result of a connection test.
pub type ProbeReport = session::ProbeReport<Stage, Failure>;

/// The server as errors name it.
#[derive(Debug, Clone)]
pub(super) struct Server {
    host: String,
    port: u16,
}

impl Server {
    pub(super) fn of(account: &Account) -> Self {
        Self { host: account.host.clone(), port: account.port }
    }

    pub(super) fn failure(&self, stage: Stage, verdict: Verdict, what: impl fmt::Display) -> Failure {
        let detail = format!("{}:{}, stage {stage}: {what}", self.host, self.port);
        Failure { stage, verdict, code: None, words: None, detail, retry_after: None }
    }

    /// Builds the failure of a request that can't be made.
    pub(super) fn ruled_out(&self, what: impl fmt::Display) -> Failure {
        self.failure(Stage::Prepare, Verdict::Permanent, what)
    }

    /// Builds the failure of a stage that the server refused.
    pub(super) fn refused(&self, stage: Stage, what: &str, status: &Status) -> Failure {
        let mut failure = self.failure(stage, verdict(status), format!("{what}: {status}"));
        failure.code = status.code.as_ref().map(|code| code.name.clone());
        failure.words = Some(status.words.clone());
        failure
    }

    /// Builds the failure of a stage without a response.
    pub(super) fn lost(&self, stage: Stage, what: &str, error: &WireError) -> Failure {
        let verdict = if error.is_transient() { Verdict::Transient } else { Verdict::Permanent };
        self.failure(stage, verdict, format!("{what}: {error}"))
    }
}

/// Decides what a refusal means for the next attempt: by RFC 5530's codes, and where there is none, by the words of
/// servers that are busy.
fn verdict(status: &Status) -> Verdict {
    const PASSING: &[&str] = &["UNAVAILABLE", "INUSE", "SERVERBUG", "LIMIT", "THROTTLED", "EXPUNGEISSUED"];
    const BUSY: &[&str] = &["too many", "try again", "temporar", "throttl", "timeout", "timed out"];
    let words = status.words.to_ascii_lowercase();
    let passes = match (&status.code, status.kind) {
        (_, Kind::Bye) => true,
        (Some(code), _) if PASSING.contains(&code.name.as_str()) => true,
        (Some(code), _) if code.name != "ALERT" => false,
        _ => BUSY.iter().any(|sign| words.contains(sign)),
    };
    if passes { Verdict::Transient } else { Verdict::Permanent }
}
