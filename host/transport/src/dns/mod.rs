//! The DNS records of a domain about its mail: which servers may send it, and which receive it. They are looked up only for
//! a report before a batch; no mail is sent or held because of them.

mod published;
mod resolver;

pub use published::shortcomings;
pub use resolver::Resolver;

use super::BoxFuture;
use std::fmt;

/// Records by name.
pub trait Dns: fmt::Debug + Send + Sync {
    /// Looks up the TXT records of a name, the strings of each as one (RFC 1035 §3.3.14); none where the name does not
    /// exist.
    fn texts<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<String>, NoAnswer>>;

    /// Looks up the hosts that receive a domain's mail (RFC 5321 §5.1); a single empty one means that it receives none
    /// (RFC 7505).
    fn exchangers<'a>(&'a self, domain: &'a str) -> BoxFuture<'a, Result<Vec<String>, NoAnswer>>;
}

/// A DNS query without an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("DNS did not answer for {name}: {detail}")]
pub struct NoAnswer {
    /// Name that was looked up.
    pub name: String,
    /// Why.
    pub detail: String,
}
