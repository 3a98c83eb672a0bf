//! Notices to a company's records: on disk before delivery, delivered at least once, in order for each document, and each under
//! an id by which the records recognise a repetition.

use crate::attempts::attribution::without_erased;
use crate::mail::types::DocumentRef;
use crate::sql::row::{self, Time, bounded};
use crate::{CompanyStore, StoreError, SystemStore};
use postroom_model::{CompanyId, MailId};
use serde::Serialize;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

/// Characters of a field that a person typed.
const FIELD: usize = 1_000;

/// A notice to the records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its identity, by which the records recognise a repetition. Notices of one id are one notice.
    pub id: String,
    /// The mail it is about, where it is about one.
    pub mail: Option<MailId>,
    /// The document it is about; notices about one document are delivered in order.
    pub document: Option<DocumentRef>,
    /// The partner it is about, where it is about no document.
    pub partner: Option<String>,
    /// Address of the person it is about.
    pub recipient: Option<String>,
    /// What happened.
    pub kind: NoticeKind,
    /// Why, or how: one sentence, with the words of its source.
    pub reason: Option<String>,
    /// When.
    pub at: Time,
}

/// A kind of notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeKind {
    /// A mail has another status for the recipient.
    Status {
        /// The contract's name: `in-transit`.
        status: String,
        /// As users see it: `In transit`.
        label: String,
    },
    /// A partner has a new address, the recipient. Reserved: no code creates it yet.
    Address {
        /// Name of the person.
        name: Option<String>,
    },
    /// A document was paid, or is reported as paid. Reserved: no code creates it yet.
    Payment {
        /// How much, in digits with a point.
        amount: String,
        /// In which currency: `EUR`.
        currency: String,
    },
}

impl NoticeKind {
    /// Returns its name.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::Address { .. } => "address",
            Self::Payment { .. } => "payment",
        }
    }
}

/// The state of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticeState {
    /// It is still to be delivered.
    Waiting,
    /// The records have it.
    Delivered,
    /// The records refused it for good.
    Refused,
}

/// The result of delivering a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotificationResult {
    /// The records have it.
    Delivered,
    /// They refused it for good, with these words; those behind it go on.
    Refused(String),
    /// It is delivered again, not before this time; those of the same document wait behind it.
    Later(Time, String),
}

/// A notice that is to be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingNotice {
    /// The notice.
    pub notice: Notice,
    /// Times that it was tried.
    pub tries: u32,
}

/// A notice in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRow {
    /// The notice.
    pub notice: Notice,
    /// Its state.
    pub state: NoticeState,
    /// Times that it was tried.
    pub tries: u32,
    /// The words of the records when they did not take it.
    pub words: Option<String>,
}

/// A filter of a company's notices.
#[derive(Debug, Clone, Default)]
pub struct NoticeFilter {
    /// About the document of this number.
    pub document: Option<String>,
    /// Only those that are not delivered.
    pub open: bool,
    /// At most so many, the latest of them.
    pub limit: u32,
}

