//! Calls of providers' HTTP APIs: the implementation of `wit/web.wit`, over the network and in memory.
//!
//! The plugin builds the request; the host adds the account's token and chooses the server. A token is sent to the
//! account's own API and to no other server; a target is a path on that API, or a URL that the API itself returned during
//! the same call of the plugin; redirects are responses and are not followed; names are resolved once and checked
//! ([`destination`](super::destination)). Bodies are streamed, with their exact length announced beforehand.
//!
//! Invariants:
//! - HTTPS only, or plain HTTP to a loopback address that the operator allowed;
//! - a request that was sent completely and got no response is [`Verdict::InDoubt`](crate::Verdict), never repeated here;
//!   one that was refused for its token (401) is repeated once, since a server that does not accept the token has done
//!   nothing;
//! - no token appears in a response, an error or a `Debug`.

mod account;
mod body;
mod client;
mod exchange;
mod failure;
mod memory;
mod request;
mod response;
mod signed;
mod target;
#[cfg(test)]
mod tests;

pub use account::{Account, Timeouts};
pub use client::WebClient;
pub use failure::{Failure, Stage, WebError};
pub use memory::{MemoryWeb, Recorded};
pub use request::{Header, Piece, Range, Request};
pub use response::ApiResponse;
pub use signed::{HostResponse, SaveBody, Sign};
pub use target::GivenUrls;

/// Calls providers' APIs: [`WebClient`] over the network, [`MemoryWeb`] without one.
pub trait Web: Send + Sync {
    /// Sends one request. `given` has the URLs that the provider returned during the same call of the plugin; those of this
    /// response are added to it.
    ///
    /// A call that is dropped half-way (its future cancelled) may have reached the provider all the same.
    fn call<'a>(
        &'a self,
        account: &'a Account,
        request: Request,
        given: &'a GivenUrls,
    ) -> super::BoxFuture<'a, Result<ApiResponse, WebError>>;
}
