//! Which addresses are not the public internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The kind of an address that does not belong to the public internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Territory {
    /// This machine.
    Loopback,
    /// A private network (RFC 1918, unique-local, site-local).
    Private,
    /// The local link, with the metadata services of clouds.
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

/// Returns the kind of an address; `None` for the public internet. An IPv4 address inside an IPv6 one counts as itself.
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
