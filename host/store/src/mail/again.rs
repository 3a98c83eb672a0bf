//! Mails that failed for all recipients, asked for again. The transaction that the new mail enters by decides whether one may
//! be: what a list showed may have changed while a person was asked.

use crate::compliance::audit::asker;
use crate::mail::batches::{NEVER_LEFT, NUMBERED_BY_PARTNER};
use crate::mail::message_blob::MessageBlob;
use crate::mail::types::NewMail;
use crate::queue::enqueue::{Entering, Intent, intent};
use crate::queue::state::Order;
use crate::schema::dialect::Dialect;
use crate::sql::row;
use crate::sql::rows::{self, JsonRows};
use crate::{StoreError, UserStore};
use postroom_model::{AccountId, MailId};
use sqlx::AnyConnection;
use std::collections::BTreeMap;

/// A mail that is to be sent again, and the mail that it is sent as.
#[derive(Debug, Clone)]
pub struct Again {
    /// The mail that failed for all recipients.
    pub of: MailId,
    /// The new one: of the same intent.
    pub mail: NewMail,
}

/// A finding about a mail that is to be sent again. All but [`NotAgain::Repeated`] forbid it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAgain {
    /// There is no such mail, or the user may not use its account.
    Unknown,
    /// Its content was removed: by retention, or since a recipient was erased.
    Emptied,
    /// It has no document, or no revision of it is known.
    NoIntent,
    /// It has not failed, or it left for some of its recipients, or may have.
    Left,
    /// This mail of the document left, may have, or still may: a later one, or another one of the same intent.
    Other(MailId),
    /// This later mail of the document, of another revision or to others, failed for all recipients, too.
    Failed(MailId),
    /// As [`NotAgain::Other`] or [`NotAgain::Failed`], of accounts that the user may not use.
    Elsewhere,
    /// This later mail of the same intent failed for all recipients, too.
    Repeated(MailId),
}

impl NotAgain {
    /// Ranks two findings about one mail by what a person has to know first.
    fn rank(self) -> u8 {
        match self {
            Self::Unknown | Self::Emptied | Self::NoIntent | Self::Left => 4,
            Self::Other(_) => 3,
            Self::Failed(_) => 2,
            Self::Elsewhere => 1,
            Self::Repeated(_) => 0,
        }
    }
}

/// The findings about mails that are to be sent again.
struct Judged {
    not_again: BTreeMap<MailId, NotAgain>,
    /// Account and intent of those that failed for all recipients and have their content.
    may: BTreeMap<MailId, (AccountId, Intent)>,
}

