//! Presets: what a provider offers, found by an address's domain or by where the domain's mail goes.

use super::model::{Security, SignIn, Transport};
use super::notes::Note;
use super::providers::PROVIDERS;
use crate::domain::address::Address;

/// Protocol of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Submission.
    Smtp,
    /// Mailbox.
    Imap,
}

impl Protocol {
    /// Names in the contract.
    pub const NAMES: [&str; 2] = ["smtp", "imap"];

    /// Returns the protocol of this name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "smtp" => Some(Self::Smtp),
            "imap" => Some(Self::Imap),
            _ => None,
        }
    }
}

/// Returns the port that goes with a security (rule A5).
pub fn proposed_port(protocol: Protocol, security: Security) -> u16 {
    match (protocol, security) {
        (Protocol::Smtp, Security::Ssl) => 465,
        (Protocol::Smtp, Security::Tls) => 587,
        (Protocol::Smtp, Security::None) => 25,
        (Protocol::Imap, Security::Ssl) => 993,
        (Protocol::Imap, Security::Tls | Security::None) => 143,
    }
}

/// A server of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Host {
    /// Name.
    pub name: &'static str,
    /// Port.
    pub port: u16,
    /// Security.
    pub security: Security,
}

/// The form of a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginForm {
    /// The whole address.
    Address,
    /// What stands before the `@`.
    LocalPart,
    /// A name of its own, which the provider gave.
    Own,
}

impl LoginForm {
    /// Returns the name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::LocalPart => "local-part",
            Self::Own => "own",
        }
    }
}

/// The known facts about a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preset {
    /// Id, `gmail`.
    pub id: &'static str,
    /// The name that people use.
    pub name: &'static str,
    /// Transport to propose.
    pub transport: Transport,
    /// Submission server.
    pub smtp: Option<Host>,
    /// Mailbox server.
    pub imap: Option<Host>,
    /// What the login is.
    pub login: LoginForm,
    /// What the login of the mailbox is, where it differs.
    pub(super) imap_login: Option<LoginForm>,
    /// Ways to sign in, best first.
    pub sign_in: Vec<SignIn>,
    /// What the user should know.
    pub notes: Vec<Note>,
    /// Where its servers were read, and when.
    pub source: &'static str,
    /// Domains of its customers' addresses; [`is_within`] defines how they are written.
    pub(super) domains: Vec<&'static str>,
    /// Hosts that take mail for its customers, likewise.
    pub(super) mx: Vec<&'static str>,
}

impl Preset {
    /// Returns what the login is at one of its servers.
    pub fn login_at(&self, protocol: Protocol) -> LoginForm {
        match protocol {
            Protocol::Smtp => self.login,
            Protocol::Imap => self.imap_login.unwrap_or(self.login),
        }
    }
}

/// The evidence by which a provider was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownBy {
    /// The address's domain.
    Domain,
    /// A host that the domain's mail goes to.
    Mx,
}

impl KnownBy {
    /// Returns the name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Domain => "domain",
            Self::Mx => "mx",
        }
    }
}

/// A provider that fits an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What it offers.
    pub preset: &'static Preset,
    /// What it was known by.
    pub by: KnownBy,
    /// The host or domain that matched.
    pub matched: String,
}

/// Most hosts that are looked at; a domain has a handful.
const MAX_MX: usize = 50;

/// Returns all presets, by name.
pub fn presets() -> &'static [Preset] {
    &PROVIDERS
}

/// Finds a preset by its id.
pub fn by_id(id: &str) -> Option<&'static Preset> {
    presets().iter().find(|preset| preset.id == id)
}

/// Finds the preset that has this server.
pub(super) fn by_server(host: &str) -> Option<&'static Preset> {
    let host = host.trim().trim_end_matches('.');
    PROVIDERS.iter().find(|preset| {
        [preset.smtp, preset.imap].into_iter().flatten().any(|known| known.name.eq_ignore_ascii_case(host))
    })
}

/// Returns the provider that an address belongs to: by its domain, else by the hosts that the domain's mail goes to. Where several patterns
/// fit a host, the longest is meant: AOL's hosts are within Yahoo's.
pub fn guess(address: &str, mx: &[String]) -> Option<Candidate> {
    let address = Address::parse(address.trim()).ok()?;
    let domain = address.ascii_domain();
    if let Some(preset) = closest(domain, |preset| &preset.domains) {
        return Some(Candidate { preset, by: KnownBy::Domain, matched: domain.to_owned() });
    }
    mx.iter().take(MAX_MX).find_map(|host| {
        let host = host.trim().trim_end_matches('.').to_ascii_lowercase();
        let preset = closest(&host, |preset| &preset.mx)?;
        Some(Candidate { preset, by: KnownBy::Mx, matched: host })
    })
}

/// Returns the provider of the longest pattern that a name is within.
fn closest(
    name: &str,
    patterns: impl Fn(&'static Preset) -> &'static Vec<&'static str>,
) -> Option<&'static Preset> {
    let length = |preset: &'static Preset| {
        patterns(preset).iter().filter(|pattern| is_within(name, pattern)).map(|it| it.len()).max()
    };
    let fits = PROVIDERS.iter().filter_map(|preset| Some((length(preset)?, preset)));
    fits.max_by_key(|(length, _)| *length).map(|(_, preset)| preset)
}

/// True for the name itself; with a dot before the pattern, `.onmicrosoft.com`, all below it.
fn is_within(name: &str, pattern: &str) -> bool {
    if pattern.starts_with('.') {
        return name.len() > pattern.len() && name.ends_with(pattern);
    }
    name == pattern
}

/// Returns true if an address's domain is one of a provider's own, where anyone may have an address.
pub(super) fn is_own_domain(provider: &str, domain: &str) -> bool {
    by_id(provider).is_some_and(|preset| preset.domains.iter().any(|pattern| is_within(domain, pattern)))
}

/// Returns true if a provider files what was sent through it, by API and by SMTP alike. Exchange Online: `Set-Mailbox
/// -MessageCopyForSMTPClientSubmissionEnabled`, on unless an administrator switched it off.
pub fn files_by_itself(provider: &str) -> bool {
    matches!(provider, "gmail" | "microsoft" | "outlook-com")
}

/// Returns true for Microsoft's providers, whose rules on aliases and shared mailboxes are the same.
pub(super) fn is_microsoft(provider: &str) -> bool {
    matches!(provider, "microsoft" | "outlook-com")
}
