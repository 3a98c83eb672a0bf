//! `postroom resume --failed`: again, but only what failed. A document whose mail no server took for anybody is sent once more,
//! as a new mail; where it left by another mail since, or may have, it is not.

use super::ResumeArgs;
use crate::accounts::{AccountId, Transport};
use crate::cli::Exit;
use crate::cli::bulk::progress::{self, End};
use crate::cli::desk::{Desk, now};
use crate::cli::named::{Named, only_batch};
use crate::cli::output::{json, line, table};
use crate::cli::{Common, Failure, ask, office, outbox, platform};
use crate::outbox::again;
use crate::store::{
    AskedBefore, Batch, BatchId, Filter, Later, Listed, MailId, NUMBERED_BY_PARTNER, NewMail, OpenCheck,
    Order,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::OnceCell;

/// Mails that enter the outbox by one commit.
const GROUP: usize = 100;

/// Nobody sends as an account that is not there.
const REMOVED: &str = "its account was removed: send the document as another one";

/// A mail that failed, and what becomes of it.
#[derive(Debug, Serialize)]
struct Row {
    mail: MailId,
    number: String,
    to: String,
    account: String,
    verdict: Verdict,
    /// Why it is left out, or what is worth knowing.
    why: Option<String>,
    /// The mail that it is sent as.
    sent_as: Option<MailId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Verdict {
    /// As a new mail.
    Again,
    /// Not before somebody has put right what the row says.
    Fixable,
    /// The document left by another mail, or may.
    LeftOut,
}

/// All that failed.
struct Plan {
    work: Vec<Work>,
    /// Those of accounts that were removed.
    removed: Vec<Row>,
}

/// What is sent as one account.
struct Work {
    desk: Desk,
    rows: Vec<Row>,
    new: Vec<NewMail>,
}

pub(super) async fn run(common: &Common, args: &ResumeArgs) -> Result<Exit, Failure> {
    let (connections, company, user) = args.user.open().await?;
    let acting = connections.store().acting(&user);
    let batch = match &args.batch {
        Some(name) => Some(only_batch(name, acting.batches_called(name).await?)?),
        None => None,
    };
    let filter = args.mail.as_ref().map_or_else(Filter::default, Named::filter);
    let filter = Filter {
        states: vec!["failed"],
        batch: batch.as_ref().map(|batch| batch.id),
        limit: u32::MAX,
        ..filter
    };
    let found = acting.listed(&filter).await?;
    let found = args.mail.as_ref().map_or(found.clone(), |named| named.of(found));
    let mut by_account: BTreeMap<AccountId, Vec<Listed>> = BTreeMap::new();
    for mail in latest(found) {
        by_account.entry(mail.mail.account).or_default().push(mail);
    }
    let accounts = acting.accounts().await?;
    let (mut work, mut removed) = (Vec::new(), Vec::new());
    for (account, mails) in by_account {
        let Some(account) = accounts.iter().find(|it| it.id == account).cloned() else {
            removed
                .extend(mails.iter().map(|mail| Row::of(mail, Verdict::Fixable, Some(REMOVED.to_owned()))));
            continue;
        };
        let (connections, company, user) = (connections.clone(), company.clone(), user.clone());
        let desk = Desk::of(common, office::loading(common), connections, company, user, account).await?;
        work.push(Work::of(desk, mails).await?);
    }
    let plan = Plan { work, removed };
    let (all, sendable) = (plan.count(|_| true), plan.count(|row| row.verdict == Verdict::Again));
    if !common.json {
        plan.show()?;
    }
    if sendable == 0 {
        if common.json {
            json(&serde_json::json!({ "rows": plan.rows(), "states": {} }))?;
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
    sent(common, args, plan, batch.as_ref()).await
}

async fn sent(
    common: &Common,
    args: &ResumeArgs,
    mut plan: Plan,
    batch: Option<&Batch>,
) -> Result<Exit, Failure> {
    let location = args.user.company.store.location()?;
    let (mut worst, mut states) = (Exit::Done, BTreeMap::<String, u64>::new());
    let name = format!("again {}", now().format("%Y-%m-%d %H:%M:%S"));
    for one in plan.work.iter_mut().filter(|one| !one.new.is_empty()) {
        let (id, new) = (one.batch(batch, &name).await?, std::mem::take(&mut one.new));
        let end = one.send(common, &location, id, new).await?;
        one.desk.connections.close().await;
        worst = worst.or_worse(end.exit());
        for (state, mails) in end.counts() {
            *states.entry(state.clone()).or_default() += mails;
        }
    }
    let name = batch.map_or(name, |batch| batch.name.clone());
    if common.json {
        json(&serde_json::json!({ "batch": name, "rows": plan.rows(), "states": states }))?;
    } else {
        table(
            &["state", "mails"],
            states.iter().map(|(state, mails)| vec![state.clone(), mails.to_string()]),
        )?;
        line(&format!("batch \"{name}\": `postroom outbox --batch NAME` lists its mails"))?;
    }
    Ok(plan.exit(worst))
}

/// Of the mails of one document the latest; a mail without a document is not sent again from here.
fn latest(mails: Vec<Listed>) -> Vec<Listed> {
    let mut seen = BTreeSet::new();
    let mut is_latest = |it: &Listed| {
        let Some(of) = &it.mail.document else { return false };
        let partner = NUMBERED_BY_PARTNER.contains(&of.kind.as_str()).then(|| of.partner.clone());
        seen.insert((of.kind.clone(), of.number.clone(), it.mail.use_case.clone(), partner))
    };
    // They come newest first, and leave as they came into being.
    let mut latest: Vec<Listed> = mails.into_iter().filter(|it| is_latest(it)).collect();
    latest.reverse();
    latest
}

impl Row {
    fn of(mail: &Listed, verdict: Verdict, why: Option<String>) -> Self {
        Self {
            mail: mail.mail.id,
            number: mail.mail.document.as_ref().map(|of| of.number.clone()).unwrap_or_default(),
            to: outbox::to(mail),
            account: mail.account.clone(),
            verdict,
            why,
            sent_as: None,
        }
    }
}

impl Work {
    async fn of(desk: Desk, mails: Vec<Listed>) -> Result<Self, Failure> {
        let ids: Vec<MailId> = mails.iter().map(|it| it.mail.id).collect();
        let later = desk.acting().asked_later(&ids).await?;
        let mut work = Self { desk, rows: Vec::with_capacity(mails.len()), new: Vec::new() };
        for mail in mails {
            let (verdict, why, new) = match later.get(&mail.mail.id) {
                Some(Later::Mail(id)) => (Verdict::LeftOut, Some(work.since(*id).await?), None),
                Some(Later::Elsewhere) => {
                    let why = "the document was sent again from an account that you may not use".to_owned();
                    (Verdict::LeftOut, Some(why), None)
                }
                None => work.judged(mail.mail.id).await?,
            };
            let sent_as = new.as_ref().map(|new| new.id);
            work.rows.push(Row { sent_as, ..Row::of(&mail, verdict, why) });
            work.new.extend(new);
        }
        Ok(work)
    }

    /// What became of the document since, in words.
    async fn since(&self, id: MailId) -> Result<String, Failure> {
        let states = self.desk.acting().outbox_rows(&[id]).await?;
        let state = states.get(&id).map_or("known", |row| row.label(now()));
        Ok(format!("a later mail of it is {state}: {id}"))
    }

    /// Makes the new mail, and asks whether it may leave: by the rule of a repeated `send-bulk`.
    async fn judged(&self, id: MailId) -> Result<(Verdict, Option<String>, Option<NewMail>), Failure> {
        let (desk, fixable) = (&self.desk, |why: String| (Verdict::Fixable, Some(why), None));
        let mail = desk.acting().mail(id).await?;
        let new = MailId::new();
        let (reply_to, mail_from) = match &desk.account.transport {
            Transport::Platform(_) => {
                let renamed = platform::reply_token(desk, id, new).await?;
                (Some(renamed), Some(platform::return_path(desk, new).await?))
            }
            Transport::MailClient => return Ok(fixable("it is sent by your own mail program".to_owned())),
            _ => (None, None),
        };
        let made = match again(&mail, new, now(), reply_to, mail_from).await {
            Ok(made) => made,
            Err(error) => return Ok(fixable(error.to_string())),
        };
        match desk.acting().asked_before(&[&made]).await?.first() {
            Some(AskedBefore::Failed(_)) => {}
            // It left for some: whoever it was not for is not written to alone.
            Some(AskedBefore::As(before)) if *before == id => {
                let why = "it left for some of its recipients, or may have: `postroom status` says for whom";
                return Ok((Verdict::LeftOut, Some(why.to_owned()), None));
            }
            Some(AskedBefore::As(before)) => {
                return Ok((Verdict::LeftOut, Some(self.since(*before).await?), None));
            }
            Some(AskedBefore::Elsewhere) | Some(AskedBefore::No) | None => {
                let why = "what it is about is not known any more: send the document again";
                return Ok(fixable(why.to_owned()));
            }
        }
        let store = desk.connections.store();
        let suppressed = store.suppressed(desk.company.id, &made.message.rcpt_to).await?;
        if !suppressed.is_empty() {
            let named =
                suppressed.iter().map(|it| format!("{it}: `postroom suppressions release {}`", it.address));
            return Ok(fixable(named.collect::<Vec<_>>().join("; ")));
        }
        let unseen = mail.mail.open_check == OpenCheck::Pixel;
        let note = unseen.then(|| "whether it is opened is not checked".to_owned());
        Ok((Verdict::Again, note, Some(made)))
    }

    /// The batch that the new mails belong to: that of the failed ones where it was named, else one of this run's own.
    async fn batch(&self, named: Option<&Batch>, name: &str) -> Result<BatchId, Failure> {
        match named {
            Some(batch) => Ok(batch.id),
            None => Ok(self.desk.acting().open_batch(self.desk.account.id, &name.parse()?, now()).await?),
        }
    }

    async fn send(
        &self,
        common: &Common,
        location: &crate::store::Location,
        batch: BatchId,
        new: Vec<NewMail>,
    ) -> Result<End, Failure> {
        let order = Order { batch: Some(batch), ..Order::default() };
        let filling = async {
            for group in new.chunks(GROUP) {
                self.desk.acting().keep(group, &order).await?;
            }
            Ok(())
        };
        let batch = OnceCell::new_with(Some(batch));
        Ok(progress::send(common, &self.desk, location, &batch, filling).await?.1)
    }
}

impl Plan {
    fn rows(&self) -> Vec<&Row> {
        self.work.iter().flat_map(|one| &one.rows).chain(&self.removed).collect()
    }

    fn count(&self, is_so: impl Fn(&Row) -> bool) -> usize {
        self.rows().into_iter().filter(|row| is_so(row)).count()
    }

    /// What the exit code says: what could not be sent again still stands as failed.
    fn exit(&self, sent: Exit) -> Exit {
        match self.count(|row| row.verdict == Verdict::Fixable) {
            0 => sent,
            _ => sent.or_worse(Exit::Refused),
        }
    }

    fn show(&self) -> Result<(), Failure> {
        let rows = self.rows();
        if rows.is_empty() {
            return line("no mail has failed");
        }
        let cells = rows.into_iter().map(|row| {
            let verdict = match row.verdict {
                Verdict::Again => "again",
                Verdict::Fixable => "fixable",
                Verdict::LeftOut => "left out",
            };
            let why = row.why.clone().unwrap_or_default();
            vec![row.number.clone(), verdict.to_owned(), row.to.clone(), row.account.clone(), why]
        });
        table(&["document", "", "to", "account", "why"], cells)
    }
}
