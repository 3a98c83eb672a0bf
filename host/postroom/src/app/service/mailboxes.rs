//! Following the mailboxes of a store: once until all is indexed, or on and on beside a worker or a web server.

use crate::app::{AppError, StopSignal, now};
use crate::connections::Connections;
use crate::engine::{Capabilities, Engine};
use crate::inbound::ReportIntake;
use crate::mailbox::{FolderProgress, Indexer, MailboxResult, MailboxSync, SyncError};
use crate::outbox::Backoff;
use postroom_model::{Account, AccountId, AccountState, CompanyId};
use postroom_store::{LeaseOwner, MailboxLease, MailboxToFollow, StoreError, SystemStore};
use postroom_transport::imap::{self, SyncMailboxes};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// How long a mailbox stays leased unless its holder extends the lease.
const LEASE: Duration = Duration::from_secs(60);
/// Connections that wait by IDLE at the same time. With more mailboxes each is looked at in its turn, and its connection closed.
const CONNECTIONS: usize = 100;
/// Time between two queries for mailboxes that are new or gone.
const ROSTER: Duration = Duration::from_secs(30);
/// Pauses after failures that pass; after others at once the longest.
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(5), longest: Duration::from_secs(900) };

/// Follows mailboxes. Cloning it shares the connections.
#[derive(Clone)]
pub struct MailboxFollower {
    connections: Connections,
    engine: Engine,
    /// Where mailboxes are: the network, unless a test says otherwise.
    mailboxes: Arc<dyn SyncMailboxes>,
    permits: Arc<Semaphore>,
    /// There are more mailboxes than connections: they take turns.
    is_crowded: Arc<AtomicBool>,
}

impl std::fmt::Debug for MailboxFollower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MailboxFollower(…)")
    }
}

/// A step of synchronising, for a person who waits.
pub trait SyncObserver: Send {
    /// A folder was brought up to date, or a part of its history was indexed.
    fn folder(&mut self, progress: FolderProgress<'_>);
}

impl MailboxFollower {
    /// Makes a follower of the mailboxes of these connections.
    pub fn new(connections: Connections, engine: Engine) -> Self {
        let mailboxes = Arc::new(connections.imap().clone());
        let permits = Arc::new(Semaphore::new(CONNECTIONS));
        Self { connections, engine, mailboxes, permits, is_crowded: Arc::default() }
    }

    fn store(&self) -> SystemStore {
        self.connections.store().system()
    }

    /// Lists the accounts that have a mailbox, of one company or of all.
    pub async fn mailboxes(&self, company: Option<CompanyId>) -> Result<Vec<MailboxToFollow>, AppError> {
        let mut all = self.store().mailboxes_to_follow().await?;
        all.retain(|it| company.is_none_or(|company| company == it.company));
        Ok(all)
    }

    /// Synchronises a mailbox until its history is indexed. Gives none where another program follows it at this time.
    ///
    /// # Errors
    /// [`AppError::Mailbox`]: what is indexed stays.
    pub async fn synchronise(
        &self,
        of: MailboxToFollow,
        observer: &mut dyn SyncObserver,
    ) -> Result<Option<MailboxResult>, AppError> {
        let store = self.store();
        let Some(lease) = self.claim(&store, of.account).await? else { return Ok(None) };
        let renewing = keep(store.clone(), lease.clone());
        let done = self.at(of, &lease, Ending::Complete, observer).await;
        renewing.abort();
        store.release_mailbox(&lease).await?;
        Ok(Some(done?))
    }

    /// Follows all mailboxes until `stop`. What fails is logged, and tried again after a while; a mailbox that another program follows
    /// is taken over when that one ends.
    pub async fn follow_all(&self, stop: StopSignal) {
        let mut tasks: BTreeMap<AccountId, JoinHandle<()>> = BTreeMap::new();
        loop {
            match self.mailboxes(None).await {
                Ok(all) => {
                    self.is_crowded.store(all.len() > CONNECTIONS, Ordering::Relaxed);
                    tasks.retain(|account, task| {
                        let stays = !task.is_finished() && all.iter().any(|it| it.account == *account);
                        if !stays {
                            task.abort();
                        }
                        stays
                    });
                    for of in all {
                        tasks.entry(of.account).or_insert_with(|| {
                            let follower = self.clone();
                            tokio::spawn(async move { follower.follow(of).await })
                        });
                    }
                }
                Err(error) => tracing::warn!("the mailboxes can't be listed: {error}"),
            }
            tokio::select! {
                () = stop.asked() => break,
                () = tokio::time::sleep(ROSTER) => {}
            }
        }
        for task in tasks.into_values() {
            task.abort();
            let _ = task.await;
        }
    }

