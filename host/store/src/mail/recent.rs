//! Mails that this program enqueued a moment ago. The worker beside it leases them next, and need not read back what was in hand: of
//! such a mail only what may have changed since is read.

use crate::mail::types::{AttachedFile, FilePlace, Mail, NewMail, Piece};
use crate::queue::state::OutboxRow;
use crate::sql::row;
use crate::sql::rows::{self, JsonRows};
use crate::{StoreError, SystemStore};
use chrono::SubsecRound as _;
use postroom_model::MailId;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Bytes of messages that are in memory at most, some three hundred mails: a batch is composed faster than it is sent.
const MOST: usize = 32 << 20;

/// A mail that was not leased by then was leased by another program, or waits for a time.
const LONGEST: Duration = Duration::from_secs(60);

/// The mails, shared by the clones of a store. Empty unless a worker of this program claims mails.
#[derive(Debug, Clone, Default)]
pub(crate) struct RecentMails {
    claiming: Arc<AtomicUsize>,
    mails: Arc<Mutex<Remembered>>,
}

#[derive(Debug, Default)]
struct Remembered {
    mails: BTreeMap<MailId, (Instant, NewMail)>,
    size: usize,
}

impl Remembered {
    fn forget_what_is_old(&mut self, now: Instant) {
        while let Some(oldest) = self.mails.first_entry()
            && now.duration_since(oldest.get().0) > LONGEST
        {
            let (_, mail) = oldest.remove();
            self.size = self.size.saturating_sub(size(&mail));
        }
    }
}

/// A worker that claims mails: while there is one, mails that are enqueued here are remembered.
#[derive(Debug)]
pub struct Claiming(RecentMails);

impl Drop for Claiming {
    fn drop(&mut self) {
        if self.0.claiming.fetch_sub(1, Ordering::AcqRel) == 1 {
            *self.0.lock() = Remembered::default();
        }
    }
}

/// Mails that a worker has leased.
#[derive(Debug, Default)]
pub struct Claimed {
    /// All of them.
    pub ids: Vec<MailId>,
    /// Those that need not be read any more.
    pub known: BTreeMap<MailId, Mail>,
}

impl RecentMails {
    /// Remembers mails that were committed, if a worker of this program will claim them.
    pub(crate) fn remember<'m>(&self, mails: impl Iterator<Item = &'m NewMail>) {
        if self.claiming.load(Ordering::Acquire) == 0 {
            return;
        }
        let now = Instant::now();
        let mut remembered = self.lock();
        remembered.forget_what_is_old(now);
        for mail in mails.filter(|mail| is_stored_as_it_is(mail)) {
            let size = size(mail);
            if remembered.size + size > MOST {
                return;
            }
            // The store counts microseconds.
            let mail = NewMail { created: mail.created.trunc_subsecs(6), ..mail.clone() };
            remembered.size += size;
            remembered.mails.insert(mail.id, (now, mail));
        }
    }

    /// Hands over those of these mails that are remembered, as they are now; one that changed since is left out.
    pub(crate) async fn as_they_are(
        &self,
        connection: &mut AnyConnection,
        ids: &[MailId],
    ) -> Result<BTreeMap<MailId, Mail>, StoreError> {
        let known = self.take(ids);
        if known.is_empty() { Ok(BTreeMap::new()) } else { unchanged(connection, known).await }
    }

    /// Hands over those of these mails that are remembered.
    fn take(&self, ids: &[MailId]) -> BTreeMap<MailId, NewMail> {
        let mut remembered = self.lock();
        remembered.forget_what_is_old(Instant::now());
        let mut taken = BTreeMap::new();
        for id in ids {
            if let Some((_, mail)) = remembered.mails.remove(id) {
                remembered.size = remembered.size.saturating_sub(size(&mail));
                taken.insert(*id, mail);
            }
        }
        taken
    }

    fn lock(&self) -> MutexGuard<'_, Remembered> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bytes that a mail takes in memory, about.
