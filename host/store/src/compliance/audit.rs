//! The log of who did what: it is only added to, each entry in the transaction of what it records, so that there is neither
//! without the other. The database refuses to change an entry, or to delete one whose company still exists, and each entry has
//! the digest of the one before ([`crate::compliance::audit_chain`]).
//!
//! What a server answered is not in it but with the mail's attempts; and it names no recipient, only how many there were, so
//! that erasing a person's data leaves the log as it was written.

use crate::compliance::audit_chain::PendingEntry;
use crate::mail::types::NewMail;
use crate::sql::row::{self, Time};
use crate::sql::writing::WriteTransaction;
use crate::{CompanyStore, StoreError, UserStore};
use chrono::Local;
use postroom_model::{AccountId, AccountState, CompanyId, MailId, Name, UserId};
use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};
use std::borrow::Cow;
use uuid::Uuid;

/// Most rows of one answer.
const PAGE: u32 = 10_000;

/// Actors in the log that are no users: no user may have one of these logins.
const NO_LOGINS: &[&str] = &["administrator", "operator", "worker", "command", "serve", "sign-in"];

/// Refuses a login that is the name of a part of the program in the log.
pub(crate) fn check_login(login: &Name) -> Result<(), StoreError> {
    if NO_LOGINS.contains(&login.key().as_str()) {
        return Err(StoreError::invalid(
            "login",
            format!("\"{login}\" stands for a part of the program in the audit log: choose another"),
        ));
    }
    Ok(())
}

/// An action in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A mail was asked for.
    Asked,
    /// A mail was asked for although a mail of its intent existed.
    AskedAgain,
    /// A mail was held: by a person, or by a worker that can't go on without one.
    Held,
    /// A held mail may go.
    Released,
    /// A mail must not leave any more.
    Cancelled,
    /// A mail in doubt is sent again, on a person's decision.
    SentAgain,
    /// A person answered whether a mail may leave by the fallback.
    AnsweredFallback,
    /// The company's settings, users and accounts were read out.
    Exported,
    /// A person's data were erased.
    Erased,
    /// Mails that ended long ago lost their content.
    Emptied,
    /// An account became ready, compromised, or in need of a sign-in.
    AccountState,
    /// The store came back from a backup.
    Restored,
    /// The maker of an attempt reported what contradicts the decision about it.
    Contradicted,
    /// A message or a conversation was marked private, or not any more.
    Privacy,
    /// The words of an account's bodies are indexed from now on, or not any more.
    BodyIndex,
}

impl Action {
    /// Returns its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::AskedAgain => "asked-again",
            Self::Held => "held",
            Self::Released => "released",
            Self::Cancelled => "cancelled",
            Self::SentAgain => "sent-again",
            Self::AnsweredFallback => "answered-fallback",
            Self::Exported => "exported",
            Self::Erased => "erased",
            Self::Emptied => "emptied",
            Self::AccountState => "account-state",
            Self::Restored => "restored",
            Self::Contradicted => "contradicted",
            Self::Privacy => "privacy",
            Self::BodyIndex => "body-index",
        }
    }
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditEntry {
    /// When.
    pub at: Time,
    /// A user's login; `administrator`; or a part of this program: `worker`, `command`, `sign-in`.
    pub actor: String,
    /// The action, by the names of [`Action`].
    pub action: String,
    /// The mail that it was done to.
    pub mail: Option<String>,
    /// How many people that mail goes to.
    pub recipients: Option<u64>,
    /// What else there is to say: a document, an answer, a state.
    pub detail: Option<String>,
}

/// A filter of the log.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Not before.
    pub since: Option<Time>,
    /// Of this actor alone, without regard to case.
    pub actor: Option<Name>,
    /// At most so many (and 10,000), newest first.
    pub limit: u32,
}

impl CompanyStore<'_> {
    /// Lists the company's log, newest first.
    pub async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditEntry>, StoreError> {
        let rows = sqlx::query(
            "select at, actor, action, mail, recipients, detail from audit where company = $1 \
             and ($2 is null or at >= $2) and ($3 is null or lower(actor) = $3) order by id desc limit $4",
        )
        .bind(self.company.to_string())
        .bind(filter.since.map(|since| since.timestamp_millis()))
        .bind(filter.actor.as_ref().map(|actor| actor.as_str().to_lowercase()))
        .bind(i64::from(filter.limit.min(PAGE)))
        .fetch_all(&self.store.pool)
        .await?;
        rows.iter().map(entry).collect()
    }

    /// Records that the company was exported.
    pub async fn note_export(&self) -> Result<(), StoreError> {
        self.company().await?;
        let note = Note::of(Action::Exported, "administrator", Local::now().fixed_offset());
        let mut transaction = self.store.write().await?;
        add(&mut transaction, self.company, None, &note);
        transaction.commit().await
    }
}

