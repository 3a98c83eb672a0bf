//! Messages that came in: what they are, which mail they are about, and what they prove.
//!
//! The order of the questions is the rule that nothing ordinary is ever called a failure. A report in a form made for programs counts
//! first; then a bounce that comes from a mail system; then an automatic reply; then everything is ordinary. All of it is a claim: the host
//! accepts it only with a token of its own in it.

pub(crate) mod address;
pub mod amazon;
mod arf;
mod automatic;
mod bounce_heuristics;
mod bounce_reason;
mod cause;
pub(crate) mod charset;
mod class;
mod code;
pub(crate) mod conversation;
mod dsn;
pub(crate) mod encoded_word;
pub(crate) mod fields;
pub mod limits;
mod mdn;
mod message;
mod model;
mod person;
mod phrases;
mod provider_verdict;
mod quoted_reply;
mod receipt;
mod report;
mod ses_mail;
pub(crate) mod tnef;

pub use bounce_reason::{BounceReason, bounce_reason, bounce_type};
pub use cause::Cause;
pub(crate) use message::{decoded_header, without_envelope_line};
pub use model::{BounceType, Class, RecipientReport, Refused, ReplyText, Report, Sender, Token, TokenPlace};
pub(crate) use person::is_passed_on;
pub use provider_verdict::combined_bounce_type;
pub use report::read;

#[cfg(test)]
mod tests;
