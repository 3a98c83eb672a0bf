//! `postroom outbox batches`: what was asked for together, and where its mails are.

use crate::Exit;
use crate::output::{json, table};
use crate::{Common, Failure};
use clap::Args;
use postroom::app::{Batch, BatchCounts, MailView};
use serde_json::{Value, json as object};

#[derive(Debug, Args)]
#[command(after_help = "\
A batch is what one `send-bulk` asked for; `--batch NAME` there names it, and one that is asked for again by that name joins it.
A mail that still waits belongs to the batch that asked for it last; of what was sent again in a batch the latest mail counts.

Examples:
  postroom outbox batches
  postroom outbox --batch 'november 2026'           # its mails
  postroom outbox hold --batch 'november 2026'      # none of them leaves before it is released
  postroom resume --failed --batch 'november 2026'  # again, but only what failed")]
pub(super) struct BatchesArgs {
    /// At most so many, newest first.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u32,
}

pub(super) async fn run(
    common: &Common,
    args: &BatchesArgs,
    only: Option<&String>,
    view: &MailView,
) -> Result<Exit, Failure> {
    let only = match only {
        Some(name) => Some(view.batch(name).await?.id),
        None => None,
    };
    let batches = view.batches(only, args.limit).await?;
    if common.json {
        json(&batches.iter().map(row).collect::<Vec<_>>())?;
        return Ok(Exit::Done);
    }
    let headings = [
        "batch",
        "begun",
        "by",
        "account",
        "to be sent",
        "held",
        "waits for its account",
        "sent",
        "failed",
        "in doubt",
        "cancelled",
    ];
    let cells = batches.iter().map(|(of, counts)| {
        let mut cells = vec![
            of.name.clone(),
            of.created.format("%Y-%m-%d %H:%M").to_string(),
            of.user.clone().unwrap_or_default(),
            of.account_name.clone(),
        ];
        cells.extend(numbers(counts).map(|number| number.to_string()));
        cells
    });
    table(&headings, cells)?;
    Ok(Exit::Done)
}

fn numbers(of: &BatchCounts) -> [u64; 7] {
    [of.to_be_sent, of.held, of.waits_for_account, of.sent, of.failed, of.in_doubt, of.cancelled]
}

fn row((of, counts): &(Batch, BatchCounts)) -> Value {
    object!({
        "batch": of.name,
        "id": of.id.to_string(),
        "begun": of.created.to_rfc3339(),
        "by": of.user,
        "account": of.account_name,
        "mails": counts.all(),
        "states": counts,
    })
}
