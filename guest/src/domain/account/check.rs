//! What is wrong with an account's settings when they are saved. Every finding has what to do about it.

use super::model::{Account, Relation, Transport};
use super::preset::{self, Protocol, is_microsoft};
use super::servers;
use crate::domain::address::{Address, read_list};

/// The severity of a finding; the most serious first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The account can't work like this.
    Error,
    /// It works, but not as one would expect.
    Warning,
    /// Good to know.
    Note,
}

crate::domain::status::named! {
    /// What a finding is about.
    Code, "finding", {
        /// A setting is missing.
        Missing = "missing",
        /// A setting can't be read.
        Malformed = "malformed",
        /// A setting has no effect.
        Ignored = "ignored",
        /// What should be an address is none.
        Address = "address",
        /// What should be the name of a server is none.
        Host = "host",
        /// Port and security do not go together.
        PortSecurity = "port-security",
        /// The connection is in the clear.
        NoSecurity = "no-security",
        /// The login is missing, or not what the provider expects.
        Login = "login",
        /// The provider takes no password, or not this one.
        SignIn = "sign-in",
        /// The server has to accept an address as the sender.
        SendAs = "send-as",
        /// A shared mailbox has no sign-in of its own.
        SharedMailbox = "shared-mailbox",
        /// Gmail will show the bare address.
        GmailFromName = "gmail-from-name",
        /// There is no mailbox.
        NoMailbox = "no-mailbox",
        /// What should be a domain of the platform is none.
        Platform = "platform",
        /// SendGrid will refuse the sender.
        UnverifiedSender = "unverified-sender",
    }
}

/// The code of every finding.
pub const FINDINGS: &[&str] = Code::NAMES;

/// Something about an account that needs attention, with what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// JSON path.
    pub field: String,
    /// How serious.
    pub severity: Severity,
    /// One of [`FINDINGS`].
    pub code: &'static str,
    /// What is wrong and what to do, in English.
    pub detail: String,
}

/// Findings as they are made.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn error(&mut self, field: &str, code: Code, detail: impl Into<String>) {
        self.add(field, Severity::Error, code, detail.into());
    }

    pub(super) fn warning(&mut self, field: &str, code: Code, detail: impl Into<String>) {
        self.add(field, Severity::Warning, code, detail.into());
    }

    pub(super) fn note(&mut self, field: &str, code: Code, detail: impl Into<String>) {
        self.add(field, Severity::Note, code, detail.into());
    }

    fn add(&mut self, field: &str, severity: Severity, code: Code, detail: String) {
        self.0.push(Finding { field: field.to_owned(), severity, code: code.name(), detail });
    }
}

/// Most other addresses of one account.
const MAX_SEND_AS: usize = 200;

/// Checks an account given as JSON; returns what is wrong with it, the most serious first.
pub fn check(account: &str) -> Vec<Finding> {
    let mut found = Findings::default();
    match Account::from_json(account) {
        Ok(account) => all(&account, &mut found),
        Err(fault) => {
            let code = if fault.detail.starts_with("missing") { Code::Missing } else { Code::Malformed };
            found.error(&fault.path, code, fault.detail);
        }
    }
    found.0.sort_by_key(|finding| finding.severity);
    found.0
}

