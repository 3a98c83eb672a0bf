//! Workers: they take what is due, move it on, and say in the ledger where it stands. Any number of them, on any number of
//! machines, share one store; each knows of the others only by what they have taken.
//!
//! Killing one at any moment costs nothing: an attempt is on disk before it is made, the moment before the last bytes
//! leave is on disk before they do, and what it had taken is due again when its lease ends.
//!
//! Fair: companies take turns, and within a company its accounts; each gets no more at a time than its own server takes at
//! the same time, so that ten thousand mails of one hold up nobody else's one.

mod account_context;
mod clock;
mod copies;
mod mail;
mod retention;
mod schema;

pub use account_context::{AccountContext, OpenError, PluginProvider, Unreachable};

use super::erp_notifier::ErpNotifier;
use super::outbox_handle::{LEASE, OutboxHandle};
use crate::outbox::facts::Time;
use postroom_model::AccountId;
use postroom_store::{Due, MailId, Pace, QueueState, StoreError};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// Longest time between two looks at the store, whatever rings or does not.
const LOOK: Duration = Duration::from_secs(1);

/// A store that is away is asked again after this, then twice that, up to [`LONGEST_PAUSE`].
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// For telling the last news when a worker ends.
const LAST_NEWS: Duration = Duration::from_secs(5);

/// Mails at the same time, where neither the operator nor the provider says how many: connections of one account.
const CONNECTIONS: u32 = 4;

/// Mails that are put off at a time.
const PUT_OFF: u32 = 256;

/// Mails that are in hand for each connection: the next is ready when one is done.
const AHEAD: u32 = 4;

/// How a worker works.
#[derive(Debug, Clone)]
pub struct WorkerOptions {
    /// Mails in hand at the same time, of all accounts.
    pub in_hand: usize,
    /// Ends when nothing is due any more.
    pub drain: bool,
    /// Sends the mails of this account alone, for a user's command: what others have waiting is for a worker of the
    /// operator's.
    pub account: Option<AccountId>,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self { in_hand: 128, drain: false, account: None }
    }
}

/// What a worker has done since it started.
#[derive(Debug, Default)]
pub struct Tally {
    pub(super) sent: AtomicU64,
    pub(super) failed: AtomicU64,
    pub(super) put_off: AtomicU64,
    pub(super) in_doubt: AtomicU64,
}

impl Tally {
    /// Mails that a server took.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Mails that will not be tried again.
    pub fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Times that a mail was put off: to a later time, or until a person acts.
    pub fn put_off(&self) -> u64 {
        self.put_off.load(Ordering::Relaxed)
    }

    /// Mails of which nobody knows whether they left.
    pub fn in_doubt(&self) -> u64 {
        self.in_doubt.load(Ordering::Relaxed)
    }
}

/// Receives what somebody who runs a worker should know: a sentence in English.
pub type Notices = Arc<dyn Fn(&str) + Send + Sync>;

/// A worker.
pub struct Worker {
    outbox: OutboxHandle,
    plugin_provider: Arc<dyn PluginProvider>,
    options: WorkerOptions,
    notices: Notices,
    tally: Arc<Tally>,
    idle: Arc<Notify>,
    erp_notifier: Option<ErpNotifier>,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("holder", &self.outbox.lease_owner).finish_non_exhaustive()
    }
}

/// What is under way.
#[derive(Debug, Default)]
struct InFlight {
    tasks: JoinSet<Done>,
    /// How many there were after the last look at the store.
    after_look: usize,
    /// The mails of these tasks, for the one that ends unexpectedly.
    mails: BTreeMap<tokio::task::Id, (AccountId, MailId)>,
    of_account: BTreeMap<AccountId, u32>,
    filing: BTreeSet<AccountId>,
    places: BTreeMap<AccountId, account_context::Open>,
    /// When copies were last looked for.
    copies: Option<Instant>,
}

/// What came to an end.
#[derive(Debug)]
enum Done {
    /// A mail was put down.
    Mail,
    /// A group of this account's copies was filed, or put off.
    Filed(AccountId),
}

impl Worker {
    /// A worker that writes in this ledger.
    pub fn new(
        outbox: OutboxHandle,
        plugin_provider: Arc<dyn PluginProvider>,
        options: WorkerOptions,
        notices: Notices,
    ) -> Self {
        let outbox = outbox.telling(Arc::clone(&notices));
        let (tally, idle) = (Arc::default(), Arc::default());
        Self { outbox, plugin_provider, options, notices, tally, idle, erp_notifier: None }
    }

    /// With somebody who tells the companies' records what became of their mails.
    #[must_use]
    pub fn with_courier(self, erp_notifier: ErpNotifier) -> Self {
        Self { erp_notifier: Some(erp_notifier), ..self }
    }

    /// What it has done so far.
    pub fn tally(&self) -> Arc<Tally> {
        Arc::clone(&self.tally)
    }

