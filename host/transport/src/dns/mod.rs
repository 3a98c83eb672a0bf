//! What a domain publishes about its mail: who may send it, and who takes it. Asked for only where somebody wants to
//! know it before a batch leaves; nothing is sent or held because of an answer.

mod published;
mod resolver;

pub use published::shortcomings;
pub use resolver::Resolver;

use super::BoxFuture;
use std::fmt;

/// Records by name.
pub trait Dns: fmt::Debug + Send + Sync {
    /// The texts at a name, the strings of each as one (RFC 1035, 3.3.14); none where there is no such name.
    ///
    /// # Errors
    /// [`NoAnswer`]: nobody knows whether there are any.
    fn texts<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<String>, NoAnswer>>;

    /// The hosts that take a domain's mail (RFC 5321, 5.1); a lone empty one says that it takes none (RFC 7505).
    ///
    /// # Errors
    /// [`NoAnswer`].
    fn exchangers<'a>(&'a self, domain: &'a str) -> BoxFuture<'a, Result<Vec<String>, NoAnswer>>;
}

/// Nobody answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("DNS did not answer for {name}: {detail}")]
pub struct NoAnswer {
    /// What was asked for.
    pub name: String,
    /// Why.
    pub detail: String,
}
