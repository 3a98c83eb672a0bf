//! What the tiers of tests share: sample mails ([`case`]), where their material is ([`fixtures`]), and servers that misbehave
//! ([`scripted`]).
//!
//! Needs the plugin's library alone, so that the snapshots never wait for the host's code.

pub mod case;
pub mod fixtures;
pub mod scripted;
