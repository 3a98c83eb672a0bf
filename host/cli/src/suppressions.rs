//! `postroom suppressions`: the addresses that a company no longer writes to, and why.

use super::output::{done, json, table};
use super::store_args::CompanyArgs;
use super::{Common, Failure};
use crate::Exit;
use clap::{Args, Subcommand};
use postroom::app::{Suppression, release, suppress};
use postroom_model::MailAddress;

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  postroom suppressions list
  postroom suppressions release info@customer.example
  postroom suppressions add info@customer.example --reason 'asked by telephone'"
)]
pub(super) struct SuppressionsArgs {
    #[command(subcommand)]
    command: Option<SuppressionsCommand>,
    #[command(flatten)]
    list: ListArgs,
}

#[derive(Debug, Subcommand)]
enum SuppressionsCommand {
    /// The addresses that are not written to, each with its evidence.
    List(ListArgs),
    /// Write to an address again.
    Release(OneArgs),
    /// Write to an address no longer.
    Add(AddArgs),
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Those that were released too.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    company: CompanyArgs,
}

#[derive(Debug, Args)]
struct OneArgs {
    /// The address.
    #[arg(value_name = "ADDRESS")]
    address: MailAddress,
    /// Who does it. Otherwise: operator.
    #[arg(long, value_name = "WHO", default_value = "operator")]
    by: String,
    #[command(flatten)]
    company: CompanyArgs,
}

#[derive(Debug, Args)]
struct AddArgs {
    #[command(flatten)]
    one: OneArgs,
    /// Why.
    #[arg(long, value_name = "WORDS")]
    reason: Option<String>,
}

pub(super) async fn run(common: &Common, args: &SuppressionsArgs) -> Result<Exit, Failure> {
    match &args.command {
        None => list(common, &args.list).await?,
        Some(SuppressionsCommand::List(args)) => list(common, args).await?,
        Some(SuppressionsCommand::Release(args)) => {
            let (connections, company) = args.company.open().await?;
            let address = &args.address;
            match release(&connections, &company, address, &args.by).await? {
                false => {
                    let message = format!(
                        "{address} is not suppressed: `postroom suppressions list` has those that are"
                    );
                    return Err(Failure::input(message));
                }
                true => done(common, &format!("{address} may be written to again"))?,
            }
        }
        Some(SuppressionsCommand::Add(args)) => {
            let (connections, company) = args.one.company.open().await?;
            let address = &args.one.address;
            let is_new = suppress(&connections, &company, address, args.reason.clone(), &args.one.by).await?;
            let already = if is_new { "" } else { " (as before)" };
            done(common, &format!("{address} is no longer written to{already}"))?;
        }
    }
    Ok(Exit::Done)
}

async fn list(common: &Common, args: &ListArgs) -> Result<(), Failure> {
    let (connections, company) = args.company.open().await?;
    let mut all = connections.store().suppressions(company.id).await?;
    all.retain(|it| args.all || it.released.is_none());
    if common.json {
        return json(&all);
    }
    table(&["address", "why", "since", "code", "words", "mail", "released"], all.iter().map(cells))
}

fn cells(of: &Suppression) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let words = text(&of.words).split_whitespace().collect::<Vec<_>>().join(" ");
    vec![
        of.address.clone(),
        of.kind.to_string(),
        of.since.format("%Y-%m-%d %H:%M").to_string(),
        text(&of.code),
        words.chars().take(120).collect(),
        text(&of.mail),
        of.released
            .as_ref()
            .map(|it| format!("{} by {}", it.at.format("%Y-%m-%d"), it.by))
            .unwrap_or_default(),
    ]
}
