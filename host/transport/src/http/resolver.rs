//! Names are resolved by the rule for all destinations, and the connection goes to an address that was checked.

use crate::destination::{Lookup, Unresolved, resolve_by};
use postroom_model::{AllowList, ascii_host};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::sync::Arc;
use std::time::Duration;

/// Resolves names for a client.
pub(super) struct CheckedResolver {
    pub(super) allowed: AllowList,
    pub(super) limit: Duration,
    pub(super) lookup: Arc<dyn Lookup>,
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (allowed, limit, lookup) = (self.allowed.clone(), self.limit, Arc::clone(&self.lookup));
        Box::pin(async move {
            let host = ascii_host(name.as_str())?;
            // The port is the client's business.
            let mut addresses = resolve_by(&*lookup, &host, 0, &allowed, limit).await?;
            if host == "localhost" {
                // It may be used without TLS: it is this machine, whatever a resolver returns.
                addresses.retain(|address| address.ip().to_canonical().is_loopback());
                if addresses.is_empty() {
                    return Err(Unresolved::Unknown("localhost is not this machine".into()).into());
                }
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
