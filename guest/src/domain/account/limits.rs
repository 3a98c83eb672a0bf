//! What a provider is known to allow an account: how fast, how many, how large. A host keeps to it, and so slows down where it would
//! otherwise be refused. Figures are the providers' own; where they publish none, or the server is the company's, nothing is assumed. Where
//! a provider has several plans, and the account does not show which, the lowest counts that a company is likely to have.

use super::model::{Account, Transport};
use super::preset::{is_own_domain, presets};
use crate::domain::address::Address;

/// The limits of an account. None: no limit is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Mails a minute.
    pub per_minute: Option<u32>,
    /// Connections at once.
    pub connections: Option<u32>,
    /// Recipients in 24 hours.
    pub per_day: Option<u32>,
    /// Bytes of a whole message, encoded.
    pub message_size: Option<u64>,
}

const NONE: Limits = Limits { per_minute: None, connections: None, per_day: None, message_size: None };

const fn per_day(recipients: u32) -> Limits {
    Limits { per_day: Some(recipients), ..NONE }
}

/// Makes the limits for a provider that counts by the hour: an even pace that stays below.
const fn per_hour(mails: u32) -> Limits {
    Limits { per_minute: Some(mails / 60), ..NONE }
}

/// Exchange Online, by SMTP: learn.microsoft.com, Exchange Online limits, 2026-11-29.
const EXCHANGE: Limits = Limits {
    per_minute: Some(30),
    connections: Some(3),
    per_day: Some(10_000),
    message_size: Some(35 * 1024 * 1024),
};
/// Exchange Online by Microsoft Graph, which takes large messages in pieces.
const GRAPH: Limits = Limits { connections: Some(4), message_size: Some(150 * 1024 * 1024), ..EXCHANGE };
/// Outlook.com without a subscription: 300, as Microsoft answers users (learn.microsoft.com/answers, 2026-03-30). Microsoft itself
/// publishes 5,000 for subscribers, and "lower" for all others.
const OUTLOOK_COM: Limits = Limits { connections: Some(3), ..per_day(300) };
/// The Gmail API in Google Workspace: support.google.com/a/answer/166852, 2026-11-29.
const WORKSPACE: Limits = Limits {
    per_minute: Some(150),
    connections: Some(4),
    per_day: Some(2_000),
    message_size: Some(35 * 1024 * 1024),
};
/// The Gmail API for an address of gmail.com: support.google.com/mail/answer/22839, 2026-11-29.
const GMAIL: Limits = Limits { per_day: Some(500), ..WORKSPACE };
/// Bytes that Gmail's SMTP server takes.
const GMAIL_SMTP_SIZE: Option<u64> = Some(25 * 1024 * 1024);
/// SendGrid's API. How many a day depends on the plan.
const SENDGRID: Limits = Limits { connections: Some(8), message_size: Some(30 * 1024 * 1024), ..NONE };

/// What providers allow by SMTP, by their presets, and where each figure was read.
const BY_SMTP: &[(&str, Limits)] = &[
    ("gmail", Limits { message_size: GMAIL_SMTP_SIZE, ..WORKSPACE }),
    // 250 mails a day, 30 MB: godaddy.com/help, articles 313 and 2949, 2026-11-29.
    ("godaddy", Limits { message_size: Some(30_000_000), ..per_day(250) }),
    // 1,000 messages and 1,000 recipients a day, 20 MB: support.apple.com/102198, 2026-11-29.
    ("icloud", Limits { message_size: Some(20_000_000), ..per_day(1_000) }),
    // 1,440 recipients in 24 hours: infomaniak.com/en/support/faq/2065, 2026-11-29.
    ("infomaniak", per_day(1_440)),
    // 5,000 recipients an hour: ionos.de/hilfe, mass mailing limits, 2026-11-29.
    ("ionos", per_hour(5_000)),
    ("ionos-de", per_hour(5_000)),
    // 500 mails an hour: ionos.com/help and ionos.co.uk/help, mass mailing limits, 2026-11-29. Less in the first month.
    ("ionos-com", per_hour(500)),
    ("ionos-uk", per_hour(500)),
    ("microsoft", EXCHANGE),
    ("outlook-com", OUTLOOK_COM),
    // 200 mails an hour: its server's own words, `550 5.7.1 Too many mails (200 per hour)`.
    ("ovh", per_hour(200)),
    // 10,000 recipients in 24 hours: as its resellers publish it, 2026-11-29.
    ("rackspace", per_day(10_000)),
    // 500 recipients a day: help.yahoo.com, SLN17518, 2026-11-29.
    ("yahoo", per_day(500)),
];

/// What a provider's free addresses may, where that is less than what an organisation with a domain of its own may.
const OF_ITS_OWN_DOMAINS: &[(&str, Limits)] = &[
    ("gmail", Limits { message_size: GMAIL_SMTP_SIZE, ..GMAIL }),
    // 500 in 24 hours, of the free plan that ik.me belongs to: infomaniak.com/en/support/faq/2065, 2026-11-29.
    ("infomaniak", per_day(500)),
];

/// Returns what the account's provider allows.
pub fn limits(account: &Account) -> Limits {
    let domain = domain(account);
    let is_of = |provider| domain.as_deref().is_some_and(|domain| is_own_domain(provider, domain));
    match account.transport {
        Transport::Graph if is_of("outlook-com") => OUTLOOK_COM,
        Transport::Graph => GRAPH,
        Transport::Gmail if is_of("gmail") => GMAIL,
        Transport::Gmail => WORKSPACE,
        Transport::Sendgrid => SENDGRID,
        Transport::Smtp => match provider(account) {
            // Microsoft takes its free addresses at the server of its organisations, too.
            Some("microsoft") if is_of("outlook-com") => OUTLOOK_COM,
            Some(provider) => {
                let own = find(OF_ITS_OWN_DOMAINS, provider).filter(|_| is_of(provider));
                own.or_else(|| find(BY_SMTP, provider)).unwrap_or_default()
            }
            None => Limits::default(),
        },
        Transport::Platform | Transport::MailClient => Limits::default(),
    }
}

