//! Who is asking: the address of the client, also behind a proxy, and how often it may ask.

use super::clients::Slot;
use super::router::FORWARDED_FOR;
use axum::http::HeaderMap;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use postroom::config::Networks;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;

/// The other end of a connection.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    /// Its address.
    pub(super) address: SocketAddr,
    /// The connection among those of its client.
    pub(super) slot: Arc<Slot>,
}

/// Gives what counts as one client: an address, or a network of /64 of IPv6, which is one customer's.
pub(super) fn client_network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

/// Addresses whose requests are counted. Beyond it those that were quiet are forgotten.
const MOST_PEERS: usize = 50_000;

/// Finds the client's address: what trusted proxies wrote into `X-Forwarded-For`, read from its end, where the nearest proxy
/// wrote. What a peer that is not trusted wrote there is ignored.
pub(super) fn client(peer: IpAddr, headers: &HeaderMap, trusted: &Networks) -> IpAddr {
    let mut client = peer.to_canonical();
    let lines = headers.get_all(FORWARDED_FOR).iter().filter_map(|line| line.to_str().ok());
    let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    for hop in hops.iter().rev() {
        if !trusted.contains(client) {
            break;
        }
        let Some(address) = address(hop) else { break };
        client = address.to_canonical();
    }
    client
}

/// `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7`, `[2001:db8::7]:4711`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|it| it.ip()))
}

/// The rates at which clients may ask. A network of IPv6 is one client, as it is one customer's.
pub(super) struct Rates {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
}

impl std::fmt::Debug for Rates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rates({} clients)", self.limiter.len())
    }
}

impl Rates {
    /// Allows each client so many requests a second, and so many at once.
    pub(super) fn new(a_second: NonZeroU32, at_once: NonZeroU32) -> Self {
        Self { limiter: RateLimiter::keyed(Quota::per_second(a_second).allow_burst(at_once)) }
    }

    /// Tells whether a request of this client is within its rate, and counts it.
    pub(super) fn allows(&self, client: IpAddr) -> bool {
        if self.limiter.len() > MOST_PEERS {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        let key = client_network(client);
        self.limiter.check_key(&key).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_believed_only_if_it_is_ours() {
        let trusted = Networks::try_from(vec!["10.0.0.0/8".to_owned(), "::1".to_owned()]).unwrap();
        for (peer, lines, expected) in [
            ("192.0.2.7", &[][..], "192.0.2.7"),
            ("192.0.2.7", &["198.51.100.1"], "192.0.2.7"),
            ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["203.0.113.9", "198.51.100.1, 10.0.0.2"], "198.51.100.1"),
            ("::1", &["[2001:db8::7]:4711"], "2001:db8::7"),
            ("10.0.0.1", &["198.51.100.1:80"], "198.51.100.1"),
            ("10.0.0.1", &["198.51.100.1, nonsense"], "10.0.0.1"),
            ("10.0.0.1", &["", ",,"], "10.0.0.1"),
            ("::ffff:10.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append("x-forwarded-for", line.parse().unwrap());
            }
            let found = client(peer.parse().unwrap(), &headers, &trusted);
            assert_eq!(found, expected.parse::<IpAddr>().unwrap(), "{peer} {lines:?}");
        }
    }

    #[test]
    fn who_asks_too_often_is_held_up_and_nobody_else_is() {
        let of = |n| NonZeroU32::new(n).unwrap();
        let rates = Rates::new(of(1), of(3));
        let (one, other): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        assert_eq!((0..5).filter(|_| rates.allows(one)).count(), 3);
        assert!(rates.allows(other));
        let six = |host: u16| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, host));
        assert_eq!((0..5).filter(|n| rates.allows(six(*n))).count(), 3, "one network");
    }
}
