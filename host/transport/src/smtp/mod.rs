//! Message submission (RFC 6409): the implementation of `wit/smtp.wit`, over the network and in memory.
//!
//! Commands, parameters and SASL responses are lettre's; the connection is ours, since a business mail needs what its
//! transport lacks: each recipient's own reply, a time limit on every stage, the server's words verbatim, bodies
//! streamed from disk, delivery reports, pipelining, and safety from smuggled commands.
//!
//! Invariants:
//! - the security that the account asks for is what it gets, or nothing is sent;
//! - no mail is reported as accepted without the server's reply, and a connection that is lost after the final dot is
//!   [`Verdict::InDoubt`], never tried again here;
//! - no secret appears in an error, a reply or a `Debug`.
//!
//! The mails of an account share a few connections ([`ConnectionLimits`]) and wait for one where all are busy. A call
//! that is dropped while its mail waits has sent nothing; dropped later, it may have submitted the message all the same:
//! a caller that cancels must treat the mail as in doubt.

mod account;
mod account_queue;
mod body;
mod client;
mod command;
mod connection;
mod connection_slot;
mod connection_task;
mod extensions;
#[cfg(fuzzing)]
pub mod fuzzing;
mod login;
mod memory;
mod opening;
mod reply;
mod server;
mod submission;
#[cfg(test)]
mod tests;
mod transaction;
mod transfer;
mod wire;

use super::BoxFuture;

pub use super::attachments::Chunk;
pub use super::session::{Login, Mechanism, OpeningTimeouts, PoolLimits, Secret, Security};
pub use super::verdict::Verdict;
pub use account::{Account, Timeouts};
pub use account_queue::ConnectionLimits;
pub use client::SmtpClient;
pub use memory::{MemorySubmitter, Recorded};
pub use reply::Reply;
pub use submission::{
    Acceptance, Failure, ProbeReport, ProbeStep, Recipient, RecipientReply, Stage, Submission,
};

/// The text of a connection test that succeeded, word for word.
pub const TEST_SUCCESSFUL: &str = "SMTP test successful";

/// Submits mail: [`SmtpClient`] over the network, [`MemorySubmitter`] without one.
pub trait Submitter: Send + Sync {
    /// Submits one message in one transaction, and at most once.
    fn submit<'a>(
        &'a self,
        account: &'a Account,
        submission: &'a Submission,
    ) -> BoxFuture<'a, Result<Acceptance, Failure>>;

    /// Tests an account: connects, secures, authenticates, and sends QUIT. Sends no mail.
    fn probe<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, ProbeReport>;
}
