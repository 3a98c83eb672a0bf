//! What became of a mail: facts, and the one of five statuses that they amount to.
//!
//! Facts are a set. Reports arrive late, twice and in any order, so nothing here depends on the order of a
//! list; it depends on what happened and when. [`fold`] is the only place that turns facts into a status.

mod advice;
mod api;
mod blame;
mod event;
mod fold;
mod reason;
mod submission;

pub use advice::{Advice, advice};
pub use api::{ApiFailure, events_of_api_failure, events_of_missing_sign_in, events_of_receipt};
pub use blame::{Blame, Period, Recovery};
pub(crate) use event::named;
pub use event::{Event, EventKind, EventSource, UnknownName};
pub use fold::{DAYS_IN_TRANSIT, RecipientStatus, Status, Timeline, fold, in_doubt, outstanding};
pub use reason::{REASONS, StatusReason};
pub use submission::{
    Acceptance, Failure, RecipientReply, Reply, ServerRole, Stage, Verdict, events_of_acceptance,
    events_of_failure,
};

#[cfg(test)]
mod submission_tests;
#[cfg(test)]
mod tests;
