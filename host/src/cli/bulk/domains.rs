//! What the senders' domains publish, for a preflight that may ask (`--dns`): each domain once.

use crate::accounts::Transport;
use crate::capabilities::dns::{Dns, Resolver, shortcomings};
use crate::cli::Failure;
use crate::cli::desk::Desk;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use tokio::sync::Mutex;

/// Domains that were asked about, and what they lack.
#[derive(Debug)]
pub(super) struct Domains {
    dns: Box<dyn Dns>,
    /// Domain and selector of the key that signs, where it is ours.
    signing: Option<(String, String)>,
    known: Mutex<BTreeMap<String, Vec<String>>>,
}

impl Domains {
    /// Asks this machine's resolver, or the one at an address.
    pub(super) fn asked(desk: &Desk, server: Option<SocketAddr>) -> Result<Self, Failure> {
        let dns = server.map_or_else(Resolver::system, Resolver::at);
        let dns = dns.map_err(|e| Failure::input(format!("--dns: {e}; name one: --dns=192.0.2.53:53")))?;
        let platform = desk.connections.operator().platform.as_ref();
        let key = platform.and_then(|platform| Some((platform, platform.dkim.as_ref()?)));
        let signing = match &desk.account.transport {
            Transport::Platform(_) => {
                key.map(|(platform, key)| (platform.domain.to_string(), key.selector.to_string()))
            }
            _ => None,
        };
        Ok(Self { dns: Box::new(dns), signing, known: Mutex::default() })
    }

    /// What a domain lacks, a sentence each.
    pub(super) async fn lacks(&self, domain: &str) -> Vec<String> {
        let mut known = self.known.lock().await;
        if let Some(lacks) = known.get(domain) {
            return lacks.clone();
        }
        let signing = self.signing.as_ref().filter(|(of, _)| of.eq_ignore_ascii_case(domain));
        let selector = signing.map(|(_, selector)| selector.as_str());
        let lacks = shortcomings(self.dns.as_ref(), domain, selector).await;
        known.insert(domain.to_owned(), lacks.clone());
        lacks
    }
}
