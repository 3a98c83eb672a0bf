//! Which mail a provider's report or a pixel belongs to, and what of the mail decides about it.
//!
//! A report is believed for the mails of the account that it came in for: the key of one account's webhook proves nothing about
//! another's mail.

use crate::attempts::completion::Finishing;
use crate::sql::row;
use crate::sql::rows::{self, JsonRows};
use crate::{Store, StoreError, SystemStore};
use chrono::{DateTime, FixedOffset};
use postroom_model::{AccountId, AttemptId, CompanyId, MailId};
use serde::Serialize;
use sqlx::AnyConnection;

/// Ids that are taken from one server's reply, and their lengths.
const IDS_OF_REPLY: usize = 4;
const ID_LENGTH: std::ops::RangeInclusive<usize> = 12..=200;

/// A name by which a report refers to a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReportedAs {
    /// The attempt that submitted it.
    Attempt(AttemptId),
    /// Message-ID, with angle brackets.
    MessageId(String),
    /// The provider's own id.
    ProviderId(String),
}

/// The facts that decide about an opening that a mail's pixel reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracked {
    /// Company.
    pub company: CompanyId,
    /// The envelope's recipients.
    pub rcpt_to: Vec<String>,
    /// When a server first took it.
    pub sent: Option<DateTime<FixedOffset>>,
    /// Openings that its pixel has reported already.
    pub openings: u64,
}

impl SystemStore {
    /// Finds the mail that a report refers to, if this account submitted it.
    pub async fn reported_mail(
        &self,
        account: AccountId,
        called: &ReportedAs,
    ) -> Result<Option<MailId>, StoreError> {
        let query = match called {
            ReportedAs::Attempt(_) => "select mail as found from attempts where account = $1 and id = $2",
            ReportedAs::MessageId(_) => {
                "select mails.id as found from attempts join mails on mails.id = attempts.mail \
                 where attempts.account = $1 and message_id = $2 and mails.id = $3 limit 1"
            }
            ReportedAs::ProviderId(_) => {
                "select mail as found from reported_ids where account = $1 and name = $2"
            }
        };
        let mut query = sqlx::query(query).bind(account.to_string());
        match called {
            ReportedAs::Attempt(id) => query = query.bind(id.to_string()),
            ReportedAs::MessageId(id) => {
                // The identity of a mail is the left side of its Message-ID.
                let left = id.trim_start_matches('<').split('@').next().unwrap_or_default();
                let Ok(mail) = left.parse::<MailId>() else { return Ok(None) };
                query = query.bind(row::without_zeros(id)).bind(mail.to_string());
            }
            ReportedAs::ProviderId(id) => query = query.bind(row::without_zeros(id)),
        }
        let found = query.fetch_optional(&self.pool).await?;
        found.map(|found| row::parsed(&found, "found")).transpose()
    }

    /// Reads what decides about the openings of a mail; none: there is no such mail.
    pub async fn tracked(&self, mail: MailId) -> Result<Option<Tracked>, StoreError> {
        let row = sqlx::query(
            "select company, rcpt_to, \
             (select finished from attempts where mail = mails.id \
              and result in ('accepted', 'partly-accepted', 'found') order by id limit 1) as sent, \
             (select count(*) from events where mail = mails.id and source = 'pixel') as openings \
             from mails where id = $1",
        )
        .bind(mail.to_string())
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Tracked {
            company: row::parsed(&row, "company")?,
            rcpt_to: row::json(&row, "rcpt_to")?,
            sent: row::optional_time(&row, "sent")?,
            openings: row::count(&row, "openings")?,
        }))
    }
}

impl Store {
    /// Checks that the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("select 1").execute(&self.pool).await?;
        Ok(())
    }
}

/// Stores providers' ids of mails, so that their reports find them.
pub(crate) async fn insert_reported_ids(
    connection: &mut AnyConnection,
    finished: &[Finishing<'_>],
) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct ReportedIdRow {
        attempt: String,
        name: String,
    }
    let mut rows = Vec::new();
    for Finishing { id, completion, events } in finished {
        let of_api = completion.provider_ids.iter().filter(|(name, _)| name == "message");
        let accepted = events.iter().filter(|it| it.kind == "accepted" && it.source == "smtp");
        // The server's words are the same for every recipient.
        let words = accepted.filter_map(|it| it.words.as_deref()).next().unwrap_or_default();
        let names = of_api.map(|(_, id)| id.as_str()).chain(ids_in(words));
        let row = |name| ReportedIdRow { attempt: id.to_string(), name: row::without_zeros(name) };
        rows.extend(names.map(row));
    }
    if rows.is_empty() {
        return Ok(());
    }
    let each = JsonRows::on(connection);
    let sql = format!(
        "insert into reported_ids (account, name, mail) select attempts.account, {}, attempts.mail from {} \
         join attempts on attempts.id = {} where true on conflict (account, name) do nothing",
        each.text("name"),
        each.row(),
        each.text("attempt"),
    );
    rows::bulk_query(sql, &rows)?.execute(connection).await?;
    Ok(())
}

/// Finds what looks like an id in a server's reply to the message: `250 Ok 0102019a2f3c-…`, `queued as 4ZbX…`.
fn ids_in(words: &str) -> impl Iterator<Item = &str> {
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let parts = words.split(move |c: char| !known(c)).map(|part| part.trim_matches(['.', '-']));
    let is_id =
        |part: &&str| ID_LENGTH.contains(&part.len()) && part.bytes().filter(u8::is_ascii_digit).count() >= 4;
    parts.filter(is_id).take(IDS_OF_REPLY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_servers_reply_names_the_mail() {
        for (words, ids) in [
            (
                "Ok 0102019a2f3c4d5e-1a2b3c4d-5e6f-4711-8000-abcdefabcdef-000000",
                &["0102019a2f3c4d5e-1a2b3c4d-5e6f-4711-8000-abcdefabcdef-000000"][..],
            ),
            (
                "2.0.0 Ok: queued as 883953f4-6105-42a2-a16a-77a8eac79483.",
                &["883953f4-6105-42a2-a16a-77a8eac79483"],
            ),
            ("2.0.0 Ok: queued as 4711", &[]),
            ("2.1.5 Great success", &[]),
            ("", &[]),
        ] {
            assert_eq!(ids_in(words).collect::<Vec<_>>(), ids, "{words}");
        }
    }
}
