//! Names are resolved by the rule for all destinations, and the connection goes to an address that was checked.

use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::capabilities::destination::{AllowList, Unresolved, ascii_host, permitted, resolve};

/// Resolves names for a client.
pub(super) struct CheckedResolver {
    pub(super) allowed: AllowList,
    pub(super) limit: Duration,
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (allowed, limit) = (self.allowed.clone(), self.limit);
        Box::pin(async move {
            let host = ascii_host(name.as_str())?;
            // The port is the client's business.
            let addresses = resolve(&host, 0, &allowed, limit).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Addresses are not resolved, so they are checked here.
pub(super) fn check_literal(url: &Url, allowed: &AllowList) -> Result<(), Unresolved> {
    let address = match url.host() {
        Some(Host::Ipv4(address)) => address.into(),
        Some(Host::Ipv6(address)) => address.into(),
        _ => return Ok(()),
    };
    let at = std::net::SocketAddr::new(address, url.port_or_known_default().unwrap_or_default());
    permitted(url.host_str().unwrap_or_default(), vec![at], allowed).map(|_| ())
}
