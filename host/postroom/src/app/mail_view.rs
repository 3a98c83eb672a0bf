//! Mails as a person may see them: a user those of their accounts, an administrator those of the company.

use super::{AppError, now, only_batch};
use crate::connections::Connections;
use crate::engine::CompanyPlugin;
use crate::outbox::{LEASE, OutboxHandle, Taken};
use chrono::{DateTime, FixedOffset};
use postroom_model::{Company, Name, User};
use postroom_store::{
    Batch, BatchCounts, BatchId, Count, Filter, Listed, Mail, MailCommand, MailCommandResult, MailId,
    QueueState, StoreError,
};

/// A company's mails, as they may be seen.
#[derive(Debug)]
pub struct MailView {
    /// Connections of the store.
    pub connections: Connections,
    /// The company.
    pub company: Company,
    user: Option<User>,
    /// The plugin at work for the company, able to reach no account.
    pub plugin: CompanyPlugin,
}

impl MailView {
    /// Opens the mails of a company for a user; none: for an administrator.
    pub async fn open(
        connections: Connections,
        company: Company,
        user: Option<&Name>,
        plugin: CompanyPlugin,
    ) -> Result<Self, AppError> {
        let user = match user {
            Some(login) => Some(connections.store().company_store(company.id).user(login).await?),
            None => None,
        };
        Ok(Self { connections, company, user, plugin })
    }

    /// Lists mails.
    pub async fn listed(&self, filter: &Filter) -> Result<Vec<Listed>, StoreError> {
        let store = self.connections.store();
        match &self.user {
            Some(user) => store.user_store(user).listed(filter).await,
            None => store.company_store(self.company.id).listed(filter).await,
        }
    }

    /// Counts mails by account and state.
    pub async fn counts(&self, batch: Option<BatchId>) -> Result<Vec<Count>, StoreError> {
        let store = self.connections.store();
        match &self.user {
            Some(user) => store.user_store(user).counts(batch).await,
            None => store.company_store(self.company.id).counts(batch).await,
        }
    }

    /// Reads a mail that is in one of these lists; what happened after the time asked about is left out.
    pub async fn mail(&self, id: MailId, at: Option<DateTime<FixedOffset>>) -> Result<Mail, StoreError> {
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
                attempt.completion = attempt.completion.take().filter(|completion| completion.finished <= at);
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

    /// Lists the mails about a document or a partner, or one by its id; an error that says so where there are none.
    pub async fn about(&self, what: &str, limit: u32) -> Result<Vec<Listed>, AppError> {
        let filter = Filter { search: Some(what.to_owned()), limit, ..Filter::default() };
        let found = self.listed(&filter).await?;
        if found.is_empty() {
            return Err(AppError::NothingAbout(what.to_owned()));
        }
        Ok(found)
    }

    /// Holds, releases or cancels mails that may be seen; gives what came of each.
    pub(super) async fn change_all(
        &self,
        mails: &[MailId],
        word: MailCommand,
    ) -> Result<Vec<MailCommandResult>, StoreError> {
        let (store, now) = (self.connections.store(), now());
        match &self.user {
            Some(user) => store.user_store(user).apply_commands(mails, word, now).await,
            None => store.company_store(self.company.id).apply_commands(mails, word, now).await,
        }
    }

    /// Lists the latest batches that may be seen, or one of them, and where their mails are.
    pub async fn batches(
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

    /// Finds the batch of this name or id.
    pub async fn batch(&self, name: &str) -> Result<Batch, AppError> {
        let store = self.connections.store();
        let found = match &self.user {
            Some(user) => store.user_store(user).batches_called(name).await?,
            None => store.company_store(self.company.id).batches_called(name).await?,
        };
        only_batch(name, found)
    }

    /// Leases a mail that may be seen; none: another program works at it, or it has ended.
    pub(super) async fn take<'a>(
        &self,
        id: MailId,
        outbox: &'a OutboxHandle,
    ) -> Result<Option<Taken<'a>>, StoreError> {
        let (store, now) = (self.connections.store(), now());
        let taken = match &self.user {
            Some(user) => store.user_store(user).take(&outbox.lease_owner, id, now, LEASE).await?,
            None => store.company_store(self.company.id).take(&outbox.lease_owner, id, now, LEASE).await?,
        };
        let before = taken.ok().filter(|before| !before.queue_state.has_ended_for_good());
        Ok(before.map(|before| Taken::of(outbox, id, before)))
    }
}
