//! The page for the administrator of a mail system (rule A15): where connections come from, which hosts and ports
//! each account needs, and what has to be allowed. As text to forward and as HTML.

use super::api::{Api, api_of};
use super::model::{Account, Relation, Security, Server, SignIn, Transport};
use super::page::PageBuilder;
use super::preset::{Protocol, is_microsoft};
use crate::domain::address::clean_name;
use crate::domain::interface_texts::{Administrator, interface_texts};
use crate::domain::language::{Language, Locale};

/// The source of the operator's connections, as receiving servers see it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The product as the operator calls it.
    pub product: String,
    /// Addresses or networks.
    pub addresses: Vec<String>,
    /// Region.
    pub region: Option<String>,
    /// Whom the administrator can ask.
    pub contact: Option<String>,
}

/// A page to forward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// One line.
    pub title: String,
    /// Plain text.
    pub text: String,
    /// A complete HTML document.
    pub html: String,
    /// Language it is in.
    pub language: Language,
}

/// Most addresses and networks that are listed.
const MAX_ADDRESSES: usize = 200;

/// Makes the page; English where the language has no texts.
pub fn administrator_page(accounts: &[Account], origin: &Origin, language: Option<&str>) -> Page {
    let language = language.and_then(Locale::parse).map_or(Language::En, |locale| locale.language);
    let words = &interface_texts(language).administrator;
    let product = match clean_name(&origin.product) {
        name if name.is_empty() => "Postroom".to_owned(),
        name => name,
    };
    let mut page = PageBuilder::new(filled(words.title, &product));
    page.paragraph(filled(words.intro, &product));
    page.heading(words.origin.to_owned());
    if origin.addresses.is_empty() {
        page.paragraph(words.origin_unknown.to_owned());
    } else {
        page.list(origin.addresses.iter().take(MAX_ADDRESSES).map(|text| clean_name(text)).collect());
    }
    if let Some(region) = &origin.region {
        page.rows(vec![(words.region.to_owned(), clean_name(region))]);
    }
    if !origin.addresses.is_empty() {
        page.paragraph(words.origin_use.to_owned());
    }
    for account in accounts {
        section(account, &product, words, &mut page);
    }
    if let Some(contact) = &origin.contact {
        page.heading(words.questions.to_owned());
        page.paragraph(clean_name(contact));
    }
    page.finish(language)
}

fn section(account: &Account, product: &str, words: &Administrator, page: &mut PageBuilder) {
    page.heading(filled(words.account, &clean_name(account.title())));
    let mut rows = Vec::new();
    if let Some(address) = &account.address {
        rows.push((words.address.to_owned(), clean_name(address)));
    }
    let sends_by = match account.transport {
        Transport::Smtp => account.smtp.as_ref().map(|server| connection(server, Protocol::Smtp, words)),
        Transport::MailClient => Some(words.mail_client.to_owned()),
        Transport::Platform => Some(words.platform.to_owned()),
        _ => Some(
            api_of(account.transport)
                .map(Api::hosts)
                .into_iter()
                .flatten()
                .map(|host| format!("{host}:443 (HTTPS)"))
                .collect::<Vec<_>>()
                .join(", "),
        ),
    };
    rows.extend(sends_by.map(|by| (words.sends_by.to_owned(), by)));
    let smtp = account.smtp.as_ref().filter(|_| account.transport == Transport::Smtp);
    rows.extend(smtp.map(|server| (words.login.to_owned(), login(server, words))));
    if let Some(server) = &account.imap {
        rows.push((words.reads_by.to_owned(), connection(server, Protocol::Imap, words)));
        rows.push((words.login.to_owned(), login(server, words)));
    }
    page.rows(rows);
    if !account.send_as.is_empty() {
        page.paragraph(format!("{}:", words.send_as));
        let entries = account.send_as.iter().map(|entry| {
            let relation = match entry.relation {
                Relation::Alias => words.alias,
                Relation::SharedMailbox => words.shared_mailbox,
            };
            format!("{} ({relation})", clean_name(&entry.address))
        });
        page.list(entries.collect());
    }
    let mut needs = PageBuilder::new(String::new());
    permissions(account, product, words, &mut needs);
    if !needs.is_empty() {
        page.paragraph(format!("{}:", words.allow));
        page.append(needs);
    }
}

