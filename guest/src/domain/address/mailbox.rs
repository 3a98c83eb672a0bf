//! One address (RFC 5321 Mailbox, RFC 6531 internationalised) and one mailbox (RFC 5322: an address with a
//! display name).

use std::fmt;

/// An address that can stand in an SMTP envelope. Compared without regard to case; two spellings of the
/// same internationalised domain are equal.
#[derive(Debug, Clone)]
pub struct Address {
    local: String,
    /// Domain as a reader sees it (U-labels).
    domain: String,
    /// Domain as the wire needs it (A-labels, lower case).
    ascii_domain: String,
}

/// What is wrong with a text that should be an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AddressFault(pub String);

impl Address {
    /// Reads `local@domain`.
    pub fn parse(text: &str) -> Result<Self, AddressFault> {
        let (local, domain) = text.rsplit_once('@').ok_or_else(|| AddressFault("no @".into()))?;
        Ok(Self { local: local.into(), domain: domain.into(), ascii_domain: domain.to_ascii_lowercase() })
    }

    /// The local part, quoted where it must be.
    pub fn local(&self) -> &str {
        &self.local
    }

    /// The domain as a reader sees it.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The domain in ASCII, lower case.
    pub fn ascii_domain(&self) -> &str {
        &self.ascii_domain
    }

    /// True where the local part is beyond ASCII: the whole path must support SMTPUTF8.
    pub fn needs_smtputf8(&self) -> bool {
        !self.local.is_ascii()
    }

    /// As it stands in an envelope or header: the domain in ASCII, the local part as it is.
    pub fn wire(&self) -> String {
        format!("{}@{}", self.local, self.ascii_domain)
    }

    fn key(&self) -> (String, &str) {
        (self.local.to_lowercase(), &self.ascii_domain)
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}
impl Eq for Address {}

/// As a reader sees it.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

/// An address with a display name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// Display name, unquoted, without control characters.
    pub name: Option<String>,
    /// Address.
    pub address: Address,
}
