//! What an operator lets be reached besides the public internet.
//!
//! It comes from the operator's own configuration and from nowhere else: who may type a host name must not be
//! able to change it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::ascii_host;

/// Networks and host names that may be connected to although they are not public. Empty by default.
///
/// Written as a list of networks (`10.0.0.0/8`), addresses (`127.0.0.1`), host names (`mail.intern.example`) and
/// names with everything below them (`*.intern.example`); or as `true` for everything, `false` for nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct AllowList {
    networks: Vec<Network>,
    names: Vec<Name>,
}

/// An entry that makes no sense. Nothing is allowed then.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotAllowable {
    /// Neither a network, an address nor a name.
    #[error("\"{0}\" is no network (10.0.0.0/8), address (127.0.0.1) or host name (mail.intern.example)")]
    Unreadable(String),
    /// The address has bits beyond the length of its network: one of the two is mistaken.
    #[error("\"{written}\" is no network: write \"{meant}\", or the address alone")]
    BeyondPrefix {
        /// As written.
        written: String,
        /// The network that the address is in.
        meant: String,
    },
}

impl AllowList {
    /// Allows nothing but the public internet.
    pub fn none() -> Self {
        Self::default()
    }

    /// Allows every address, metadata services included.
    pub fn everything() -> Self {
        let all = |address: IpAddr| Network { address, length: 0 };
        Self { networks: vec![all([0; 4].into()), all([0; 16].into())], names: Vec::new() }
    }

    /// Allows this machine.
    pub fn loopback() -> Self {
        let four = Network { address: [127, 0, 0, 0].into(), length: 8 };
        let six = Network { address: std::net::Ipv6Addr::LOCALHOST.into(), length: 128 };
        Self { networks: vec![four, six], names: Vec::new() }
    }

    /// Reads entries as an operator writes them.
    ///
    /// # Errors
    /// [`NotAllowable`], for the first entry that makes no sense.
    pub fn of<E: AsRef<str>>(entries: impl IntoIterator<Item = E>) -> Result<Self, NotAllowable> {
        let mut list = Self::none();
        for entry in entries {
            list.add(entry.as_ref().trim())?;
        }
        Ok(list)
    }

    /// Returns whether a host of this name may be connected to at this address.
    pub fn allows(&self, host: &str, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(address))
            || self.names.iter().any(|name| name.is_of(host))
    }

    fn add(&mut self, entry: &str) -> Result<(), NotAllowable> {
        let unreadable = || NotAllowable::Unreadable(entry.chars().take(253).collect());
        if let Some((address, length)) = entry.split_once('/') {
            let address: IpAddr = address.parse().map_err(|_| unreadable())?;
            let length: u8 = length.parse().map_err(|_| unreadable())?;
            if length > bits(address) {
                return Err(unreadable());
            }
            let network = Network { address: masked(address, length), length };
            if network.address != address {
                return Err(NotAllowable::BeyondPrefix {
                    written: entry.to_owned(),
                    meant: network.to_string(),
                });
            }
            self.networks.push(network);
            return Ok(());
        }
        let (name, below) = match entry.strip_prefix("*.") {
            Some(rest) => (rest, true),
            None => (entry, false),
        };
        let name = ascii_host(name).map_err(|_| unreadable())?;
        match name.parse::<IpAddr>() {
            Ok(_) if below => return Err(unreadable()),
            Ok(address) => {
                let address = address.to_canonical();
                self.networks.push(Network { address, length: bits(address) });
            }
            // `127.1` and the like are addresses to a resolver, and no names.
            Err(_) if name.rsplit('.').next().is_some_and(is_numeric) => return Err(unreadable()),
            Err(_) => self.names.push(Name { name, below }),
        }
        Ok(())
    }
}

fn is_numeric(label: &str) -> bool {
    label.bytes().all(|byte| byte.is_ascii_digit()) || label.starts_with("0x")
}

/// Entries with commas between them; `none`, or nothing at all, for the empty list.
impl FromStr for AllowList {
    type Err = NotAllowable;

    fn from_str(text: &str) -> Result<Self, NotAllowable> {
        match text.trim() {
            "" | "none" => Ok(Self::none()),
            "everything" => Ok(Self::everything()),
            list => Self::of(list.split(',')),
        }
    }
}

/// As [`FromStr`] reads it.
impl fmt::Display for AllowList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.entries();
        if *self == Self::everything() {
            f.write_str("everything")
        } else if entries.is_empty() {
            f.write_str("none")
        } else {
            f.write_str(&entries.join(", "))
        }
    }
}

impl AllowList {
    fn entries(&self) -> Vec<String> {
        let networks = self.networks.iter().map(ToString::to_string);
        networks.chain(self.names.iter().map(ToString::to_string)).collect()
    }
}

/// The form in a settings file.
#[derive(Clone, Deserialize, Serialize)]
#[serde(untagged)]
enum Written {
    Everything(bool),
    Entries(Vec<String>),
}

impl TryFrom<Written> for AllowList {
    type Error = NotAllowable;

    fn try_from(written: Written) -> Result<Self, NotAllowable> {
        match written {
            Written::Everything(true) => Ok(Self::everything()),
            Written::Everything(false) => Ok(Self::none()),
            Written::Entries(entries) => Self::of(entries),
        }
    }
}

impl From<AllowList> for Written {
    fn from(list: AllowList) -> Self {
        if list == AllowList::everything() {
            return Self::Everything(true);
        }
        let entries = list.entries();
        if entries.is_empty() { Self::Everything(false) } else { Self::Entries(entries) }
    }
}

/// A network in CIDR notation (RFC 4632): no bit is set beyond its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    length: u8,
}

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        self.address.is_ipv4() == address.is_ipv4() && masked(address, self.length) == self.address
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.length == bits(self.address) {
            write!(f, "{}", self.address)
        } else {
            write!(f, "{}/{}", self.address, self.length)
        }
    }
}

fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn masked(address: IpAddr, length: u8) -> IpAddr {
    match address {
        IpAddr::V4(four) => {
            let mask = u32::MAX.checked_shl(u32::from(32 - length.min(32))).unwrap_or(0);
            IpAddr::V4((four.to_bits() & mask).into())
        }
        IpAddr::V6(six) => {
            let mask = u128::MAX.checked_shl(u32::from(128 - length.min(128))).unwrap_or(0);
            IpAddr::V6((six.to_bits() & mask).into())
        }
    }
}

/// A host name in the form of DNS, and whether those below it are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    name: String,
    below: bool,
}

impl Name {
    fn is_of(&self, host: &str) -> bool {
        if self.below {
            host.strip_suffix(&self.name).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
        } else {
            host == self.name
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.below { write!(f, "*.{}", self.name) } else { f.write_str(&self.name) }
    }
}
