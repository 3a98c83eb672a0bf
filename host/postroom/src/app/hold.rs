//! Holding, releasing and cancelling mails: one by one, or a whole batch, a group at a time. What was done before an error is
//! done, and is given with it.

use super::{AppError, MailName, MailView};
use postroom_store::{Batch, Filter, Listed, MailCommand, MailCommandResult, QueueState};
use std::collections::BTreeSet;

/// Mails of one commit, for which workers have to wait.
const GROUP: usize = 100;
/// Mails of a batch that are read at once.
const PAGE: u32 = 1_000;

/// A mail, and what came of its change.
#[derive(Debug)]
pub struct MailChange {
    /// The mail before.
    pub mail: Listed,
    /// What came of it.
    pub result: MailCommandResult,
}

impl MailChange {
    /// Tells whether the mail is not as it was to be.
    pub fn is_refused(&self, command: MailCommand, is_batch: bool) -> bool {
        // Of a batch those that were as it is wanted already are none that could not be.
        let is_so = matches!(
            (command, &self.result.row.queue_state),
            (MailCommand::Hold, QueueState::Held { .. })
                | (MailCommand::Cancel, QueueState::Cancelled)
                | (MailCommand::Release, QueueState::Ready { .. } | QueueState::Sent)
        );
        let is_fine = self.result.changed || (is_batch && is_so);
        !is_fine
    }
}

/// The results for the mails that were changed, and the error that kept the others from it.
pub type MailChanges = (Vec<MailChange>, Result<(), AppError>);

impl MailView {
    /// Holds, releases or cancels the mails that are named one by one: all are known before anything is changed.
    pub async fn change_named(&self, names: &[MailName], command: MailCommand) -> MailChanges {
        match named(self, names).await {
            Ok(mails) => in_groups(mails, async |group| change_group(self, group, command).await).await,
            Err(error) => (Vec::new(), Err(error)),
        }
    }

    /// Holds, releases or cancels the mails of a batch, and those that join it meanwhile.
    pub async fn change_batch(&self, batch: &Batch, command: MailCommand) -> MailChanges {
        let command = match command {
            MailCommand::Release => MailCommand::ReleaseAll,
            MailCommand::Cancel => MailCommand::CancelAll,
            other => other,
        };
        let (mut changes, mut known) = (Vec::new(), BTreeSet::new());
        loop {
            let mut mails = match of_batch(self, batch).await {
                Ok(mails) => mails,
                Err(error) => return (changes, Err(error)),
            };
            mails.retain(|it| known.insert(it.mail.id));
            if mails.is_empty() {
                return (changes, Ok(()));
            }
            let (more, ended) =
                in_groups(mails, async |group| change_group(self, group, command).await).await;
            changes.extend(more);
            if ended.is_err() {
                return (changes, ended);
            }
        }
    }
}

/// Finds the mails that are named one by one.
async fn named(view: &MailView, names: &[MailName]) -> Result<Vec<Listed>, AppError> {
    let mut mails: Vec<Listed> = Vec::with_capacity(names.len());
    for name in names {
        let mail = name.only(view.listed(&name.filter()).await?)?;
        if mails.iter().all(|it| it.mail.id != mail.mail.id) {
            mails.push(mail);
        }
    }
    Ok(mails)
}

/// Lists the mails of a batch, oldest first.
async fn of_batch(view: &MailView, batch: &Batch) -> Result<Vec<Listed>, AppError> {
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

/// Changes the mails of a group, by one commit.
async fn change_group(
    view: &MailView,
    group: Vec<Listed>,
    command: MailCommand,
) -> Result<Vec<MailChange>, AppError> {
    let ids: Vec<_> = group.iter().map(|it| it.mail.id).collect();
    let outcomes = view.change_all(&ids, command).await?;
    let changes = group.into_iter().zip(outcomes);
    Ok(changes.map(|(mail, result)| MailChange { mail, result }).collect())
}

/// Changes mails a group at a time, up to the first group that fails. Gives what the groups before it came to, and the error.
async fn in_groups<M, A, E>(
    mails: Vec<M>,
    mut each: impl AsyncFnMut(Vec<M>) -> Result<Vec<A>, E>,
) -> (Vec<A>, Result<(), E>) {
    let mut changes = Vec::with_capacity(mails.len());
    let mut mails = mails.into_iter();
    loop {
        let group: Vec<M> = mails.by_ref().take(GROUP).collect();
        if group.is_empty() {
            return (changes, Ok(()));
        }
        match each(group).await {
            Ok(group) => changes.extend(group),
            Err(error) => return (changes, Err(error)),
        }
    }
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
            let (changes, ended) = in_groups((0..mails).collect(), each).await;
            assert_eq!(changes, (0..done).collect::<Vec<_>>());
            assert_eq!(ended.is_err(), done < mails);
        }
    }
}