fn all(account: &Account, found: &mut Findings) {
    let own = own_address(account, found);
    let sender = address("$.sender.address", account.sender.address.as_deref(), found);
    reply_to(account, found);
    if let Some(id) = account.provider.as_deref().filter(|id| preset::by_id(id).is_none()) {
        found.note(
            "$.provider",
            Code::Ignored,
            format!("no provider is known by the name {:?}", shortened(id)),
        );
    }
    match account.transport {
        Transport::Smtp => match &account.smtp {
            Some(server) => servers::check(account, "$.smtp", server, Protocol::Smtp, found),
            None => {
                found.error("$.smtp", Code::Missing, "the SMTP server is missing: mail has no way to leave")
            }
        },
        Transport::Platform => platform(account, found),
        Transport::Sendgrid => verified(account, sender.as_ref().or(own.as_ref()), found),
        Transport::Gmail | Transport::Graph | Transport::MailClient => {}
    }
    if let Some(server) = &account.imap {
        servers::check(account, "$.imap", server, Protocol::Imap, found);
    } else if matches!(account.transport, Transport::Smtp | Transport::Gmail | Transport::Graph) {
        let detail = match account.transport {
            Transport::Smtp => "without IMAP no copy of what is sent is filed, and the account has no inbox",
            _ => "without IMAP the account has no inbox",
        };
        found.note("$.imap", Code::NoMailbox, detail);
    }
    if account.transport != Transport::Smtp && account.smtp.is_some() {
        let why = match account.transport {
            Transport::MailClient => "mail is sent by the user's own program",
            _ => "mail leaves by another way",
        };
        found.note("$.smtp", Code::Ignored, format!("the SMTP settings are ignored: {why}"));
    }
    gmail_from_name(account, own.as_ref(), sender.as_ref(), found);
    send_as(account, own.as_ref(), sender.as_ref(), found);
}

fn own_address(account: &Account, found: &mut Findings) -> Option<Address> {
    if account.address.is_none() && !matches!(account.transport, Transport::Platform | Transport::MailClient)
    {
        found.error("$.address", Code::Missing, "the account's own address is missing");
    }
    address("$.address", account.address.as_deref(), found)
}

fn address(field: &str, text: Option<&str>, found: &mut Findings) -> Option<Address> {
    match Address::parse(text?) {
        Ok(address) => Some(address),
        Err(fault) => {
            let shown = shortened(text.unwrap_or_default());
            found.error(field, Code::Address, format!("{shown:?} is not an address: {fault}"));
            None
        }
    }
}

fn reply_to(account: &Account, found: &mut Findings) {
    let Some(text) = account.sender.reply_to.as_deref() else { return };
    for piece in read_list(text).invalid {
        let detail = format!("{:?} is not an address: {}", shortened(&piece.text), piece.fault);
        found.error("$.sender.reply_to", Code::Address, detail);
    }
    if account.transport == Transport::Platform {
        let detail = "ignored: answers to a mail of the platform go to its reply address, which leads each to its document";
        found.note("$.sender.reply_to", Code::Ignored, detail);
    }
}

/// Checks the name that Gmail puts in From (rule A12).
fn gmail_from_name(account: &Account, own: Option<&Address>, sender: Option<&Address>, found: &mut Findings) {
    let by_gmail = match account.transport {
        Transport::Gmail => true,
        Transport::Smtp => account.provider() == Some("gmail"),
        _ => false,
    };
    let (true, Some(own)) = (by_gmail, own) else { return };
    let shown = sender.unwrap_or(own);
    if account.sender.display_name.as_deref().is_none_or(|name| name.trim().is_empty()) {
        let detail = format!("Gmail will show the bare address {shown} as the sender: set a display name");
        found.warning("$.sender.display_name", Code::GmailFromName, detail);
    }
    if shown != own {
        let detail = format!(
            "Gmail will show the bare address {own} as the sender, since the address in the general settings is \
             {shown}: set it to {own}, the address that was authorised, or authorise {shown}"
        );
        found.warning("$.sender.address", Code::GmailFromName, detail);
    }
}

