//! Which mail of ours a message is about: the most reliable trace first. An address alone is no trace, since anybody may
//! know one.

use super::error::InboxError;
use crate::accounts::CompanyId;
use crate::contract::inbound::Report;
use crate::return_address::{Origin, Purpose, ReturnAddresses};
use crate::store::{AttemptId, MailId, MatchedBy, Reported, StoreError, SystemStore};

/// A mail of ours, and why it is that one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The mail.
    pub mail: Reported,
    /// The trace.
    pub by: MatchedBy,
}

/// Who looks for mails, and where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matcher<'a> {
    pub(super) store: &'a SystemStore,
    /// Of this company alone; none: of any.
    pub(super) company: Option<CompanyId>,
    pub(super) return_addresses: Option<&'a ReturnAddresses>,
}

impl Matcher<'_> {
    /// The mail that a message is about.
    pub(super) async fn find(&self, report: &Report) -> Result<Option<Match>, InboxError> {
        for origin in self.origins(report) {
            if let Some(mail) = self.ours(origin.mail).await?
                && origin.is_of(mail.company)
            {
                return Ok(Some(Match { mail, by: MatchedBy::ReturnAddress }));
            }
        }
        let ids = report.tokens.iter().filter(|token| token.place == "envelope-id");
        for attempt in ids.filter_map(|token| token.value.trim().parse::<AttemptId>().ok()) {
            if let Some(mail) = self.store.mail_of_attempt(attempt).await?
                && let Some(mail) = self.ours(mail).await?
            {
                return Ok(Some(Match { mail, by: MatchedBy::EnvelopeId }));
            }
        }
        for id in &report.about {
            for mail in self.store.mails_of_message(id).await? {
                if let Some(mail) = self.ours(mail).await? {
                    return Ok(Some(Match { mail, by: MatchedBy::MessageId }));
                }
            }
        }
        Ok(None)
    }

    /// Mails that addresses in the message stand for. People answer to one kind of address, servers report to the other:
    /// what every recipient sees must not serve to report a bounce.
    fn origins(&self, report: &Report) -> Vec<Origin> {
        let Some(addresses) = self.return_addresses else { return vec![] };
        let purposes: &[Purpose] = match report.kind.as_str() {
            "ordinary" | "auto-reply" => &[Purpose::Reply],
            // Mail programs send theirs to the address for people, servers to the other; it fails nothing.
            "receipt" => &[Purpose::Bounce, Purpose::Reply],
            _ => &[Purpose::Bounce],
        };
        let places = ["recipient-address", "return-path", "header"];
        let tokens = report.tokens.iter().filter(|token| places.contains(&token.place.as_str()));
        let verify = |value: &str| purposes.iter().find_map(|purpose| addresses.verify(*purpose, value));
        tokens.filter_map(|token| verify(&token.value)).collect()
    }

    async fn ours(&self, mail: MailId) -> Result<Option<Reported>, StoreError> {
        match self.store.reported(mail).await {
            Ok(mail) => {
                Ok(Some(mail).filter(|mail| self.company.is_none_or(|company| company == mail.company)))
            }
            Err(StoreError::NoSuchMail(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// What two spellings of one address have in common.
pub(super) fn key(address: &str) -> String {
    let address = address.trim();
    match address.rsplit_once('@') {
        Some((local, domain)) => {
            let domain = idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_lowercase());
            format!("{}@{domain}", local.to_lowercase())
        }
        None => address.to_lowercase(),
    }
}

/// The domain of an address, as DNS has it.
pub(super) fn domain(address: &str) -> Option<String> {
    key(address).rsplit_once('@').map(|(_, domain)| domain.to_owned())
}
