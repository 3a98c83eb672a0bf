//! What the tiers of tests share: sample mails ([`case`]), and where their material is ([`fixtures`]).
//!
//! Needs the plugin's library alone, so that the snapshots never wait for the host's code.

pub mod case;
pub mod fixtures;
