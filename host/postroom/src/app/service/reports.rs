//! A provider's report on the account of a webhook: found, read by the plugin, and recorded as facts about mails.

use super::Installation;
use super::report_notices::{MatchedMail, NoticeError};
use crate::app::{AppError, Webhook, WebhookProvider, no_files};
use crate::vault::VaultError;
use postroom_contract::webhooks::{Reading, Reference};
use postroom_model::Account;
use postroom_store::StoreError;

/// The account that a report is on, with what its reports prove themselves by.
#[derive(Debug)]
pub struct ReportSource {
    /// The account that submitted what is reported about.
    pub account: Account,
    /// Its webhook.
    pub webhook: Webhook,
}

/// The result of recording notices of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportResult {
    /// A fact about a mail was recorded, or is recorded already.
    Kept,
    /// It is about no mail that the account submitted.
    Unmatched,
    /// It says nothing that is recorded.
    PassedOver,
    /// It came before.
    Repeated,
    /// The plugin does not understand what it gave.
    Failed,
}

impl ReportResult {
    /// Gives the word that the metrics have for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Unmatched => "unmatched",
            Self::PassedOver => "passed-over",
            Self::Repeated => "repeated",
            Self::Failed => "failed",
        }
    }
}

/// A step of recording a report.
#[derive(Debug, Clone, Copy)]
pub enum ReportEvent<'a> {
    /// So many notices had this result.
    Notices(ReportResult, u64),
    /// A fact of this source and kind is recorded.
    Fact {
        /// How it was learned.
        source: &'a str,
        /// What happened.
        kind: &'a str,
    },
    /// The plugin does not understand a notice that it gave itself. The others are recorded all the same.
    NotUnderstood(&'a str),
}

/// Why a report was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It can't be read, and never will be.
    #[error("{0}")]
    Unreadable(String),
    /// The store failed. What is recorded already stays; the whole report may come again.
    #[error(transparent)]
    App(#[from] AppError),
}

impl Installation {
    /// Finds the account and the webhook that the token of a URL names; none where there is none, or not any more.
    pub async fn report_source(&self, token: &str) -> Result<Option<ReportSource>, AppError> {
        let Some((company, id)) = self.tokens.read_webhook(token) else { return Ok(None) };
        let account = match self.connections.store().account(company, id).await {
            Ok(account) => account,
            Err(StoreError::NoSuchAccount(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        match Webhook::load(&self.connections, &account).await {
            Ok(webhook) => Ok(webhook.map(|webhook| ReportSource { account, webhook })),
            Err(AppError::Vault(VaultError::Store(StoreError::NoSuchAccount(_)))) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Records what a verified report says about mails of its account. May be repeated: facts are a set.
    pub async fn record_report(
        &self,
        account: &Account,
        provider: WebhookProvider,
        body: &str,
        observe: &(dyn Fn(ReportEvent<'_>) + Send + Sync),
    ) -> Result<(), ReportError> {
        let unreadable = |reason: String| Err(ReportError::Unreadable(reason));
        let plugin = self.plugin_for_stranger(account.company);
        let Reading { notices, passed_over } =
            match plugin.read_webhook(&no_files(), provider.as_str(), body).await {
                Ok(Ok(reading)) => reading,
                Ok(Err(fault)) => return unreadable(fault.sentence()),
                Err(error) => return unreadable(error.to_string()),
            };
        observe(ReportEvent::Notices(ReportResult::PassedOver, u64::from(passed_over)));
        let mut of_last: Option<(Vec<Reference>, Option<MatchedMail>)> = None;
        for notice in notices {
            let recorded = self.record_notice(&plugin, account, &notice, &mut of_last, observe).await;
            let result = match recorded {
                Ok(result) => result,
                Err(NoticeError::Store(StoreError::NoSuchMail(_))) => ReportResult::Unmatched,
                Err(NoticeError::Store(error)) => return Err(AppError::Store(error).into()),
                // It would be the same at every repetition, and the notices behind it would never be read.
                Err(NoticeError::Plugin(reason)) => {
                    observe(ReportEvent::NotUnderstood(&reason));
                    ReportResult::Failed
                }
            };
            observe(ReportEvent::Notices(result, 1));
        }
        Ok(())
    }
}
