//! Addresses that a company no longer writes to, each with the evidence, until a person releases it.

use crate::compliance::pseudonym::is_pseudonym;
use crate::sql::address_key::address_key;
use crate::sql::row;
use crate::sql::rows::{self, JsonRows};
use crate::{Store, StoreError};
use chrono::{DateTime, FixedOffset};
use postroom_model::{CompanyId, MailId};
use serde::Serialize;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;
use std::fmt;
use std::str::FromStr;

/// Characters of the evidence that are kept.
const WORDS: usize = 2_000;

/// A reason why an address is no longer written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SuppressionKind {
    /// It does not exist, or never accepts.
    HardBounce,
    /// Its reader called our mail unwanted.
    Complaint,
    /// A user entered it.
    ByHand,
}

impl fmt::Display for SuppressionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HardBounce => "hard-bounce",
            Self::Complaint => "complaint",
            Self::ByHand => "by-hand",
        })
    }
}

impl FromStr for SuppressionKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::HardBounce, Self::Complaint, Self::ByHand]
            .into_iter()
            .find(|kind| kind.to_string() == text)
            .ok_or_else(|| format!("there is no kind of suppression \"{text}\""))
    }
}

/// An address to be written to no longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSuppression {
    /// Address.
    pub address: String,
    /// Why.
    pub kind: SuppressionKind,
    /// When it became known.
    pub since: DateTime<FixedOffset>,
    /// Mail that showed it.
    pub mail: Option<MailId>,
    /// Code that a server gave.
    pub code: Option<String>,
    /// The server's words; or why a user entered it.
    pub words: Option<String>,
    /// The source of the event, or a person's login.
    pub source: String,
}

/// An address that was no longer to be written to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suppression {
    /// Address as it was written then.
    pub address: String,
    /// Why.
    pub kind: SuppressionKind,
    /// When it became known.
    pub since: DateTime<FixedOffset>,
    /// Mail that showed it, as long as that is kept.
    pub mail: Option<String>,
    /// Code that a server gave.
    pub code: Option<String>,
    /// The server's words; or why a user entered it.
    pub words: Option<String>,
    /// The source of the event, or a person's login.
    pub source: String,
    /// It is written to again.
    pub released: Option<Release>,
}

/// In a sentence, with the evidence.
impl fmt::Display for Suppression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = self.since.format("%Y-%m-%d");
        write!(f, "{} is not written to since {since} ({})", self.address, self.kind)?;
        match (&self.code, &self.words) {
            (Some(code), Some(words)) => write!(f, ": {code} \"{words}\""),
            (None, Some(words)) => write!(f, ": \"{words}\""),
            (Some(code), None) => write!(f, ": {code}"),
            (None, None) => Ok(()),
        }
    }
}

/// The release of an address, which is written to again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Release {
    /// When.
    pub at: DateTime<FixedOffset>,
    /// By whom.
    pub by: String,
}

impl Store {
    /// Suppresses an address that a person enters. Returns true if that changes anything: a known suppression does not, and a
    /// released one counts again only by evidence that is newer than the release. What reports state of a mail's recipients is
    /// stored by [`SystemStore::record_report`](crate::SystemStore::record_report).
    pub async fn suppress(&self, company: CompanyId, new: &NewSuppression) -> Result<bool, StoreError> {
        let mut transaction = self.write().await?;
        let known = sqlx::query("select id from companies where id = $1").bind(company.to_string());
        if known.fetch_optional(&mut *transaction).await?.is_none() {
            return Err(StoreError::NoSuchCompany(company.to_string()));
        }
        let is_new = suppress(&mut transaction, company, new).await?;
        transaction.commit().await?;
        Ok(is_new)
    }

