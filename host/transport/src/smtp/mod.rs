//! Message submission: the real counterpart of `wit/smtp.wit`.
//!
//! Commands, parameters and SASL answers are lettre's; the wire is ours, since a business mail needs what its
//! transport does not give: every recipient's own answer, a limit of time on every stage, the server's words
//! verbatim, bodies streamed from disk, delivery reports, pipelining, and no room for smuggled commands.
//!
//! Three promises hold everywhere in here:
//! - the security that the account asks for is what it gets, or nothing is sent;
//! - nothing is reported as accepted without a server's word, and a connection lost after the final dot is
//!   [`Verdict::InDoubt`], never tried again from here;
//! - no secret appears in an error, a reply or a `Debug`.
//!
//! The mails of an account share a few connections ([`LaneLimits`]) and wait for one where all are busy. A call that
//! is dropped while its mail waits has sent nothing; dropped later, it may have submitted the message all the same:
//! a caller that cancels must treat the mail as in doubt.

mod account;
mod body;
mod carrier;
mod client;
mod command;
mod connection;
mod extensions;
#[cfg(fuzzing)]
pub mod fuzzing;
mod lane;
mod login;
mod memory;
mod reply;
mod submission;
#[cfg(test)]
mod tests;
mod transaction;
mod transfer;
mod wire;

use super::BoxFuture;

pub use super::attachments::Chunk;
pub use super::pool::PoolLimits;
pub use account::{Account, Login, Mechanism, Secret, Security, Timeouts};
pub use client::SmtpClient;
pub use lane::LaneLimits;
pub use memory::{MemorySubmitter, Recorded};
pub use reply::Reply;
pub use submission::{
    Acceptance, Failure, ProbeReport, ProbeStep, Recipient, RecipientReply, Stage, Submission, Verdict,
};

/// What a connection test says when every stage went well, word for word.
pub const TEST_SUCCESSFUL: &str = "SMTP test successful";

/// Something that submits mail: [`SmtpClient`], or [`MemorySubmitter`] where there is no network.
pub trait Submitter: Send + Sync {
    /// Submits one message in one transaction. At most one acceptance can come of one call.
    fn submit<'a>(
        &'a self,
        account: &'a Account,
        submission: &'a Submission,
    ) -> BoxFuture<'a, Result<Acceptance, Failure>>;

    /// Connects, secures, authenticates, says goodbye. Sends no mail.
    fn probe<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, ProbeReport>;
}
