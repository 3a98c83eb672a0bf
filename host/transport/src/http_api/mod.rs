//! Calls of providers' HTTP APIs: the real counterpart of `wit/web.wit`.
//!
//! The plugin says what to ask; this side says as whom and of whom. A token is added here and goes to the
//! account's own API and nowhere else; a target is a path on that API, or a URL that the API itself gave during
//! the same call of the plugin; redirects are answers, not orders; names are resolved once and checked
//! ([`destination`](super::destination)). Bodies are streamed from where they are, with their exact length
//! announced beforehand.
//!
//! Three promises hold everywhere in here:
//! - nothing but HTTPS, or plain HTTP to a loopback address that the operator allowed;
//! - a request that left whole and was not answered is [`Verdict::InDoubt`](crate::Verdict), never repeated
//!   from here; the one request that is repeated, once, is one refused for its token (401), since a server that
//!   does not know who asks has done nothing;
//! - no token appears in an answer, an error or a `Debug`.

mod account;
mod answer;
mod asking;
mod body;
mod client;
mod exchange;
mod failure;
mod memory;
mod request;
mod target;
#[cfg(test)]
mod tests;

pub use account::{Account, Timeouts};
pub use answer::Answer;
pub use asking::{Asked, Keep, Sign};
pub use client::WebClient;
pub use failure::{Failure, Stage, WebError};
pub use memory::{MemoryWeb, Recorded};
pub use request::{Header, Piece, Range, Request};
pub use target::GivenUrls;

/// Something that calls providers' APIs: [`WebClient`], or [`MemoryWeb`] where there is no network.
pub trait Web: Send + Sync {
    /// Makes one call. `given` is what the provider gave during the same call of the plugin, and learns from
    /// the answer.
    ///
    /// A call that is dropped half-way (its future cancelled) may have reached the provider all the same.
    fn call<'a>(
        &'a self,
        account: &'a Account,
        request: Request,
        given: &'a GivenUrls,
    ) -> super::BoxFuture<'a, Result<Answer, WebError>>;
}
