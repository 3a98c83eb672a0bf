//! Storing mails and putting them into the outbox: a whole group by one commit and few statements, each intent once.

use crate::compliance::audit::{Action, Asker, asker, note_asked};
use crate::error::or_taken;
use crate::mail::batches::NEVER_LEFT;
use crate::mail::message_blob::MessageBlob;
use crate::mail::types::{NewMail, OpenCheck};
use crate::mailbox::contacts::add_those_of_mails;
use crate::queue::attached_files::insert_files;
use crate::queue::state::{Enqueued, Order, QueueState, WaitReason, intent_of};
use crate::sql::row;
use crate::sql::rows::{self, JsonRows};
use crate::sql::writing::WriteTransaction;
use crate::{StoreError, UserStore};
use data_encoding::HEXLOWER;
use postroom_model::MailId;
use serde::Serialize;
use sqlx::{AnyConnection, Row as _};
use std::collections::{BTreeMap, BTreeSet};

/// The identity by which two mails are one: [`intent_of`].
pub(crate) type Intent = Vec<u8>;

/// The earlier mails of an intent: the latest that the user may see, and how often it was asked for again, by all users.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Earlier {
    mail: Option<MailId>,
    pub(crate) resend: i64,
    /// All of them failed, and no server took one for any recipient: a user who asks for it again gets a new one.
    never_left: bool,
}

impl Earlier {
    /// Returns true if it failed, and the user may see it.
    fn sends_again(&self) -> bool {
        self.never_left && self.mail.is_some()
    }
}

/// An answer whether a mail of the same intent exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedBefore {
    /// It would be the first.
    No,
    /// It exists: this is the latest mail.
    As(MailId),
    /// It exists, and failed for all recipients: asked for again, it is sent again.
    Failed(MailId),
    /// It exists, of accounts alone that the user may not use.
    Elsewhere,
}

/// A mail that enters the outbox now, and how many mails of its intent there were before.
pub(crate) struct Entering<'a> {
    pub(crate) mail: &'a NewMail,
    pub(crate) packed: &'a [u8],
    pub(crate) intent: Option<Intent>,
    pub(crate) resend: i64,
}

