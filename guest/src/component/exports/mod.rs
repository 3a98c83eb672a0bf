//! The exports, an interface a file.

mod accounts;
mod composing;
mod delivery;
mod documents;
mod drafts;
mod inbound;
mod info;
mod letters;
mod mailbox;
mod mailbox_inbound;
mod matching;
mod openings;
mod reading;
mod recipients;
mod schedule;
mod sent;
mod suppressions;
mod templates;
mod tracking;
mod webhooks;

pub use info::vocabulary;