impl SystemStore {
    /// Adds a notice that is not about a status: a new address, a payment. Returns false where this id exists, or the company
    /// has no records.
    pub async fn notify(&self, company: CompanyId, notice: &Notice) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let is_new = insert_notice(&mut transaction, company, notice).await?;
        transaction.commit().await?;
        Ok(is_new)
    }

    /// Lists the next notice of each document of a company that is due, at most `most`, in the order of their creation.
    pub async fn notices_due(
        &self,
        company: CompanyId,
        now: Time,
        most: u32,
    ) -> Result<Vec<WaitingNotice>, StoreError> {
        let rows = sqlx::query(
            "select * from notices where company = $1 and state = 'waiting' and due <= $2 and not exists \
             (select 1 from notices as earlier where earlier.company = notices.company and earlier.state = 'waiting' \
             and earlier.thread = notices.thread and earlier.seq < notices.seq) order by seq limit $3",
        );
        let rows = rows
            .bind(company.to_string())
            .bind(now.timestamp_millis())
            .bind(i64::from(most))
            .fetch_all(&self.pool)
            .await?;
        let waiting = |row: &AnyRow| Ok(WaitingNotice { notice: notice(row)?, tries: tries(row)? });
        rows.iter().map(waiting).collect()
    }

    /// Stores the results of deliveries in one commit. A notice that is delivered already is not changed.
    pub async fn record_notifications(
        &self,
        company: CompanyId,
        results: &[(String, NotificationResult)],
    ) -> Result<(), StoreError> {
        let mut transaction = self.write().await?;
        for (id, telling) in results {
            let (state, due, words) = match telling {
                NotificationResult::Delivered => ("delivered", 0, None),
                NotificationResult::Refused(words) => ("refused", 0, Some(words)),
                NotificationResult::Later(due, words) => ("waiting", due.timestamp_millis(), Some(words)),
            };
            let words = match words {
                Some(words) => {
                    Some(without_erased(&mut transaction, &self.pseudonyms, company, words).await?)
                }
                None => None,
            };
            sqlx::query(
                "update notices set state = $1, due = $2, words = $3, tries = tries + 1 \
                 where company = $4 and id = $5 and state = 'waiting'",
            )
            .bind(state)
            .bind(due)
            .bind(words.as_deref().map(bounded))
            .bind(company.to_string())
            .bind(id.clone())
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await
    }
}

impl CompanyStore<'_> {
    /// Lists the notices of the company, newest first.
    pub async fn notices(&self, filter: &NoticeFilter) -> Result<Vec<NoticeRow>, StoreError> {
        let rows = sqlx::query(
            "select * from notices where company = $1 and ($2 is null or document_number = $2) \
             and ($3 = 0 or state <> 'delivered') order by seq desc limit $4",
        );
        let rows = rows
            .bind(self.company.to_string())
            .bind(filter.document.clone())
            .bind(i64::from(filter.open))
            .bind(i64::from(filter.limit))
            .fetch_all(&self.store.pool)
            .await?;
        rows.iter().map(listed).collect()
    }

    /// Makes all notices due that are not delivered, refused ones too. Returns how many.
    pub async fn notify_again(&self) -> Result<u64, StoreError> {
        let mut transaction = self.store.write().await?;
        let company = self.company.to_string();
        sqlx::query("update records set due = 0 where company = $1")
            .bind(company.clone())
            .execute(&mut *transaction)
            .await?;
        let again = sqlx::query(
            "update notices set state = 'waiting', due = 0 where company = $1 and state <> 'delivered'",
        );
        let again = again.bind(company).execute(&mut *transaction).await?.rows_affected();
        transaction.commit().await?;
        Ok(again)
    }
}