impl UserStore<'_> {
    /// Stores mails and puts them into the outbox, all or none: on disk when it returns. A mail of an intent that exists is not
    /// added again, unless the order asks for it or the earlier one failed for all recipients.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAccount`], forbidden or missing; [`StoreError::Taken`] for an id that is stored already;
    /// [`StoreError::AskedElsewhere`] where the intent exists, of accounts alone that the user may not use.
    pub async fn enqueue(&self, mails: &[NewMail], order: &Order) -> Result<Vec<Enqueued>, StoreError> {
        // Before the write lock is taken.
        let packed = mails.iter().map(|mail| MessageBlob::of(&mail.message).pack());
        let packed = packed.collect::<Result<Vec<_>, _>>()?;
        let enqueued = match self.enqueue_all(mails, &packed, order).await {
            // Another program asked for the same at this moment, and was first: its mail is found now.
            Err(StoreError::Taken { .. }) => self.enqueue_all(mails, &packed, order).await?,
            enqueued => enqueued?,
        };
        if order.lease.is_none() && !order.held && order.send_at.is_none() {
            let new = mails.iter().zip(&enqueued);
            let new = new.filter(|(_, enqueued)| matches!(enqueued, Enqueued::New(_)));
            self.store.recent.remember(new.map(|(mail, _)| mail));
        }
        self.store.notify_workers().await;
        Ok(enqueued)
    }

    async fn enqueue_all(
        &self,
        mails: &[NewMail],
        packed: &[Vec<u8>],
        order: &Order,
    ) -> Result<Vec<Enqueued>, StoreError> {
        let mut transaction = self.store.write().await?;
        let asker = asker(&mut transaction, self.user).await?;
        for account in mails.iter().map(|mail| mail.account).collect::<BTreeSet<_>>() {
            self.reach(&mut transaction, account).await?;
        }
        let intents: Vec<Option<Intent>> = mails.iter().map(intent).collect();
        let mut earlier = self.earlier(&mut transaction, intents.iter().flatten()).await?;
        let (mut enqueued, mut entering, mut adopted) =
            (Vec::with_capacity(mails.len()), Vec::new(), Vec::new());
        for ((mail, packed), intent) in mails.iter().zip(packed).zip(intents) {
            let before = intent.as_ref().and_then(|intent| earlier.get(intent)).copied();
            if let Some(before) = before.filter(|before| !order.again && !before.sends_again()) {
                let before = before.mail.ok_or_else(|| asked_elsewhere(mail))?;
                adopted.push(before);
                enqueued.push(Enqueued::Existing(before));
                continue;
            }
            let resend = before.map_or(0, |before| before.resend + 1);
            if let Some(intent) = &intent {
                earlier.insert(intent.clone(), Earlier { mail: Some(mail.id), resend, never_left: false });
            }
            enqueued.push(Enqueued::New(mail.id));
            entering.push(Entering { mail, packed, intent, resend });
        }
        self.adopt(&mut transaction, &adopted, order).await?;
        self.enter(&mut transaction, asker.as_ref(), &entering, order).await?;
        transaction.commit().await?;
        Ok(enqueued)
    }

    /// Puts mails into the outbox in this transaction.
    pub(crate) async fn enter(
        &self,
        transaction: &mut WriteTransaction,
        asker: Option<&Asker>,
        entering: &[Entering<'_>],
        order: &Order,
    ) -> Result<(), StoreError> {
        self.insert_mails(transaction, entering).await?;
        insert_files(transaction, entering).await?;
        insert_open_checks(transaction, entering).await?;
        insert_outbox_rows(transaction, entering, order).await?;
        self.insert_contacts(transaction, entering).await?;
        if let Some(asker) = asker {
            let action = |resend| if resend > 0 { Action::AskedAgain } else { Action::Asked };
            let asked: Vec<_> = entering.iter().map(|it| (it.mail, action(it.resend))).collect();
            note_asked(transaction, asker, &asked);
        }
        Ok(())
    }

    /// Stores to which addresses of partners mails go: by them a mailbox's messages are a partner's.
    async fn insert_contacts(
        &self,
        connection: &mut AnyConnection,
        entering: &[Entering<'_>],
    ) -> Result<(), StoreError> {
        if entering.iter().all(|it| it.mail.document.is_none()) {
            return Ok(());
        }
        let row = sqlx::query("select company from users where id = $1").bind(self.user.to_string());
        let Some(row) = row.fetch_optional(&mut *connection).await? else { return Ok(()) };
        add_those_of_mails(connection, row::parsed(&row, "company")?, entering.iter().map(|it| it.mail)).await
    }

    /// Returns which of these mails have an intent that exists, in their order.
    ///
    /// # Errors
    /// [`StoreError::NoSuchAccount`], forbidden or missing.
    pub async fn asked_before(&self, mails: &[&NewMail]) -> Result<Vec<AskedBefore>, StoreError> {
        let mut connection = self.store.pool.acquire().await?;
        for account in mails.iter().map(|mail| mail.account).collect::<BTreeSet<_>>() {
            self.reach(&mut connection, account).await?;
        }
        let intents: Vec<Option<Intent>> = mails.iter().map(|mail| intent(mail)).collect();
        let earlier = self.earlier(&mut connection, intents.iter().flatten()).await?;
        let answer = |intent: Option<Intent>| match intent.and_then(|intent| earlier.get(&intent).copied()) {
            None => AskedBefore::No,
            Some(Earlier { mail: Some(mail), never_left: true, .. }) => AskedBefore::Failed(mail),
            Some(Earlier { mail: Some(mail), .. }) => AskedBefore::As(mail),
            Some(Earlier { mail: None, .. }) => AskedBefore::Elsewhere,
        };
        Ok(intents.into_iter().map(answer).collect())
    }

    /// Reads what is known of each intent.
    pub(crate) async fn earlier(
        &self,
        connection: &mut AnyConnection,
        intents: impl Iterator<Item = &Intent>,
    ) -> Result<BTreeMap<Intent, Earlier>, StoreError> {
        #[derive(Serialize)]
        struct IntentRow {
            intent: String,
        }
        let intents: Vec<IntentRow> =
            intents.map(|intent| IntentRow { intent: HEXLOWER.encode(intent) }).collect();
        if intents.is_empty() {
            return Ok(BTreeMap::new());
        }
        let each = JsonRows::on(connection);
        // The id of a mail that the user may not see does not leave the database.
        let sql = format!(
            "select case when reachable.id is null then null else mails.id end as mail, mails.intent, mails.resend, \
             (select count(*) from outbox where outbox.mail = mails.id and {NEVER_LEFT}) as never_left \
             from mails join users on users.company = mails.company \
             left join reachable on reachable.id = mails.account and reachable.user_id = users.id \
             where users.id = $2 and mails.intent in (select {} from {}) order by mails.resend",
            each.bytes("intent"),
            each.row(),
        );
        let found =
            rows::bulk_query(sql, &intents)?.bind(self.user.to_string()).fetch_all(connection).await?;
        let mut earlier: BTreeMap<Intent, Earlier> = BTreeMap::new();
        for row in &found {
            let intent = row::bytes(row, "intent")?;
            // One that left, or may have, is enough: what was sent again may have failed after that.
            let never_left = row::count(row, "never_left")? > 0;
            let before = earlier.get(&intent).is_none_or(|of| of.never_left);
            let of = earlier.entry(intent).or_default();
            of.never_left = before && never_left;
            of.resend = row.try_get("resend")?;
            of.mail = row::optional(row, "mail")?.or(of.mail);
        }
        Ok(earlier)
    }

    /// Adds mails that still wait to the batch that asks for them now.
    async fn adopt(
        &self,
        connection: &mut AnyConnection,
        adopted: &[MailId],
        order: &Order,
    ) -> Result<(), StoreError> {
        let Some(batch) = order.batch.filter(|_| !adopted.is_empty()) else { return Ok(()) };
        let each = JsonRows::on(connection);
        let sql = format!(
            "update outbox set batch = $2 from {} where outbox.mail = {} and outbox.state = 'ready' and {}",
            each.row(),
            each.text("id"),
            self.scope().on("outbox", 3),
        );
        let adopt =
            rows::bulk_query(sql, &rows::ids(adopted))?.bind(batch.to_string()).bind(self.scope().owner());
        adopt.execute(connection).await?;
        Ok(())
    }

    /// Inserts mails by one statement. Their messages are one parameter, of which each row takes its part.
    async fn insert_mails(
        &self,
        connection: &mut AnyConnection,
        entering: &[Entering<'_>],
    ) -> Result<(), StoreError> {
        let Some(first) = entering.first() else { return Ok(()) };
        let (mut rows, mut messages) = (Vec::with_capacity(entering.len()), Vec::new());
        for one in entering {
            rows.push(MailRow::of(one, messages.len())?);
            messages.extend_from_slice(one.packed);
        }
        let each = JsonRows::on(connection);
        let (text, number, bytes) =
            (|field| each.text(field), |field| each.number(field), |field| each.bytes(field));
        let sql = format!(
            "insert into mails (id, company, account, user_id, created, document_kind, document_number, partner, \
             use_case, subject, from_name, from_address, recipients, message_id, mail_from, rcpt_to, size, \
             needs_smtputf8, message_blob, revision, intent, resend, options) \
             select {}, reachable.company, reachable.id, reachable.user_id, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, \
             {}, {}, {}, {}, {}, {}, {}, {}, {} from {} \
             join reachable on reachable.id = {} where reachable.user_id = $3",
            text("id"),
            text("created"),
            text("document_kind"),
            text("document_number"),
            text("partner"),
            text("use_case"),
            text("subject"),
            text("from_name"),
            text("from_address"),
            text("recipients"),
            text("message_id"),
            text("mail_from"),
            text("rcpt_to"),
            number("size"),
            number("needs_smtputf8"),
            each.part("$2", "message_at", "message_length"),
            text("revision"),
            bytes("intent"),
            number("resend"),
            text("options"),
            each.row(),
            text("account"),
        );
        let enqueued = rows::bulk_query(sql, &rows)?
            .bind(messages)
            .bind(self.user.to_string())
            .execute(connection)
            .await
            .map_err(or_taken("a mail", first.mail.id))?;
        match enqueued.rows_affected() == entering.len() as u64 {
            true => Ok(()),
            false => Err(StoreError::NoSuchAccount(first.mail.account.to_string())),
        }
    }
}

/// A mail as a row of a statement.
#[derive(Serialize)]
struct MailRow {
    id: String,
    account: String,
    created: String,
    document_kind: Option<String>,
    document_number: Option<String>,
    partner: Option<String>,
    use_case: String,
    subject: String,
    from_name: Option<String>,
    from_address: String,
    recipients: String,
    message_id: String,
    mail_from: String,
    rcpt_to: String,
    size: i64,
    needs_smtputf8: u8,
    /// Where its message begins in the parameter with all messages, counted from 1.
    message_at: usize,
    message_length: usize,
    revision: Option<String>,
    intent: Option<String>,
    resend: i64,
    options: String,
}

impl MailRow {
    fn of(entering: &Entering<'_>, offset: usize) -> Result<Self, StoreError> {
        let Entering { mail, packed, intent, resend } = entering;
        let (clean, document) = (row::without_zeros, mail.document.as_ref());
        Ok(Self {
            id: mail.id.to_string(),
            account: mail.account.to_string(),
            created: row::stamp(mail.created),
            document_kind: document.map(|document| clean(&document.kind)),
            document_number: document.map(|document| clean(&document.number)),
            partner: document.map(|document| clean(&document.partner)),
            use_case: clean(&mail.use_case),
            subject: clean(&mail.subject),
            from_name: mail.from.name.as_deref().map(clean),
            from_address: clean(&mail.from.address),
            recipients: row::to_json(&mail.recipients)?,
            message_id: clean(&mail.message.message_id),
            mail_from: clean(&mail.message.mail_from),
            rcpt_to: row::to_json(&mail.message.rcpt_to)?,
            size: row::whole(mail.message.size),
            needs_smtputf8: mail.message.needs_smtputf8.into(),
            message_at: offset + 1,
            message_length: packed.len(),
            revision: mail.revision.as_deref().map(clean),
            intent: intent.as_deref().map(|intent| HEXLOWER.encode(intent)),
            resend: *resend,
            options: row::to_json(&mail.options)?,
        })
    }
}

fn asked_elsewhere(mail: &NewMail) -> StoreError {
    let document = mail.document.as_ref();
    StoreError::AskedElsewhere(document.map(|it| it.number.clone()).unwrap_or_default())
}

pub(crate) fn intent(mail: &NewMail) -> Option<Intent> {
    let revision = mail.revision.as_deref()?;
    // No kind has an empty name: no letter is the mail of a document.
    let document = mail.document.as_ref();
    let (kind, number) = document.map_or(("", ""), |document| (&*document.kind, &*document.number));
    Some(intent_of(kind, number, revision, &mail.use_case, &mail.message.rcpt_to))
}

async fn insert_outbox_rows(
    connection: &mut AnyConnection,
    entering: &[Entering<'_>],
    order: &Order,
) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct NewOutboxRow {
        mail: String,
        state: &'static str,
        due: i64,
        cause: Option<&'static str>,
        reason: Option<String>,
    }
    if entering.is_empty() {
        return Ok(());
    }
    let row = |mail: &NewMail| {
        let queue_state = if order.held {
            QueueState::Held { cause: WaitReason::User, reason: "held when it was made".to_owned() }
        } else {
            let due = order.lease.as_ref().map(|(_, until)| *until).or(order.send_at);
            QueueState::Ready { due: due.unwrap_or(mail.created), waits: None }
        };
        NewOutboxRow {
            mail: mail.id.to_string(),
            state: queue_state.name(),
            due: queue_state.due(),
            cause: queue_state.cause().map(WaitReason::as_str),
            reason: queue_state.reason().map(str::to_owned),
        }
    };
    let each = JsonRows::on(connection);
    let sql = format!(
        "insert into outbox (mail, company, account, state, due, send_at, lease_owner, cause, reason, batch) \
         select mails.id, mails.company, mails.account, {}, {}, $2, $3, {}, {}, $4 from {} \
         join mails on mails.id = {}",
        each.text("state"),
        each.number("due"),
        each.text("cause"),
        each.text("reason"),
        each.row(),
        each.text("mail"),
    );
    let rows: Vec<NewOutboxRow> = entering.iter().map(|it| row(it.mail)).collect();
    rows::bulk_query(sql, &rows)?
        .bind(order.send_at.map(row::stamp))
        .bind(order.lease.as_ref().map(|(lease_owner, _)| lease_owner.as_str().to_owned()))
        .bind(order.batch.map(|batch| batch.to_string()))
        .execute(connection)
        .await?;
    Ok(())
}

/// Stores how openings are checked, before the commit that lets a worker claim the mail.
async fn insert_open_checks(
    connection: &mut AnyConnection,
    entering: &[Entering<'_>],
) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct OpenCheckRow {
        mail: String,
        way: &'static str,
    }
    let checked = entering.iter().filter(|it| it.mail.open_check != OpenCheck::Off);
    let row =
        |it: &Entering<'_>| OpenCheckRow { mail: it.mail.id.to_string(), way: it.mail.open_check.as_str() };
    let rows: Vec<OpenCheckRow> = checked.map(row).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let each = JsonRows::on(connection);
    let sql = format!(
        "insert into checked_opens (mail, way) select {}, {} from {}",
        each.text("mail"),
        each.text("way"),
        each.row(),
    );
    rows::bulk_query(sql, &rows)?.execute(connection).await?;
    Ok(())
}