impl UserStore<'_> {
    /// Returns which of these mails may not be sent again, and why, by the rule of [`Self::enqueue_again`].
    pub async fn not_again(&self, mails: &[MailId]) -> Result<BTreeMap<MailId, NotAgain>, StoreError> {
        Ok(self.judged(&mut *self.store.pool.acquire().await?, mails, "").await?.not_again)
    }

    /// Puts mails into the outbox that are sent again, each only while its original may be: not emptied, failed for all
    /// recipients, and without another mail of its document that forbids it. On disk when it returns; returns the new mail's id
    /// or why nothing entered, in their order.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a mail of another account or intent than its original, [`StoreError::Taken`] for an id that
    /// is stored already: nothing entered.
    pub async fn enqueue_again(
        &self,
        mails: &[Again],
        order: &Order,
    ) -> Result<Vec<Result<MailId, NotAgain>>, StoreError> {
        let packed = mails.iter().map(|it| MessageBlob::of(&it.mail.message).pack());
        let packed = packed.collect::<Result<Vec<_>, _>>()?;
        let entered = match self.enqueue_all_again(mails, &packed, order).await {
            // Another program asked for one of them at this moment, and was first: now its mail is there to be found.
            Err(StoreError::Taken { .. }) => self.enqueue_all_again(mails, &packed, order).await?,
            entered => entered?,
        };
        self.store.notify_workers().await;
        Ok(entered)
    }

    async fn enqueue_all_again(
        &self,
        mails: &[Again],
        packed: &[Vec<u8>],
        order: &Order,
    ) -> Result<Vec<Result<MailId, NotAgain>>, StoreError> {
        let mut transaction = self.store.write().await?;
        let lock = match self.store.dialect {
            // A file has one writer at a time.
            Dialect::Sqlite => "",
            // An erasure locks the company before it looks for mails: see `erasure`.
            Dialect::Postgres => {
                let sql =
                    "select 1 from companies where id = (select company from users where id = $1) for share";
                sqlx::query(sql).bind(self.user.to_string()).execute(&mut *transaction).await?;
                " for no key update of mails"
            }
        };
        let asker = asker(&mut transaction, self.user).await?;
        let of: Vec<MailId> = mails.iter().map(|it| it.of).collect();
        let Judged { not_again, may } = self.judged(&mut transaction, &of, lock).await?;
        let earlier = self.earlier(&mut transaction, may.values().map(|(_, intent)| intent)).await?;
        let (mut entered, mut entering) = (Vec::with_capacity(mails.len()), Vec::new());
        let mut of_intent: BTreeMap<Intent, MailId> = BTreeMap::new();
        for (Again { of, mail }, packed) in mails.iter().zip(packed) {
            let known = not_again.get(of).filter(|not| !matches!(not, NotAgain::Repeated(_)));
            let (account, intent) = match (known, may.get(of)) {
                (None, Some(may)) => may,
                (not, _) => {
                    entered.push(Err(not.copied().unwrap_or(NotAgain::Unknown)));
                    continue;
                }
            };
            if *account != mail.account || self::intent(mail).as_ref() != Some(intent) {
                return Err(StoreError::invalid("mail", format!("it is not the mail {of} again")));
            }
            // Of two mails of one intent the first enters, and the second finds it.
            if let Some(first) = of_intent.get(intent) {
                entered.push(Err(NotAgain::Other(*first)));
                continue;
            }
            of_intent.insert(intent.clone(), mail.id);
            entered.push(Ok(mail.id));
            let resend = earlier.get(intent).map_or(0, |before| before.resend + 1);
            entering.push(Entering { mail, packed, intent: Some(intent.clone()), resend });
        }
        self.enter(&mut transaction, asker.as_ref(), &entering, order).await?;
        transaction.commit().await?;
        Ok(entered)
    }

    /// Judges mails by this connection. With `lock`, what was found about the mails themselves stays so until its transaction
    /// ends.
    async fn judged(
        &self,
        connection: &mut AnyConnection,
        mails: &[MailId],
        lock: &str,
    ) -> Result<Judged, StoreError> {
        let not_again = mails.iter().map(|mail| (*mail, NotAgain::Unknown)).collect();
        let mut judged = Judged { not_again, may: BTreeMap::new() };
        if mails.is_empty() {
            return Ok(judged);
        }
        let each = JsonRows::on(connection);
        let sql = format!(
            "select mails.id, mails.account, mails.intent, case when mails.emptied is not null then 'emptied' when not {NEVER_LEFT} then 'left' \
             when mails.intent is null then 'no-intent' else 'failed' end as found \
             from mails join outbox on outbox.mail = mails.id where {} and mails.id in (select {} from {}) \
             order by mails.id{lock}",
            self.scope().on("mails", 2),
            each.text("id"),
            each.row(),
        );
        let found = rows::bulk_query(sql, &rows::ids(mails))?.bind(self.scope().owner());
        for row in found.fetch_all(&mut *connection).await? {
            let mail: MailId = row::parsed(&row, "id")?;
            let not = match row::text(&row, "found")?.as_str() {
                "emptied" => NotAgain::Emptied,
                "left" => NotAgain::Left,
                "no-intent" => NotAgain::NoIntent,
                _ => {
                    judged.not_again.remove(&mail);
                    let of = (row::parsed(&row, "account")?, row::bytes(&row, "intent")?);
                    judged.may.insert(mail, of);
                    continue;
                }
            };
            judged.not_again.insert(mail, not);
        }
        let left: Vec<MailId> = judged.may.keys().copied().collect();
        for (mail, other) in self.others(connection, &left).await? {
            let known = judged.not_again.entry(mail).or_insert(other);
            if known.rank() <= other.rank() {
                *known = other;
            }
        }
        Ok(judged)
    }

    /// Finds the other mails of each one's document that matter, the oldest first: later ones, and whatever left of the same intent.
    async fn others(
        &self,
        connection: &mut AnyConnection,
        mails: &[MailId],
    ) -> Result<Vec<(MailId, NotAgain)>, StoreError> {
        if mails.is_empty() {
            return Ok(Vec::new());
        }
        let each = JsonRows::on(connection);
        let by_partner = NUMBERED_BY_PARTNER.map(|kind| format!("'{kind}'")).join(", ");
        // The id of a mail that the user may not see does not leave the database.
        let sql = format!(
            "select mails.id as mail, case when reachable.id is null then null else other.id end as other, \
             case when not {NEVER_LEFT} then 'left' when other.intent = mails.intent then 'repeated' \
             else 'failed' end as what \
             from mails join mails as other on other.company = mails.company \
             and other.document_kind = mails.document_kind and other.document_number = mails.document_number \
             and other.use_case = mails.use_case \
             and (other.id > mails.id or (other.intent = mails.intent and other.id <> mails.id)) \
             and (other.partner = mails.partner or other.intent = mails.intent \
             or mails.document_kind not in ({by_partner})) \
             join outbox on outbox.mail = other.id \
             left join reachable on reachable.id = other.account and reachable.user_id = $2 \
             where {} and mails.id in (select {} from {}) order by other.id",
            self.scope().on("mails", 2),
            each.text("id"),
            each.row(),
        );
        let found = rows::bulk_query(sql, &rows::ids(mails))?.bind(self.scope().owner());
        let mut others = Vec::new();
        for row in found.fetch_all(connection).await? {
            let mail: MailId = row::parsed(&row, "mail")?;
            let other: Option<MailId> = row::optional(&row, "other")?;
            let not = match (row::text(&row, "what")?.as_str(), other) {
                ("repeated", Some(other)) if other > mail => NotAgain::Repeated(other),
                ("repeated", _) => continue,
                ("left", Some(other)) => NotAgain::Other(other),
                (_, Some(other)) => NotAgain::Failed(other),
                (_, None) => NotAgain::Elsewhere,
            };
            others.push((mail, not));
        }
        Ok(others)
    }
}
