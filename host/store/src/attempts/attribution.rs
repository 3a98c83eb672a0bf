//! The recipients that facts about mails belong to, and what of their texts may be stored. Every event enters through here,
//! from a server while a mail is submitted, a provider's webhook, or a message in a mailbox.
//!
//! A recipient that a report names is compared with the mail's in any spelling and, after an erasure, by its pseudonym; the
//! fact is then stored under the address that the mail has. What a report states of any other address is stored under that one:
//! it is shown, and no recipient's status follows from it. Addresses that were erased in the company are replaced in texts too:
//! a report that arrives late brings nothing back.

use crate::StoreError;
use crate::compliance::pseudonym::{Pseudonyms, replace_addresses};
use crate::mail::types::Event;
use crate::sql::address_key::address_key;
use crate::sql::{row, rows};
use postroom_model::{CompanyId, MailId};
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use std::collections::{BTreeMap, BTreeSet};

/// Replaces an address that can't be compared with the erased ones, since the key of the pseudonyms was not read.
const NOT_COMPARED: &str = "unknown@erased.invalid";

/// The source of facts that a person's answer shows.
const REPLY: &str = "reply";

/// The sources whose facts others report: they may be about an address that the mail did not go to, such as one that it was
/// forwarded to.
const REPORTS: [&str; 3] = ["delivery-report", "disposition-report", "webhook"];

/// Longest address that is kept, in characters: 64 before the `@`, 255 behind it.
const LONGEST_ADDRESS: usize = 320;

/// The addresses that were erased in a company, as pseudonyms.
#[derive(Debug)]
struct Erased {
    company: CompanyId,
    pseudonyms: BTreeSet<String>,
}

impl Erased {
    async fn of(connection: &mut AnyConnection, company: CompanyId) -> Result<Self, StoreError> {
        let rows = sqlx::query("select pseudonym from erased where company = $1").bind(company.to_string());
        let rows = rows.fetch_all(connection).await?;
        let pseudonyms = rows.iter().map(|row| row::text(row, "pseudonym")).collect::<Result<_, _>>()?;
        Ok(Self { company, pseudonyms })
    }

    /// Replaces each erased address in a text by its pseudonym, apart from those addresses that are known again.
    fn text(&self, pseudonyms: &Pseudonyms, text: &str, known: &[String]) -> String {
        if self.pseudonyms.is_empty() {
            return text.to_owned();
        }
        replace_addresses(text, |address| {
            let own = address_key(address);
            if known.iter().any(|it| address_key(it) == own) || self.pseudonyms.contains(&own) {
                return None;
            }
            match pseudonyms.of(self.company, address) {
                Some(pseudonym) => self.pseudonyms.contains(&pseudonym).then_some(pseudonym),
                None => Some(NOT_COMPARED.to_owned()),
            }
        })
    }
}

/// Replaces each address in a text that was erased in the company by its pseudonym.
pub(crate) async fn without_erased(
    connection: &mut AnyConnection,
    pseudonyms: &Pseudonyms,
    company: CompanyId,
    text: &str,
) -> Result<String, StoreError> {
    if !text.contains('@') {
        return Ok(text.to_owned());
    }
    Ok(Erased::of(connection, company).await?.text(pseudonyms, text, &[]))
}

/// The recipients of mails that facts are kept about, and what was erased in their companies.
#[derive(Debug)]
pub(crate) struct Attribution<'a> {
    pseudonyms: &'a Pseudonyms,
    mails: BTreeMap<MailId, (CompanyId, Vec<String>)>,
    erased: BTreeMap<CompanyId, Erased>,
}

/// 1 for a row of `mails` in whose company an address was erased.
const HAS_ERASED: &str = "cast(case when exists (select 1 from erased where erased.company = mails.company) \
     then 1 else 0 end as bigint)";

/// Returns the columns that attribute facts about a mail, for a statement in which the mail's id is `mail`.
pub(crate) fn columns(mail: &str) -> String {
    format!(
        "(select company from mails where mails.id = {mail}) as company, \
         (select rcpt_to from mails where mails.id = {mail}) as rcpt_to, \
         (select {HAS_ERASED} from mails where mails.id = {mail}) as has_erased"
    )
}

impl<'a> Attribution<'a> {
    /// Loads what is needed to attribute facts about these mails; of mails that are not there, nothing.
    pub(crate) async fn of(
        connection: &mut AnyConnection,
        pseudonyms: &'a Pseudonyms,
        mails: &BTreeSet<MailId>,
    ) -> Result<Self, StoreError> {
        let mut of = Self::nothing(pseudonyms);
        of.load(connection, mails).await?;
        Ok(of)
    }

