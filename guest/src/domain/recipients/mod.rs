//! Who a mail goes to, and why: the user's word first, then the partner's contacts by what the document is,
//! then the document's own electronic address.

mod contacts;
mod person;
mod resolve;
#[cfg(test)]
mod tests;

use crate::domain::address::Mailbox;
use std::fmt;

pub use contacts::ROLES;
pub use person::person_name;
pub use resolve::resolve;

/// Header field an address stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// `To`.
    To,
    /// `Cc`.
    Cc,
    /// Envelope only.
    Bcc,
    /// `Reply-To`: not a recipient.
    ReplyTo,
}

/// Why an address is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A contact with the role that fits the document.
    ContactRole,
    /// A preferred contact, where no role fits.
    ContactPreferred,
    /// A contact for everything.
    ContactGeneral,
    /// The partner's electronic address (BT-34, BT-49) of scheme `EM`.
    Endpoint,
    /// The first contact of the document, where nothing shows that it fits.
    Document,
    /// The user typed it.
    User,
    /// The company's setting.
    CompanySetting,
    /// The user's own blind copy (rule A3).
    AutoBccSelf,
}

impl Reason {
    /// All of them.
    pub const ALL: [Reason; 8] = [
        Reason::ContactRole,
        Reason::ContactPreferred,
        Reason::ContactGeneral,
        Reason::Endpoint,
        Reason::Document,
        Reason::User,
        Reason::CompanySetting,
        Reason::AutoBccSelf,
    ];

    /// Returns the name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Reason::ContactRole => "contact-role",
            Reason::ContactPreferred => "contact-preferred",
            Reason::ContactGeneral => "contact-general",
            Reason::Endpoint => "endpoint",
            Reason::Document => "document",
            Reason::User => "user",
            Reason::CompanySetting => "company-setting",
            Reason::AutoBccSelf => "auto-bcc-self",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Addresses that the user typed or pasted, each a list for `read_list`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserOverrides {
    /// Replaces the resolved To, unless it is blank.
    pub to: Option<String>,
    /// Replaces the company's Cc; a blank one takes it away.
    pub cc: Option<String>,
    /// Addresses added to the company's Bcc.
    pub bcc: Option<String>,
    /// Replaces the company's Reply-To; a blank one takes it away.
    pub reply_to: Option<String>,
}

/// An address and the reason it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where.
    pub field: Field,
    /// Who.
    pub mailbox: Mailbox,
    /// Why.
    pub reason: Reason,
    /// Why, in English: "billing contact of Atelier Nord".
    pub detail: String,
}

/// Text that should have been an address and is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// Where it was meant to go.
    pub field: Field,
    /// The text as given, control characters made visible.
    pub text: String,
    /// What is wrong with it and where it came from: "no @ (typed by the user)".
    pub detail: String,
}

/// The person whom the texts greet: the partner's contact behind the first To, else the name typed with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressee {
    /// Name, cleaned.
    pub name: Option<String>,
    /// Language the contact wants to be written in (BCP 47), as the document has it.
    pub language: Option<String>,
}

/// The answer to "who?".
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resolution {
    /// Addresses: To, Cc and Bcc without duplicates among them, then Reply-To.
    pub entries: Vec<Entry>,
    /// What could not be used.
    pub invalid: Vec<Invalid>,
    /// An address has a local part beyond ASCII: the server must support SMTPUTF8.
    pub needs_smtputf8: bool,
    /// Whom the texts greet; none where nothing is known of them.
    pub addressee: Option<Addressee>,
}

impl Resolution {
    /// Returns the mailboxes of one field.
    pub fn of(&self, field: Field) -> impl Iterator<Item = &Mailbox> {
        self.entries.iter().filter(move |e| e.field == field).map(|e| &e.mailbox)
    }
}
