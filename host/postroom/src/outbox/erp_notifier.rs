//! Carries news to the records of companies that have some: looks at mails of which something became known, tells each
//! status that is another than the one told last, and whatever else is to be told.
//!
//! What is told is durable before it is told, and told again until the records say that they have it. Of one document in
//! order; of several at the same time. Records that do not answer are left alone for a while, longer each time.

use super::facts::{stamp, told_events};
use super::outbox_handle::OutboxHandle;
use super::status::Recipients;
use super::worker::Notices;
use crate::engine::{CompanyPlugin, Files};
use crate::records::{Blame, Records, RecordsError};
use chrono::{DateTime, FixedOffset};
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

type Time = DateTime<FixedOffset>;

/// Between two looks at the store.
const LOOK: Duration = Duration::from_secs(1);
/// How long a company's records are held; how long its news are carried in one go; and how long one notice may take. What
/// was begun within the second ends within the first: nobody else has the records before.
const LEASE: Duration = Duration::from_secs(240);
const BUDGET: Duration = Duration::from_secs(30);
const LONGEST: Duration = Duration::from_secs(120);
/// Companies at the same time.
const COMPANIES: usize = 16;
/// Notices of a company at the same time, each about another document; and in one go.
const AT_ONCE: usize = 8;
const GROUP: u32 = 64;
/// Mails that are looked at in one go.
const MAILS: u32 = 200;
/// Failures without a success after which nothing else would fare better.
const MANY: usize = 8;
/// First and longest wait for another try, and the longest that the records may ask for.
const FIRST_WAIT: Duration = Duration::from_secs(2);
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
const LONGEST_ASKED: u32 = 3_600;
/// A mail in transit is looked at again so long after its last news: by then its status can't be retrieved any more
/// (rule C5). If it still can, a day later.
const SILENCE: chrono::Duration = chrono::Duration::days(25);
const DAY: chrono::Duration = chrono::Duration::days(1);
/// News that the plugin can't fold.
const AGAIN: chrono::Duration = chrono::Duration::hours(1);

/// What a company's news need: its records, and the plugin, which says what facts amount to.
#[derive(Debug)]
pub struct NotifierContext {
    /// The plugin at work for the company.
    pub company_plugin: CompanyPlugin,
    /// Its records.
    pub records: Arc<dyn Records>,
}

/// Opens bureaus: whoever has the keys.
pub trait RecordsAccess: Send + Sync {
    /// The bureau of a company; none: it has no records.
    fn notifier_context(
        &self,
        company: CompanyId,
    ) -> BoxFuture<'_, Result<Option<NotifierContext>, RecordsError>>;
}

/// What was carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delivered {
    /// Notices that the records have now.
    pub told: u64,
    /// Those that they will never take.
    pub refused: u64,
    /// Those that are told again later.
    pub later: u64,
}

impl std::ops::AddAssign for Delivered {
    fn add_assign(&mut self, other: Self) {
        self.told += other.told;
        self.refused += other.refused;
        self.later += other.later;
    }
}

/// Carries the news of all companies.
#[derive(Clone)]
pub struct ErpNotifier {
    outbox: OutboxHandle,
    lease_owner: LeaseOwner,
    access: Arc<dyn RecordsAccess>,
    notices: Notices,
}

impl std::fmt::Debug for ErpNotifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Courier").field("holder", &self.lease_owner).finish_non_exhaustive()
    }
}

impl ErpNotifier {
    /// A courier of this ledger's news.
    pub fn new(outbox: &OutboxHandle, access: Arc<dyn RecordsAccess>, notices: Notices) -> Self {
        Self { outbox: outbox.clone(), lease_owner: LeaseOwner::new("courier"), access, notices }
    }

    /// Carries news as they come, until it is aborted. What it had in hand is told again by the next one.
    pub fn keep(self) -> AbortHandle {
        let work = async move {
            let (mut at_work, mut companies) = (JoinSet::new(), BTreeMap::new());
            loop {
                if let Err(error) = self.set_off(&mut at_work, &mut companies).await {
                    (self.notices)(&format!("no news are told to any records: {error}"));
                    tokio::time::sleep(LONGEST_WAIT / 30).await;
                }
                tokio::time::sleep(LOOK).await;
                while let Some(ended) = at_work.try_join_next_with_id() {
                    companies.remove(&ended.map_or_else(|error| error.id(), |(id, ())| id));
                }
            }
        };
        tokio::spawn(work).abort_handle()
    }

