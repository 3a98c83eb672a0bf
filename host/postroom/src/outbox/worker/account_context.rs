//! An account with the plugin opened for it: able to reach the account and its company's fallback. Opening reads secrets and
//! settings, so it is done once, and again when one of them changes.

use super::Worker;
use super::in_flight::InFlight;
use crate::engine::CompanyPlugin;
use crate::outbox::facts::Time;
use crate::outbox::pace;
use crate::outbox::waiting::{CurrentPause, Wait};
use chrono::Duration;
use postroom_model::{Account, AccountId, Company, FallbackPolicy};
use postroom_store::{AccountPause, Due, LearnedPace, Pace, QueueState, StoreError, WaitReason};
use postroom_transport::BoxFuture;
use std::sync::Arc;
use std::time::Instant;

/// Changed settings are noticed after this at the latest. Reading them with every few mails costs more than the mails' own
/// records do.
const SETTINGS_INTERVAL: std::time::Duration = std::time::Duration::from_millis(100);

/// A changed password is noticed after this at the latest.
const REOPEN_INTERVAL: std::time::Duration = std::time::Duration::from_secs(15);

/// An account that could not be opened is tried again after this.
const AGAIN: Duration = Duration::minutes(5);

/// Opens the plugin for a company's accounts. The embedding program implements it, as it has the passwords.
pub trait PluginProvider: Send + Sync {
    /// Opens the plugin for the company, able to reach these accounts, each with at most so many connections. Gives the accounts
    /// that it can't reach, too.
    fn open<'a>(
        &'a self,
        company: &'a Company,
        accounts: &'a [(Account, u32)],
    ) -> BoxFuture<'a, Result<(CompanyPlugin, Vec<Unreachable>), String>>;

    /// Opens the plugin without a company, able to reach nothing: for questions about its own data.
    ///
    /// # Errors
    /// There is no plugin, or none that can be used.
    fn reading(&self) -> Result<CompanyPlugin, String>;
}

/// An account that can't be reached.
#[derive(Debug, Clone)]
pub struct Unreachable {
    /// The account.
    pub account: AccountId,
    /// Whether its mail may leave by the fallback all the same: it was marked compromised, or waits for a sign-in.
    pub by_state: bool,
    /// The reason, in a sentence.
    pub reason: String,
}

/// An account, its company, and the plugin opened for both.
#[derive(Debug)]
pub struct AccountContext {
    pub(super) company: Company,
    pub(super) account: Account,
    pub(super) fallback: Option<Account>,
    pub(super) pace: Pace,
    /// Whether the account can send at present.
    pub(super) pause: CurrentPause,
    pub(super) company_plugin: CompanyPlugin,
}

/// An account context that a worker uses again.
#[derive(Debug)]
pub(super) struct Opened {
    context: Arc<AccountContext>,
    opened: Instant,
    /// When it was last compared with the settings.
    compared: Instant,
}

/// An account that can't be worked for now.
#[derive(Debug, Clone, thiserror::Error)]
#[error("mails of the account \"{account}\" wait: {reason}")]
pub struct OpenError {
    account: String,
    reason: String,
}

impl OpenError {
    pub(super) fn queue_state(&self, now: Time) -> QueueState {
        QueueState::Ready { due: now + AGAIN, waits: Some((WaitReason::Account, self.reason.clone())) }
    }
}

