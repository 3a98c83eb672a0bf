//! `postroom resume --failed`: again, but only what failed. A document whose mail no server took for anybody is sent once more,
//! as a new mail; where it left by another mail since, or may have, it is not. What is shown before the question is shown again
//! where it came out otherwise: the store decides when each mail enters the outbox.

mod row;
mod work;

use super::ResumeArgs;
use crate::accounts::AccountId;
use crate::cli::bulk::progress::End;
use crate::cli::bulk::title;
use crate::cli::desk::{Desk, now};
use crate::cli::named::{Named, only_batch};
use crate::cli::output::{json, line, printable, table};
use crate::cli::stopping::StopRequest;
use crate::cli::{Common, Exit, Failure, ask, company_plugin};
use crate::store::{Batch, Filter, Listed, MailId, UserStore};
use row::{Aside, Row, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use work::Work;

/// Nobody sends as an account that is not there.
const REMOVED: &str = "its account was removed: send the document as another one";

/// Mails that are read at once.
const PAGE: u32 = 1_000;

/// All that failed.
struct Plan {
    work: Vec<Work>,
    /// Those of accounts that were removed.
    removed: Vec<Row>,
}

/// What came of sending them.
#[derive(Default)]
struct Ended {
    worst: Option<Exit>,
    states: BTreeMap<String, u64>,
    failure: Option<Failure>,
}

pub(super) async fn run(common: &Common, args: &ResumeArgs) -> Result<Exit, Failure> {
    let (connections, company, user) = args.user.open().await?;
    let user_store = connections.store().user_store(&user);
    let batch = match &args.batch {
        Some(name) => Some(only_batch(name, user_store.batches_called(name).await?)?),
        None => None,
    };
    let found = failed(&user_store, args, batch.as_ref()).await?;
    let ids: BTreeSet<MailId> = found.iter().map(|it| it.mail.id).collect();
    let mut by_account: BTreeMap<AccountId, Vec<Listed>> = BTreeMap::new();
    for mail in found {
        by_account.entry(mail.mail.account).or_default().push(mail);
    }
    let accounts = user_store.accounts().await?;
    let (mut work, mut removed) = (Vec::new(), Vec::new());
    for (account, mails) in by_account {
        let Some(account) = accounts.iter().find(|it| it.id == account).cloned() else {
            removed.extend(mails.iter().map(|mail| Row::of(mail, Err(Aside::fixable(REMOVED)))));
            continue;
        };
        let (connections, company, user) = (connections.clone(), company.clone(), user.clone());
        let desk =
            Desk::of(common, company_plugin::loading(common), connections, company, user, account).await?;
        let mut of_account = Work::of(desk, mails, &ids).await?;
        if let Some(batch) = &batch {
            of_account.join(batch);
        }
        work.push(of_account);
    }
    let mut plan = Plan { work, removed };
    let (all, sendable) = (plan.rows().count(), plan.rows().filter(|row| row.is_wanted()).count());
    if !common.json {
        plan.show(|_| true)?;
    }
    if sendable == 0 {
        if common.json {
            json(&serde_json::json!({ "rows": plan.rows().collect::<Vec<_>>(), "states": {} }))?;
        }
        return Ok(plan.exit(Exit::Done));
    }
    if !args.yes {
        match ask::confirm(common, &format!("send {sendable} of {all} failed mails again?"))? {
            Some(true) => {}
            Some(false) => return Ok(Exit::Done),
            None => {
                let message = format!("{sendable} of {all} failed mails would be sent again: add --yes");
                return Err(Failure { code: Exit::Usage, message });
            }
        }
    }
    // From here on: what is taken into hand is not dropped by a signal.
    let stop = StopRequest::listen()?;
    let ended = plan.send(common, args, &user_store, &stop).await?;
    connections.close().await;
    plan.not_sent(ended.failure.is_some());
    plan.told(common, ended, stop.was_asked())
}

/// The failed mails that are asked for, oldest first.
async fn failed(
    user_store: &UserStore<'_>,
    args: &ResumeArgs,
    batch: Option<&Batch>,
) -> Result<Vec<Listed>, Failure> {
    let named = args.mail.as_ref();
    let filter = Filter {
        states: vec!["failed"],
        batch: batch.map(|batch| batch.id),
        limit: PAGE,
        ..named.map_or_else(Filter::default, Named::filter)
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

impl Plan {
    fn rows(&self) -> impl Iterator<Item = &Row> {
        self.work.iter().flat_map(|one| &one.rows).chain(&self.removed)
    }

    /// Sends what is wanted, account after account, until the user asks to stop or something fails.
    async fn send(
        &mut self,
        common: &Common,
        args: &ResumeArgs,
        user_store: &UserStore<'_>,
        stop: &StopRequest,
    ) -> Result<Ended, Failure> {
        let location = args.user.company.store.location()?;
        let name = format!("again {}", now().format("%Y-%m-%d %H:%M:%S")).parse()?;
        let name = title::unused(user_store, name).await?;
        let mut ended = Ended::default();
        for one in self.work.iter_mut().filter(|one| one.rows.iter().any(Row::is_wanted)) {
            if stop.was_asked() {
                break;
            }
            match one.send(common, &location, &name, stop).await {
                Ok(end) => ended.add(&end),
                Err(failure) => {
                    // What this account has done so far is told, too, where the store can still say it.
                    if let Some(batch) = one.batch()
                        && let Ok(end) = End::now(&one.desk, batch).await
                    {
                        ended.add(&end);
                    }
                    ended.failure = Some(failure);
                    break;
                }
            }
        }
        Ok(ended)
    }

    /// Says of those that have not entered the outbox why.
    fn not_sent(&mut self, has_failed: bool) {
        let why = if has_failed { "an error came first: start it again to go on" } else { "stopped" };
        for row in self.work.iter_mut().flat_map(|one| &mut one.rows).filter(|row| row.is_wanted()) {
            row.set_aside(Aside { verdict: Verdict::NotSent, why: why.to_owned() });
        }
    }

    /// Tells what came of it: first what was done, then what failed.
    fn told(&self, common: &Common, ended: Ended, stopped: bool) -> Result<Exit, Failure> {
        let Ended { worst, states, failure } = ended;
        let batches = self.work.iter().filter_map(|one| Some((one.batch()?, &one.desk.account.name)));
        if common.json {
            let batches: Vec<_> = batches
                .map(|(id, account)| serde_json::json!({ "batch_id": id.to_string(), "account": account }))
                .collect();
            json(&serde_json::json!({
                "batches": batches, "rows": self.rows().collect::<Vec<_>>(), "states": states, "stopped": stopped,
                "error": failure.as_ref().map(|it| &it.message),
            }))?;
        } else {
            if self.rows().any(|row| row.is_changed) {
                self.show(|row| row.is_changed)?;
            }
            table(
                &["state", "mails"],
                states.iter().map(|(state, mails)| vec![state.clone(), mails.to_string()]),
            )?;
            for (id, account) in batches {
                line(&format!("as {account}: `postroom outbox --batch {id}` lists the mails"))?;
            }
        }
        match failure {
            // One answer, and the error in it.
            Some(failure) if common.json => {
                eprintln!("postroom: {}", printable(&failure.message));
                Ok(failure.code)
            }
            Some(failure) => Err(failure),
            None => Ok(self.exit(worst.unwrap_or(Exit::Done))),
        }
    }

    /// What the exit code says: what could not be sent again still stands as failed.
    fn exit(&self, sent: Exit) -> Exit {
        self.rows().fold(sent, |exit, row| match row.verdict {
            Verdict::Fixable => exit.or_worse(Exit::Refused),
            Verdict::NotSent => exit.or_worse(Exit::Later),
            Verdict::Again | Verdict::LeftOut => exit,
        })
    }

    fn show(&self, which: impl Fn(&Row) -> bool) -> Result<(), Failure> {
        if self.rows().next().is_none() {
            return line("no mail has failed");
        }
        let cells = self.rows().filter(|row| which(row)).map(Row::cells);
        table(&["document", "", "to", "account", "why"], cells)
    }
}

impl Ended {
    fn add(&mut self, end: &End) {
        self.worst = Some(self.worst.map_or(end.exit(), |worst| worst.or_worse(end.exit())));
        for (state, mails) in end.counts() {
            *self.states.entry(state.clone()).or_default() += mails;
        }
    }
}