impl UserStore<'_> {
    /// Records the user's decision that a mail in doubt is sent again.
    ///
    /// # Errors
    /// [`StoreError::NoSuchMail`], forbidden or missing.
    pub async fn note_sent_again(&self, mail: MailId, now: Time) -> Result<(), StoreError> {
        let no_such_mail = || StoreError::NoSuchMail(mail.to_string());
        let scope = self.scope();
        let mut transaction = self.store.write().await?;
        let by = scope.actor(&mut transaction).await?.ok_or_else(no_such_mail)?;
        let sql = format!("select company, rcpt_to from mails where id = $1 and {}", scope.on("mails", 2));
        let row = sqlx::query(AssertSqlSafe(sql)).bind(mail.to_string()).bind(scope.owner());
        let row = row.fetch_optional(&mut *transaction).await?.ok_or_else(no_such_mail)?;
        note_row(&mut transaction, mail, &row, &Note::of(Action::SentAgain, &by, now))?;
        transaction.commit().await
    }
}

/// An entry to be recorded.
#[derive(Debug, Clone)]
pub(crate) struct Note<'a> {
    pub(crate) action: Action,
    pub(crate) actor: &'a str,
    pub(crate) at: Time,
    pub(crate) detail: Option<Cow<'a, str>>,
}

impl<'a> Note<'a> {
    pub(crate) fn of(action: Action, actor: &'a str, at: Time) -> Self {
        Self { action, actor, at, detail: None }
    }
}

/// Adds an entry about a company, or about a mail and its number of recipients.
pub(crate) fn add(
    transaction: &mut WriteTransaction,
    company: CompanyId,
    mail: Option<(MailId, usize)>,
    note: &Note<'_>,
) {
    transaction.note(PendingEntry {
        id: Uuid::now_v7().to_string(),
        company,
        at: note.at.timestamp_millis(),
        actor: row::without_zeros(note.actor),
        action: note.action.as_str().to_owned(),
        mail: mail.map(|(id, _)| id.to_string()),
        recipients: mail.and_then(|(_, recipients)| i64::try_from(recipients).ok()),
        detail: note.detail.as_deref().map(row::without_zeros),
    });
}

/// Adds an entry about a stored mail.
pub(crate) async fn note_mail(
    transaction: &mut WriteTransaction,
    mail: MailId,
    note: &Note<'_>,
) -> Result<(), StoreError> {
    let row = sqlx::query("select company, rcpt_to from mails where id = $1")
        .bind(mail.to_string())
        .fetch_optional(&mut **transaction)
        .await?
        .ok_or_else(|| StoreError::NoSuchMail(mail.to_string()))?;
    note_row(transaction, mail, &row, note)
}

/// Adds an entry about a mail whose `company` and `rcpt_to` were read.
fn note_row(
    transaction: &mut WriteTransaction,
    mail: MailId,
    row: &AnyRow,
    note: &Note<'_>,
) -> Result<(), StoreError> {
    let to: Vec<String> = row::json(row, "rcpt_to")?;
    add(transaction, row::parsed(row, "company")?, Some((mail, to.len())), note);
    Ok(())
}

/// Adds an entry about an account's state where that changes it, before the change. Only administrators change that an account
/// is compromised.
pub(crate) async fn note_state(
    transaction: &mut WriteTransaction,
    company: CompanyId,
    account: AccountId,
    actor: &str,
    state: &AccountState,
) -> Result<(), StoreError> {
    let row = sqlx::query(
        "select name, state from accounts where company = $1 and id = $2 and name_key is not null",
    );
    let row =
        row.bind(company.to_string()).bind(account.to_string()).fetch_optional(&mut **transaction).await?;
    let Some(row) = row else { return Ok(()) };
    let (before, now) = (row::text(&row, "state")?, row::state_columns(state).0);
    if before == now || (before == "compromised" && actor != "administrator") {
        return Ok(());
    }
    let detail = format!("{}: {before}, now {now}", row::text(&row, "name")?);
    let at = Local::now().fixed_offset();
    let note = Note { detail: Some(detail.into()), ..Note::of(Action::AccountState, actor, at) };
    add(transaction, company, None, &note);
    Ok(())
}

/// A user who asks for mails.
pub(crate) struct Asker {
    company: CompanyId,
    login: String,
    at: Time,
}

/// Reads the user, for the entries about the mails that they ask for.
pub(crate) async fn asker(connection: &mut AnyConnection, user: UserId) -> Result<Option<Asker>, StoreError> {
    let row = sqlx::query("select company, login from users where id = $1").bind(user.to_string());
    let Some(row) = row.fetch_optional(connection).await? else { return Ok(None) };
    let (company, login) = (row::parsed(&row, "company")?, row::text(&row, "login")?);
    Ok(Some(Asker { company, login, at: Local::now().fixed_offset() }))
}

/// Adds an entry about each mail that the user asked for.
pub(crate) fn note_asked(transaction: &mut WriteTransaction, asker: &Asker, asked: &[(&NewMail, Action)]) {
    for (mail, action) in asked {
        let of = mail.document.as_ref();
        let detail = of.map(|of| format!("{} {}, {}", of.kind, of.number, mail.use_case).into());
        let note = Note { detail, ..Note::of(*action, &asker.login, asker.at) };
        add(transaction, asker.company, Some((mail.id, mail.message.rcpt_to.len())), &note);
    }
}

fn entry(row: &AnyRow) -> Result<AuditEntry, StoreError> {
    Ok(AuditEntry {
        at: row::from_millis(row.try_get("at")?),
        actor: row::text(row, "actor")?,
        action: row::text(row, "action")?,
        mail: row::optional_text(row, "mail")?,
        recipients: row::optional_count(row, "recipients")?,
        detail: row::optional_text(row, "detail")?,
    })
}
