//! Workers claim due mails, make attempts, and record each mail's state. Any number of workers, on any number of machines, share
//! one store; each learns of the others only by their leases.
//!
//! Killing a worker at any moment loses nothing: an attempt is on disk before it is made, the moment before the last bytes
//! leave is on disk before they do, and a leased mail is due again when its lease ends.
//!
//! Claiming is fair: companies take turns, and within a company its accounts. Each account gets no more mails at a time than its
//! server takes at the same time, so that ten thousand mails of one company do not hold up the single mail of another.

mod account_context;
mod clock;
mod copies;
mod in_flight;
mod mail;
mod options;
mod retention;
mod schema;

pub use account_context::{AccountContext, OpenError, PluginProvider, Unreachable};
pub use options::{Tally, WorkerOptions};

use super::erp_notifier::ErpNotifier;
use super::outbox_handle::{LEASE, OutboxHandle};
use super::retry::Backoff;
use super::spans;
use crate::outbox::facts::Time;
use in_flight::{Finished, InFlight};
use postroom_model::AccountId;
use postroom_store::{Due, Pace, QueueState, StoreError};
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::Notify;
use tracing::Instrument as _;

/// Longest time between two queries for due mails, whether a notification came or not.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// Pauses between queries of a store that is away.
const BACKOFF: Backoff = Backoff { first: Duration::from_millis(500), longest: Duration::from_secs(30) };

/// Time limit of the last status notifications when a worker ends.
const LAST_NOTIFICATIONS: Duration = Duration::from_secs(5);

/// Mails at the same time, where neither the operator nor the provider says how many: connections of one account.
const CONNECTIONS: u32 = 4;

/// Mails that are put off at a time.
const PUT_OFF: u32 = 256;

/// Mails that are leased for each connection: the next is ready when one is done.
const AHEAD: u32 = 4;

/// Sends the due mails of a store.
pub struct Worker {
    outbox: OutboxHandle,
    plugin_provider: Arc<dyn PluginProvider>,
    options: WorkerOptions,
    tally: Arc<Tally>,
    idle: Arc<Notify>,
    erp_notifier: Option<ErpNotifier>,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("lease_owner", &self.outbox.lease_owner).finish_non_exhaustive()
    }
}

impl Worker {
    /// Creates a worker that works with this outbox.
    pub fn new(
        outbox: OutboxHandle,
        plugin_provider: Arc<dyn PluginProvider>,
        options: WorkerOptions,
    ) -> Self {
        let (tally, idle) = (Arc::default(), Arc::default());
        Self { outbox, plugin_provider, options, tally, idle, erp_notifier: None }
    }

    /// Notifies the companies' ERPs of changed mail statuses while the worker runs.
    #[must_use]
    pub fn with_erp_notifier(self, erp_notifier: ErpNotifier) -> Self {
        Self { erp_notifier: Some(erp_notifier), ..self }
    }

    /// Gives the counts of what the worker has done so far.
    pub fn tally(&self) -> Arc<Tally> {
        Arc::clone(&self.tally)
    }

    /// Gives what is notified when nothing is due and no task runs.
    pub fn idle(&self) -> Arc<Notify> {
        Arc::clone(&self.idle)
    }

    /// Works until `stop`, or until nothing is due if it drains. Tasks that run when it stops are finished.
    ///
    /// # Errors
    /// [`StoreError`] that no waiting mends; if it drains, also a full disk, or a store that can't be written. Nothing is
    /// lost. After other errors the worker logs them and tries again.
    pub async fn run(&self, stop: impl Future<Output = ()> + Send) -> Result<(), StoreError> {
        let _claiming = self.outbox.store.claiming();
        let leases = self.outbox.keep_alive();
        let retention = retention::spawn(self.outbox.clone());
        let notifying = self.erp_notifier.clone().map(ErpNotifier::spawn);
        let worked = self.work(stop).await;
        retention.abort();
        leases.abort();
        if let (Some(erp_notifier), Some(notifying)) = (&self.erp_notifier, notifying) {
            notifying.abort();
            // Statuses of the mails that were sent last. A slow ERP must not hold up a worker that is asked to stop.
            let limit = if self.options.drain { LAST_NOTIFICATIONS * 12 } else { LAST_NOTIFICATIONS };
            if let Ok(Err(error)) = tokio::time::timeout(limit, erp_notifier.round()).await {
                tracing::error!("the last news could not be told: {error}");
            }
        }
        worked
    }