    /// Rings when nothing is due and nothing in hand.
    pub fn idle(&self) -> Arc<Notify> {
        Arc::clone(&self.idle)
    }

    /// Works until `stop`, or until nothing is due where it drains. What is in hand when it stops is finished.
    ///
    /// # Errors
    /// [`StoreError`] that no waiting mends; where it drains, also a full disk, or a store that can't be written. Nothing is
    /// lost. Otherwise a worker says so and tries again.
    pub async fn run(&self, stop: impl Future<Output = ()> + Send) -> Result<(), StoreError> {
        let alive = self.outbox.keep_alive();
        let kept = retention::keep(self.outbox.clone(), Arc::clone(&self.notices));
        let carried = self.erp_notifier.clone().map(ErpNotifier::keep);
        let worked = self.work(stop).await;
        kept.abort();
        alive.abort();
        if let (Some(erp_notifier), Some(carried)) = (&self.erp_notifier, carried) {
            carried.abort();
            // The news of what was sent last; whoever wants to stop does not wait long for somebody else's records.
            let limit = if self.options.drain { LAST_NEWS * 12 } else { LAST_NEWS };
            if let Ok(Err(error)) = tokio::time::timeout(limit, erp_notifier.round()).await {
                (self.notices)(&format!("the last news could not be told: {error}"));
            }
        }
        worked
    }

