//! The chain of the audit log: each entry of a company has the SHA-256 of itself and of the entry before, so that a log that
//! was changed by other means than this program can be told from one that was not.
//!
//! The owner of the database can write a chain anew from any entry on. What they can't change is a head that is stored
//! elsewhere: in the output of a backup, in the log of a program. [`CompanyStore::verify_audit`] compares the log with such a
//! head.

use crate::sql::row;
use crate::sql::rows::{self, JsonRows};
use crate::{CompanyStore, Store, StoreError};
use data_encoding::HEXLOWER;
use postroom_model::CompanyId;
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Separates these hashes from those of any other form of an entry.
const CONTEXT: &str = "postroom audit entry, version 1";
/// The hash that stands before the first entry.
const BEFORE_THE_FIRST: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// Entries that are read at once.
const PAGE: i64 = 1_000;

/// An entry to be appended.
#[derive(Debug, Clone)]
pub(crate) struct PendingEntry {
    pub(crate) id: String,
    pub(crate) company: CompanyId,
    /// In milliseconds since 1970.
    pub(crate) at: i64,
    pub(crate) actor: String,
    pub(crate) action: String,
    pub(crate) mail: Option<String>,
    pub(crate) recipients: Option<i64>,
    pub(crate) detail: Option<String>,
}

impl PendingEntry {
    /// Computes the hash of the entry at this place, after the one before.
    fn hash(&self, number: i64, before: &str) -> String {
        let (company, number, at) = (self.company.to_string(), number.to_string(), self.at.to_string());
        let recipients = self.recipients.map(|it| it.to_string());
        let fields = [
            Some(CONTEXT),
            Some(before),
            Some(company.as_str()),
            Some(number.as_str()),
            Some(self.id.as_str()),
            Some(at.as_str()),
            Some(self.actor.as_str()),
            Some(self.action.as_str()),
            self.mail.as_deref(),
            recipients.as_deref(),
            self.detail.as_deref(),
        ];
        let mut hash = Sha256::new();
        for field in fields {
            // Lengths first, so that no two entries are the same bytes; none differs from empty.
            hash.update(field.map_or(u64::MAX, |text| text.len() as u64).to_be_bytes());
            hash.update(field.unwrap_or_default());
        }
        HEXLOWER.encode(&hash.finalize())
    }
}

/// The last entry of a company's log: everything before it follows from its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditHead {
    /// Its number: entries are counted from 1.
    pub entry: u64,
    /// Its hash, in hexadecimal digits.
    pub hash: String,
}

impl fmt::Display for AuditHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.entry, self.hash)
    }
}

impl FromStr for AuditHead {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || "expected NUMBER:HASH, as a backup's line has it".to_owned();
        let (entry, hash) = text.trim().split_once(':').ok_or_else(expected)?;
        let is_hash =
            hash.len() == BEFORE_THE_FIRST.len() && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        let entry = entry.parse().ok().filter(|_| is_hash).ok_or_else(expected)?;
        Ok(Self { entry, hash: hash.to_ascii_lowercase() })
    }
}

/// The result of checking a company's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditVerdict {
    /// The last entry of the chain.
    pub head: AuditHead,
    /// The first entry that is not what was written; none: the log is whole.
    pub broken: Option<BrokenEntry>,
}

/// The first entry that is not what was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BrokenEntry {
    /// Its number.
    pub entry: u64,
    /// What is wrong with it.
    pub detail: String,
}

