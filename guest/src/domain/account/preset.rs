//! Presets: what a provider offers, found by an address's domain or by where the domain's mail goes.

use super::model::{Security, SignIn, Transport};
use super::providers::PROVIDERS;
use crate::domain::address::Address;

/// What is spoken to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Submission.
    Smtp,
    /// Mailbox.
    Imap,
}

/// The port that goes with a security (FEATURES A5).
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

/// A server that is known.
pub(super) const fn at(name: &'static str, port: u16, security: Security) -> Option<Host> {
    Some(Host { name, port, security })
}

/// What a login is.
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
    /// Name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::LocalPart => "local-part",
            Self::Own => "own",
        }
    }
}

/// What is known of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// Id, `gmail`.
    pub id: &'static str,
    /// As a person knows it.
    pub name: &'static str,
    /// Transport to propose.
    pub transport: Transport,
    /// Submission server.
    pub smtp: Option<Host>,
    /// Mailbox server.
    pub imap: Option<Host>,
    /// What the login is.
    pub login: LoginForm,
    /// Ways to sign in, best first.
    pub sign_in: &'static [SignIn],
    /// What the user should know.
    pub notes: &'static [&'static str],
    /// Domains of its customers' addresses, a space between them; [`is_within`] says how they are written.
    pub(super) domains: &'static str,
    /// Hosts that take mail for its customers, likewise.
    pub(super) mx: &'static str,
}

/// What a provider was known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownBy {
    /// The address's domain.
    Domain,
    /// A host that the domain's mail goes to.
    Mx,
}

impl KnownBy {
    /// Name in the contract.
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

/// All of them, by name.
pub fn presets() -> &'static [Preset] {
    PROVIDERS
}

/// A preset by its id.
pub fn by_id(id: &str) -> Option<&'static Preset> {
    PROVIDERS.iter().find(|preset| preset.id == id)
}

/// The preset that has this server.
pub(super) fn by_server(host: &str) -> Option<&'static Preset> {
    let host = host.trim().trim_end_matches('.');
    PROVIDERS.iter().find(|preset| {
        [preset.smtp, preset.imap].into_iter().flatten().any(|known| known.name.eq_ignore_ascii_case(host))
    })
}

/// The provider that an address belongs to: by its domain, else by the hosts that the domain's mail goes to.
pub fn guess(address: &str, mx: &[String]) -> Option<Candidate> {
    let address = Address::parse(address.trim()).ok()?;
    let domain = address.ascii_domain();
    if let Some(preset) = PROVIDERS.iter().find(|preset| is_within_any(domain, preset.domains)) {
        return Some(Candidate { preset, by: KnownBy::Domain, matched: domain.to_owned() });
    }
    mx.iter().take(MAX_MX).find_map(|host| {
        let host = host.trim().trim_end_matches('.').to_ascii_lowercase();
        let preset = PROVIDERS.iter().find(|preset| is_within_any(&host, preset.mx))?;
        Some(Candidate { preset, by: KnownBy::Mx, matched: host })
    })
}

fn is_within_any(name: &str, patterns: &str) -> bool {
    patterns.split_ascii_whitespace().any(|pattern| is_within(name, pattern))
}

/// The name itself; with a dot before the pattern, `.onmicrosoft.com`, all below it; with one after it, `outlook.`,
/// the name in any country: `outlook.be`, `outlook.co.id`.
fn is_within(name: &str, pattern: &str) -> bool {
    if let Some(stem) = pattern.strip_suffix('.') {
        let suffix = name.strip_prefix(stem).and_then(|rest| rest.strip_prefix('.')).unwrap_or_default();
        let (second, top) = suffix.rsplit_once('.').unwrap_or(("com", suffix));
        return matches!(second, "co" | "com") && (top.len() == 2 || top == "com");
    }
    if pattern.starts_with('.') {
        return name.len() > pattern.len() && name.ends_with(pattern);
    }
    name == pattern
}

/// Whether a provider files what was sent through it, by API and by SMTP alike. Exchange Online:
/// `Set-Mailbox -MessageCopyForSMTPClientSubmissionEnabled`, on unless somebody switched it off.
pub fn files_by_itself(provider: &str) -> bool {
    matches!(provider, "gmail" | "microsoft" | "outlook-com")
}

/// Microsoft's, whose rules on aliases and shared mailboxes are the same.
pub(super) fn is_microsoft(provider: &str) -> bool {
    matches!(provider, "microsoft" | "outlook-com")
}
