//! From the host name that a user typed to the addresses that may be connected to.
//!
//! The name is resolved once, and the connection goes to the address that was checked: a name that resolves
//! differently the second time (DNS rebinding) has no effect. SMTP, IMAP and HTTP share one rule: the public internet, and
//! what the operator put on the [`AllowList`].

mod territory;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::BoxFuture;
use postroom_model::{AllowList, NotAHostName};
pub use territory::{Territory, territory};

/// The most addresses of one name that are tried.
const MOST: usize = 8;

/// Why there is no address to connect to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// The text is no host name.
    #[error(transparent)]
    NotAName(#[from] NotAHostName),
    /// There is no such name, in the resolver's words.
    #[error("there is no such host: {0}")]
    Unknown(String),
    /// The resolver did not answer in time.
    #[error("the host name could not be resolved within {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    /// None of its addresses may be connected to.
    #[error(
        "the host {host} is at {address}, {territory}, and the operator has not allowed it; they may put \
         \"{address}\", its network or \"{host}\" on the list of allowed destinations (allow_private)"
    )]
    Forbidden {
        /// The host.
        host: String,
        /// The first of its addresses.
        address: IpAddr,
        /// What kind of place that is.
        territory: Territory,
    },
}

impl Unresolved {
    /// Returns whether the same name may resolve later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unknown(_) | Self::TimedOut(_))
    }
}

/// Asks for the addresses of a host.
pub(crate) trait Lookup: Send + Sync {
    /// All addresses of a host, unchecked.
    fn lookup<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, std::io::Result<Vec<SocketAddr>>>;
}

/// Asks this machine's resolver.
pub(crate) struct SystemLookup;

impl Lookup for SystemLookup {
    #[expect(clippy::disallowed_methods, reason = "the one place that resolves; what it gives is checked")]
    fn lookup<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, std::io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }
}

/// Resolves a host once; only addresses that may be connected to come back, at least one. The host is one that
/// [`ascii_host`] gave.
pub(crate) async fn resolve(
    host: &str,
    port: u16,
    allowed: &AllowList,
    limit: Duration,
) -> Result<Vec<SocketAddr>, Unresolved> {
    resolve_by(&SystemLookup, host, port, allowed, limit).await
}

/// Resolves like [`resolve`], by another resolver than this machine's.
pub(crate) async fn resolve_by(
    lookup: &dyn Lookup,
    host: &str,
    port: u16,
    allowed: &AllowList,
    limit: Duration,
) -> Result<Vec<SocketAddr>, Unresolved> {
    let found = match tokio::time::timeout(limit, lookup.lookup(host, port)).await {
        Err(_) => return Err(Unresolved::TimedOut(limit)),
        Ok(Err(error)) => return Err(Unresolved::Unknown(error.to_string())),
        Ok(Ok(found)) => found,
    };
    permitted(host, found, allowed)
}

/// Keeps what may be connected to. One forbidden address beside a public one is left out; nothing but
/// forbidden ones is an error that names the first.
pub(crate) fn permitted(
    host: &str,
    found: Vec<SocketAddr>,
    allowed: &AllowList,
) -> Result<Vec<SocketAddr>, Unresolved> {
    let mut refused = None;
    let mut permitted_addresses: Vec<SocketAddr> = Vec::new();
    for address in found {
        match territory(address.ip()).filter(|_| !allowed.allows(host, address.ip())) {
            Some(place) => refused = refused.or(Some((address.ip(), place))),
            None if permitted_addresses.len() < MOST && !permitted_addresses.contains(&address) => {
                permitted_addresses.push(address)
            }
            None => {}
        }
    }
    match refused {
        Some((address, territory)) if permitted_addresses.is_empty() => {
            Err(Unresolved::Forbidden { host: host.to_owned(), address, territory })
        }
        None if permitted_addresses.is_empty() => Err(Unresolved::Unknown("the name has no address".into())),
        _ => Ok(permitted_addresses),
    }
}