    /// Begins with every company that has something to be told.
    async fn set_off(
        &self,
        at_work: &mut JoinSet<()>,
        companies: &mut BTreeMap<tokio::task::Id, CompanyId>,
    ) -> Result<(), StoreError> {
        for company in self.store().records_due(self.now()).await? {
            if companies.len() >= COMPANIES || companies.values().any(|it| *it == company) {
                continue;
            }
            let erp_notifier = self.clone();
            let task = at_work.spawn(async move {
                if let Err(error) = erp_notifier.deliver(company).await {
                    (erp_notifier.notices)(&format!("the news of a company could not be told: {error}"));
                }
            });
            companies.insert(task.id(), company);
        }
        Ok(())
    }

    /// Carries what there is now, and ends.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn round(&self) -> Result<Delivered, StoreError> {
        let mut all = Delivered::default();
        for company in self.store().records_due(self.now()).await? {
            all += self.deliver(company).await?.unwrap_or_default();
        }
        Ok(all)
    }

    /// Carries what there is of one company; none: somebody else does so at the moment.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn deliver(&self, company: CompanyId) -> Result<Option<Delivered>, StoreError> {
        if !self.store().lease_records(company, &self.lease_owner, self.now(), LEASE).await? {
            return Ok(None);
        }
        let mut delivered = Delivered::default();
        let carried = self.carry(company, &mut delivered).await;
        let pause = match &carried {
            Ok(pause) => pause.clone(),
            Err(_) => Pause::None,
        };
        self.store().release_records(company, &self.lease_owner, &pause).await?;
        carried.map(|_| Some(delivered))
    }

    async fn carry(&self, company: CompanyId, delivered: &mut Delivered) -> Result<Pause, StoreError> {
        let notifier_context = match self.access.notifier_context(company).await {
            Ok(Some(notifier_context)) => notifier_context,
            Ok(None) => return Ok(Pause::None),
            Err(error) => return self.leave_alone(company, &error).await,
        };
        let begun = Instant::now();
        while begun.elapsed() < BUDGET {
            let looked = self.look(company, &notifier_context.company_plugin).await?;
            let waiting = self.store().notices_due(company, self.now(), GROUP).await?;
            if looked == 0 && waiting.is_empty() {
                break;
            }
            let until = begun + BUDGET;
            if let Some(error) =
                self.tell(company, &notifier_context.records, waiting, until, delivered).await?
            {
                return self.leave_alone(company, &error).await;
            }
        }
        Ok(Pause::None)
    }

    /// Folds the facts of mails with news; what has another status than was told is to be told. How many mails.
    async fn look(&self, company: CompanyId, company_plugin: &CompanyPlugin) -> Result<usize, StoreError> {
        let (now, mut looked) = (self.now(), Vec::new());
        for news in self.store().status_changes(company, now, MAILS).await? {
            let folded = fold(company_plugin, &news, now).await;
            let (notices, next) = folded.unwrap_or_else(|error| {
                (self.notices)(&format!("mail {}: its status can't be told: {error}", news.mail));
                (Vec::new(), Some(now + AGAIN))
            });
            looked.push(ReviewedStatusChange { change: news, notices, next });
        }
        if !looked.is_empty() {
            self.store().record_status_changes(&looked).await?;
        }
        Ok(looked.len())
    }

    /// Tells notices about different documents. Where nothing else would fare better, the error that says so.
    async fn tell(
        &self,
        company: CompanyId,
        records: &Arc<dyn Records>,
        waiting: Vec<WaitingNotice>,
        until: Instant,
        delivered: &mut Delivered,
    ) -> Result<Option<RecordsError>, StoreError> {
        let (mut waiting, mut on_the_way) = (waiting.into_iter(), JoinSet::new());
        let (mut came, mut fatal, mut failed, mut good) = (Vec::new(), None, 0_usize, 0_usize);
        loop {
            while fatal.is_none()
                && Instant::now() < until
                && on_the_way.len() < AT_ONCE
                && let Some(WaitingNotice { notice, tries }) = waiting.next()
            {
                let records = Arc::clone(records);
                on_the_way.spawn(async move {
                    let told = tokio::time::timeout(LONGEST, records.tell(&notice)).await;
                    (told.unwrap_or_else(|_| Err(silent())), notice.id, tries)
                });
            }
            let Some(ended) = on_the_way.join_next().await else { break };
            // One that ended unexpectedly is told again with the others.
            let Ok((told, id, tries)) = ended else { continue };
            let Err(error) = told else {
                good += 1;
                delivered.told += 1;
                came.push((id, NotificationResult::Delivered));
                continue;
            };
            match error.blame() {
                Blame::ThisForever => {
                    good += 1;
                    delivered.refused += 1;
                    (self.notices)(&format!("notice {id}: {error}; `postroom records notices --open`"));
                    came.push((id, NotificationResult::Refused(error.to_string())));
                }
                Blame::This => {
                    failed += 1;
                    delivered.later += 1;
                    let due = self.now() + wait(tries, error.retry_after());
                    came.push((id, NotificationResult::Later(due, error.to_string())));
                    if failed >= MANY && good == 0 {
                        fatal = fatal.or(Some(error));
                    }
                }
                Blame::All => {
                    delivered.later += 1;
                    fatal = fatal.or(Some(error));
                }
            }
        }
        if !came.is_empty() {
            self.store().record_notifications(company, &came).await?;
        }
        Ok(fatal)
    }

    async fn leave_alone(&self, company: CompanyId, error: &RecordsError) -> Result<Pause, StoreError> {
        let tries = self.store().company_store(company).records().await?.map_or(0, |row| row.tries);
        let wait = wait(tries, error.retry_after());
        let name = self.store().company(company).await?.name;
        (self.notices)(&format!("records of {name}: {error}; told again in {} s", wait.num_seconds()));
        Ok(Pause::Until(self.now() + wait, error.to_string()))
    }

    fn store(&self) -> &SystemStore {
        &self.outbox.store
    }

    fn now(&self) -> Time {
        self.outbox.clock.now()
    }
}

