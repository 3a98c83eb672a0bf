//! `postroom outbox hold`, `release` and `cancel`: of a mail, the mail of a document, or a whole batch.

use super::why;
use crate::Exit;
use crate::output::{json, line, printable, table};
use crate::{Common, Failure};
use clap::Args;
use postroom::app::{Listed, MailChange, MailCommand, MailName, MailView, now, recipients_of};
use serde_json::json as object;
use std::collections::BTreeMap;

#[derive(Debug, Args)]
pub(super) struct ChangeArgs {
    /// Mails by their ids, or by the numbers of their documents.
    #[arg(value_name = "MAIL|NUMBER")]
    mails: Vec<MailName>,
    /// All mails of a batch, by its name or id (`postroom outbox batches`).
    #[arg(long, value_name = "NAME")]
    batch: Option<String>,
}

pub(super) async fn run(
    common: &Common,
    view: &MailView,
    args: &ChangeArgs,
    batch: Option<&String>,
    command: MailCommand,
) -> Result<Exit, Failure> {
    let batch = args.batch.as_ref().or(batch);
    let (answered, ended) = match (batch, args.mails.as_slice()) {
        (Some(name), []) => view.change_batch(&view.batch(name).await?, command).await,
        (None, names @ [_, ..]) => view.change_named(names, command).await,
        (None, []) => return Err(wrong("which mails? Name them by id or number, or a batch by --batch")),
        (Some(_), _) => return Err(wrong("either mails, or --batch: not both")),
    };
    let ended = match ended {
        Err(error) if answered.is_empty() => return Err(error.into()),
        // What the groups before it did is done, and shown.
        ended => ended,
    };
    let refused = answered.iter().filter(|it| it.is_refused(command, batch.is_some())).count();
    if common.json {
        let rows = answered.iter().map(|it| {
            object!({
                "mail": it.mail.mail.id.to_string(),
                "number": it.mail.mail.document.as_ref().map(|of| &of.number),
                "to": recipients_of(&it.mail),
                "changed": it.result.changed,
                "state": it.result.row.label(now()),
            })
        });
        json(&rows.collect::<Vec<_>>())?;
    } else {
        show(&answered, command, batch.is_some())?;
    }
    match ended {
        // One answer: the rows.
        Err(error) if common.json => {
            let failure = Failure::from(error);
            eprintln!("postroom: {}", printable(&failure.message));
            return Ok(failure.code);
        }
        ended => ended?,
    }
    Ok(if refused > 0 { Exit::Refused } else { Exit::Done })
}

fn wrong(message: &str) -> Failure {
    Failure { code: Exit::Usage, message: message.to_owned() }
}

fn show(answered: &[MailChange], command: MailCommand, is_batch: bool) -> Result<(), Failure> {
    let cells = answered.iter().map(|it| {
        let state = it.result.row.label(now());
        let now = Listed { outbox: it.result.row.clone(), ..it.mail.clone() };
        let reason = why(&now);
        let came = match (it.result.changed, reason.is_empty()) {
            (true, _) => state.to_owned(),
            (false, true) => format!("nothing changed, it is {state}"),
            (false, false) => format!("nothing changed, it is {state}: {reason}"),
        };
        let number = it.mail.mail.document.as_ref().map(|of| of.number.clone()).unwrap_or_default();
        vec![it.mail.mail.id.to_string(), number, recipients_of(&it.mail), came]
    });
    table(&["mail", "document", "to", ""], cells)?;
    if !is_batch {
        return Ok(());
    }
    let changed = answered.iter().filter(|it| it.result.changed).count();
    let mut rest: BTreeMap<&str, usize> = BTreeMap::new();
    for it in answered.iter().filter(|it| it.is_refused(command, is_batch)) {
        *rest.entry(it.result.row.label(now())).or_default() += 1;
    }
    let done = match command {
        MailCommand::Hold => "held",
        MailCommand::Release | MailCommand::ReleaseAll => "released",
        MailCommand::Cancel | MailCommand::CancelAll => "cancelled",
    };
    let rest: Vec<String> = rest.iter().map(|(state, mails)| format!("{mails} {state}")).collect();
    line(&match rest.is_empty() {
        true => format!("{changed} {done}"),
        false => format!("{changed} {done}; could not be: {}", rest.join(", ")),
    })
}
