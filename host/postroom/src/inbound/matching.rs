//! Which mail of ours a message is about. The plugin names its traces in their order
//! ([`CompanyPlugin::traces`]); here each is verified and looked up.

use super::error::IntakeError;
use crate::engine::{CompanyPlugin, Files};
use crate::return_address::{Origin, Purpose, ReturnAddresses};
use postroom_contract::inbound::Report;
use postroom_contract::matching::Trace;
use postroom_model::CompanyId;
use postroom_store::{AttemptId, MailId, MatchedBy, Reported, StoreError, SystemStore};

/// A mail of ours, and why it is that one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The mail.
    pub mail: Reported,
    /// The trace.
    pub by: MatchedBy,
    /// The plugin's name for the kind of that trace.
    pub(super) proof: String,
}

/// Finds the mail that a report is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matcher<'a> {
    pub(super) store: &'a SystemStore,
    pub(super) company_plugin: &'a CompanyPlugin,
    /// Of this company alone; none: of any.
    pub(super) company: Option<CompanyId>,
    pub(super) return_addresses: Option<&'a ReturnAddresses>,
}

impl Matcher<'_> {
    /// Finds the mail that a report is about.
    pub(super) async fn find(&self, report: &Report) -> Result<Option<Match>, IntakeError> {
        for trace in self.company_plugin.traces(&Files::default(), report).await? {
            if let Some((mail, by)) = self.follow(&trace).await? {
                return Ok(Some(Match { mail, by, proof: trace.kind }));
            }
        }
        Ok(None)
    }

    /// Finds the mail that a trace leads to.
    async fn follow(&self, trace: &Trace) -> Result<Option<(Reported, MatchedBy)>, StoreError> {
        let (mails, by) = match trace.kind.as_str() {
            "return-address" => {
                let Some(origin) = self.origin(trace) else { return Ok(None) };
                let mail = self.ours(origin.mail).await?.filter(|mail| origin.is_of(mail.company));
                return Ok(mail.map(|mail| (mail, MatchedBy::ReturnAddress)));
            }
            "envelope-id" => {
                let Ok(attempt) = trace.value.parse::<AttemptId>() else { return Ok(None) };
                (Vec::from_iter(self.store.mail_of_attempt(attempt).await?), MatchedBy::EnvelopeId)
            }
            "message-id" => (self.store.mails_of_message(&trace.value).await?, MatchedBy::MessageId),
            _ => return Ok(None),
        };
        for mail in mails {
            if let Some(mail) = self.ours(mail).await? {
                return Ok(Some((mail, by)));
            }
        }
        Ok(None)
    }

    /// Verifies an address that we signed for one of the purposes that count.
    fn origin(&self, trace: &Trace) -> Option<Origin> {
        let addresses = self.return_addresses?;
        let named = |name: &String| [Purpose::Bounce, Purpose::Reply].into_iter().find(|it| it.tag() == name);
        trace.purposes.iter().filter_map(named).find_map(|purpose| addresses.verify(purpose, &trace.value))
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
