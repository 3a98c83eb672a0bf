//! `postroom account pace`: how fast an account sends.

use crate::Exit;
use crate::output::{json, line};
use crate::store_args::AccountArgs;
use crate::{Common, Failure, load_plugin};
use clap::Args;
use postroom::app::PaceChange;

#[derive(Debug, Args)]
#[command(after_help = "\
A pace slows an account down and refuses nothing: mails leave later. Where nothing is said, the provider's own limits count
(Exchange: 30 a minute by 3 connections; Gmail: 150 a minute); a company's own server has none, and 4 connections.

Examples:
  postroom account pace office
  postroom account pace office --per-minute 60 --connections 8
  postroom account pace office --per-day 500             # recipients in 24 hours; the rest waits
  postroom account pace office --per-minute none         # as the provider allows")]
pub(crate) struct PaceArgs {
    #[command(flatten)]
    account: AccountArgs,
    /// Mails a minute, or `none`.
    #[arg(long, value_name = "N", value_parser = number)]
    per_minute: Option<Limit>,
    /// Connections at the same time, of each worker, or `none`. At most 64.
    #[arg(long, value_name = "N", value_parser = number)]
    connections: Option<Limit>,
    /// Recipients in 24 hours, or `none`. What does not fit waits until the oldest is a day old.
    #[arg(long, value_name = "N", value_parser = number)]
    per_day: Option<Limit>,
}

/// A number, or the word that takes it back.
#[derive(Debug, Clone, Copy)]
struct Limit(Option<u32>);

fn number(text: &str) -> Result<Limit, String> {
    match text {
        "none" => Ok(Limit(None)),
        _ => match text.parse() {
            Ok(number @ 1..) => Ok(Limit(Some(number))),
            _ => Err("expected a number from 1, or none".to_owned()),
        },
    }
}

pub(super) async fn run(common: &Common, args: &PaceArgs) -> Result<Exit, Failure> {
    let found = args.account.open().await?;
    let change = PaceChange {
        per_minute: args.per_minute.map(|Limit(number)| number),
        connections: args.connections.map(|Limit(number)| number),
        per_day: args.per_day.map(|Limit(number)| number),
    };
    let pace = found.set_pace(change).await?;
    let report = found.pace(&load_plugin::reading(common)?, pace).await?;
    let (known, learned) = (report.provider, report.learned);
    if common.json {
        json(&serde_json::json!({ "said": pace, "provider": known, "learned": learned }))?;
        return Ok(Exit::Done);
    }
    let at = learned.map(|it| it.at.format("%Y-%m-%d").to_string()).unwrap_or_default();
    let show_limit = |what: &str, own: Option<u32>, provider: Option<u32>, learned: Option<u32>| {
        let text = match (own, provider, learned) {
            (Some(own), ..) => format!("{own} {what}, as set here"),
            (None, provider, Some(learned)) if provider.is_none_or(|it| learned < it) => {
                format!("{learned} {what}, as its server's refusal of {at} taught; counts for 30 days")
            }
            (None, Some(provider), _) => format!("{provider} {what}, as its provider allows"),
            (None, None, _) => format!("{what}: no limit is known"),
        };
        line(&text)
    };
    show_limit("mails a minute", pace.per_minute, known.per_minute, learned.and_then(|it| it.per_minute))?;
    show_limit("connections", pace.connections, known.connections, None)?;
    show_limit("recipients in 24 hours", pace.per_day, known.per_day, learned.and_then(|it| it.per_day))?;
    Ok(Exit::Done)
}
