//! The recipients of a mail, and which addresses are the company's own.

use crate::domain::address::Address;
use std::collections::{BTreeMap, BTreeSet};

/// Whom a mail went to, and who they are to the company.
#[derive(Debug)]
pub struct Parties<'a> {
    /// The envelope's recipients, as it has them.
    recipients: &'a [String],
    by_key: BTreeMap<String, &'a str>,
    own: BTreeSet<String>,
}

impl<'a> Parties<'a> {
    /// Of the envelope's recipients, and of the addresses that the company writes from and those of its users.
    pub fn new(recipients: &'a [String], own_addresses: &[String]) -> Self {
        let mut by_key = BTreeMap::new();
        for recipient in recipients {
            by_key.entry(key(recipient)).or_insert(recipient.as_str());
        }
        Self { recipients, by_key, own: own_addresses.iter().map(|own| key(own)).collect() }
    }

    /// The recipient that an address means, as the mail has it.
    pub fn recipient(&self, address: &str) -> Option<&'a str> {
        self.by_key.get(&key(address)).copied()
    }

    /// Whether an address is the company's own.
    pub fn is_own(&self, address: &str) -> bool {
        self.own.contains(&key(address))
    }

    /// The one recipient of a mail to one.
    pub fn sole(&self) -> Option<&'a str> {
        match self.recipients {
            [only] => Some(only),
            _ => None,
        }
    }

    /// The one recipient whom the mail was written to: copies to the company's own addresses do not count, unless there is no
    /// other.
    pub(super) fn addressee(&self) -> Option<&'a str> {
        let mut others = self.recipients.iter().filter(|to| !self.is_own(to));
        match (others.next(), others.next()) {
            (Some(only), None) => Some(only),
            _ => self.sole(),
        }
    }
}

/// What spellings of one address have in common: no case, no quotes that the local part needs not, the domain as DNS has it.
pub(super) fn key(address: &str) -> String {
    let address = address.trim().trim_matches(['<', '>']);
    let address = address.strip_suffix('.').unwrap_or(address);
    if let Ok(parsed) = Address::parse(address) {
        return parsed.wire().to_lowercase();
    }
    // One that no standard allows, such as `a..b@mobile.example`, is an address all the same.
    match address.rsplit_once('@') {
        Some((local, domain)) => {
            let domain = idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_lowercase());
            format!("{}@{domain}", local.to_lowercase())
        }
        None => address.to_lowercase(),
    }
}

/// The domain of an address, as DNS has it.
pub(super) fn domain(address: &str) -> Option<String> {
    key(address).rsplit_once('@').map(|(_, domain)| domain.to_owned())
}
