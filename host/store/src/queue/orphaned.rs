//! Mails whose account was removed before they left: held, with that reason, since no worker claims for a removed account. No
//! mail is left to wait for an account that does not exist.

use crate::StoreError;
use crate::attempts::interruption::{close_open_attempts, leave_in_doubt};
use crate::compliance::audit::{Action, Note, note_mail};
use crate::queue::state::WaitReason;
use crate::sql::row::{self, Time};
use crate::sql::writing::WriteTransaction;
use postroom_model::{AccountId, MailId};
use sqlx::AnyConnection;

/// True of a row of the outbox whose account exists.
pub(crate) const HAS_ACCOUNT: &str =
    "exists (select 1 from accounts where accounts.id = outbox.account and accounts.name_key is not null)";

/// Holds the mails that the account had still to send. Of leased mails no last bytes leave any more; a mail whose last bytes
/// were leaving is in doubt, until the worker reports the result.
pub(crate) async fn hold_all(
    transaction: &mut WriteTransaction,
    account: AccountId,
    by: &str,
    now: Time,
) -> Result<u64, StoreError> {
    let row = sqlx::query("select name from accounts where id = $1").bind(account.to_string());
    let Some(row) = row.fetch_optional(&mut **transaction).await? else { return Ok(0) };
    let held = sqlx::query(
        "update outbox set state = 'held', cause = $1, reason = $2 where account = $3 and state = 'ready' returning mail",
    )
    .bind(WaitReason::Account.as_str())
    .bind(reason(&row::text(&row, "name")?))
    .bind(account.to_string())
    .fetch_all(&mut **transaction)
    .await?;
    let mails = held.iter().map(|row| row::parsed(row, "mail")).collect::<Result<Vec<MailId>, _>>()?;
    let doubtful = close_open_attempts(transaction, &mails, now).await?;
    leave_in_doubt(transaction, &doubtful).await?;
    for mail in mails.iter().filter(|mail| !doubtful.contains(mail)) {
        note(transaction, *mail, by, now).await?;
    }
    Ok((mails.len() - doubtful.len()) as u64)
}

/// Refuses a mail whose account was removed, also to a command that asks for it as another account.
pub(crate) async fn still_has_account(
    connection: &mut AnyConnection,
    mail: MailId,
) -> Result<(), StoreError> {
    let row = sqlx::query(
        "select accounts.name from outbox join accounts on accounts.id = outbox.account \
         where mail = $1 and accounts.name_key is null",
    );
    match row.bind(mail.to_string()).fetch_optional(connection).await? {
        Some(row) => Err(StoreError::invalid("mail", reason(&row::text(&row, "name")?))),
        None => Ok(()),
    }
}

/// Holds a mail that its lease owner released to wait, where its account was removed meanwhile.
pub(crate) async fn hold_if_removed(
    transaction: &mut WriteTransaction,
    mail: MailId,
    by: &str,
    now: Time,
) -> Result<(), StoreError> {
    let row = sqlx::query(
        "select accounts.name from outbox join accounts on accounts.id = outbox.account \
         where mail = $1 and outbox.state = 'ready' and accounts.name_key is null",
    );
    let row = row.bind(mail.to_string()).fetch_optional(&mut **transaction).await?;
    let Some(row) = row else { return Ok(()) };
    sqlx::query("update outbox set state = 'held', cause = $1, reason = $2 where mail = $3")
        .bind(WaitReason::Account.as_str())
        .bind(reason(&row::text(&row, "name")?))
        .bind(mail.to_string())
        .execute(&mut **transaction)
        .await?;
    note(transaction, mail, by, now).await
}

fn reason(account: &str) -> String {
    format!(
        "its account \"{account}\" was removed: send the document again as another account (--again), or cancel this mail"
    )
}

async fn note(
    transaction: &mut WriteTransaction,
    mail: MailId,
    by: &str,
    now: Time,
) -> Result<(), StoreError> {
    let note = Note { detail: Some(WaitReason::Account.as_str().into()), ..Note::of(Action::Held, by, now) };
    note_mail(transaction, mail, &note).await
}
