//! The exports, an interface a file.

mod accounts;
mod composing;
#[cfg(not(feature = "core"))]
mod delivery;
mod documents;
mod drafts;
mod inbound;
mod info;
#[cfg(not(feature = "core"))]
mod mailbox_inbound;
mod matching;
mod openings;
mod recipients;
mod schedule;
#[cfg(not(feature = "core"))]
mod sent;
mod suppressions;
mod templates;
mod tracking;
mod webhooks;
