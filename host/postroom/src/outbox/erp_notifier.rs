//! Notifies each company's ERP of changed mail statuses: at least once, in order per document, with back-off. An ERP that polls would
//! show a bounced invoice as sent until the next poll.
//!
//! A notice is durable before it is sent, and sent again until the ERP has accepted it. Notices about different documents are
//! sent at the same time. An ERP that does not answer is left alone for a while, longer each time.

use super::facts::{stamp, told_events};
use super::outbox_handle::OutboxHandle;
use super::retry::Backoff;
use super::spans;
use super::status::Recipients;
use crate::engine::{CompanyPlugin, Files};
use crate::records::{Blame, Records, RecordsError};
use chrono::{DateTime, FixedOffset};
use data_encoding::HEXLOWER;
use postroom_contract::tracking::{RecipientStatus, Status};
use postroom_model::CompanyId;
use postroom_store::{
    LeaseOwner, Notice, NoticeKind, NotificationResult, Pause, ReviewedStatusChange, StatusChange,
    StoreError, SystemStore, WaitingNotice,
};
use postroom_transport::BoxFuture;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::{AbortHandle, JoinSet};
use tracing::Instrument as _;

type Time = DateTime<FixedOffset>;

/// Time between two queries for companies with notices that are due.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// How long a company's records are leased; how long new notices are begun during a lease; and how long one notice may take. A
/// notice that is begun within the second ends within the first, so no other notifier sends it at the same time.
const LEASE: Duration = Duration::from_secs(240);
const BUDGET: Duration = Duration::from_secs(30);
const LONGEST: Duration = Duration::from_secs(120);
/// Companies that are notified at the same time.
const COMPANIES: usize = 16;
/// Notices of a company that are sent at the same time, each about another document; and that are loaded together.
const AT_ONCE: usize = 8;
const GROUP: u32 = 64;
/// Mails whose statuses are computed together.
const MAILS: u32 = 200;
/// Failures without a success after which the others are not tried.
const TOO_MANY: usize = 8;
/// Pauses between tries, and the longest pause that the ERP may ask for, in seconds.
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(2), longest: Duration::from_secs(15 * 60) };
const LONGEST_ASKED: u32 = 3_600;
/// Pause after the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(30);
/// The status of a mail in transit is computed again so long after its last event: by then it is unknown (rule C5). If it is
/// not, a day later.
const SILENCE: chrono::Duration = chrono::Duration::days(25);
const DAY: chrono::Duration = chrono::Duration::days(1);
/// Events that the plugin could not fold are folded again after this.
const AGAIN: chrono::Duration = chrono::Duration::hours(1);

/// A company's records, and the plugin, which folds events to a status.
#[derive(Debug)]
pub struct NotifierContext {
    /// The plugin, opened for the company.
    pub company_plugin: CompanyPlugin,
    /// The company's records.
    pub records: Arc<dyn Records>,
}

/// Opens companies' records. The embedding program implements it, as it has the keys.
pub trait RecordsAccess: Send + Sync {
    /// Opens the records of a company; none if it has no records.
    fn notifier_context(
        &self,
        company: CompanyId,
    ) -> BoxFuture<'_, Result<Option<NotifierContext>, RecordsError>>;
}

/// Counts of notices by what came of sending them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delivered {
    /// Notices that the ERP accepted.
    pub accepted: u64,
    /// Notices that it will never accept.
    pub refused: u64,
    /// Notices that are sent again later.
    pub later: u64,
}

impl std::ops::AddAssign for Delivered {
    fn add_assign(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.later += other.later;
    }
}

/// Notifies the ERPs of all companies.
#[derive(Clone)]
pub struct ErpNotifier {
    outbox: OutboxHandle,
    lease_owner: LeaseOwner,
    access: Arc<dyn RecordsAccess>,
}

impl std::fmt::Debug for ErpNotifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ErpNotifier").field("lease_owner", &self.lease_owner).finish_non_exhaustive()
    }
}

impl ErpNotifier {
    /// Creates a notifier of this outbox's statuses.
    pub fn new(outbox: &OutboxHandle, access: Arc<dyn RecordsAccess>) -> Self {
        Self { outbox: outbox.clone(), lease_owner: LeaseOwner::new("courier"), access }
    }

    /// Notifies ERPs as statuses change, until the task is aborted. Notices that were on their way then are sent again by the next
    /// notifier.
    pub fn spawn(self) -> AbortHandle {
        let work = async move {
            let (mut tasks, mut companies) = (JoinSet::new(), BTreeMap::new());
            loop {
                if let Err(error) = self.start_due(&mut tasks, &mut companies).await {
                    tracing::error!("no news are told to any records: {error}");
                    tokio::time::sleep(STORE_PAUSE).await;
                }
                tokio::time::sleep(POLL_INTERVAL).await;
                while let Some(ended) = tasks.try_join_next_with_id() {
                    companies.remove(&ended.map_or_else(|error| error.id(), |(id, ())| id));
                }
            }
        };
        tokio::spawn(work).abort_handle()
    }

