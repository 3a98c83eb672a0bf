//! What the senders' domains publish, for a check that may ask: each domain once.

use super::Resolution;
use crate::app::{AppError, Session};
use postroom_model::Transport;
use postroom_transport::dns::{Dns, Resolver, shortcomings};
use std::collections::BTreeMap;
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
    pub(super) fn asked(session: &Session, resolution: Resolution) -> Result<Self, AppError> {
        let dns = match resolution {
            Resolution::System => Resolver::system(),
            Resolution::At(address) => Resolver::at(address),
        };
        let dns = dns.map_err(|e| AppError::NoResolver(e.to_string()))?;
        let platform = session.connections.operator().platform.as_ref();
        let key = platform.and_then(|platform| Some((platform, platform.dkim.as_ref()?)));
        let signing = match &session.account.transport {
            Transport::Platform(_) => {
                key.map(|(platform, key)| (platform.domain.to_string(), key.selector.to_string()))
            }
            _ => None,
        };
        Ok(Self { dns: Box::new(dns), signing, known: Mutex::default() })
    }

    /// Returns what a domain lacks, a sentence each.
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
