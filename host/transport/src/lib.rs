//! What the host lends to the plugin, one folder per import of the plugin's world.
//!
//! Each capability has a real implementation and one in memory, so that tests and demonstrations run the
//! same plugin without a network. Nothing in here knows about WebAssembly: the engine translates between
//! these types and the contract's, which they mirror name by name.

pub mod attachments;
pub mod budget;
pub mod destination;
pub mod dkim;
pub mod dns;
pub mod http;
pub mod http_api;
pub mod imap;
pub mod oauth;
pub mod session;

pub mod smtp;

#[cfg(test)]
mod tests;
pub mod tls;
pub mod tokens;
mod verdict;

pub use verdict::Verdict;

use std::future::Future;
use std::pin::Pin;

/// A future that a WebAssembly host function can await.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Is asked before the last bytes of a message leave, and makes a record of it that outlives the program. Without that
/// record nobody would know, after a crash, whether the mail may be sent again.
pub trait BeforeFinalDot: std::fmt::Debug + Send + Sync {
    /// Opens for the message, once recorded. May be asked again.
    ///
    /// # Errors
    /// Why it could not be recorded: the bytes must not leave.
    fn open(&self) -> BoxFuture<'_, Result<(), String>>;
}