    /// Begins a task for every company with notices that are due.
    async fn start_due(
        &self,
        tasks: &mut JoinSet<()>,
        companies: &mut BTreeMap<tokio::task::Id, CompanyId>,
    ) -> Result<(), StoreError> {
        for company in self.store().records_due(self.now()).await? {
            if companies.len() >= COMPANIES || companies.values().any(|it| *it == company) {
                continue;
            }
            let erp_notifier = self.clone();
            let notifying = async move {
                if let Err(error) = erp_notifier.deliver(company).await {
                    tracing::error!("the news of a company could not be told: {error}");
                }
            };
            let task = tasks.spawn(notifying.instrument(spans::company(company)));
            companies.insert(task.id(), company);
        }
        Ok(())
    }

    /// Sends the notices that are due now, of all companies.
    pub async fn round(&self) -> Result<Delivered, StoreError> {
        let mut all = Delivered::default();
        for company in self.store().records_due(self.now()).await? {
            let delivered = self.deliver(company).instrument(spans::company(company)).await?;
            all += delivered.unwrap_or_default();
        }
        Ok(all)
    }

    /// Sends the notices of one company that are due now; none if another notifier has leased its records.
    pub async fn deliver(&self, company: CompanyId) -> Result<Option<Delivered>, StoreError> {
        if !self.store().lease_records(company, &self.lease_owner, self.now(), LEASE).await? {
            return Ok(None);
        }
        let mut delivered = Delivered::default();
        let pause = self.deliver_leased(company, &mut delivered).await;
        let after = match &pause {
            Ok(pause) => pause.clone(),
            Err(_) => Pause::None,
        };
        self.store().release_records(company, &self.lease_owner, &after).await?;
        pause.map(|_| Some(delivered))
    }

    async fn deliver_leased(
        &self,
        company: CompanyId,
        delivered: &mut Delivered,
    ) -> Result<Pause, StoreError> {
        let notifier_context = match self.access.notifier_context(company).await {
            Ok(Some(notifier_context)) => notifier_context,
            Ok(None) => return Ok(Pause::None),
            Err(error) => return self.pause(company, &error).await,
        };
        let begun = Instant::now();
        while begun.elapsed() < BUDGET {
            let reviewed = self.review(company, &notifier_context.company_plugin).await?;
            let waiting = self.store().notices_due(company, self.now(), GROUP).await?;
            if reviewed == 0 && waiting.is_empty() {
                break;
            }
            let until = begun + BUDGET;
            if let Some(error) =
                self.send(company, &notifier_context.records, waiting, until, delivered).await?
            {
                return self.pause(company, &error).await;
            }
        }
        Ok(Pause::None)
    }

    /// Computes the statuses of mails with new events, and records a notice for each status that is not the one sent last. Gives
    /// how many mails.
    async fn review(&self, company: CompanyId, company_plugin: &CompanyPlugin) -> Result<usize, StoreError> {
        let (now, mut reviewed) = (self.now(), Vec::new());
        for change in self.store().status_changes(company, now, MAILS).await? {
            let folded = fold(company_plugin, &change, now).await;
            let (notices, next) = folded.unwrap_or_else(|error| {
                tracing::error!(mail = %change.mail, "mail {}: its status can't be told: {error}", change.mail);
                (Vec::new(), Some(now + AGAIN))
            });
            reviewed.push(ReviewedStatusChange { change, notices, next });
        }
        if !reviewed.is_empty() {
            self.store().record_status_changes(&reviewed).await?;
        }
        Ok(reviewed.len())
    }

    /// Sends notices about different documents. Gives the error after which the others would fail too, if there was one.
    async fn send(
        &self,
        company: CompanyId,
        records: &Arc<dyn Records>,
        waiting: Vec<WaitingNotice>,
        until: Instant,
        delivered: &mut Delivered,
    ) -> Result<Option<RecordsError>, StoreError> {
        let (mut waiting, mut on_the_way) = (waiting.into_iter(), JoinSet::new());
        let (mut results, mut fatal, mut failed, mut good) = (Vec::new(), None, 0_usize, 0_usize);
        loop {
            while fatal.is_none()
                && Instant::now() < until
                && on_the_way.len() < AT_ONCE
                && let Some(WaitingNotice { notice, tries }) = waiting.next()
            {
                let records = Arc::clone(records);
                on_the_way.spawn(async move {
                    let sent = tokio::time::timeout(LONGEST, records.notify(&notice)).await;
                    (sent.unwrap_or_else(|_| Err(timed_out())), notice.id, tries)
                });
            }
            let Some(ended) = on_the_way.join_next().await else { break };
            // A notice whose task ended unexpectedly is sent again with the others.
            let Ok((sent, id, tries)) = ended else { continue };
            let Err(error) = sent else {
                good += 1;
                delivered.accepted += 1;
                results.push((id, NotificationResult::Delivered));
                continue;
            };
            match error.blame() {
                Blame::ThisForever => {
                    good += 1;
                    delivered.refused += 1;
                    tracing::warn!("notice {id}: {error}; `postroom records notices --open`");
                    results.push((id, NotificationResult::Refused(error.to_string())));
                }
                Blame::This => {
                    failed += 1;
                    delivered.later += 1;
                    let due = self.now() + wait(tries, error.retry_after());
                    results.push((id, NotificationResult::Later(due, error.to_string())));
                    if failed >= TOO_MANY && good == 0 {
                        fatal = fatal.or(Some(error));
                    }
                }
                Blame::All => {
                    delivered.later += 1;
                    fatal = fatal.or(Some(error));
                }
            }
        }
        if !results.is_empty() {
            self.store().record_notifications(company, &results).await?;
        }
        Ok(fatal)
    }

