//! Texts that are checked once, where they come in: names, addresses, hosts.

use crate::ascii_host;
use std::fmt;

/// A text that can't be used, with a reason for the user who typed it. The same text is refused again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {found:?}: {expected}")]
pub struct Unusable {
    /// What it was to be: `mail address`.
    pub what: &'static str,
    /// What was found, at most 100 characters of it.
    pub found: String,
    /// What was expected.
    pub expected: String,
}

impl Unusable {
    /// Wraps the reason why a text can't be used.
    pub fn new(what: &'static str, found: &str, expected: impl Into<String>) -> Self {
        Self { what, found: found.chars().take(100).collect(), expected: expected.into() }
    }
}

/// A checked text: parsed from a string, shown as it was parsed, ordered as text.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $what:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(into = "String", try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// Returns the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = Unusable;

            fn from_str(text: &str) -> Result<Self, Unusable> {
                let check: fn(&str) -> Result<String, String> = $check;
                check(text).map(Self).map_err(|expected| Unusable::new($what, text, expected))
            }
        }

        impl TryFrom<String> for $name {
            type Error = Unusable;

            fn try_from(text: String) -> Result<Self, Unusable> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
    };
}

checked_text! {
    /// What a company, an account or a user's login is called: 1 to 64 characters on one line, unique without regard to
    /// case. Not beginning with a dash, so that it is never taken for an option of a command.
    Name, "name", |text| {
        let text = one_line(text, 256)?;
        if text.chars().count() > 64 {
            return Err("at most 64 characters".into());
        }
        if text.starts_with('-') || text.chars().any(|c| matches!(c, '"' | '\\' | '/' | '<' | '>')) {
            return Err("not beginning with a dash, and without \" \\ / < >".into());
        }
        Ok(text)
    }
}

impl Name {
    /// Returns the form in which names are compared.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

checked_text! {
    /// Display name beside an address: a person, or generic such as "Accounting". One line of at most 256 bytes.
    DisplayName, "display name", |text| one_line(text, 256)
}
checked_text! {
    /// A bare mail address (RFC 5321, also internationalised), at most 254 bytes.
    MailAddress, "mail address", |text| {
        let text = one_line(text, 254)?;
        let address = text.parse::<lettre::Address>();
        address.map(|address| address.to_string()).map_err(|_| "expected an address such as office@example.com".into())
    }
}
checked_text! {
    /// A host: a name in the form that DNS uses (ASCII), or an address without brackets.
    HostName, "host", |text| ascii_host(text).map_err(|_| "expected a host name such as smtp.example.com".into())
}
checked_text! {
    /// What SendGrid has verified as a sender: an address, or a whole domain.
    VerifiedSender, "verified sender", |text| match text.parse::<MailAddress>() {
        Ok(address) => Ok(address.0),
        Err(_) => ascii_host(text).map_err(|_| "expected an address or a domain".into()),
    }
}
checked_text! {
    /// User name of a login, in most cases the mail address. One line of at most 320 bytes.
    LoginName, "login", |text| one_line(text, 320)
}
checked_text! {
    /// The name given in EHLO: a host name, or an address in brackets.
    HeloName, "EHLO name", |text| {
        let fits = (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(text.to_owned()) } else { Err("expected a host name, or an address in brackets".into()) }
    }
}
checked_text! {
    /// A folder of a mailbox by its full name, decoded. At most 1,000 bytes.
    FolderName, "folder", |text| {
        if text.is_empty() || text.len() > 1_000 || text.chars().any(char::is_control) {
            return Err("expected a folder's full name on one line".into());
        }
        Ok(text.to_owned())
    }
}
checked_text! {
    /// A tenant of Microsoft's directory: `common`, `organizations`, `consumers`, a domain or an id.
    Tenant, "tenant", |text| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        if (1..=253).contains(&text.len()) && text.bytes().all(fits) && !text.starts_with('.') {
            Ok(text.to_owned())
        } else {
            Err("expected common, organizations, consumers, a domain or an id".into())
        }
    }
}

impl Tenant {
    /// Allows work, school and personal accounts of every tenant.
    pub fn common() -> Self {
        Self("common".to_owned())
    }
}

/// The text without blanks around it, if it is one line that is not empty.
fn one_line(text: &str, most: usize) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("it is empty".into());
    }
    if text.len() > most {
        return Err(format!("at most {most} bytes"));
    }
    if text.chars().any(is_control_or_bidi) {
        return Err("one line, without control characters".into());
    }
    Ok(text.to_owned())
}

/// Returns whether a character ends or moves a line, or turns the direction of text: such marks let a text show as another.
pub fn is_control_or_bidi(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}