impl Worker {
    /// Gives the context of an account, opened anew if a setting changed.
    pub(super) async fn account_context(
        &self,
        in_flight: &mut InFlight,
        due: Due,
    ) -> Result<Result<Arc<AccountContext>, OpenError>, StoreError> {
        let store = &self.outbox.store;
        if let Some(open) = in_flight.accounts.get(&due.account)
            && open.compared.elapsed() < SETTINGS_INTERVAL
        {
            return Ok(Ok(Arc::clone(&open.context)));
        }
        let now = Instant::now();
        let (company, account) =
            (store.company(due.company).await?, store.account(due.company, due.account).await?);
        let fallback = match company.fallback.account.filter(|id| *id != account.id) {
            Some(id) => Some(store.account(company.id, id).await?),
            None => None,
        };
        if let Some(open) = in_flight.accounts.get_mut(&due.account)
            && open.opened.elapsed() < REOPEN_INTERVAL
            && (&open.context.company, &open.context.account, &open.context.fallback)
                == (&company, &account, &fallback)
        {
            open.context.pause.set(store.account_pause(company.id, account.id).await?);
            open.compared = now;
            return Ok(Ok(Arc::clone(&open.context)));
        }
        let opened = self.open(company, account, fallback).await?;
        if let Ok(context) = &opened {
            let context = Arc::clone(context);
            in_flight.accounts.insert(due.account, Opened { context, opened: now, compared: now });
        }
        Ok(opened)
    }

    /// Determines how fast an account may send: by its settings, else by what its provider is known to allow.
    async fn pace(&self, account: &Account) -> Result<Result<Pace, String>, StoreError> {
        let set = self.outbox.store.pace(account.id).await?;
        let now = self.outbox.clock.now();
        let learned = self.outbox.store.learned_pace(account.company, account.id, now).await?;
        let known = match self.plugin_provider.reading() {
            Ok(company_plugin) => pace::of_provider(&company_plugin, account).await,
            Err(reason) => return Ok(Err(reason)),
        };
        Ok(known.map_err(|error| error.to_string()).map(|known| {
            let known = LearnedPace::within(learned, known);
            Pace {
                per_minute: set.per_minute.or(known.per_minute),
                connections: set.connections.or(known.connections),
                per_day: set.per_day.or(known.per_day),
            }
        }))
    }

    async fn open(
        &self,
        company: Company,
        account: Account,
        mut fallback: Option<Account>,
    ) -> Result<Result<Arc<AccountContext>, OpenError>, StoreError> {
        let failed = |reason: String| OpenError { account: account.name.to_string(), reason };
        let mut both = Vec::with_capacity(2);
        for one in [Some(&account), fallback.as_ref()].into_iter().flatten() {
            match self.pace(one).await? {
                Ok(pace) => both.push((one.clone(), pace)),
                Err(reason) => return Ok(Err(failed(reason))),
            }
        }
        let pace = both.first().map(|(_, pace)| *pace).unwrap_or_default();
        let connections = |pace: Pace| pace.connections.unwrap_or(super::CONNECTIONS);
        let both: Vec<_> = both.into_iter().map(|(account, pace)| (account, connections(pace))).collect();
        let (company_plugin, unreachable) = match self.plugin_provider.open(&company, &both).await {
            Ok(opened) => opened,
            Err(reason) => return Ok(Err(failed(reason))),
        };
        for one in unreachable {
            if one.account != account.id {
                tracing::warn!("the fallback can't be used: {}", one.reason);
                fallback = None;
            } else if !one.by_state {
                return Ok(Err(failed(one.reason)));
            }
        }
        let pause = CurrentPause::new(self.outbox.store.account_pause(company.id, account.id).await?);
        Ok(Ok(Arc::new(AccountContext { company, account, fallback, pace, pause, company_plugin })))
    }
}

impl AccountContext {
    /// Gives the pause that the account is in, unless its mails may leave by the fallback meanwhile.
    pub(super) fn waits(&self, now: Time) -> Option<AccountPause> {
        let may_leave = self.fallback.is_some() && self.company.fallback.policy != FallbackPolicy::Off;
        self.pause.get().filter(|pause| pause.until > now && !may_leave)
    }

    /// Gives the state of the account's mails during a pause.
    pub(super) fn queue_state(&self, pause: &AccountPause) -> QueueState {
        let wait = Wait::for_account(&self.account, pause);
        QueueState::Ready { due: wait.until, waits: Some((wait.cause, wait.why)) }
    }
}