/// Adds a notice. Returns false where its id exists, or the company has no records.
pub(crate) async fn insert_notice(
    connection: &mut AnyConnection,
    company: CompanyId,
    notice: &Notice,
) -> Result<bool, StoreError> {
    let short = |text: &str| row::without_zeros(text).chars().take(FIELD).collect::<String>();
    let document = notice.document.as_ref();
    let thread = match (document, notice.mail) {
        (Some(document), _) => short(&format!("{} {}", document.kind, document.number)),
        (None, Some(mail)) => mail.to_string(),
        (None, None) => short(notice.recipient.as_deref().unwrap_or(&notice.id)),
    };
    let (mut name, mut status, mut label, mut amount, mut currency) = (None, None, None, None, None);
    match &notice.kind {
        NoticeKind::Status { status: word, label: words } => (status, label) = (Some(word), Some(words)),
        NoticeKind::Address { name: of } => name = of.as_ref(),
        NoticeKind::Payment { amount: how_much, currency: of_what } => {
            (amount, currency) = (Some(how_much), Some(of_what));
        }
    }
    let text = |field: Option<&String>| field.map(|text| short(text));
    let done = sqlx::query(
        "insert into notices (id, company, mail, thread, kind, document_kind, document_number, partner, recipient, \
         name, status, label, amount, currency, reason, at, state) \
         select $1, records.company, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 'waiting' \
         from records where records.company = $16 on conflict (company, id) do nothing",
    )
    .bind(short(&notice.id))
    .bind(notice.mail.map(|mail| mail.to_string()))
    .bind(thread)
    .bind(notice.kind.as_str())
    .bind(document.map(|it| short(&it.kind)))
    .bind(document.map(|it| short(&it.number)))
    .bind(document.map(|it| &it.partner).or(notice.partner.as_ref()).map(|it| short(it)))
    .bind(notice.recipient.as_deref().map(short))
    .bind(text(name))
    .bind(text(status))
    .bind(text(label))
    .bind(text(amount))
    .bind(text(currency))
    .bind(notice.reason.as_deref().map(bounded))
    .bind(row::stamp(notice.at))
    .bind(company.to_string())
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Erases a person in notices: the address in any spelling, and the name with it. A new address that is not delivered yet is
/// withdrawn. Words within sentences are rewritten by [`crate::compliance::erasure`].
pub(crate) async fn erase(
    connection: &mut AnyConnection,
    company: CompanyId,
    is_his: impl Fn(&str) -> bool,
    pseudonym: &str,
) -> Result<(), StoreError> {
    let rows =
        sqlx::query("select distinct recipient from notices where company = $1 and recipient is not null");
    for row in rows.bind(company.to_string()).fetch_all(&mut *connection).await? {
        let recipient = row::text(&row, "recipient")?;
        if !is_his(&recipient) {
            continue;
        }
        for statement in [
            "delete from notices where company = $1 and recipient = $2 and kind = 'address' and state <> 'delivered' and $3 <> ''",
            "update notices set recipient = $3, thread = case when thread = $2 then $3 else thread end, name = null, \
             partner = case when kind = 'address' then null else partner end where company = $1 and recipient = $2",
        ] {
            sqlx::query(statement)
                .bind(company.to_string())
                .bind(recipient.clone())
                .bind(pseudonym.to_owned())
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}

fn notice(row: &AnyRow) -> Result<Notice, StoreError> {
    let needed = |column: &str| {
        let missing = || StoreError::Damaged(format!("a notice without {column}"));
        row::optional_text(row, column)?.ok_or_else(missing)
    };
    let kind = match row::text(row, "kind")?.as_str() {
        "status" => NoticeKind::Status { status: needed("status")?, label: needed("label")? },
        "address" => NoticeKind::Address { name: row::optional_text(row, "name")? },
        "payment" => NoticeKind::Payment { amount: needed("amount")?, currency: needed("currency")? },
        other => return Err(StoreError::Damaged(format!("a notice's kind: {other}"))),
    };
    let partner = row::optional_text(row, "partner")?;
    let (document, partner) = match row::optional_text(row, "document_kind")? {
        Some(kind) => {
            let number = row::optional_text(row, "document_number")?.unwrap_or_default();
            (Some(DocumentRef { kind, number, partner: partner.unwrap_or_default() }), None)
        }
        None => (None, partner),
    };
    Ok(Notice {
        id: row::text(row, "id")?,
        mail: row::optional(row, "mail")?,
        document,
        partner,
        recipient: row::optional_text(row, "recipient")?,
        kind,
        reason: row::optional_text(row, "reason")?,
        at: row::time(row, "at")?,
    })
}

fn tries(row: &AnyRow) -> Result<u32, StoreError> {
    Ok(u32::try_from(row::count(row, "tries")?).unwrap_or(u32::MAX))
}

fn listed(row: &AnyRow) -> Result<NoticeRow, StoreError> {
    let state = match row::text(row, "state")?.as_str() {
        "waiting" => NoticeState::Waiting,
        "delivered" => NoticeState::Delivered,
        "refused" => NoticeState::Refused,
        other => return Err(StoreError::Damaged(format!("a notice's state: {other}"))),
    };
    Ok(NoticeRow {
        notice: notice(row)?,
        state,
        tries: tries(row)?,
        words: row::optional_text(row, "words")?,
    })
}
