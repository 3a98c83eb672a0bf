//! `postroom audit`: who did what in the company, for an administrator.

use super::house::CompanyArgs;
use super::output::{json, table};
use super::{Common, Failure};
use crate::accounts::Name;
use crate::store::AuditFilter;
use chrono::{DateTime, FixedOffset};
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "\
Actions: asked, asked-again, held, released, cancelled, sent-again, answered-fallback, exported, erased, emptied,
account-state, restored. Nothing can be taken out of the log. It names no recipients, only how many there were; `postroom
timeline MAIL` says who they are, and what the servers answered.

Examples:
  postroom audit
  postroom audit --since '2026-12-01 00:00' --user-login lotte --json")]
pub(super) struct AuditArgs {
    #[command(flatten)]
    company: CompanyArgs,
    /// Not before this time.
    #[arg(long, value_name = "TIME", value_parser = super::moment)]
    since: Option<DateTime<FixedOffset>>,
    /// What this user did alone; `administrator` and `worker` are not users, and can be named too.
    #[arg(long, value_name = "LOGIN")]
    user_login: Option<Name>,
    /// At most so many rows, newest first.
    #[arg(long, value_name = "N", default_value_t = 200)]
    limit: u32,
}

pub(super) async fn run(common: &Common, args: &AuditArgs) -> Result<ExitCode, Failure> {
    let (connections, company) = args.company.open().await?;
    let filter = AuditFilter { since: args.since, actor: args.user_login.clone(), limit: args.limit };
    let entries = connections.store().administer(company.id).audit(&filter).await?;
    if common.json {
        json(&entries)?;
        return Ok(ExitCode::SUCCESS);
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
    Ok(ExitCode::SUCCESS)
}
