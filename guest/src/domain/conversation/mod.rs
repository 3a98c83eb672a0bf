//! Which conversation a message of a mailbox belongs to, and which document it is about.
//!
//! A message is [described](describe()) once, by what it can be found by; descriptions are what a host keeps. [`place`] joins new messages with
//! known ones that share a clue. It never joins messages of different partners, takes no forward for an answer, and leaves what a person
//! has put somewhere where it is; what is not certain is proposed. [`link`] says which documents a message is about.

mod answer_subject;
mod base_subject;
mod describe;
mod groups;
mod link;
mod model;
mod place;
#[cfg(test)]
mod tests;

pub use answer_subject::{forward_subject, reply_subject};
pub use describe::describe;
pub use link::{Candidate, FoundBy, Link, link};
pub use model::{
    Arrangement, Because, Clue, ClueKind, Conversation, Description, Direction, MailboxMessage, Placeable,
    Placement, Proposal,
};
pub use place::place;
