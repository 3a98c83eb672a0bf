//! Which mail a message is about, and whom of its recipients it concerns.
//!
//! A report is a claim that any stranger could have written. It counts where one of its traces leads the host to a mail; then its facts are
//! those of that mail's recipients, or of an address that the mail did not go to.

mod claim;
mod facts;
mod parties;
#[cfg(test)]
mod tests;
mod trace;

pub use claim::{Claim, ClaimedRecipient};
pub use facts::facts;
pub use parties::Parties;
pub use trace::{Purpose, Trace, TraceKind, traces};
