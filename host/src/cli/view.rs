//! Mails as somebody may see them: a user those of his accounts, an administrator those of the company.

use super::house::{CompanyArgs, reaching};
use super::named::only_batch;
use super::{Common, Failure};
use crate::accounts::{Company, Name, User};
use crate::connections::Connections;
use crate::engine::CompanyPlugin;
use crate::outbox::{LEASE, OutboxHandle, Taken};
use crate::store::{
    Batch, BatchCounts, BatchId, Count, Filter, Listed, Mail, MailCommand, MailCommandResult, MailId,
    QueueState, StoreError,
};
use chrono::{DateTime, FixedOffset};
use clap::Args;

/// Who looks.
#[derive(Debug, Args)]
pub(super) struct ViewArgs {
    #[command(flatten)]
    company: CompanyArgs,
    /// Look as this user, who sees the mails of the accounts that he may use. Otherwise: as an administrator.
    #[arg(long, value_name = "LOGIN", help_heading = "Store")]
    user: Option<Name>,
    /// What was known, and what it amounted to, at this time. Otherwise: now.
    #[arg(long, value_name = "TIME", value_parser = super::moment::moment)]
    pub(super) as_of: Option<DateTime<FixedOffset>>,
}

/// A company's mails, as they may be seen.
pub(super) struct View {
    pub(super) connections: Connections,
    pub(super) company: Company,
    user: Option<User>,
    pub(super) company_plugin: CompanyPlugin,
}

impl ViewArgs {
    pub(super) async fn open(&self, common: &Common) -> Result<View, Failure> {
        let (connections, company) = self.company.open().await?;
        let user = match &self.user {
            Some(login) => Some(connections.store().company_store(company.id).user(login).await?),
            None => None,
        };
        let (company_plugin, _) = reaching(common, &connections, &company, []).await?;
        Ok(View { connections, company, user, company_plugin })
    }

    /// Of these mails those that were asked for by the time that is asked about: later ones were not known then.
    pub(super) fn known(&self, mails: Vec<Listed>) -> impl Iterator<Item = Listed> {
        let as_of = self.as_of;
        mails.into_iter().filter(move |it| as_of.is_none_or(|at| it.mail.created <= at))
    }

    /// The time that is asked about.
    pub(super) fn now(&self) -> DateTime<FixedOffset> {
        self.as_of.unwrap_or_else(super::desk::now)
    }
}

impl View {
    pub(super) async fn listed(&self, filter: &Filter) -> Result<Vec<Listed>, StoreError> {
        let store = self.connections.store();
        match &self.user {
            Some(user) => store.user_store(user).listed(filter).await,
            None => store.company_store(self.company.id).listed(filter).await,
        }
    }

    pub(super) async fn counts(&self, batch: Option<BatchId>) -> Result<Vec<Count>, StoreError> {
        let store = self.connections.store();
        match &self.user {
            Some(user) => store.user_store(user).counts(batch).await,
            None => store.company_store(self.company.id).counts(batch).await,
        }
    }

    /// A mail that is in one of these lists; what happened after the time asked about is left out.
    pub(super) async fn mail(
        &self,
        id: MailId,
        at: Option<DateTime<FixedOffset>>,
    ) -> Result<Mail, StoreError> {
        let store = self.connections.store();
        let mut mail = match &self.user {
            Some(user) => store.user_store(user).mail(id).await?,
            None => store.company_store(self.company.id).mail(id).await?,
        };
        if let Some(at) = at {
            let known = mail.events.len() + mail.attempts.len();
            mail.events.retain(|event| event.at <= at);
            mail.attempts.retain(|attempt| attempt.started <= at);
            for attempt in &mut mail.attempts {
                attempt.outcome = attempt.outcome.take().filter(|outcome| outcome.finished <= at);
            }
            // What has ended since was still here then.
            if mail.events.len() + mail.attempts.len() < known
                && matches!(mail.outbox.queue_state, QueueState::Sent | QueueState::Failed { .. })
            {
                mail.outbox.queue_state = QueueState::Ready { due: at, waits: None };
            }
        }
        Ok(mail)
    }

    /// The mails about a document or a partner, or one by its id; an error that says so where there are none.
    pub(super) async fn about(&self, what: &str, limit: u32) -> Result<Vec<Listed>, Failure> {
        let filter = Filter { about: Some(what.to_owned()), limit, ..Filter::default() };
        let found = self.listed(&filter).await?;
        if found.is_empty() {
            let message = format!(
                "no mail is known about \"{what}\": give a document's number, a partner's name or a mail's id \
                 (`postroom outbox` lists what there is)"
            );
            return Err(Failure::input(message));
        }
        Ok(found)
    }

    /// Holds, releases or cancels mails that may be seen; gives what came of each.
    pub(super) async fn apply_commands(
        &self,
        mails: &[MailId],
        word: MailCommand,
    ) -> Result<Vec<MailCommandResult>, StoreError> {
        let (store, now) = (self.connections.store(), super::desk::now());
        match &self.user {
            Some(user) => store.user_store(user).apply_commands(mails, word, now).await,
            None => store.company_store(self.company.id).apply_commands(mails, word, now).await,
        }
    }

    /// The latest batches that may be seen, or one of them, and where their mails are.
    pub(super) async fn batches(
        &self,
        only: Option<BatchId>,
        limit: u32,
    ) -> Result<Vec<(Batch, BatchCounts)>, StoreError> {
        let store = self.connections.store();
        match &self.user {
            Some(user) => store.user_store(user).batches(only, limit).await,
            None => store.company_store(self.company.id).batches(only, limit).await,
        }
    }

    /// The batch of this name or id.
    pub(super) async fn batch(&self, name: &str) -> Result<Batch, Failure> {
        let store = self.connections.store();
        let found = match &self.user {
            Some(user) => store.user_store(user).batches_called(name).await?,
            None => store.company_store(self.company.id).batches_called(name).await?,
        };
        only_batch(name, found)
    }

    /// Takes a mail that may be seen into the hands of this command; none: somebody else works at it, or it has ended.
    pub(super) async fn take<'a>(
        &self,
        id: MailId,
        outbox: &'a OutboxHandle,
    ) -> Result<Option<Taken<'a>>, StoreError> {
        let (store, now) = (self.connections.store(), super::desk::now());
        let taken = match &self.user {
            Some(user) => store.user_store(user).take(&outbox.lease_owner, id, now, LEASE).await?,
            None => store.company_store(self.company.id).take(&outbox.lease_owner, id, now, LEASE).await?,
        };
        let before = taken.ok().filter(|before| !before.queue_state.has_ended_for_good());
        Ok(before.map(|before| Taken::of(outbox, id, before)))
    }
}
