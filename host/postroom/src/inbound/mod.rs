//! Messages that came in, from their bytes to the timeline of the mail that they are about.
//!
//! The plugin says what a message is ([`CompanyPlugin::classify`](crate::engine::CompanyPlugin::classify)) and which of its traces count
//! ([`CompanyPlugin::traces`](crate::engine::CompanyPlugin::traces)); here each is verified and looked up. A report is believed only if it
//! names something that no one could guess who did not get the mail or carry it: a return address that this host signed, the
//! id of an attempt, or a Message-ID of ours. What the plugin makes of it then becomes facts of that mail
//! ([`CompanyPlugin::facts`](crate::engine::CompanyPlugin::facts)), and keeps addresses from being written to, with the evidence
//! ([`CompanyPlugin::suppressions_of_report`](crate::engine::CompanyPlugin::suppressions_of_report)).
//!
//! ```text
//! let intake = ReportIntake::new(&store, &office, Some(company), return_addresses).await?;
//! let taken = intake.take(raw, now).await?;          taking a message twice changes nothing
//! ```

mod error;
mod files;
mod kind;
mod matching;
mod mbox;
mod take;
#[cfg(test)]
mod tests;

pub use error::IntakeError;
pub use files::{Maildir, MessageFile, Messages};
pub(crate) use kind::other_format;
pub use matching::Match;
pub use postroom_store::MatchedBy;
pub use take::{ReportIntake, Taken, classify};

/// Largest message that is read, in bytes.
pub const MESSAGE_LIMIT: u64 = 32 << 20;
