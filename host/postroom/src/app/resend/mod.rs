//! Sending again, but only what failed. A document whose mail no server took for any recipient is sent once more, as a new mail;
//! where it left by another mail since, or may have, it is not. What is judged before a person is asked is judged again when
//! each mail enters the outbox: a row that came out otherwise then says so.

mod row;
mod work;

pub use row::{NotResent, ResendRow, ResendVerdict};
pub use work::AccountResend;

use super::{AppError, MailName, Session};
use postroom_model::{Account, AccountId};
use postroom_store::{Batch, Filter, Listed, MailId, UserStore};
use std::collections::{BTreeMap, BTreeSet};

/// Mails that are read at once.
const PAGE: u32 = 1_000;

/// Failed mails that are to be sent again, by account.
#[derive(Debug)]
pub struct Resend {
    /// Those of each account.
    pub accounts: Vec<AccountResend>,
    /// Those of accounts that were removed.
    pub removed: Vec<ResendRow>,
}

impl Resend {
    /// Finds and judges the failed mails that are asked for: those named, or all; of one batch, or of any. `open` opens a
    /// session for an account.
    pub async fn plan(
        user_store: &UserStore<'_>,
        named: Option<&MailName>,
        batch: Option<&Batch>,
        mut open: impl AsyncFnMut(Account) -> Result<Session, AppError>,
    ) -> Result<Self, AppError> {
        let found = failed(user_store, named, batch).await?;
        let ids: BTreeSet<MailId> = found.iter().map(|it| it.mail.id).collect();
        let mut by_account: BTreeMap<AccountId, Vec<Listed>> = BTreeMap::new();
        for mail in found {
            by_account.entry(mail.mail.account).or_default().push(mail);
        }
        let known = user_store.accounts().await?;
        let (mut accounts, mut removed) = (Vec::new(), Vec::new());
        for (account, mails) in by_account {
            let Some(account) = known.iter().find(|it| it.id == account).cloned() else {
                let row = |mail| ResendRow::of(mail, Err(NotResent::AccountRemoved));
                removed.extend(mails.iter().map(row));
                continue;
            };
            let session = open(account).await?;
            let mut of_account = AccountResend::of(session, mails, &ids).await?;
            if let Some(batch) = batch {
                of_account.join(batch);
            }
            accounts.push(of_account);
        }
        Ok(Self { accounts, removed })
    }

    /// Returns the rows of all mails.
    pub fn rows(&self) -> impl Iterator<Item = &ResendRow> {
        self.accounts.iter().flat_map(|one| &one.rows).chain(&self.removed)
    }

    /// Notes of those that have not entered the outbox why.
    pub fn set_rest_aside(&mut self, has_failed: bool) {
        for row in self.accounts.iter_mut().flat_map(|one| &mut one.rows).filter(|row| row.is_wanted()) {
            row.set_aside(if has_failed { NotResent::ErrorFirst } else { NotResent::Stopped });
        }
    }
}

/// Lists the failed mails that are asked for, oldest first.
async fn failed(
    user_store: &UserStore<'_>,
    named: Option<&MailName>,
    batch: Option<&Batch>,
) -> Result<Vec<Listed>, AppError> {
    let filter = Filter {
        states: vec!["failed"],
        batch: batch.map(|batch| batch.id),
        limit: PAGE,
        ..named.map_or_else(Filter::default, MailName::filter)
    };
    let mut mails: Vec<Listed> = Vec::new();
    loop {
        let before = mails.last().map(|it| it.mail.id);
        let page = user_store.listed(&Filter { before, ..filter.clone() }).await?;
        if page.is_empty() {
            break;
        }
        mails.extend(page);
    }
    mails.reverse();
    Ok(match named {
        Some(named) => named.of(mails),
        None => mails,
    })
}
