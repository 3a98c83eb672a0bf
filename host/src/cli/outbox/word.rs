//! `postroom outbox hold`, `release` and `cancel`: a person's word about a mail, the mail of a document, or a whole batch.

use super::{to, why};
use crate::cli::Exit;
use crate::cli::desk::now;
use crate::cli::named::Named;
use crate::cli::output::{json, line, printable, table};
use crate::cli::view::View;
use crate::cli::{Common, Failure};
use crate::store::{Batch, Filter, Listed, MailCommand, MailCommandResult, QueueState};
use clap::Args;
use serde_json::json as object;
use std::collections::{BTreeMap, BTreeSet};

/// Mails of one commit: whoever sends waits for it.
const GROUP: usize = 100;
/// Mails of a batch that are read at once.
const PAGE: u32 = 1_000;

#[derive(Debug, Args)]
pub(super) struct WordArgs {
    /// Mails by their ids, or by the numbers of their documents.
    #[arg(value_name = "MAIL|NUMBER")]
    mails: Vec<Named>,
    /// All mails of a batch, by its name or id (`postroom outbox batches`).
    #[arg(long, value_name = "NAME")]
    batch: Option<String>,
}

/// A mail, and what came of the word about it.
struct Answered {
    mail: Listed,
    said: MailCommandResult,
}

impl Answered {
    /// The mail is not as whoever said the word wants it.
    fn is_refused(&self, word: MailCommand, is_batch: bool) -> bool {
        // Of a batch those that were as it is wanted already are none that could not be.
        let is_so = matches!(
            (word, &self.said.row.queue_state),
            (MailCommand::Hold, QueueState::Held { .. })
                | (MailCommand::Cancel, QueueState::Cancelled)
                | (MailCommand::Release, QueueState::Ready { .. } | QueueState::Sent)
        );
        let is_fine = self.said.changed || (is_batch && is_so);
        !is_fine
    }
}

