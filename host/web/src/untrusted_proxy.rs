//! Notices proxies that are not trusted. Behind one all clients look like one: they share its connections and its
//! allowance of requests, and a stranger can use both up for all of them.

use postroom_transport::destination::territory;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often the same peer is warned of.
const REPEAT: Duration = Duration::from_secs(600);
/// Peers that are remembered. Any client can write the header: beyond these nothing new is logged until one is forgotten.
const MOST_PEERS: usize = 16;

/// Peers that sent `X-Forwarded-For` and are not trusted.
#[derive(Debug, Default)]
pub(super) struct UntrustedProxies {
    warned: Mutex<BTreeMap<IpAddr, Instant>>,
}

impl UntrustedProxies {
    /// Notes a peer; gives the warning for the log, at first sight and regularly.
    pub(super) fn note(&self, peer: IpAddr, now: Instant) -> Option<String> {
        let peer = peer.to_canonical();
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = |at: &Instant| now.saturating_duration_since(*at) >= REPEAT;
        if warned.get(&peer).is_some_and(|at| !is_due(at)) {
            return None;
        }
        warned.retain(|_, at| !is_due(at));
        if warned.len() >= MOST_PEERS {
            return None;
        }
        warned.insert(peer, now);
        Some(format!(
            "WARNING: {peer} sends X-Forwarded-For and is not trusted: all clients behind it count as one, share its \
             connections and its requests, and can shut each other out. If it is your proxy, write \
             trusted_proxies = [\"{peer}\"] under [web] in the operator's settings (docs/operator.md) and restart; if not, \
             a client wrote the header itself, and it is not believed"
        ))
    }

    /// Finds a peer of this machine or a private network among those that were seen lately: most probably a proxy.
    pub(super) fn probable(&self, now: Instant) -> Option<IpAddr> {
        let warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = |at: &Instant| now.saturating_duration_since(*at) < REPEAT;
        warned.iter().find(|(peer, at)| lately(at) && territory(**peer).is_some()).map(|(peer, _)| *peer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_that_is_not_trusted_is_warned_of_at_first_and_regularly_and_says_what_to_write() {
        let (proxies, begun) = (UntrustedProxies::default(), Instant::now());
        let peer: IpAddr = "127.0.0.1".parse().unwrap();
        let after = |seconds| begun + Duration::from_secs(seconds);
        for (seconds, warned) in
            [(0, true), (1, false), (599, false), (600, true), (601, false), (1_300, true)]
        {
            let warning = proxies.note(peer, after(seconds));
            assert_eq!(warning.is_some(), warned, "{seconds} s");
            if let Some(warning) = warning {
                assert!(warning.contains("trusted_proxies = [\"127.0.0.1\"]"), "{warning}");
            }
        }
        assert_eq!(proxies.probable(after(1_301)), Some(peer));
        assert_eq!(proxies.probable(after(3_000)), None, "it has not been seen for long");
    }

    #[test]
    fn strangers_who_write_the_header_fill_neither_the_log_nor_the_memory() {
        let (proxies, now) = (UntrustedProxies::default(), Instant::now());
        let warnings =
            (0..10_000_u32).filter_map(|n| proxies.note(IpAddr::V4((0x0808_0000 + n).into()), now)).count();
        assert_eq!(warnings, MOST_PEERS);
        assert_eq!(proxies.probable(now), None, "none of them is a proxy of ours");
    }
}
