//! One address (RFC 5321 Mailbox, RFC 6531 internationalised) and one mailbox (RFC 5322: an address with a
//! display name).

use super::characters::{is_control, is_invisible, is_joiner, joins, nfc};
use super::fault::AddressFault;
use super::name::clean_name;
use super::{domain, local};
use std::cmp::Ordering;
use std::fmt;

/// Octets of an address: a path has 256, two of them angle brackets.
const LIMIT: usize = 254;
/// Octets beyond which nothing is looked at: four times what could still be an address.
const BOUND: usize = 1_024;

/// An address that can stand in an SMTP envelope. Compared without regard to case; two spellings of the
/// same internationalised domain are equal.
#[derive(Debug, Clone)]
pub struct Address {
    local: String,
    /// Domain as a reader sees it (U-labels).
    domain: String,
    /// Domain as the wire needs it (A-labels, lower case).
    ascii_domain: String,
    /// Local part without regard to case: what two spellings of one mailbox have in common.
    folded: String,
}

impl Address {
    /// Reads `local@domain`, and nothing around it: no name, comment or white space.
    ///
    /// The local part is kept in Unicode normalisation form C and in its shortest quoting.
    pub fn parse(text: &str) -> Result<Self, AddressFault> {
        if text.is_empty() {
            return Err(AddressFault::Empty);
        }
        if text.len() > BOUND {
            return Err(AddressFault::LongAddress(text.len()));
        }
        // Before anything is looked at: U+037E, for one, becomes a semicolon.
        let text = nfc(text);
        check_characters(&text)?;
        let (local, rest) = local::read(&text)?;
        let domain = domain::read(rest)?;
        let octets = local.len() + 1 + domain.ascii.len();
        if octets > LIMIT {
            return Err(AddressFault::LongAddress(octets));
        }
        // Character by character: what is not an equal letter stays another mailbox.
        let folded = match local.is_ascii() {
            true => local.to_ascii_lowercase(),
            false => nfc(&local.chars().flat_map(char::to_lowercase).collect::<String>()).into_owned(),
        };
        Ok(Self { local, domain: domain.shown, ascii_domain: domain.ascii, folded })
    }

    /// Returns the local part, quoted where it must be.
    pub fn local(&self) -> &str {
        &self.local
    }

    /// Returns the domain as a reader sees it.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Returns the domain in ASCII, lower case.
    pub fn ascii_domain(&self) -> &str {
        &self.ascii_domain
    }

    /// Returns true where the local part is beyond ASCII: the whole path must support SMTPUTF8.
    pub fn needs_smtputf8(&self) -> bool {
        !self.local.is_ascii()
    }

    /// Writes the address for an envelope or header: the domain in ASCII, the local part as it is.
    pub fn wire(&self) -> String {
        format!("{}@{}", self.local, self.ascii_domain)
    }

    fn key(&self) -> (&str, &str) {
        (&self.ascii_domain, &self.folded)
    }
}

fn check_characters(text: &str) -> Result<(), AddressFault> {
    // Nearly every address; the closer look costs ten times as much.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Ok(());
    }
    let mut before = None;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        if is_control(c) {
            return Err(AddressFault::Control(c.into()));
        }
        if is_invisible(c) || is_joiner(c) && !joins(before, characters.peek().copied()) {
            return Err(AddressFault::Invisible(c.into()));
        }
        before = Some(c);
    }
    Ok(())
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Address {}

impl Ord for Address {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Address {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Writes the address as a reader sees it; it reads back as an equal address.
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

impl Mailbox {
    /// Makes a mailbox with its name cleaned; a name that only repeats the address is left out.
    pub fn new(name: Option<&str>, address: Address) -> Self {
        let name = name.map(clean_name).filter(|name| !name.is_empty());
        let name = name.filter(|name| Address::parse(name).as_ref() != Ok(&address));
        Self { name, address }
    }
}

/// `"Müller, E." <e@f.de>`, for people and for pasting back; a header is written by `compose`.
impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            None => write!(f, "{}", self.address),
            Some(name) if is_plain(name) => write!(f, "{name} <{}>", self.address),
            Some(name) => {
                let name = name.replace('\\', "\\\\").replace('"', "\\\"");
                write!(f, "\"{name}\" <{}>", self.address)
            }
        }
    }
}

fn is_plain(name: &str) -> bool {
    name.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '&' | '+'))
}