    /// Follows one mailbox for ever.
    async fn follow(self, of: MailboxToFollow) {
        let mut failures = 0_u32;
        let mut last_words = String::new();
        loop {
            let pause = match self.turn(of).await {
                Ok(true) => {
                    (failures, last_words) = (0, String::new());
                    Duration::from_secs(1)
                }
                // Another program follows it.
                Ok(false) => LEASE / 2,
                Err(error) => {
                    let words = error.to_string();
                    if words != last_words {
                        tracing::warn!(company = %of.company, account = %of.account, "the mailbox can't be followed: {words}");
                    }
                    last_words = words;
                    let pause = match error.is_transient() {
                        true => BACKOFF.pause(failures),
                        false => BACKOFF.longest,
                    };
                    failures = failures.saturating_add(1);
                    pause
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Follows a mailbox until something fails; of many mailboxes, for one look.
    async fn turn(&self, of: MailboxToFollow) -> Result<bool, SyncError> {
        let Ok(_permit) = self.permits.acquire().await else { return Ok(false) };
        let store = self.store();
        let Some(lease) = self.claim(&store, of.account).await? else { return Ok(false) };
        // Dropped with this future too, when the program stops: the lease ends by itself.
        let renewing = AbortOnDrop(keep(store.clone(), lease.clone()));
        let followed = self.at(of, &lease, Ending::Never, &mut Silent).await;
        drop(renewing);
        store.release_mailbox(&lease).await?;
        followed.map(|_| true)
    }

    async fn claim(
        &self,
        store: &SystemStore,
        account: AccountId,
    ) -> Result<Option<MailboxLease>, StoreError> {
        store.claim_mailbox(&LeaseOwner::new("mailbox"), account, now(), LEASE).await
    }

    async fn at(
        &self,
        of: MailboxToFollow,
        lease: &MailboxLease,
        ending: Ending,
        observer: &mut dyn SyncObserver,
    ) -> Result<MailboxResult, SyncError> {
        let store = self.store();
        let account = self.connections.store().account(of.company, of.account).await?;
        if let AccountState::NeedsSignIn { reason, .. } = &account.state {
            return Err(imap::MailboxError::NeedsSignIn(reason.clone()).into());
        }
        let server = self.server(&account).await?;
        let own_addresses = self.own_addresses(of.company).await?;
        let plugin = self.engine.company_plugin(of.company.to_string(), Capabilities::default());
        let return_addresses = match &self.connections.operator().platform {
            Some(platform) => Some(self.connections.return_addresses(platform.reply_domain.as_str()).await),
            None => None,
        };
        let return_addresses =
            return_addresses.transpose().map_err(|error| SyncError::Plugin(error.to_string()))?;
        let intake =
            ReportIntake::new(self.connections.store(), &plugin, Some(of.company), return_addresses.as_ref())
                .await?;
        let mut session = self.mailboxes.sync_session(&server).await?;
        let mut result = MailboxResult::default();
        let (mut is_woken, mut gone) = (false, BTreeSet::new());
        let ended = loop {
            let now = now();
            let indexer = Indexer {
                store: &store,
                lease,
                plugin: &plugin,
                company: of.company,
                account: of.account,
                own_addresses: &own_addresses,
                now,
            };
            let mut sync = MailboxSync {
                session: session.as_mut(),
                store: &store,
                lease,
                indexing: &indexer,
                intake: Some(&intake),
                gone: &mut gone,
            };
            let looked = match sync.look(now, is_woken, &mut |progress| observer.folder(progress)).await {
                Ok(looked) => looked,
                Err(error) => break Err(error),
            };
            result += looked;
            match ending {
                Ending::Complete if !looked.folders.has_history => break Ok(()),
                Ending::Complete => {}
                Ending::Never if self.is_crowded.load(Ordering::Relaxed) => break Ok(()),
                // History has no wait: the mailbox is looked at between its parts.
                Ending::Never if looked.folders.has_history => {}
                Ending::Never => match sync.wait().await {
                    Ok(woken) => is_woken = woken,
                    Err(error) => break Err(error),
                },
            }
        };
        session.close().await;
        ended.map(|()| result)
    }

    async fn server(&self, account: &Account) -> Result<imap::Account, SyncError> {
        self.connections.open(account).await?.imap.ok_or(SyncError::NoMailbox)
    }

    /// Gives the addresses that mail of the company is sent from: of its accounts, and of its users.
    async fn own_addresses(&self, company: CompanyId) -> Result<Vec<String>, StoreError> {
        let store = self.connections.store().company_store(company);
        let mut all: Vec<String> = Vec::new();
        for account in store.accounts().await? {
            all.push(account.address.to_string());
            all.extend(account.send_as.iter().map(|it| it.address.to_string()));
        }
        all.extend(store.users().await?.iter().map(|user| user.address.to_string()));
        all.sort_unstable();
        all.dedup();
        Ok(all)
    }
}

/// When following a mailbox ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// When all of its history is indexed.
    Complete,
    /// Never, unless mailboxes take turns: then after one look.
    Never,
}

struct Silent;

impl SyncObserver for Silent {
    fn folder(&mut self, _: FolderProgress<'_>) {}
}

struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Extends a lease while its holder works.
fn keep(store: SystemStore, lease: MailboxLease) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(LEASE / 4).await;
            // A store that is away for longer than a lease costs the look in hand, and no more.
            if let Ok(false) = store.renew_mailbox(&lease, now(), LEASE).await {
                return;
            }
        }
    })
}