    async fn work(&self, stop: impl Future<Output = ()> + Send) -> Result<(), StoreError> {
        let mut stop = std::pin::pin!(stop);
        let mut wakes = None;
        let mut in_flight = InFlight::default();
        let mut failures = 0;
        let (mut last_repair, mut last_check) = (clock::LastRepair::default(), schema::LastCheck::default());
        let mut claim = true;
        loop {
            let claimed = if claim {
                self.repair_due_times(&mut last_repair).await;
                match self.check_schema(&mut last_check).await {
                    Ok(()) => self.claim_more(&mut in_flight).await,
                    Err(error) => Err(error),
                }
            } else {
                Ok(in_flight.tasks.len())
            };
            let idle = match claimed {
                Ok(count) => {
                    failures = 0;
                    count == 0
                }
                Err(error) if !is_fatal(&error) && (error.is_transient() || !self.options.drain) => {
                    let pause = BACKOFF.pause(failures);
                    failures = failures.saturating_add(1);
                    let seconds = pause.as_secs_f32().ceil();
                    tracing::warn!("{}; waiting {seconds} s", self.outbox.describe(&error));
                    tokio::select! {
                        () = &mut stop => {
                            self.finish(&mut in_flight).await;
                            return Ok(());
                        }
                        () = tokio::time::sleep(pause) => {}
                    }
                    wakes = None;
                    true
                }
                Err(error) => {
                    self.finish(&mut in_flight).await;
                    return Err(error);
                }
            };
            if idle && in_flight.tasks.is_empty() {
                self.idle.notify_one();
                if self.options.drain && self.is_drained().await? {
                    return Ok(());
                }
            }
            if wakes.is_none() {
                wakes = self.outbox.store.wakes().await.ok();
            }
            let wait = async {
                match &mut wakes {
                    Some(wakes) => wakes.next(POLL_INTERVAL).await,
                    None => tokio::time::sleep(POLL_INTERVAL).await,
                }
            };
            tokio::select! {
                () = &mut stop => {
                    self.finish(&mut in_flight).await;
                    return Ok(());
                }
                Some(finished) = in_flight.tasks.join_next_with_id(), if !in_flight.tasks.is_empty() => {
                    self.finish_task(&mut in_flight, finished).await;
                    while let Some(finished) = in_flight.tasks.try_join_next_with_id() {
                        self.finish_task(&mut in_flight, finished).await;
                    }
                    // A query for each single task that ends would cost more than the mails.
                    claim = in_flight.tasks.len() * 2 <= in_flight.after_claim;
                }
                () = wait => claim = true,
            }
        }
    }

    /// Claims due mails, each account in its turn, until enough tasks run. Gives how many mails and copies it claimed.
    async fn claim_more(&self, in_flight: &mut InFlight) -> Result<usize, StoreError> {
        let mut free = self.options.in_hand.saturating_sub(in_flight.tasks.len());
        let now = self.outbox.clock.now();
        let mut claimed = self.file_copies(in_flight, now).await?;
        let mut turns = in_turn(self.own(self.outbox.store.due(now).await?));
        while let Some(due) = turns.pop_front() {
            if free == 0 {
                break;
            }
            let span = spans::account(due.company, due.account);
            let count = self.claim_of_account(in_flight, due, free).instrument(span).await?;
            free -= count.min(free);
            claimed += count;
        }
        in_flight.after_claim = in_flight.tasks.len();
        Ok(claimed)
    }

    /// Claims an account's next mails and begins a task for each. Puts the account's mails off, with the reason, if it can't be
    /// opened.
    async fn claim_of_account(
        &self,
        in_flight: &mut InFlight,
        due: Due,
        free: usize,
    ) -> Result<usize, StoreError> {
        let running = in_flight.of_account.get(&due.account).copied().unwrap_or(0);
        let now = self.outbox.clock.now();
        let context = match self.account_context(in_flight, due).await? {
            Ok(context) => context,
            Err(error) => {
                self.put_off(due.account, &error.queue_state(now), now).await?;
                tracing::warn!("{error}");
                return Ok(0);
            }
        };
        if let Some(pause) = context.waits(now) {
            self.put_off(due.account, &context.queue_state(&pause), now).await?;
            if self.outbox.store.account_pause(due.company, due.account).await?.is_none() {
                // The pause ended meanwhile, when some of the mails were leased.
                self.outbox.store.resume_account(due.company, due.account, now).await?;
            }
            return Ok(0);
        }
        let most = match context.pause.get().filter(|pause| pause.until <= now) {
            // One mail tries whether the account can send again.
            Some(_) => 1,
            None => context.pace.connections.unwrap_or(CONNECTIONS).saturating_mul(AHEAD),
        };
        let most = most.saturating_sub(running).min(u32::try_from(free).unwrap_or(u32::MAX));
        if most == 0 {
            return Ok(0);
        }
        let store = &self.outbox.store;
        let (lease_owner, pace) = (&self.outbox.lease_owner, context.pace);
        let claimed = store.claim_with_mails(lease_owner, due.account, pace, most, now, LEASE).await?;
        let ids = claimed.ids.clone();
        // A mail that can't be loaded here is loaded again, and its error logged, by its own task.
        let loaded = store.claimed_mails(claimed).await.unwrap_or_default();
        let to: Vec<String> = loaded.iter().flat_map(|mail| mail.mail.message.rcpt_to.clone()).collect();
        let cleared = store.suppressed(due.company, &to).await.is_ok_and(|found| found.is_empty());
        let loaded = loaded.into_iter().map(|mail| (mail.mail.id, mail::Loaded { mail, cleared }));
        let mut loaded: BTreeMap<_, _> = loaded.collect();
        let (account, count) = (due.account, ids.len());
        for id in ids {
            let (outbox, context) = (self.outbox.clone(), Arc::clone(&context));
            let sending = mail::send(outbox, context, id, loaded.remove(&id), Arc::clone(&self.tally));
            let task = async move {
                sending.await;
                Finished::Mail
            };
            let span = spans::mail(due.company, account, id);
            let task = in_flight.tasks.spawn(task.instrument(span));
            in_flight.mails.insert(task.id(), (account, id));
        }
        *in_flight.of_account.entry(due.account).or_default() += u32::try_from(count).unwrap_or(0);
        Ok(count)
    }