fn size(mail: &NewMail) -> usize {
    let in_file = |file: &AttachedFile| match &file.place {
        FilePlace::Disk(_) => 0,
        FilePlace::Stored(content) => content.len(),
    };
    let in_piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.len(),
        Piece::File(_) | Piece::Raw(_) => 0,
    };
    let recipients: usize = mail.recipients.iter().map(|it| it.party.address.len() + 100).sum();
    let files: usize = mail.files.iter().map(in_file).sum();
    let pieces: usize = mail.message.pieces.iter().map(in_piece).sum();
    recipients + files + pieces + mail.message.html.len() + mail.message.text.len()
}

/// Returns true if the store gives a mail back as it came: it keeps no zeros in texts.
fn is_stored_as_it_is(mail: &NewMail) -> bool {
    let document = mail.document.iter().flat_map(|it| [&it.kind, &it.number, &it.partner]);
    let files = mail.files.iter().flat_map(|it| [&it.name, &it.media_type, &it.role]);
    let own = [&mail.use_case, &mail.subject, &mail.from.address, &mail.message.message_id];
    let more = [Some(&mail.message.mail_from), mail.from.name.as_ref(), mail.revision.as_ref()];
    !document.chain(files).chain(own).chain(more.into_iter().flatten()).any(|text| text.contains('\0'))
}

impl SystemStore {
    /// Has mails that this program enqueues remembered for [`claimed_mails`](Self::claimed_mails), until the guard is dropped.
    pub fn claiming(&self) -> Claiming {
        self.recent.claiming.fetch_add(1, Ordering::AcqRel);
        Claiming(self.recent.clone())
    }

    /// Reads those of these mails that exist, in this order, but for those that are known.
    pub async fn claimed_mails(&self, claimed: Claimed) -> Result<Vec<Mail>, StoreError> {
        let Claimed { ids, known: mut mails } = claimed;
        let others: Vec<MailId> = ids.iter().filter(|id| !mails.contains_key(id)).copied().collect();
        mails.extend(self.mails(&others).await?.into_iter().map(|mail| (mail.mail.id, mail)));
        Ok(ids.iter().filter_map(|id| mails.remove(id)).collect())
    }
}

/// Selects the mails of which nothing was recorded yet, and none of whose recipients was erased.
async fn unchanged(
    connection: &mut AnyConnection,
    mut known: BTreeMap<MailId, NewMail>,
) -> Result<BTreeMap<MailId, Mail>, StoreError> {
    let each = JsonRows::on(connection);
    let sql = format!(
        "select mails.id, mails.company, mails.user_id, mails.resend, mails.recipients, mails.rcpt_to, outbox.state, \
         outbox.due, outbox.send_at, outbox.lease_owner, outbox.cause, outbox.reason, outbox.answer, outbox.restored \
         from mails join outbox on outbox.mail = mails.id where mails.id in (select {} from {}) \
         and mails.emptied is null and not exists (select 1 from attempts where attempts.mail = mails.id) \
         and not exists (select 1 from events where events.mail = mails.id)",
        each.text("id"),
        each.row(),
    );
    let rows = rows::bulk_query(sql, &rows::ids(known.keys()))?.fetch_all(connection).await?;
    let mut mails = BTreeMap::new();
    for row in &rows {
        let id: MailId = row::parsed(row, "id")?;
        let Some(mail) = known.remove(&id) else { continue };
        // One whose row can't be read is left to its own task, which reads all of it and logs the error.
        if let Ok(Some(mail)) = as_it_is_now(row, mail) {
            mails.insert(id, mail);
        }
    }
    Ok(mails)
}

fn as_it_is_now(row: &AnyRow, mail: NewMail) -> Result<Option<Mail>, StoreError> {
    let is_same = row::text(row, "recipients")? == row::to_json(&mail.recipients)?
        && row::text(row, "rcpt_to")? == row::to_json(&mail.message.rcpt_to)?;
    if !is_same {
        return Ok(None);
    }
    Ok(Some(Mail {
        mail,
        company: row::parsed(row, "company")?,
        user: row::optional(row, "user_id")?,
        attempts: Vec::new(),
        events: Vec::new(),
        resend: u32::try_from(row::count(row, "resend")?).unwrap_or(u32::MAX),
        outbox: OutboxRow::from_row(row)?,
    }))
}