    /// Creates an attribution without mails.
    pub(crate) fn nothing(pseudonyms: &'a Pseudonyms) -> Self {
        Self { pseudonyms, mails: BTreeMap::new(), erased: BTreeMap::new() }
    }

    /// Loads those of these mails that are not loaded yet.
    pub(crate) async fn load(
        &mut self,
        connection: &mut AnyConnection,
        mails: &BTreeSet<MailId>,
    ) -> Result<(), StoreError> {
        let missing: Vec<MailId> =
            mails.iter().filter(|mail| !self.mails.contains_key(mail)).copied().collect();
        if missing.is_empty() {
            return Ok(());
        }
        let sql =
            format!("select id as mail, company, rcpt_to, {HAS_ERASED} as has_erased from mails where id in");
        let rows = rows::of(connection, &missing, &sql, "").await?;
        self.take(connection, &rows).await
    }

    /// Adds what another statement read of mails: the id as `mail`, and [`columns`].
    pub(crate) async fn take(
        &mut self,
        connection: &mut AnyConnection,
        rows: &[AnyRow],
    ) -> Result<(), StoreError> {
        for found in rows {
            let company = row::parsed(found, "company")?;
            if row::flag(found, "has_erased")? && !self.erased.contains_key(&company) {
                self.erased.insert(company, Erased::of(connection, company).await?);
            }
            self.mails.insert(row::parsed(found, "mail")?, (company, row::json(found, "rcpt_to")?));
        }
        Ok(())
    }

    /// Returns the recipient of a mail that an address means, as the mail has it.
    pub(crate) fn recipient(&self, mail: MailId, address: &str) -> Option<&str> {
        let (company, rcpt_to) = self.mails.get(&mail)?;
        recipient_of(self.pseudonyms, *company, rcpt_to, address)
    }

    /// Counts the recipients of a mail.
    pub(crate) fn recipients(&self, mail: MailId) -> usize {
        self.mails.get(&mail).map_or(0, |(_, rcpt_to)| rcpt_to.len())
    }

    /// Returns the event as it may be stored, under an address of the mail; what is reported of another address, under that
    /// one. What an attempt or a pixel states of another address is no fact about the recipients of a mail to several; of a
    /// mail to one it is a fact of the mail. A person's answer is a fact only if a recipient gave it.
    pub(crate) fn event(&self, mail: MailId, event: &Event) -> Option<Event> {
        let recipient = match event.recipient.as_deref() {
            None => None,
            Some(named) => match self.recipient(mail, named) {
                Some(recipient) => Some(recipient.to_owned()),
                None if REPORTS.contains(&event.source.as_str()) && named.contains('@') => {
                    let other: String = address_key(named).chars().take(LONGEST_ADDRESS).collect();
                    Some(self.text(mail, &other))
                }
                None if self.recipients(mail) == 1 && event.source != REPLY => None,
                None => return None,
            },
        };
        Some(Event {
            recipient,
            kind: event.kind.clone(),
            at: event.at,
            source: event.source.clone(),
            code: event.code.as_deref().map(|code| self.text(mail, code)),
            words: event.words.as_deref().map(|words| self.text(mail, words)),
        })
    }

    /// Replaces each erased address in a text about a mail by its pseudonym, unless it is one of the mail's again.
    pub(crate) fn text(&self, mail: MailId, text: &str) -> String {
        match self.mails.get(&mail) {
            Some((company, rcpt_to)) => match self.erased.get(company) {
                Some(erased) => erased.text(self.pseudonyms, text, rcpt_to),
                None => text.to_owned(),
            },
            None => text.to_owned(),
        }
    }
}

/// Returns the one of a mail's recipients that an address means: in any spelling, or by the pseudonym that replaced it.
pub(crate) fn recipient_of<'m>(
    pseudonyms: &Pseudonyms,
    company: CompanyId,
    rcpt_to: &'m [String],
    address: &str,
) -> Option<&'m str> {
    let own = address_key(address);
    let same = rcpt_to.iter().find(|to| address_key(to) == own);
    let erased = || {
        let pseudonym = pseudonyms.of(company, address)?;
        rcpt_to.iter().find(|to| **to == pseudonym)
    };
    same.or_else(erased).map(String::as_str)
}