/// The notices that follow from what is known of a mail, and when to look again though nothing happens.
async fn fold(
    company_plugin: &CompanyPlugin,
    news: &StatusChange,
    now: Time,
) -> Result<(Vec<Notice>, Option<Time>), super::OutboxError> {
    let events = told_events(&news.events);
    // What becomes of the copy to our own user is no news of the document.
    let to = Recipients { all: &news.rcpt_to, own_copies: &news.own_copies }.others();
    let folded = company_plugin.fold(&Files::default(), &to, &events, &stamp(now)).await?;
    let timeline = folded.map_err(|e| super::facts::disagreement(&e))?;
    let mut notices = Vec::new();
    for of in &timeline.recipients {
        let told = news.last_notified.iter().rfind(|told| told.recipient == of.recipient);
        let (status, times) = (word(of.status), told.map_or(0, |told| told.times));
        if told.is_some_and(|told| told.status == status) {
            continue;
        }
        let label = company_plugin.label(&Files::default(), of.status, "en").await?;
        notices.push(Notice {
            id: identity(news, of, times),
            mail: Some(news.mail),
            document: news.document.clone(),
            partner: None,
            recipient: Some(of.recipient.clone()),
            kind: NoticeKind::Status { status: status.to_owned(), label },
            reason: Some(of.reason.detail.clone()),
            at: of.evidence.as_ref().and_then(|fact| fact.at.parse().ok()).unwrap_or(now),
        });
    }
    let in_transit = timeline.recipients.iter().any(|of| of.status == Status::InTransit);
    let last = news.events.iter().map(|event| event.at).max().filter(|_| in_transit);
    let next = last.map(|last| {
        let silent = last + SILENCE + chrono::Duration::seconds(1);
        if silent > now { silent } else { now + DAY }
    });
    Ok((notices, next))
}

/// The same status of the same recipient, told as often before, is the same notice: also where a store came back from a
/// backup, and tells it once more.
fn identity(news: &StatusChange, of: &RecipientStatus, times: u64) -> String {
    let mut hash = Sha256::new();
    for field in [&news.mail.to_string(), &of.recipient, word(of.status), &times.to_string()] {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field);
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
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

fn silent() -> RecordsError {
    let detail = format!("it took more than {} s", LONGEST.as_secs());
    RecordsError::Unavailable { detail, retry_after: None }
}

/// How long to wait after so many tries.
fn wait(tries: u32, asked: Option<u32>) -> chrono::Duration {
    let own = FIRST_WAIT.saturating_mul(1 << tries.min(16)).min(LONGEST_WAIT);
    let asked = Duration::from_secs(u64::from(asked.unwrap_or(0).min(LONGEST_ASKED)));
    chrono::Duration::from_std(own.max(asked)).unwrap_or(DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour_and_heed_what_is_asked() {
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
