//! The reference host of the Postroom plugin: a library to embed, and the command line `postroom` on top of it.
//!
//! Arrows go one way: [`cli`] → [`outbox`] → [`engine`] → [`capabilities`]. The rules of business e-mail are not
//! here but in the plugin; see `wit/` for the contract between the two.

pub mod capabilities;
pub mod catcher;
pub mod cli;
pub mod config;
pub mod contract;
pub mod engine;
pub mod outbox;

/// Largest document that is read from a file or passed to the plugin, in bytes.
pub const DOCUMENT_LIMIT: u64 = 16 << 20;