    /// Lists why these addresses are not written to; the others are not in it.
    pub async fn suppressed(
        &self,
        company: CompanyId,
        addresses: &[String],
    ) -> Result<Vec<Suppression>, StoreError> {
        if addresses.is_empty() {
            return Ok(Vec::new());
        }
        let keys = self.suppression_keys(company, addresses);
        // Without the key of the pseudonyms they are looked at too: there must be none.
        let erased = if self.pseudonyms.known() { "" } else { "or address_key like 'erased-%'" };
        // One statement on one connection: every mail of a batch asks, and none may wait for another's.
        let mut connection = self.pool.acquire().await?;
        let each = JsonRows::on(&connection);
        let sql = format!(
            "select * from suppressions where company = $2 and released is null \
             and (address_key in (select {} from {}) {erased}) order by kind, address_key",
            each.text("id"),
            each.row(),
        );
        let asked = rows::bulk_query(sql, &rows::ids(&keys))?.bind(company.to_string());
        let mut found = Vec::new();
        for row in asked.fetch_all(&mut *connection).await? {
            let key = row::text(&row, "address_key")?;
            if keys.contains(&key) {
                found.push(suppression(&row)?);
            } else if is_pseudonym(&key) {
                return Err(StoreError::invalid(
                    "suppressions",
                    "erased addresses are among them, and the key that recognises them was not read: start the program again",
                ));
            }
        }
        Ok(found)
    }

    /// Lists all suppressions of a company, the latest first; released ones too.
    pub async fn suppressions(&self, company: CompanyId) -> Result<Vec<Suppression>, StoreError> {
        let rows =
            sqlx::query("select * from suppressions where company = $1 order by since desc, address_key")
                .bind(company.to_string())
                .fetch_all(&self.pool)
                .await?;
        rows.iter().map(suppression).collect()
    }

    /// Releases an address, whatever it was suppressed for. Returns how many reasons that ended.
    pub async fn release(
        &self,
        company: CompanyId,
        address: &str,
        by: &str,
        at: DateTime<FixedOffset>,
    ) -> Result<u64, StoreError> {
        let (own, pseudonym) = (address_key(address), self.pseudonyms.of(company, address));
        let done = sqlx::query(
            "update suppressions set released = $1, released_by = $2 \
             where company = $3 and (address_key = $4 or address_key = $5) and released is null",
        )
        .bind(row::stamp(at))
        .bind(row::without_zeros(by))
        .bind(company.to_string())
        .bind(own)
        .bind(pseudonym);
        self.write_one(done).await
    }
}

/// Suppresses an address. Returns true if that changes anything.
pub(crate) async fn suppress(
    connection: &mut AnyConnection,
    company: CompanyId,
    new: &NewSuppression,
) -> Result<bool, StoreError> {
    let words = new.words.as_deref().map(|words| words.chars().take(WORDS).collect::<String>());
    let earlier = sqlx::query(
        "select released from suppressions where company = $1 and address_key = $2 and kind = $3",
    );
    let earlier = earlier
        .bind(company.to_string())
        .bind(address_key(&new.address))
        .bind(new.kind.to_string())
        .fetch_optional(&mut *connection)
        .await?;
    if let Some(earlier) = earlier {
        let released = row::optional_time(&earlier, "released")?;
        if released.is_none_or(|released| new.since <= released) {
            return Ok(false);
        }
    }
    sqlx::query(
        "insert into suppressions (company, address_key, kind, address, since, mail, code, words, source) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (company, address_key, kind) do update set \
         address = excluded.address, since = excluded.since, mail = excluded.mail, code = excluded.code, \
         words = excluded.words, source = excluded.source, released = null, released_by = null",
    )
    .bind(company.to_string())
    .bind(address_key(&new.address))
    .bind(new.kind.to_string())
    .bind(row::without_zeros(new.address.trim()))
    .bind(row::stamp(new.since))
    .bind(new.mail.map(|mail| mail.to_string()))
    .bind(new.code.as_deref().map(row::without_zeros))
    .bind(words.as_deref().map(row::without_zeros))
    .bind(row::without_zeros(&new.source))
    .execute(connection)
    .await?;
    Ok(true)
}

fn suppression(row: &AnyRow) -> Result<Suppression, StoreError> {
    let released = match (row::optional_time(row, "released")?, row::optional_text(row, "released_by")?) {
        (Some(at), Some(by)) => Some(Release { at, by }),
        _ => None,
    };
    Ok(Suppression {
        address: row::text(row, "address")?,
        kind: row::parsed(row, "kind")?,
        since: row::time(row, "since")?,
        mail: row::optional_text(row, "mail")?,
        code: row::optional_text(row, "code")?,
        words: row::optional_text(row, "words")?,
        source: row::text(row, "source")?,
        released,
    })
}