    /// Pauses the notices of a company whose ERP failed.
    async fn pause(&self, company: CompanyId, error: &RecordsError) -> Result<Pause, StoreError> {
        let tries = self.store().company_store(company).records().await?.map_or(0, |row| row.tries);
        let wait = wait(tries, error.retry_after());
        let name = self.store().company(company).await?.name;
        tracing::warn!("records of {name}: {error}; told again in {} s", wait.num_seconds());
        Ok(Pause::Until(self.now() + wait, error.to_string()))
    }

    fn store(&self) -> &SystemStore {
        &self.outbox.store
    }

    fn now(&self) -> Time {
        self.outbox.clock.now()
    }
}

/// Computes the notices that follow from a mail's events, and when its status is to be computed again though no event comes.
async fn fold(
    company_plugin: &CompanyPlugin,
    change: &StatusChange,
    now: Time,
) -> Result<(Vec<Notice>, Option<Time>), super::OutboxError> {
    let events = told_events(&change.events);
    // The status of the copy to our own user is not the document's.
    let to = Recipients { all: &change.rcpt_to, own_copies: &change.own_copies }.others();
    let folded = company_plugin.fold(&Files::default(), &to, &events, &stamp(now)).await?;
    let timeline = folded.map_err(|e| super::facts::disagreement(&e))?;
    let mut notices = Vec::new();
    for of in &timeline.recipients {
        let last = change.last_notified.iter().rfind(|last| last.recipient == of.recipient);
        let (status, times) = (word(of.status), last.map_or(0, |last| last.times));
        if last.is_some_and(|last| last.status == status) {
            continue;
        }
        let label = company_plugin.label(&Files::default(), of.status, "en").await?;
        notices.push(Notice {
            id: identity(change, of, times),
            mail: Some(change.mail),
            document: change.document.clone(),
            partner: None,
            recipient: Some(of.recipient.clone()),
            kind: NoticeKind::Status { status: status.to_owned(), label },
            reason: Some(of.reason.detail.clone()),
            at: of.evidence.as_ref().and_then(|fact| fact.at.parse().ok()).unwrap_or(now),
        });
    }
    let in_transit = timeline.recipients.iter().any(|of| of.status == Status::InTransit);
    let last = change.events.iter().map(|event| event.at).max().filter(|_| in_transit);
    let next = last.map(|last| {
        let silent = last + SILENCE + chrono::Duration::seconds(1);
        if silent > now { silent } else { now + DAY }
    });
    Ok((notices, next))
}

/// Computes a notice's id from its recipient, its status, and how often that was notified before: so the notices of a store that
/// was restored from a backup have the ids that the ERP already knows.
fn identity(change: &StatusChange, of: &RecipientStatus, times: u64) -> String {
    let mut hash = Sha256::new();
    for field in [&change.mail.to_string(), &of.recipient, word(of.status), &times.to_string()] {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    HEXLOWER.encode(hash.finalize().get(..16).unwrap_or_default())
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Unknown => "unknown",
        Status::InTransit => "in-transit",
        Status::Delivered => "delivered",
        Status::Failed => "failed",
        Status::Read => "read",
    }
}

fn timed_out() -> RecordsError {
    let detail = format!("it took more than {} s", LONGEST.as_secs());
    RecordsError::Unavailable { detail, retry_after: None }
}

/// Computes the pause after so many tries; at least as long as the ERP asked for.
fn wait(tries: u32, asked: Option<u32>) -> chrono::Duration {
    let own = BACKOFF.pause(tries);
    let asked = Duration::from_secs(u64::from(asked.unwrap_or(0).min(LONGEST_ASKED)));
    chrono::Duration::from_std(own.max(asked)).unwrap_or(DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour_and_are_as_long_as_is_asked() {
        for (tries, asked, seconds) in [
            (0, None, 2),
            (1, None, 4),
            (8, None, 512),
            (9, None, 900),
            (u32::MAX, None, 900),
            (0, Some(7), 7),
            (3, Some(7), 16),
            (0, Some(u32::MAX), 3_600),
        ] {
            assert_eq!(wait(tries, asked).num_seconds(), seconds, "{tries} {asked:?}");
        }
    }
}