pub(super) async fn run(
    common: &Common,
    view: &View,
    args: &WordArgs,
    batch: Option<&String>,
    word: MailCommand,
) -> Result<Exit, Failure> {
    let batch = args.batch.as_ref().or(batch);
    let (answered, ended) = match (batch, args.mails.as_slice()) {
        (Some(name), []) => said_of_batch(view, &view.batch(name).await?, word).await,
        (None, [_, ..]) => {
            let mails = named(view, &args.mails).await?;
            in_groups(mails, async |group| said(view, group, word).await).await
        }
        (None, []) => return Err(wrong("which mails? Name them by id or number, or a batch by --batch")),
        (Some(_), _) => return Err(wrong("either mails, or --batch: not both")),
    };
    let ended = match ended {
        Err(failure) if answered.is_empty() => return Err(failure),
        // What the groups before it did is done, and shown.
        ended => ended,
    };
    let refused = answered.iter().filter(|it| it.is_refused(word, batch.is_some())).count();
    if common.json {
        let rows = answered.iter().map(|it| {
            object!({
                "mail": it.mail.mail.id.to_string(),
                "number": it.mail.mail.document.as_ref().map(|of| &of.number),
                "to": to(&it.mail),
                "changed": it.said.changed,
                "state": it.said.row.label(now()),
            })
        });
        json(&rows.collect::<Vec<_>>())?;
    } else {
        show(&answered, word, batch.is_some())?;
    }
    match ended {
        // One answer: the rows.
        Err(failure) if common.json => {
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

/// The mails that are named one by one: all are known before anything is changed.
async fn named(view: &View, names: &[Named]) -> Result<Vec<Listed>, Failure> {
    let mut mails: Vec<Listed> = Vec::with_capacity(names.len());
    for name in names {
        let mail = name.only(view.listed(&name.filter()).await?)?;
        if mails.iter().all(|it| it.mail.id != mail.mail.id) {
            mails.push(mail);
        }
    }
    Ok(mails)
}

/// The mails of a batch, oldest first.
async fn of_batch(view: &View, batch: &Batch) -> Result<Vec<Listed>, Failure> {
    let mut mails: Vec<Listed> = Vec::new();
    loop {
        let before = mails.last().map(|it| it.mail.id);
        let filter = Filter { batch: Some(batch.id), before, limit: PAGE, ..Filter::default() };
        let page = view.listed(&filter).await?;
        if page.is_empty() {
            mails.reverse();
            return Ok(mails);
        }
        mails.extend(page);
    }
}

/// What came of a word about mails, as far as it was said, and what kept it from being said about the others.
type Answers = (Vec<Answered>, Result<(), Failure>);

/// Says the word about the mails of a batch, and about those that join it meanwhile.
async fn said_of_batch(view: &View, batch: &Batch, word: MailCommand) -> Answers {
    let word = match word {
        MailCommand::Release => MailCommand::ReleaseAll,
        MailCommand::Cancel => MailCommand::CancelAll,
        word => word,
    };
    let (mut answered, mut known) = (Vec::new(), BTreeSet::new());
    loop {
        let mut mails = match of_batch(view, batch).await {
            Ok(mails) => mails,
            Err(failure) => return (answered, Err(failure)),
        };
        mails.retain(|it| known.insert(it.mail.id));
        if mails.is_empty() {
            return (answered, Ok(()));
        }
        let (more, ended) = in_groups(mails, async |group| said(view, group, word).await).await;
        answered.extend(more);
        if ended.is_err() {
            return (answered, ended);
        }
    }
}

/// Says the word about a group, by one commit.
async fn said(view: &View, group: Vec<Listed>, word: MailCommand) -> Result<Vec<Answered>, Failure> {
    let ids: Vec<_> = group.iter().map(|it| it.mail.id).collect();
    let said = view.apply_commands(&ids, word).await?;
    Ok(group.into_iter().zip(said).map(|(mail, said)| Answered { mail, said }).collect())
}

/// Does something with mails, a group at a time, up to the first group that fails. Gives what the groups before it came to, and
/// whether all did.
async fn in_groups<M, A, E>(
    mails: Vec<M>,
    mut each: impl AsyncFnMut(Vec<M>) -> Result<Vec<A>, E>,
) -> (Vec<A>, Result<(), E>) {
    let mut answered = Vec::with_capacity(mails.len());
    let mut mails = mails.into_iter();
    loop {
        let group: Vec<M> = mails.by_ref().take(GROUP).collect();
        if group.is_empty() {
            return (answered, Ok(()));
        }
        match each(group).await {
            Ok(group) => answered.extend(group),
            Err(error) => return (answered, Err(error)),
        }
    }
}

fn show(answered: &[Answered], word: MailCommand, is_batch: bool) -> Result<(), Failure> {
    let cells = answered.iter().map(|it| {
        let state = it.said.row.label(now());
        let now = Listed { outbox: it.said.row.clone(), ..it.mail.clone() };
        let reason = why(&now);
        let came = match (it.said.changed, reason.is_empty()) {
            (true, _) => state.to_owned(),
            (false, true) => format!("nothing changed, it is {state}"),
            (false, false) => format!("nothing changed, it is {state}: {reason}"),
        };
        let number = it.mail.mail.document.as_ref().map(|of| of.number.clone()).unwrap_or_default();
        vec![it.mail.mail.id.to_string(), number, to(&it.mail), came]
    });
    table(&["mail", "document", "to", ""], cells)?;
    if !is_batch {
        return Ok(());
    }
    let changed = answered.iter().filter(|it| it.said.changed).count();
    let mut rest: BTreeMap<&str, usize> = BTreeMap::new();
    for it in answered.iter().filter(|it| it.is_refused(word, is_batch)) {
        *rest.entry(it.said.row.label(now())).or_default() += 1;
    }
    let done = match word {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_done_before_a_group_failed_is_not_forgotten() {
        for (mails, done) in [(50, 50), (250, 250), (300, 200)] {
            let each = async |group: Vec<usize>| match group.contains(&299) {
                true => Err("the database went away"),
                false => Ok(group),
            };
            let (answered, ended) = in_groups((0..mails).collect(), each).await;
            assert_eq!(answered, (0..done).collect::<Vec<_>>());
            assert_eq!(ended.is_err(), done < mails);
        }
    }
}
