//! From the host name that a user typed to the addresses that may be connected to.
//!
//! The name is resolved once, and the connection goes to the address that was checked: a name that answers
//! differently the second time (DNS rebinding) gains nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

/// The most addresses of one name that are tried.
const MOST: usize = 8;

/// What kind of place an address is, where it is not the public internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Territory {
    /// This machine.
    Loopback,
    /// A private network (RFC 1918, unique-local, site-local).
    Private,
    /// The local link, where clouds keep their metadata services.
    LinkLocal,
    /// A provider's shared space (RFC 6598).
    Shared,
    /// A cloud's metadata service at an address that looks public.
    Metadata,
    /// Unspecified, multicast, reserved, for documentation, or a tunnel.
    Reserved,
}

impl std::fmt::Display for Territory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Loopback => "a loopback address",
            Self::Private => "an address of a private network",
            Self::LinkLocal => "a link-local address",
            Self::Shared => "an address of a provider's shared space",
            Self::Metadata => "the address of a cloud's metadata service",
            Self::Reserved => "a reserved address",
        })
    }
}

/// Where an address is; `None` for the public internet. An IPv4 address inside an IPv6 one counts as itself.
pub fn territory(address: IpAddr) -> Option<Territory> {
    match address {
        IpAddr::V4(address) => territory_v4(address),
        IpAddr::V6(address) => territory_v6(address),
    }
}

fn territory_v4(address: Ipv4Addr) -> Option<Territory> {
    match address.octets() {
        [127, ..] => Some(Territory::Loopback),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Some(Territory::Private),
        [169, 254, ..] => Some(Territory::LinkLocal),
        [168, 63, 129, 16] => Some(Territory::Metadata),
        [100, 64..=127, ..] => Some(Territory::Shared),
        [0 | 224..=255, ..]
        | [192, 0, 0 | 2, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _] => Some(Territory::Reserved),
        _ => None,
    }
}

fn territory_v6(address: Ipv6Addr) -> Option<Territory> {
    let inner = |high: u16, low: u16| {
        let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
        territory_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Some(Territory::Loopback),
        [0, 0, 0, 0, 0, 0, 0, 0] => Some(Territory::Reserved),
        // v4-mapped, v4-compatible, v4-translated, NAT64
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => inner(high, low),
        // 6to4
        [0x2002, high, low, ..] => inner(high, low),
        [0xfe80..=0xfebf, ..] => Some(Territory::LinkLocal),
        [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] => Some(Territory::Private),
        [0xff00..=0xffff, ..] | [0x64, 0xff9b, ..] | [0x2001, 0 | 0xdb8, ..] | [0x100, 0, 0, 0, ..] => {
            Some(Territory::Reserved)
        }
        _ => None,
    }
}

/// Why there is no address to connect to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unresolved {
    #[error("\"{0}\" is not a host name")]
    NotAName(String),
    #[error("there is no such host: {0}")]
    Unknown(String),
    #[error("the host name could not be resolved within {} s", .0.as_secs_f32())]
    TimedOut(Duration),
    #[error("the host is at {0}, {1}, and the operator has not allowed these for this account")]
    Forbidden(IpAddr, Territory),
}

impl Unresolved {
    /// Whether the same name may resolve later.
    pub(crate) fn may_pass(&self) -> bool {
        matches!(self, Self::Unknown(_) | Self::TimedOut(_))
    }
}

/// The host in the form that DNS and certificates use: a literal without brackets, a name in ASCII without
/// the dot at its end.
pub(crate) fn ascii_host(host: &str) -> Result<String, Unresolved> {
    let wrong = || Unresolved::NotAName(host.chars().take(253).collect());
    let bare = host.trim();
    let bare = bare.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(bare);
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Ok(address.to_string());
    }
    let name = idna::domain_to_ascii(bare).map_err(|_| wrong())?;
    let name = name.strip_suffix('.').unwrap_or(&name);
    let labels_fit = name.split('.').all(|label| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    });
    if labels_fit && name.len() <= 253 { Ok(name.to_owned()) } else { Err(wrong()) }
}

/// Resolves a host once; only addresses that may be connected to come back, at least one.
pub(crate) async fn resolve(
    host: &str,
    port: u16,
    allow_private: bool,
    limit: Duration,
) -> Result<Vec<SocketAddr>, Unresolved> {
    let looked_up = tokio::time::timeout(limit, tokio::net::lookup_host((host, port)));
    let found: Vec<SocketAddr> = match looked_up.await {
        Err(_) => return Err(Unresolved::TimedOut(limit)),
        Ok(Err(error)) => return Err(Unresolved::Unknown(error.to_string())),
        Ok(Ok(found)) => found.collect(),
    };
    permitted(found, allow_private)
}

/// Keeps what may be connected to. One forbidden address beside a public one is left out; nothing but
/// forbidden ones is an error that names the first.
pub(crate) fn permitted(found: Vec<SocketAddr>, allow_private: bool) -> Result<Vec<SocketAddr>, Unresolved> {
    let mut refused = None;
    let mut kept: Vec<SocketAddr> = Vec::new();
    for address in found {
        match territory(address.ip()).filter(|_| !allow_private) {
            Some(place) => refused = refused.or(Some((address.ip(), place))),
            None if kept.len() < MOST && !kept.contains(&address) => kept.push(address),
            None => {}
        }
    }
    match refused {
        Some((address, place)) if kept.is_empty() => Err(Unresolved::Forbidden(address, place)),
        None if kept.is_empty() => Err(Unresolved::Unknown("the name has no address".into())),
        _ => Ok(kept),
    }
}
