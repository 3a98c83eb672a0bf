//! `postroom resume --failed`: again, but only what failed. A document whose mail no server took for any recipient is sent once
//! more, as a new mail; where it left by another mail since, or may have, it is not. What is shown before the question is shown again
//! where it came out otherwise: the store decides when each mail enters the outbox.

mod row;

use super::ResumeArgs;
use crate::bulk::sending;
use crate::output::{json, line, printable, table};
use crate::{Common, Exit, Failure, ask, session, stopping};
use postroom::app::bulk::{BatchEnd, unused_batch_name};
use postroom::app::{Resend, ResendRow, ResendVerdict, StopSignal, UserStore, now, only_batch};
use row::{ShownRow, cells, shown};
use std::collections::BTreeMap;

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
    let open = async |account| {
        let (connections, company, user) = (connections.clone(), company.clone(), user.clone());
        session::of_account(common, connections, company, user, account).await
    };
    let mut plan = Resend::plan(&user_store, args.mail.as_ref(), batch.as_ref(), open).await?;
    let (all, sendable) = (plan.rows().count(), plan.rows().filter(|row| row.is_wanted()).count());
    if !common.json {
        show(&plan, |_| true)?;
    }
    if sendable == 0 {
        if common.json {
            json(&serde_json::json!({ "rows": all_shown(&plan), "states": {} }))?;
        }
        return Ok(exit(&plan, Exit::Done));
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
    let stop = stopping::listen()?;
    let ended = send(&mut plan, common, args, &user_store, &stop).await?;
    connections.close().await;
    plan.set_rest_aside(ended.failure.is_some());
    report(&plan, common, ended, stop.was_asked())
}

/// Sends what is wanted, account after account, until the user asks to stop or something fails.
async fn send(
    plan: &mut Resend,
    common: &Common,
    args: &ResumeArgs,
    user_store: &UserStore<'_>,
    stop: &StopSignal,
) -> Result<Ended, Failure> {
    let location = args.user.company.store.location()?;
    let name = format!("again {}", now().format("%Y-%m-%d %H:%M:%S")).parse()?;
    let name = unused_batch_name(user_store, name).await?;
    let mut ended = Ended::default();
    for one in plan.accounts.iter_mut().filter(|one| one.rows.iter().any(ResendRow::is_wanted)) {
        if stop.was_asked() {
            break;
        }
        let (session, batch, filling) = one.filling(&name, stop);
        match sending::send(common, session, &location, batch, stop, filling).await {
            Ok(((), end)) => ended.add(&end),
            Err(failure) => {
                // What this account has done so far is printed, too, where the store can still say it.
                if let Some(batch) = one.batch()
                    && let Ok(end) = BatchEnd::now(&one.session, batch).await
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

/// Prints what came of it: first what was done, then what failed.
fn report(plan: &Resend, common: &Common, ended: Ended, stopped: bool) -> Result<Exit, Failure> {
    let Ended { worst, states, failure } = ended;
    let batches = plan.accounts.iter().filter_map(|one| Some((one.batch()?, &one.session.account.name)));
    if common.json {
        let batches: Vec<_> = batches
            .map(|(id, account)| serde_json::json!({ "batch_id": id.to_string(), "account": account }))
            .collect();
        json(&serde_json::json!({
            "batches": batches, "rows": all_shown(plan), "states": states, "stopped": stopped,
            "error": failure.as_ref().map(|it| &it.message),
        }))?;
    } else {
        if plan.rows().any(|row| row.is_changed) {
            show(plan, |row| row.is_changed)?;
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
        None => Ok(exit(plan, worst.unwrap_or(Exit::Done))),
    }
}

/// What the exit code says: what could not be sent again still stands as failed.
fn exit(plan: &Resend, sent: Exit) -> Exit {
    plan.rows().fold(sent, |exit, row| match row.verdict {
        ResendVerdict::Fixable => exit.or_worse(Exit::Refused),
        ResendVerdict::NotSent => exit.or_worse(Exit::Later),
        ResendVerdict::Again | ResendVerdict::LeftOut => exit,
    })
}

fn all_shown(plan: &Resend) -> Vec<ShownRow<'_>> {
    plan.rows().map(shown).collect()
}

fn show(plan: &Resend, which: impl Fn(&ResendRow) -> bool) -> Result<(), Failure> {
    if plan.rows().next().is_none() {
        return line("no mail has failed");
    }
    let rows = plan.rows().filter(|row| which(row)).map(cells);
    table(&["document", "", "to", "account", "why"], rows)
}

impl Ended {
    fn add(&mut self, end: &BatchEnd) {
        let exit = sending::exit(end);
        self.worst = Some(self.worst.map_or(exit, |worst| worst.or_worse(exit)));
        for (state, mails) in &end.counts {
            *self.states.entry(state.clone()).or_default() += mails;
        }
    }
}
