//! Where an account's mails are worked at: the plugin at work for its company, able to reach the account and the company's
//! fallback. Opened once and used until one of them changes.

use super::Worker;
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

/// Settings that somebody changes are noticed after this at the latest. Reading them with every few mails costs more than the
/// mails' own records do.
const LOOK: std::time::Duration = std::time::Duration::from_millis(100);

/// A changed password is noticed after this at the latest.
const FRESH: std::time::Duration = std::time::Duration::from_secs(15);

/// An account that could not be opened is tried again after this.
const AGAIN: Duration = Duration::minutes(5);

/// Opens the plugin for a company's accounts: whoever has the passwords.
pub trait PluginProvider: Send + Sync {
    /// The plugin at work for the company, able to reach these accounts, each with at most so many connections; and why
    /// it can't reach others.
    fn open<'a>(
        &'a self,
        company: &'a Company,
        accounts: &'a [(Account, u32)],
    ) -> BoxFuture<'a, Result<(CompanyPlugin, Vec<Unreachable>), String>>;

    /// The plugin at work for nobody, able to reach nothing: for what it knows.
    ///
    /// # Errors
    /// There is no plugin, or none that can be used.
    fn reading(&self) -> Result<CompanyPlugin, String>;
}

/// An account that can't be reached.
#[derive(Debug, Clone)]
pub struct Unreachable {
    /// Which.
    pub account: AccountId,
    /// Its mail may leave by the fallback all the same: it was marked compromised, or waits for a sign-in.
    pub by_state: bool,
    /// Why, in a sentence.
    pub reason: String,
}

/// Where an account's mails are worked at.
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

/// A place that a worker has.
#[derive(Debug)]
pub(super) struct Open {
    place: Arc<AccountContext>,
    opened: Instant,
    /// When it was last compared with the settings.
    looked: Instant,
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
    /// The place of an account, as it is now.
    pub(super) async fn place(
        &self,
        hands: &mut super::InFlight,
        due: Due,
    ) -> Result<Result<Arc<AccountContext>, OpenError>, StoreError> {
        let store = &self.outbox.store;
        if let Some(open) = hands.places.get(&due.account)
            && open.looked.elapsed() < LOOK
        {
            return Ok(Ok(Arc::clone(&open.place)));
        }
        let looked = Instant::now();
        let (company, account) =
            (store.company(due.company).await?, store.account(due.company, due.account).await?);
        let fallback = match company.fallback.account.filter(|id| *id != account.id) {
            Some(id) => Some(store.account(company.id, id).await?),
            None => None,
        };
        if let Some(open) = hands.places.get_mut(&due.account)
            && open.opened.elapsed() < FRESH
            && (&open.place.company, &open.place.account, &open.place.fallback)
                == (&company, &account, &fallback)
        {
            open.place.pause.set(store.account_pause(company.id, account.id).await?);
            open.looked = looked;
            return Ok(Ok(Arc::clone(&open.place)));
        }
        let opened = self.open(company, account, fallback).await?;
        if let Ok(place) = &opened {
            let place = Arc::clone(place);
            hands.places.insert(due.account, Open { place, opened: looked, looked });
        }
        Ok(opened)
    }

    /// How fast an account may send: as somebody said, else as its provider is known to allow.
    async fn pace(&self, account: &Account) -> Result<Result<Pace, String>, StoreError> {
        let said = self.outbox.store.pace(account.id).await?;
        let now = self.outbox.clock.now();
        let learned = self.outbox.store.learned_pace(account.company, account.id, now).await?;
        let known = match self.plugin_provider.reading() {
            Ok(company_plugin) => pace::of_provider(&company_plugin, account).await,
            Err(reason) => return Ok(Err(reason)),
        };
        Ok(known.map_err(|error| error.to_string()).map(|known| {
            let known = LearnedPace::within(learned, known);
            Pace {
                per_minute: said.per_minute.or(known.per_minute),
                connections: said.connections.or(known.connections),
                per_day: said.per_day.or(known.per_day),
            }
        }))
    }

    async fn open(
        &self,
        company: Company,
        account: Account,
        mut fallback: Option<Account>,
    ) -> Result<Result<Arc<AccountContext>, OpenError>, StoreError> {
        let unopened = |reason: String| OpenError { account: account.name.to_string(), reason };
        let mut both = Vec::with_capacity(2);
        for one in [Some(&account), fallback.as_ref()].into_iter().flatten() {
            match self.pace(one).await? {
                Ok(pace) => both.push((one.clone(), pace)),
                Err(reason) => return Ok(Err(unopened(reason))),
            }
        }
        let pace = both.first().map(|(_, pace)| *pace).unwrap_or_default();
        let connections = |pace: Pace| pace.connections.unwrap_or(super::CONNECTIONS);
        let both: Vec<_> = both.into_iter().map(|(account, pace)| (account, connections(pace))).collect();
        let (company_plugin, closed) = match self.plugin_provider.open(&company, &both).await {
            Ok(opened) => opened,
            Err(reason) => return Ok(Err(unopened(reason))),
        };
        for one in closed {
            if one.account != account.id {
                (self.notices)(&format!("the fallback can't be used: {}", one.reason));
                fallback = None;
            } else if !one.by_state {
                return Ok(Err(unopened(one.reason)));
            }
        }
        let pause = CurrentPause::new(self.outbox.store.account_pause(company.id, account.id).await?);
        Ok(Ok(Arc::new(AccountContext { company, account, fallback, pace, pause, company_plugin })))
    }
}

impl AccountContext {
    /// The pause that the account is in, where none of its mails may leave by another: they all wait for it.
    pub(super) fn waits(&self, now: Time) -> Option<AccountPause> {
        let may_leave = self.fallback.is_some() && self.company.fallback.policy != FallbackPolicy::Off;
        self.pause.get().filter(|pause| pause.until > now && !may_leave)
    }

    /// Where its mails stand meanwhile.
    pub(super) fn queue_state(&self, pause: &AccountPause) -> QueueState {
        let wait = Wait::for_account(&self.account, pause);
        QueueState::Ready { due: wait.until, waits: Some((wait.cause, wait.why)) }
    }
}