    async fn work(&self, stop: impl Future<Output = ()> + Send) -> Result<(), StoreError> {
        let mut stop = std::pin::pin!(stop);
        let mut wakes = None;
        let mut hands = InFlight::default();
        let mut pause = PAUSE;
        let (mut clock, mut asked) = (clock::Looked::default(), schema::Asked::default());
        let mut look = true;
        loop {
            let looked = if look {
                self.bring_back(&mut clock).await;
                match self.still_fits(&mut asked).await {
                    Ok(()) => self.claim_more(&mut hands).await,
                    Err(error) => Err(error),
                }
            } else {
                Ok(hands.tasks.len())
            };
            let idle = match looked {
                Ok(taken) => {
                    pause = PAUSE;
                    taken == 0
                }
                Err(error) if !is_fatal(&error) && (error.is_transient() || !self.options.drain) => {
                    let (words, wait) = (self.outbox.words(&error), pause.as_secs_f32().ceil());
                    (self.notices)(&format!("{words}; waiting {wait} s"));
                    tokio::select! {
                        () = &mut stop => {
                            self.finish(&mut hands).await;
                            return Ok(());
                        }
                        () = tokio::time::sleep(pause) => {}
                    }
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    wakes = None;
                    true
                }
                Err(error) => {
                    self.finish(&mut hands).await;
                    return Err(error);
                }
            };
            if idle && hands.tasks.is_empty() {
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
                    Some(wakes) => wakes.next(LOOK).await,
                    None => tokio::time::sleep(LOOK).await,
                }
            };
            tokio::select! {
                () = &mut stop => {
                    self.finish(&mut hands).await;
                    return Ok(());
                }
                Some(done) = hands.tasks.join_next_with_id(), if !hands.tasks.is_empty() => {
                    self.apply_state(&mut hands, done).await;
                    while let Some(done) = hands.tasks.try_join_next_with_id() {
                        self.apply_state(&mut hands, done).await;
                    }
                    // Asking for every single place that becomes free would cost more than the mails.
                    look = hands.tasks.len() * 4 <= hands.after_look * 3;
                }
                () = wait => look = true,
            }
        }
    }

    /// Takes what is due, each account in its turn, until the hands are full. The number of mails taken.
    async fn claim_more(&self, hands: &mut InFlight) -> Result<usize, StoreError> {
        let mut free = self.options.in_hand.saturating_sub(hands.tasks.len());
        let now = self.outbox.clock.now();
        let mut taken = self.copies(hands, now).await?;
        let mut turns = in_turn(self.own(self.outbox.store.due(now).await?));
        while let Some(due) = turns.pop_front() {
            if free == 0 {
                break;
            }
            let count = self.take_from(hands, due, free).await?;
            free -= count.min(free);
            taken += count;
        }
        hands.after_look = hands.tasks.len();
        Ok(taken)
    }

    /// Takes an account's next mails. What can't be opened is put off with the reason.
    async fn take_from(&self, hands: &mut InFlight, due: Due, free: usize) -> Result<usize, StoreError> {
        let in_hand = hands.of_account.get(&due.account).copied().unwrap_or(0);
        let now = self.outbox.clock.now();
        let place = match self.place(hands, due).await? {
            Ok(place) => place,
            Err(unopened) => {
                self.put_off(due.account, &unopened.queue_state(now), now).await?;
                (self.notices)(&unopened.to_string());
                return Ok(0);
            }
        };
        if let Some(pause) = place.waits(now) {
            self.put_off(due.account, &place.queue_state(&pause), now).await?;
            if self.outbox.store.account_pause(due.company, due.account).await?.is_none() {
                // It was put right meanwhile, when some of them were in hand.
                self.outbox.store.resume_account(due.company, due.account, now).await?;
            }
            return Ok(0);
        }
        let most = match place.pause.get().filter(|pause| pause.until <= now) {
            // One of its mails tries it.
            Some(_) => 1,
            None => place.pace.connections.unwrap_or(CONNECTIONS).saturating_mul(AHEAD),
        };
        let most = most.saturating_sub(in_hand).min(u32::try_from(free).unwrap_or(u32::MAX));
        if most == 0 {
            return Ok(0);
        }
        let store = &self.outbox.store;
        let ids = store.claim(&self.outbox.lease_owner, due.account, place.pace, most, now, LEASE).await?;
        // What can't be read here is read again, and told of, one by one.
        let read = store.mails(&ids).await.unwrap_or_default();
        let to: Vec<String> = read.iter().flat_map(|mail| mail.mail.message.rcpt_to.clone()).collect();
        let cleared = store.suppressed(due.company, &to).await.is_ok_and(|found| found.is_empty());
        let taken = read.into_iter().map(|mail| (mail.mail.id, mail::Taken { mail, cleared }));
        let mut taken: BTreeMap<_, _> = taken.collect();
        let (account, count) = (due.account, ids.len());
        for id in ids {
            let (outbox, place) = (self.outbox.clone(), Arc::clone(&place));
            let work = mail::move_on(outbox, place, id, taken.remove(&id), self.reporting());
            let task = hands.tasks.spawn(async move {
                work.await;
                Done::Mail
            });
            hands.mails.insert(task.id(), (account, id));
        }
        *hands.of_account.entry(due.account).or_default() += u32::try_from(count).unwrap_or(0);
        Ok(count)
    }

    /// Puts off what is due of an account, without a look at the mails.
    async fn put_off(
        &self,
        account: AccountId,
        queue_state: &QueueState,
        now: Time,
    ) -> Result<(), StoreError> {
        let (store, lease_owner) = (&self.outbox.store, &self.outbox.lease_owner);
        loop {
            let mails = store.claim(lease_owner, account, Pace::default(), PUT_OFF, now, LEASE).await?;
            for mail in &mails {
                self.outbox.journal.change_state(*mail, lease_owner, queue_state.clone()).await?;
            }
            self.tally.put_off.fetch_add(mails.len() as u64, Ordering::Relaxed);
            if mails.len() < PUT_OFF as usize {
                return Ok(());
            }
        }
    }

    fn reporting(&self) -> mail::Reporting {
        mail::Reporting { tally: Arc::clone(&self.tally), notices: Arc::clone(&self.notices) }
    }

    async fn apply_state(
        &self,
        hands: &mut InFlight,
        done: Result<(tokio::task::Id, Done), tokio::task::JoinError>,
    ) {
        let id = match &done {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let mail = hands.mails.remove(&id);
        if let Some(count) = mail.and_then(|(account, _)| hands.of_account.get_mut(&account)) {
            *count = count.saturating_sub(1);
        }
        match (done, mail) {
            (Ok((_, Done::Filed(account))), _) => {
                hands.filing.remove(&account);
            }
            (Ok(_), _) => {}
            // Nobody works at it any more: it is looked at anew, not at once.
            (Err(error), Some((_, mail))) => {
                (self.notices)(&format!("mail {mail}: its work ended unexpectedly: {error}"));
                let due = self.outbox.clock.now() + chrono::Duration::minutes(5);
                self.outbox.apply_state(mail, QueueState::Ready { due, waits: None }).await;
            }
            (Err(error), None) => {
                hands.filing.clear();
                (self.notices)(&format!("the filing of copies ended unexpectedly: {error}"));
            }
        }
    }

    async fn finish(&self, hands: &mut InFlight) {
        while let Some(done) = hands.tasks.join_next_with_id().await {
            self.apply_state(hands, done).await;
        }
    }

    async fn is_drained(&self) -> Result<bool, StoreError> {
        let now = self.outbox.clock.now();
        Ok(self.own(self.outbox.store.due(now).await?).is_empty()
            && self.own(self.outbox.store.copies_due(now).await?).is_empty())
    }

    /// Of what is due, that which this worker is for.
    fn own(&self, mut due: Vec<Due>) -> Vec<Due> {
        due.retain(|due| self.options.account.is_none_or(|account| account == due.account));
        due
    }
}

/// What no waiting mends.
fn is_fatal(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Damaged(_)
            | StoreError::SchemaDiffers(_)
            | StoreError::SchemaNewer { .. }
            | StoreError::CannotOpen { .. }
    )
}

/// Companies by turns, so that no company's many accounts come before another's one.
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
