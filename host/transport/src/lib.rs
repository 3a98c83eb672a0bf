//! How Postroom reaches mail servers and providers: submission by SMTP, mailboxes by IMAP, the providers' HTTP APIs, OAuth,
//! and what these need of DNS, TLS and DKIM.
//!
//! *Invariant:* no WebAssembly and no SQL. The host translates between the types here and the plugin's contract, which they
//! mirror name by name; where accounts, grants and settings are stored is the host's part, too. Every import of the plugin
//! ([`smtp`], [`imap`], [`http_api`], [`attachments`]) exists over the network and in memory, so that tests and
//! demonstrations run the same plugin without a server.
//!
//! Rooms import each other in one direction:
//!
//! - [`smtp`] and [`imap`] open their connections by [`session`]; [`dkim`] signs what is submitted by [`smtp`];
//! - [`http_api`] and [`oauth`] send their requests by [`http`], and get their access tokens by [`tokens`];
//! - [`session`] and [`http`] resolve names by [`destination`], which refuses addresses that the operator has not allowed,
//!   and secure connections by [`tls`];
//! - [`attachments`] streams files into all of them, and [`budget`] bounds the memory that the responses of servers take.

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

use std::future::Future;
use std::pin::Pin;

pub use verdict::Verdict;

/// A boxed future that can be sent between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Records that the last bytes of a message are about to be sent. The record outlives the program: after a crash it decides
/// whether the mail may be sent again.
pub trait BeforeFinalDot: std::fmt::Debug + Send + Sync {
    /// Makes the record, and returns when it is durable. May be called again.
    ///
    /// # Errors
    /// Why the record could not be made: the bytes must not be sent.
    fn open(&self) -> BoxFuture<'_, Result<(), String>>;
}