/// Appends entries to the logs of their companies. Each company's head is locked until the commit, in the order of their ids;
/// nothing else is locked after it.
pub(crate) async fn append(
    connection: &mut AnyConnection,
    entries: Vec<PendingEntry>,
) -> Result<(), StoreError> {
    #[derive(Serialize)]
    struct ChainedRow<'a> {
        id: &'a str,
        at: i64,
        actor: &'a str,
        action: &'a str,
        mail: Option<&'a str>,
        recipients: Option<i64>,
        detail: Option<&'a str>,
        number: i64,
        hash: String,
    }
    let mut of_company: BTreeMap<CompanyId, Vec<PendingEntry>> = BTreeMap::new();
    for entry in entries {
        of_company.entry(entry.company).or_default().push(entry);
    }
    for (company, entries) in of_company {
        let (mut number, mut hash) = lock_head(connection, company).await?;
        let mut chained = Vec::with_capacity(entries.len());
        for it in &entries {
            number += 1;
            hash = it.hash(number, &hash);
            chained.push(ChainedRow {
                id: &it.id,
                at: it.at,
                actor: &it.actor,
                action: &it.action,
                mail: it.mail.as_deref(),
                recipients: it.recipients,
                detail: it.detail.as_deref(),
                number,
                hash: hash.clone(),
            });
        }
        let each = JsonRows::on(connection);
        let sql = format!(
            "insert into audit (id, company, at, actor, action, mail, recipients, detail, number, hash) \
             select {}, $2, {}, {}, {}, {}, {}, {}, {}, {} from {}",
            each.text("id"),
            each.number("at"),
            each.text("actor"),
            each.text("action"),
            each.text("mail"),
            each.number("recipients"),
            each.text("detail"),
            each.number("number"),
            each.text("hash"),
            each.row(),
        );
        rows::bulk_query(sql, &chained)?.bind(company.to_string()).execute(&mut *connection).await?;
        sqlx::query("update audit_heads set number = $1, hash = $2 where company = $3")
            .bind(number)
            .bind(hash)
            .bind(company.to_string())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Returns the number and hash of a company's last entry, and locks them: another transaction that appends waits for the end of
/// this one.
async fn lock_head(connection: &mut AnyConnection, company: CompanyId) -> Result<(i64, String), StoreError> {
    for _ in 0..2 {
        let locked =
            sqlx::query("update audit_heads set number = number where company = $1 returning number, hash");
        let locked = locked.bind(company.to_string()).fetch_optional(&mut *connection).await?;
        if let Some(row) = locked {
            return Ok((row.try_get("number")?, row::text(&row, "hash")?));
        }
        sqlx::query(
            "insert into audit_heads (company, number, hash) values ($1, 0, $2) \
             on conflict (company) do nothing",
        )
        .bind(company.to_string())
        .bind(BEFORE_THE_FIRST)
        .execute(&mut *connection)
        .await?;
    }
    Err(StoreError::NoSuchCompany(company.to_string()))
}

impl CompanyStore<'_> {
    /// Reads the head of the company's log.
    pub async fn audit_head(&self) -> Result<AuditHead, StoreError> {
        head(&mut *self.store.pool.acquire().await?, self.company).await
    }

    /// Checks every entry of the company's log against the one before, the last against the head, and the log against a head
    /// that was stored elsewhere.
    pub async fn verify_audit(&self, expected: Option<&AuditHead>) -> Result<AuditVerdict, StoreError> {
        let mut connection = self.store.pool.acquire().await?;
        let head = head(&mut connection, self.company).await?;
        let broken = self.first_broken(&mut connection, &head, expected).await?;
        Ok(AuditVerdict { head, broken })
    }

    async fn first_broken(
        &self,
        connection: &mut AnyConnection,
        head: &AuditHead,
        expected: Option<&AuditHead>,
    ) -> Result<Option<BrokenEntry>, StoreError> {
        let broken = |entry: i64, detail: &str| {
            Ok(Some(BrokenEntry { entry: u64::try_from(entry).unwrap_or(0), detail: detail.to_owned() }))
        };
        let (mut number, mut hash) = (0_i64, BEFORE_THE_FIRST.to_owned());
        loop {
            let rows = sqlx::query(
                "select * from audit where company = $1 and number > $2 and number <= $3 order by number limit $4",
            );
            // What is appended meanwhile is none of this.
            let rows = rows
                .bind(self.company.to_string())
                .bind(number)
                .bind(row::whole(head.entry))
                .bind(PAGE)
                .fetch_all(&mut *connection)
                .await?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                number += 1;
                if row.try_get::<i64, _>("number")? != number {
                    return broken(number, "it is missing");
                }
                hash = chained(row, self.company)?.hash(number, &hash);
                if row::text(row, "hash")? != hash {
                    return broken(number, "it is not what was written, or the entry before it is not");
                }
                let is_expected = expected.filter(|expected| i64::try_from(expected.entry) == Ok(number));
                if is_expected.is_some_and(|expected| expected.hash != hash) {
                    return broken(number, "it is not the one that the head was kept of");
                }
            }
        }
        if (u64::try_from(number).unwrap_or(0), hash.as_str()) != (head.entry, head.hash.as_str()) {
            return broken(number + 1, "the log does not end where its head says");
        }
        if expected.is_some_and(|expected| expected.entry > head.entry) {
            return broken(number + 1, "it is missing: the head was kept of a later entry");
        }
        let beyond = sqlx::query(
            "select min(audit.number) as first from audit join audit_heads on audit_heads.company = audit.company \
             where audit.company = $1 and audit.number > audit_heads.number",
        );
        let beyond = beyond.bind(self.company.to_string()).fetch_one(connection).await?;
        match beyond.try_get::<Option<i64>, _>("first")? {
            Some(first) => broken(first, "it was added behind the head of the log"),
            None => Ok(None),
        }
    }
}

impl Store {
    /// Lists the heads of every company's log, with the companies' names, to be stored where the owner of the database can't
    /// change them.
    pub async fn audit_heads(&self) -> Result<Vec<(CompanyId, String, AuditHead)>, StoreError> {
        heads(&mut *self.pool.acquire().await?).await
    }
}

/// Lists the heads of every company's log that has entries.
pub(crate) async fn heads(
    connection: &mut AnyConnection,
) -> Result<Vec<(CompanyId, String, AuditHead)>, StoreError> {
    let rows = sqlx::query(
        "select company, companies.name, number, hash from audit_heads \
         join companies on companies.id = audit_heads.company where number > 0 order by companies.name_key",
    );
    let one = |row: &AnyRow| Ok((row::parsed(row, "company")?, row::text(row, "name")?, head_of(row)?));
    rows.fetch_all(connection).await?.iter().map(one).collect()
}

async fn head(connection: &mut AnyConnection, company: CompanyId) -> Result<AuditHead, StoreError> {
    let row = sqlx::query("select number, hash from audit_heads where company = $1");
    match row.bind(company.to_string()).fetch_optional(connection).await? {
        Some(row) => head_of(&row),
        None => Ok(AuditHead { entry: 0, hash: BEFORE_THE_FIRST.to_owned() }),
    }
}

fn head_of(row: &AnyRow) -> Result<AuditHead, StoreError> {
    Ok(AuditHead { entry: row::count(row, "number")?, hash: row::text(row, "hash")? })
}

fn chained(row: &AnyRow, company: CompanyId) -> Result<PendingEntry, StoreError> {
    Ok(PendingEntry {
        id: row::text(row, "id")?,
        company,
        at: row.try_get("at")?,
        actor: row::text(row, "actor")?,
        action: row::text(row, "action")?,
        mail: row::optional_text(row, "mail")?,
        recipients: row::optional_count(row, "recipients")?.and_then(|it| i64::try_from(it).ok()),
        detail: row::optional_text(row, "detail")?,
    })
}
