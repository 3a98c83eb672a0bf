//! Mails as somebody may see them: a user those of their accounts, an administrator those of the company.

use super::{AppError, now, only_batch};
use crate::accounts::{Company, Name, User};
use crate::connections::Connections;
use crate::engine::Office;
use crate::outbox::{LEASE, Ledger, Taken};
use crate::store::{
    Batch, BatchCounts, BatchId, Count, Filter, Listed, Mail, MailId, Said, Standing, StoreError, Word,
};
use chrono::{DateTime, FixedOffset};

/// A company's mails, as they may be seen.
#[derive(Debug)]
pub struct MailView {
    /// Connections of the store.
    pub connections: Connections,
    /// The company.
    pub company: Company,
    user: Option<User>,
    /// The plugin at work for the company, able to reach no account.
    pub plugin: Office,
}

impl MailView {
    /// Opens the mails of a company for a user; none: for an administrator.
    pub async fn open(
        connections: Connections,
        company: Company,
        user: Option<&Name>,
        plugin: Office,
    ) -> Result<Self, AppError> {
        let user = match user {
            Some(login) => Some(connections.store().administer(company.id).user(login).await?),
            None => None,
        };
        Ok(Self { connections, company, user, plugin })
    }

    /// Lists mails.
    pub async fn listed(&self, filter: &Filter) -> Result<Vec<Listed>, StoreError> {
        let store = self.connections.store();
        match &self.user {
            Some(user) => store.acting(user).listed(filter).await,
            None => store.administer(self.company.id).listed(filter).await,
        }
    }

    /// Counts mails by account and state.
    pub async fn counts(&self, batch: Option<BatchId>) -> Result<Vec<Count>, StoreError> {
        let store = self.connections.store();
        match &self.user {
            Some(user) => store.acting(user).counts(batch).await,
            None => store.administer(self.company.id).counts(batch).await,
        }
    }

    /// Reads a mail that is in one of these lists; what happened after the time asked about is left out.
    pub async fn mail(&self, id: MailId, at: Option<DateTime<FixedOffset>>) -> Result<Mail, StoreError> {
        let store = self.connections.store();
        let mut mail = match &self.user {
            Some(user) => store.acting(user).mail(id).await?,
            None => store.administer(self.company.id).mail(id).await?,
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
                && matches!(mail.outbox.standing, Standing::Sent | Standing::Failed { .. })
            {
                mail.outbox.standing = Standing::Ready { due: at, waits: None };
            }
        }
        Ok(mail)
    }

    /// Lists the mails about a document or a partner, or one by its id; an error that says so where there are none.
    pub async fn about(&self, what: &str, limit: u32) -> Result<Vec<Listed>, AppError> {
        let filter = Filter { about: Some(what.to_owned()), limit, ..Filter::default() };
        let found = self.listed(&filter).await?;
        if found.is_empty() {
            return Err(AppError::NothingAbout(what.to_owned()));
        }
        Ok(found)
    }

    /// Holds, releases or cancels mails that may be seen; gives what came of each.
    pub(super) async fn change_all(&self, mails: &[MailId], word: Word) -> Result<Vec<Said>, StoreError> {
        let (store, now) = (self.connections.store(), now());
        match &self.user {
            Some(user) => store.acting(user).say_all(mails, word, now).await,
            None => store.administer(self.company.id).say_all(mails, word, now).await,
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
            Some(user) => store.acting(user).batches(only, limit).await,
            None => store.administer(self.company.id).batches(only, limit).await,
        }
    }

    /// Finds the batch of this name or id.
    pub async fn batch(&self, name: &str) -> Result<Batch, AppError> {
        let store = self.connections.store();
        let found = match &self.user {
            Some(user) => store.acting(user).batches_called(name).await?,
            None => store.administer(self.company.id).batches_called(name).await?,
        };
        only_batch(name, found)
    }

    /// Leases a mail that may be seen; none: another program works at it, or it has ended.
    pub(super) async fn take<'a>(
        &self,
        id: MailId,
        ledger: &'a Ledger,
    ) -> Result<Option<Taken<'a>>, StoreError> {
        let (store, now) = (self.connections.store(), now());
        let taken = match &self.user {
            Some(user) => store.acting(user).take(&ledger.holder, id, now, LEASE).await?,
            None => store.administer(self.company.id).take(&ledger.holder, id, now, LEASE).await?,
        };
        let before = taken.ok().filter(|before| !before.standing.has_ended_for_good());
        Ok(before.map(|before| Taken::of(ledger, id, before)))
    }
}
