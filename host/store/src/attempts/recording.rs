//! Recording what a report states about a mail: one way in for messages in a mailbox, providers' webhooks and refusals of a
//! server. What a report states of an address that the mail did not go to is recorded under that address, and changes no
//! recipient's status and suppresses no address.

use crate::attempts::attribution::{Attribution, recipient_of};
use crate::attempts::events::{insert_events, reopen};
use crate::compliance::suppressions::{NewSuppression, suppress};
use crate::mail::types::Event;
use crate::sql::address_key::address_key;
use crate::sql::row;
use crate::{Reported, StoreError, SystemStore};
use serde::Serialize;
use sqlx::AnyConnection;
use std::collections::BTreeSet;

/// The identifier that tied a report to its mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MatchedBy {
    /// A return address that this host signed.
    ReturnAddress,
    /// The envelope's id: that of an attempt.
    EnvelopeId,
    /// A Message-ID.
    MessageId,
    /// The signature of the provider that was given the mail.
    Provider,
    /// The connection over which the mail was submitted.
    Submission,
}

impl MatchedBy {
    /// Returns true if no other recipient of the mail can have written the report: every recipient has the Message-ID.
    fn excludes_other_recipients(self) -> bool {
        !matches!(self, Self::MessageId)
    }
}

/// The facts of a report about a mail. Addresses are as the report names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedFacts {
    /// What tied the report to the mail.
    pub by: MatchedBy,
    /// Facts.
    pub events: Vec<Event>,
    /// Recipients that bounced for good or complained.
    pub suppressions: Vec<NewSuppression>,
}

/// The recorded part of a report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Facts, each under the address that the mail has.
    pub events: Vec<Event>,
    /// Addresses that are not written to any more because of it.
    pub suppressed: Vec<String>,
}

impl SystemStore {
    /// Returns the recipient of a mail that an address means, as the mail has it: in any spelling, or by the pseudonym that
    /// replaced it.
    pub fn recipient_of<'m>(&self, mail: &'m Reported, address: &str) -> Option<&'m str> {
        recipient_of(&self.pseudonyms, mail.company, &mail.rcpt_to, address)
    }

    /// Lists the addresses that a mail's company writes from, that of the mail among them, and those of its users, to which
    /// blind copies go.
    pub async fn own_addresses(&self, mail: &Reported) -> Result<Vec<String>, StoreError> {
        own_addresses(&mut *self.pool.acquire().await?, mail).await
    }

    /// Records what a report states about a mail, all or nothing. May be repeated: a known fact changes nothing.
    ///
    /// The plugin decides which recipients a report suppresses. Its input may have changed before this transaction began (an
    /// erasure, a new account), so its answer is compared with the mail and the addresses as they are now: only a recipient is
    /// suppressed, no address of the company's own, and of a mail to several recipients none by a report that any of them could
    /// have written.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMail`]: the company has no such mail.
    pub async fn record_report(
        &self,
        mail: &Reported,
        report: &ReportedFacts,
    ) -> Result<Recorded, StoreError> {
        let mut transaction = self.write().await?;
        let known = sqlx::query("select 1 from mails where id = $1 and company = $2");
        let known = known.bind(mail.id.to_string()).bind(mail.company.to_string());
        if known.fetch_optional(&mut *transaction).await?.is_none() {
            return Err(StoreError::NoSuchMail(mail.id.to_string()));
        }
        // The mail as it is in this transaction: an erasure may have changed it since it was found.
        let of = Attribution::of(&mut transaction, &self.pseudonyms, &BTreeSet::from([mail.id])).await?;
        let learned: Vec<_> = report.events.iter().map(|event| (mail.id, event)).collect();
        let events = insert_events(&mut transaction, &of, &learned).await?;
        if !events.is_empty() {
            reopen(&mut transaction, mail.id).await?;
        }
        let may_suppress = report.by.excludes_other_recipients() || of.recipients(mail.id) == 1;
        let own = own_addresses(&mut transaction, mail).await?;
        let own: BTreeSet<String> = own.iter().map(|address| address_key(address)).collect();
        let mut suppressed = Vec::new();
        for new in report.suppressions.iter().filter(|_| may_suppress) {
            let Some(address) = of.recipient(mail.id, &new.address) else { continue };
            if own.contains(&address_key(address)) {
                continue;
            }
            let new = NewSuppression {
                address: address.to_owned(),
                mail: Some(mail.id),
                code: new.code.as_deref().map(|code| of.text(mail.id, code)),
                words: new.words.as_deref().map(|words| of.text(mail.id, words)),
                ..new.clone()
            };
            if suppress(&mut transaction, mail.company, &new).await? {
                suppressed.push(new.address);
            }
        }
        transaction.commit().await?;
        Ok(Recorded { events, suppressed })
    }
}

async fn own_addresses(connection: &mut AnyConnection, mail: &Reported) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(
        "select address from accounts where company = $1 \
         union select mailbox as address from accounts where company = $1 and mailbox is not null \
         union select address from users where company = $1 \
         union select from_address as address from mails where company = $1 and id = $2",
    );
    let rows = rows.bind(mail.company.to_string()).bind(mail.id.to_string()).fetch_all(connection).await?;
    rows.iter().map(|row| row::text(row, "address")).collect()
}
