//! Messages that came in: what they are, which mail they are about, and what they prove.
//!
//! The order of the questions is the rule that nothing ordinary is ever called a failure. A report that says in a form
//! made for programs what it is, is believed first; then a bounce that comes from a mail system; then an automatic
//! reply; then everything is ordinary. What any of this says is a claim: the host believes it only with a token of its
//! own in it.

mod address;
pub mod amazon;
mod answer;
mod automatic;
mod cause;
mod charset;
mod code;
mod conversation;
mod delivery;
mod disposition;
mod encoded_word;
mod feedback;
mod fields;
mod flagged;
mod judge;
mod letter;
pub mod limits;
mod model;
mod notification;
mod person;
mod phrases;
mod receipt;
mod report;
mod tnef;
mod unlabelled;

pub use cause::Cause;
pub use flagged::weighed;
pub use judge::{Judgement, hardness, judge};
pub use model::{Answer, Class, Hardness, RecipientReport, Refused, Report, Sender, Token, TokenPlace};
pub use report::read;

#[cfg(test)]
mod tests;
