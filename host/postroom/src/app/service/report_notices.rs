//! One notice of a report: matched with a mail that the report's account submitted, and recorded with whom it suppresses.

use super::{Installation, ReportEvent, ReportResult};
use crate::app::no_files;
use crate::engine::{CompanyPlugin, EngineError};
use crate::fact_conversion::{name_recipient, new_suppression, stored_event};
use postroom_contract::webhooks::{Notice, Reference};
use postroom_model::Account;
use postroom_store::{MailId, MatchedBy, NewSuppression, Reported, ReportedAs, ReportedFacts, StoreError};

/// The mail that a notice is about, and the addresses that are its company's own.
pub(super) struct MatchedMail {
    mail: Reported,
    own_addresses: Vec<String>,
}

/// Why a notice was not recorded.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoticeError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The plugin does not understand what it gave.
    #[error("{0}")]
    Plugin(String),
}

impl From<EngineError> for NoticeError {
    fn from(error: EngineError) -> Self {
        Self::Plugin(error.to_string())
    }
}

impl Installation {
    /// Records one notice. What it is about is looked up once for a row of notices about the same mail.
    pub(super) async fn record_notice(
        &self,
        plugin: &CompanyPlugin,
        account: &Account,
        notice: &Notice,
        of_last: &mut Option<(Vec<Reference>, Option<MatchedMail>)>,
        observe: &(dyn Fn(ReportEvent<'_>) + Send + Sync),
    ) -> Result<ReportResult, NoticeError> {
        let Ok(fact) = stored_event(notice.fact.clone()) else { return Ok(ReportResult::PassedOver) };
        let recipient = notice.fact.recipient.clone().unwrap_or_default();
        let id = account.id.to_string();
        let parts = notice.id.as_deref().map(|own| [id.as_str(), own, &recipient, &notice.fact.kind]);
        if parts.as_ref().is_some_and(|parts| self.recent.contains(parts)) {
            return Ok(ReportResult::Repeated);
        }
        if of_last.as_ref().is_none_or(|(references, _)| *references != notice.references) {
            let matched = self.matched_mail(account, &notice.references).await?;
            *of_last = Some((notice.references.clone(), matched));
        }
        let Some((_, Some(matched))) = of_last else { return Ok(ReportResult::Unmatched) };
        let facts = ReportedFacts {
            by: MatchedBy::Provider,
            events: vec![fact],
            suppressions: self.suppression(plugin, notice, matched).await?.into_iter().collect(),
        };
        let recorded = self.connections.store().system().record_report(&matched.mail, &facts).await?;
        if let Some(parts) = parts {
            self.recent.remember(&parts);
        }
        // Nothing is recorded of an answer by a person whom the mail did not go to, for example.
        let Some(event) = recorded.events.first() else { return Ok(ReportResult::Unmatched) };
        observe(ReportEvent::Fact { source: &event.source, kind: &event.kind });
        Ok(ReportResult::Kept)
    }

    /// Asks the plugin whom a notice suppresses.
    async fn suppression(
        &self,
        plugin: &CompanyPlugin,
        notice: &Notice,
        matched: &MatchedMail,
    ) -> Result<Option<NewSuppression>, NoticeError> {
        // The plugin finds nothing in any other notice.
        if !notice.lasting && notice.fact.kind != "complaint" {
            return Ok(None);
        }
        let MatchedMail { mail, own_addresses } = matched;
        let mut notice = notice.clone();
        name_recipient(&self.connections.store().system(), mail, &mut notice.fact.recipient);
        let found = plugin.suppression_of_notice(&no_files(), &notice, &mail.rcpt_to, own_addresses).await?;
        let found = found.map_err(|error| NoticeError::Plugin(error.sentence()))?;
        found.map(|it| new_suppression(it, mail.id)).transpose().map_err(NoticeError::Plugin)
    }

    async fn matched_mail(
        &self,
        account: &Account,
        references: &[Reference],
    ) -> Result<Option<MatchedMail>, StoreError> {
        let Some(id) = self.submitted_mail(account, references).await? else { return Ok(None) };
        let store = self.connections.store().system();
        let mail = match store.reported(id).await {
            Ok(mail) => mail,
            Err(StoreError::NoSuchMail(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let own_addresses = store.own_addresses(&mail).await?;
        Ok(Some(MatchedMail { mail, own_addresses }))
    }

    /// Finds the mail that this account submitted under one of these names.
    async fn submitted_mail(
        &self,
        account: &Account,
        references: &[Reference],
    ) -> Result<Option<MailId>, StoreError> {
        for reference in references {
            let called = match reference {
                Reference::Attempt(token) => match token.parse() {
                    Ok(id) => ReportedAs::Attempt(id),
                    Err(_) => continue,
                },
                Reference::MessageId(id) => ReportedAs::MessageId(id.clone()),
                Reference::ProviderId(id) => ReportedAs::ProviderId(id.clone()),
            };
            let found = self.connections.store().system().reported_mail(account.id, &called).await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}
