//! From a record to a mail that left: what `cli` and any embedding program call.
//!
//! [`Draft`] is what somebody asked for; [`Draft::compose`] makes the mail in the sandbox; [`Ready::send`] makes
//! one attempt and says per recipient what is known.

mod attempt;
mod draft;
mod error;
mod message;

pub use attempt::{Attempt, Sent};
pub use draft::{Draft, Ready};
pub use error::DraftError;
pub use message::WriteError;
