//! What a provider is known to allow an account: how fast, how many, how large. A host keeps to it, and so slows down where
//! it would otherwise be refused. Figures are the providers' own; where they publish none, or the server is the company's,
//! nothing is assumed.

use super::model::{Account, Transport};
use super::preset::presets;

/// What an account may do. None: no limit is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    /// Mails a minute.
    pub per_minute: Option<u32>,
    /// Mails at the same time.
    pub connections: Option<u32>,
    /// Recipients in 24 hours.
    pub per_day: Option<u32>,
    /// Bytes of a whole message, encoded.
    pub message_size: Option<u64>,
}

/// Exchange Online, by SMTP.
const EXCHANGE: Limits = Limits {
    per_minute: Some(30),
    connections: Some(3),
    per_day: Some(10_000),
    message_size: Some(35 * 1024 * 1024),
};
/// The same by Microsoft Graph, which takes large messages in pieces.
const GRAPH: Limits = Limits { connections: Some(4), message_size: Some(150 * 1024 * 1024), ..EXCHANGE };
/// The Gmail API.
const GMAIL: Limits = Limits {
    per_minute: Some(150),
    connections: Some(4),
    per_day: Some(2_000),
    message_size: Some(35 * 1024 * 1024),
};
/// Gmail's SMTP server.
const GMAIL_SMTP: Limits = Limits { message_size: Some(25 * 1024 * 1024), ..GMAIL };
/// SendGrid's API.
const SENDGRID: Limits =
    Limits { per_minute: None, connections: Some(8), per_day: None, message_size: Some(30 * 1024 * 1024) };

/// What the account's provider allows.
pub fn limits(account: &Account) -> Limits {
    match account.transport {
        Transport::Graph => GRAPH,
        Transport::Gmail => GMAIL,
        Transport::Sendgrid => SENDGRID,
        Transport::Smtp => match provider(account) {
            Some("microsoft") => EXCHANGE,
            Some("gmail") => GMAIL_SMTP,
            _ => Limits::default(),
        },
        Transport::Platform | Transport::MailClient => Limits::default(),
    }
}

/// By the server's name; what the account calls its provider says nothing about another server.
fn provider(account: &Account) -> Option<&'static str> {
    let host = &account.smtp.as_ref()?.host;
    let is_its = |of: &&super::Preset| of.smtp.as_ref().is_some_and(|it| it.name.eq_ignore_ascii_case(host));
    presets().iter().find(is_its).map(|preset| preset.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(json: &str) -> Account {
        Account::from_json(json).unwrap_or_else(|e| panic!("{json}: {e}"))
    }

    #[test]
    fn a_provider_is_known_by_its_server_or_its_api() {
        let smtp = |host: &str| {
            format!(r#"{{"transport":"smtp","smtp":{{"host":"{host}","port":587,"security":"tls"}}}}"#)
        };
        for (json, wanted) in [
            (smtp("smtp.office365.com"), EXCHANGE),
            (smtp("SMTP.Gmail.com"), GMAIL_SMTP),
            (smtp("mail.ateliernord.example"), Limits::default()),
            (r#"{"transport":"graph"}"#.to_owned(), GRAPH),
            (r#"{"transport":"gmail"}"#.to_owned(), GMAIL),
            (r#"{"transport":"sendgrid"}"#.to_owned(), SENDGRID),
            (r#"{"transport":"mail-client"}"#.to_owned(), Limits::default()),
        ] {
            assert_eq!(limits(&account(&json)), wanted, "{json}");
        }
    }
}
