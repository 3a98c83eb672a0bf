//! The recipients of a mail, and which addresses are the company's own.

use crate::domain::address::match_key;
use std::collections::{BTreeMap, BTreeSet};

/// The recipients of a mail, and who they are to the company.
#[derive(Debug)]
pub struct Parties<'a> {
    /// The envelope's recipients, as it has them.
    recipients: &'a [String],
    by_key: BTreeMap<String, &'a str>,
    own: BTreeSet<String>,
}

impl<'a> Parties<'a> {
    /// Collects the envelope's recipients, and the addresses that the company and its users write from.
    pub fn new(recipients: &'a [String], own_addresses: &[String]) -> Self {
        let mut by_key = BTreeMap::new();
        for recipient in recipients {
            by_key.entry(match_key(recipient)).or_insert(recipient.as_str());
        }
        Self { recipients, by_key, own: own_addresses.iter().map(|own| match_key(own)).collect() }
    }

    /// Finds the recipient that an address means, as the mail has it.
    pub fn recipient(&self, address: &str) -> Option<&'a str> {
        self.by_key.get(&match_key(address)).copied()
    }

    /// Returns true if an address is the company's own.
    pub fn is_own(&self, address: &str) -> bool {
        self.own.contains(&match_key(address))
    }

    /// Returns the recipient of a mail that has only one.
    pub fn sole(&self) -> Option<&'a str> {
        match self.recipients {
            [only] => Some(only),
            _ => None,
        }
    }

    /// Returns the one recipient whom the mail was written to: copies to the company's own addresses do not count, unless there is no
    /// other.
    pub(super) fn addressee(&self) -> Option<&'a str> {
        let mut others = self.recipients.iter().filter(|to| !self.is_own(to));
        match (others.next(), others.next()) {
            (Some(only), None) => Some(only),
            _ => self.sole(),
        }
    }
}

/// Returns the domain of an address, as DNS has it.
pub(super) fn domain(address: &str) -> Option<String> {
    match_key(address).rsplit_once('@').map(|(_, domain)| domain.to_owned())
}
