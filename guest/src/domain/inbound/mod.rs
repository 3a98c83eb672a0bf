//! Messages that came in: what they are, which mail they are about, and what they prove.
//!
//! The order of the questions is the rule that nothing ordinary is ever called a failure. A report in a form made for programs counts
//! first; then a bounce that comes from a mail system; then an automatic reply; then everything is ordinary. All of it is a claim: the host
//! accepts it only with a token of its own in it.

mod address;
pub mod amazon;
mod arf;
mod automatic;
mod bounce_heuristics;
mod bounce_reason;
mod cause;
mod charset;
mod class;
mod code;
mod conversation;
mod dsn;
mod encoded_word;
mod fields;
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
mod tnef;

pub use bounce_reason::{BounceReason, bounce_reason, bounce_type};
pub use cause::Cause;
pub use model::{BounceType, Class, RecipientReport, Refused, ReplyText, Report, Sender, Token, TokenPlace};
pub use provider_verdict::combined_bounce_type;
pub use report::read;

#[cfg(test)]
mod tests;