fn permissions(account: &Account, product: &str, words: &Administrator, page: &mut PageBuilder) {
    let provider = account.provider().unwrap_or_default();
    let servers = || [account.smtp.as_ref(), account.imap.as_ref()].into_iter().flatten();
    let by = |sign_in| servers().any(|server| server.sign_in == sign_in);
    if is_microsoft(provider) {
        microsoft(account, product, words, page);
    } else if provider == "gmail" {
        let mut scopes = Vec::new();
        if account.transport == Transport::Gmail {
            scopes.push("https://www.googleapis.com/auth/gmail.send".to_owned());
        }
        if by(SignIn::Oauth) {
            scopes.push("https://mail.google.com/".to_owned());
        }
        if !scopes.is_empty() {
            page.paragraph(format!("{}:", filled(words.google_app, product)));
            page.list(scopes);
        }
        if by(SignIn::AppPassword) || by(SignIn::Password) {
            page.paragraph(words.google_app_password.to_owned());
        }
        if !account.send_as.is_empty() {
            page.paragraph(format!("{}:", words.google_alias));
            page.list(account.send_as.iter().map(|entry| clean_name(&entry.address)).collect());
        }
    } else if !account.send_as.is_empty() && account.transport == Transport::Smtp {
        page.paragraph(words.send_as_rule.to_owned());
    }
    if account.transport == Transport::Sendgrid
        && let Some(sender) = account.sender_address()
    {
        page.paragraph(format!("{} {}.", words.sendgrid, clean_name(sender)));
    }
}

fn microsoft(account: &Account, product: &str, words: &Administrator, page: &mut PageBuilder) {
    let own = account.address.as_deref().unwrap_or_default();
    let oauth = |server: Option<&Server>| server.is_some_and(|server| server.sign_in == SignIn::Oauth);
    let smtp = account.smtp.as_ref().filter(|_| account.transport == Transport::Smtp);
    let mut scopes = Vec::new();
    if account.transport == Transport::Graph {
        scopes.extend(["Mail.Send", "Mail.ReadWrite", "User.Read"]);
    }
    if oauth(smtp) {
        scopes.push("SMTP.Send");
    }
    if oauth(account.imap.as_ref()) {
        scopes.push("IMAP.AccessAsUser.All");
    }
    if !scopes.is_empty() {
        scopes.push("offline_access");
        page.paragraph(format!("{}:", filled(words.app_access, product)));
        page.list(scopes.into_iter().map(str::to_owned).collect());
    }
    if let Some(server) = smtp {
        let who = server.login.as_deref().unwrap_or(own);
        page.paragraph(words.smtp_auth.to_owned());
        page.command(format!(
            "Set-CASMailbox -Identity {} -SmtpClientAuthenticationDisabled $false",
            quoted(who)
        ));
        if !oauth(smtp) {
            page.paragraph(words.basic_authentication.to_owned());
        }
    }
    let who = smtp.and_then(|server| server.login.as_deref()).unwrap_or(own);
    for entry in &account.send_as {
        let address = quoted(&entry.address);
        if entry.relation == Relation::SharedMailbox {
            page.paragraph(filled(words.send_as_permission, &clean_name(&entry.address)));
            page.command(format!(
                "Add-RecipientPermission -Identity {address} -Trustee {} -AccessRights SendAs",
                quoted(who)
            ));
            page.paragraph(words.send_as_copy.to_owned());
            page.command(format!("Set-Mailbox -Identity {address} -MessageCopyForSentAsEnabled $true"));
        }
    }
    if account.send_as.iter().any(|entry| entry.relation == Relation::Alias) {
        page.paragraph(words.send_from_alias.to_owned());
        page.command("Set-OrganizationConfig -SendFromAliasEnabled $true".to_owned());
    }
}

fn connection(server: &Server, protocol: Protocol, words: &Administrator) -> String {
    let security = match server.security {
        Security::Ssl => "SSL/TLS",
        Security::Tls => "STARTTLS",
        Security::None => words.in_clear,
    };
    let name = if protocol == Protocol::Smtp { "SMTP" } else { "IMAP" };
    format!("{}:{} ({name}, {security})", clean_name(&server.host), server.port_for(protocol))
}

fn login(server: &Server, words: &Administrator) -> String {
    let by = match server.sign_in {
        SignIn::None => return words.no_login.to_owned(),
        SignIn::Password => words.password,
        SignIn::AppPassword => words.app_password,
        SignIn::Oauth => words.oauth,
    };
    match server.login.as_deref() {
        Some(login) => format!("{}, {by}", clean_name(login)),
        None => by.to_owned(),
    }
}

/// Quotes for PowerShell: in single quotes, those inside doubled, so that nothing in it is a command. Typographic ones are quotes to
/// PowerShell too.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("'");
    for c in clean_name(text).chars() {
        if matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{201A}' | '\u{201B}') {
            quoted.push(c);
        }
        quoted.push(c);
    }
    quoted.push('\'');
    quoted
}

fn filled(phrase: &str, with: &str) -> String {
    phrase.replacen("{}", with, 1)
}