    /// Puts off an account's due mails without loading them.
    async fn put_off(&self, account: AccountId, state: &QueueState, now: Time) -> Result<(), StoreError> {
        let (store, lease_owner) = (&self.outbox.store, &self.outbox.lease_owner);
        loop {
            let mails = store.claim(lease_owner, account, Pace::default(), PUT_OFF, now, LEASE).await?;
            for mail in &mails {
                self.outbox.journal.change_state(*mail, lease_owner, state.clone()).await?;
            }
            self.tally.put_off.fetch_add(mails.len() as u64, Ordering::Relaxed);
            if mails.len() < PUT_OFF as usize {
                return Ok(());
            }
        }
    }

    async fn finish_task(
        &self,
        in_flight: &mut InFlight,
        finished: Result<(tokio::task::Id, Finished), tokio::task::JoinError>,
    ) {
        let id = match &finished {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let mail = in_flight.mails.remove(&id);
        if let Some(count) = mail.and_then(|(account, _)| in_flight.of_account.get_mut(&account)) {
            *count = count.saturating_sub(1);
        }
        match (finished, mail) {
            (Ok((_, Finished::Copies(account))), _) => {
                in_flight.filing.remove(&account);
            }
            (Ok(_), _) => {}
            // The mail has no task any more: it is due again, but not at once.
            (Err(error), Some((account, mail))) => {
                tracing::error!(account = %account, mail = %mail, "mail {mail}: its work ended unexpectedly: {error}");
                let due = self.outbox.clock.now() + chrono::Duration::minutes(5);
                self.outbox.apply_state(mail, QueueState::Ready { due, waits: None }).await;
            }
            (Err(error), None) => {
                in_flight.filing.clear();
                tracing::error!("the filing of copies ended unexpectedly: {error}");
            }
        }
    }

    async fn finish(&self, in_flight: &mut InFlight) {
        while let Some(finished) = in_flight.tasks.join_next_with_id().await {
            self.finish_task(in_flight, finished).await;
        }
    }

    async fn is_drained(&self) -> Result<bool, StoreError> {
        let now = self.outbox.clock.now();
        Ok(self.own(self.outbox.store.due(now).await?).is_empty()
            && self.own(self.outbox.store.copies_due(now).await?).is_empty())
    }

    /// Selects the accounts that this worker is for.
    fn own(&self, mut due: Vec<Due>) -> Vec<Due> {
        due.retain(|due| self.options.account.is_none_or(|account| account == due.account));
        due
    }
}

/// Tells whether no waiting mends an error.
fn is_fatal(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Damaged(_)
            | StoreError::SchemaDiffers(_)
            | StoreError::SchemaNewer { .. }
            | StoreError::CannotOpen { .. }
    )
}

/// Orders accounts so that companies take turns: the many accounts of one company do not come before the single one of another.
fn in_turn(due: Vec<Due>) -> VecDeque<Due> {
    let mut companies: BTreeMap<_, VecDeque<Due>> = BTreeMap::new();
    for one in due {
        companies.entry(one.company).or_default().push_back(one);
    }
    let mut companies: VecDeque<_> = companies.into_values().collect();
    let mut turns = VecDeque::new();
    while let Some(mut company) = companies.pop_front() {
        if let Some(one) = company.pop_front() {
            turns.push_back(one);
            companies.push_back(company);
        }
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;
    use postroom_model::CompanyId;

    #[test]
    fn companies_take_turns_and_so_do_their_accounts() {
        let (one, two) = (CompanyId::new(), CompanyId::new());
        let due = |company| Due { company, account: AccountId::new() };
        let (a, b, c, d) = (due(one), due(one), due(one), due(two));
        assert_eq!(in_turn(vec![a, b, c, d]), [a, d, b, c]);
    }
}