/// Checks the other addresses that the account may write as (rule A15).
fn send_as(account: &Account, own: Option<&Address>, sender: Option<&Address>, found: &mut Findings) {
    if account.send_as.len() > MAX_SEND_AS {
        found.error("$.send_as", Code::SendAs, format!("more than {MAX_SEND_AS} addresses"));
        return;
    }
    let provider = account.provider().unwrap_or_default();
    let login =
        account.smtp.as_ref().and_then(|server| server.login.as_deref()).or(account.address.as_deref());
    let mut known = Vec::new();
    for (index, entry) in account.send_as.iter().enumerate() {
        let field = format!("$.send_as[{index}].address");
        let Some(address) = address(&field, Some(&entry.address), found) else { continue };
        if Some(&address) == own || known.contains(&address) {
            found.note(
                &field,
                Code::SendAs,
                format!("{address} is listed already, or is the account's own address"),
            );
            continue;
        }
        match entry.relation {
            Relation::SharedMailbox if is_microsoft(provider) => {
                let who = login.unwrap_or("the user who signs in");
                let detail = format!(
                    "a shared mailbox has no sign-in of its own: the administrator gives {who} the permission \
                     \"Send as\" for {address}"
                );
                found.note(&field, Code::SharedMailbox, detail);
                if login.is_some_and(|login| Address::parse(login).as_ref() == Ok(&address)) {
                    let detail =
                        format!("{address} is a shared mailbox and can't sign in: sign in as a person");
                    found.error("$.smtp.login", Code::SharedMailbox, detail);
                }
            }
            Relation::Alias if is_microsoft(provider) => {
                let detail = format!(
                    "Exchange replaces the alias {address} by the primary address unless the administrator allows \
                     sending from aliases (SendFromAliasEnabled)"
                );
                found.note(&field, Code::SendAs, detail);
            }
            _ if provider == "gmail" => {
                let detail = format!(
                    "Gmail sends as {address} only if it is listed and verified under \"Send mail as\" in Gmail's settings"
                );
                found.note(&field, Code::SendAs, detail);
            }
            _ => {
                let detail =
                    format!("the server must accept {address} as the sender of this login: send a test");
                found.note(&field, Code::SendAs, detail);
            }
        }
        known.push(address);
    }
    let sends_itself = matches!(account.transport, Transport::Smtp | Transport::Graph);
    if let (true, Some(own), Some(sender)) = (sends_itself, own, sender)
        && own != sender
        && !known.contains(sender)
    {
        let detail = format!(
            "mail will be sent as {sender}, but the account is {own}: the server may refuse it. List {sender} as an \
             alias or shared mailbox, and have the administrator allow it"
        );
        found.warning("$.sender.address", Code::SendAs, detail);
    }
}

fn platform(account: &Account, found: &mut Findings) {
    let Some(platform) = &account.platform else {
        found.error(
            "$.platform",
            Code::Missing,
            "the platform's domains are missing: they are the operator's setting",
        );
        return;
    };
    for (field, domain) in
        [("$.platform.domain", &platform.domain), ("$.platform.reply_domain", &platform.reply_domain)]
    {
        if !servers::is_domain(domain) {
            found.error(field, Code::Platform, format!("{:?} is not a domain of the DNS", shortened(domain)));
        }
    }
    if account.sender.address.is_some() {
        let detail = "ignored: a mail of the platform is from the company's address on the platform";
        found.note("$.sender.address", Code::Ignored, detail);
    }
}

/// Warns about a sender that SendGrid may refuse, since it is not verified.
fn verified(account: &Account, sender: Option<&Address>, found: &mut Findings) {
    let Some(sender) = sender else { return };
    let is_verified = account.verified_senders.iter().any(|entry| match Address::parse(entry.trim()) {
        Ok(address) => address == *sender,
        Err(_) => entry.trim().eq_ignore_ascii_case(sender.ascii_domain()),
    });
    if is_verified {
        return;
    }
    let fix =
        format!("verify {sender}, or authenticate the domain {}, in SendGrid's settings", sender.domain());
    if account.verified_senders.is_empty() {
        let detail = format!("SendGrid refuses a sender that was not verified: {fix}, and list it here");
        found.warning("$.verified_senders", Code::UnverifiedSender, detail);
    } else {
        let detail =
            format!("{sender} is not among the verified senders, so SendGrid will refuse the mail: {fix}");
        found.error("$.verified_senders", Code::UnverifiedSender, detail);
    }
}

/// Shortens what a user typed to enough to recognise it.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}
