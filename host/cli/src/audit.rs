//! `postroom audit`: who did what in the company, for an administrator.

use super::output::{json, line, table};
use super::store_args::CompanyArgs;
use super::{Common, Failure};
use crate::Exit;
use chrono::{DateTime, FixedOffset};
use clap::Args;
use postroom::app::{AuditFilter, AuditHead, AuditVerdict};
use postroom_model::{Company, Name};

#[derive(Debug, Args)]
#[command(after_help = "\
Actions: asked, asked-again, held, released, cancelled, sent-again, answered-fallback, contradicted, exported, erased,
emptied, account-state, restored, privacy, body-index. Nothing can be taken out of the log. It names no recipients, only how many there were;
`postroom timeline MAIL` says who they are, and what the servers answered.

Each entry carries the SHA-256 of itself and of the entry before. --verify checks all of them, and exits with 8 and the first
entry that is not what was written. Whoever owns the database could write the whole log anew: compare it with a head that is
somewhere else, from the line of a backup or the log of `postroom serve` (docs/operations.md).

Examples:
  postroom audit
  postroom audit --since '2026-12-01 00:00' --user-login lotte --json
  postroom audit --verify
  postroom audit --verify --head 1042:5f0c…")]
pub(super) struct AuditArgs {
    #[command(flatten)]
    company: CompanyArgs,
    /// Not before this time.
    #[arg(long, value_name = "TIME", value_parser = super::typed_time::parse_time)]
    since: Option<DateTime<FixedOffset>>,
    /// What this user did alone; `administrator` and `worker` are not users, and can be named too.
    #[arg(long, value_name = "LOGIN")]
    user_login: Option<Name>,
    /// At most so many rows, newest first.
    #[arg(long, value_name = "N", default_value_t = 200)]
    limit: u32,
    /// Check that the log is what was written.
    #[arg(long, conflicts_with_all = ["since", "user_login", "limit"])]
    verify: bool,
    /// A head of the log that was kept elsewhere, which the log must still lead to.
    #[arg(long, value_name = "NUMBER:HASH", requires = "verify")]
    head: Option<AuditHead>,
}

pub(super) async fn run(common: &Common, args: &AuditArgs) -> Result<Exit, Failure> {
    let (connections, company) = args.company.open().await?;
    if args.verify {
        let admin = connections.store().company_store(company.id);
        let verdict = admin.verify_audit(args.head.as_ref()).await?;
        return show(common, &company, &verdict);
    }
    let filter = AuditFilter { since: args.since, actor: args.user_login.clone(), limit: args.limit };
    let entries = connections.store().company_store(company.id).audit(&filter).await?;
    if common.json {
        json(&entries)?;
        return Ok(Exit::Done);
    }
    let rows = entries.into_iter().map(|it| {
        vec![
            it.at.format("%Y-%m-%d %H:%M:%S").to_string(),
            it.actor,
            it.action,
            it.mail.unwrap_or_default(),
            it.recipients.map(|count| count.to_string()).unwrap_or_default(),
            it.detail.unwrap_or_default(),
        ]
    });
    table(&["at", "who", "did", "mail", "recipients", "what"], rows)?;
    Ok(Exit::Done)
}

fn show(common: &Common, company: &Company, verdict: &AuditVerdict) -> Result<Exit, Failure> {
    let AuditVerdict { head, broken } = verdict;
    if common.json {
        json(&serde_json::json!({
            "company": company.name, "whole": broken.is_none(), "head": head.to_string(), "entries": head.entry,
            "broken": broken,
        }))?;
    } else {
        match broken {
            None => line(&format!(
                "the audit log of {} is whole: {} entries, head {head}",
                company.name, head.entry
            ))?,
            Some(broken) => line(&format!(
                "the audit log of {} is not what was written: entry {}: {}",
                company.name, broken.entry, broken.detail
            ))?,
        }
    }
    Ok(if broken.is_none() { Exit::Done } else { Exit::Altered })
}