fn find(table: &[(&str, Limits)], provider: &str) -> Option<Limits> {
    table.iter().find(|(id, _)| *id == provider).map(|(_, limits)| *limits)
}

/// Finds the provider by the server's name; the account's name for its provider proves nothing about another server.
fn provider(account: &Account) -> Option<&'static str> {
    let host = account.smtp.as_ref()?.host.trim().trim_end_matches('.');
    let is_its = |of: &&super::Preset| of.smtp.as_ref().is_some_and(|it| it.name.eq_ignore_ascii_case(host));
    presets().iter().find(is_its).map(|preset| preset.id)
}

/// Returns the domain of the mailbox that signs in: of the login where that is an address, else of the account's address.
fn domain(account: &Account) -> Option<String> {
    let login = account.smtp.as_ref().filter(|_| account.transport == Transport::Smtp);
    let login = login.and_then(|server| server.login.as_deref());
    let parsed = |text: &str| Address::parse(text.trim()).ok();
    let address = login.and_then(parsed).or_else(|| account.address.as_deref().and_then(parsed))?;
    Some(address.ascii_domain().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn account(json: &serde_json::Value) -> Account {
        Account::from_json(&json.to_string()).unwrap_or_else(|e| panic!("{json}: {e}"))
    }

    fn smtp(host: &str, address: &str) -> serde_json::Value {
        json!({"transport": "smtp", "address": address, "smtp": {"host": host, "port": 587, "security": "tls"}})
    }

    #[test]
    fn a_provider_is_known_by_its_server_or_its_api() {
        let gmail_smtp = Limits { message_size: GMAIL_SMTP_SIZE, ..WORKSPACE };
        let firm = "office@nord.example";
        for (json, wanted) in [
            (smtp("smtp.office365.com", firm), EXCHANGE),
            (smtp("SMTP.Gmail.com", firm), gmail_smtp),
            (smtp("smtp.gmail.com.", firm), gmail_smtp),
            (smtp("mail.ateliernord.example", firm), Limits::default()),
            (smtp("mail.ateliernord.example", "office@gmail.com"), Limits::default()),
            (json!({"transport": "graph"}), GRAPH),
            (json!({"transport": "graph", "address": firm}), GRAPH),
            (json!({"transport": "gmail"}), WORKSPACE),
            (json!({"transport": "gmail", "address": firm}), WORKSPACE),
            (json!({"transport": "sendgrid"}), SENDGRID),
            (json!({"transport": "mail-client"}), Limits::default()),
        ] {
            assert_eq!(limits(&account(&json)), wanted, "{json}");
        }
    }

    #[test]
    fn an_address_at_a_providers_own_domain_has_what_a_free_account_has() {
        for (json, wanted) in [
            (smtp("smtp.gmail.com", "a@gmail.com"), Some(500)),
            (smtp("smtp.gmail.com", "a@GoogleMail.com"), Some(500)),
            (smtp("smtp.gmail.com", "a@nord.example"), Some(2_000)),
            (json!({"transport": "gmail", "address": "a@gmail.com"}), Some(500)),
            (json!({"transport": "graph", "address": "a@hotmail.fr"}), Some(300)),
            (json!({"transport": "graph", "address": "a@nord.example"}), Some(10_000)),
            (smtp("smtp-mail.outlook.com", "a@outlook.be"), Some(300)),
            (smtp("smtp.office365.com", "a@live.nl"), Some(300)),
            (smtp("smtp.office365.com", "a@live.io"), Some(10_000)),
            (smtp("mail.infomaniak.com", "a@ik.me"), Some(500)),
            (smtp("mail.infomaniak.com", "a@nord.example"), Some(1_440)),
            (smtp("smtp.mail.yahoo.com", "a@yahoo.fr"), Some(500)),
            (smtp("smtp.mail.me.com", "a@icloud.com"), Some(1_000)),
            (smtp("smtpout.secureserver.net", "a@nord.example"), Some(250)),
            (smtp("secure.emailsrvr.com", "a@nord.example"), Some(10_000)),
            (smtp("smtp.strato.de", "a@nord.example"), None),
        ] {
            assert_eq!(limits(&account(&json)).per_day, wanted, "{json}");
        }
        let mut alias = smtp("smtp.gmail.com", "a@nord.example");
        alias["smtp"]["login"] = json!("a@gmail.com");
        assert_eq!(limits(&account(&alias)).per_day, Some(500), "the mailbox that signs in counts");
    }

    #[test]
    fn what_is_counted_by_the_hour_is_a_pace_below() {
        for (host, hour) in [("ssl0.ovh.net", 200), ("smtp.ionos.co.uk", 500), ("smtp.1und1.de", 5_000)] {
            let minute = limits(&account(&smtp(host, "a@nord.example"))).per_minute.unwrap();
            assert!(minute * 60 <= hour && minute * 60 > hour * 8 / 10, "{host}: {minute}");
        }
    }

    #[test]
    fn every_row_is_of_a_provider_that_there_is() {
        for (id, limits) in BY_SMTP.iter().chain(OF_ITS_OWN_DOMAINS) {
            assert!(super::super::by_id(id).is_some_and(|preset| preset.smtp.is_some()), "{id}");
            assert_ne!(*limits, Limits::default(), "{id}");
        }
    }
}
