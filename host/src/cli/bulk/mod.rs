//! `postroom send-bulk` (FEATURES B6, F5): many documents, one separate mail each. First every mail is made and checked, a
//! row each; then those that can be sent enter the outbox; then they are sent, while somebody may watch or go away.

mod ahead;
mod before;
mod documents;
mod domains;
mod numbers;
mod preflight;
pub(super) mod progress;
mod queue_state;
mod source;
pub(super) mod title;
mod twins;

use super::desk::{Desk, now};
use super::house::UserArgs;
use super::mail::Shared;
use super::moment::not_before;
use super::output::{json, line};
use super::stopping::StopRequest;
use super::{Common, Failure, ask};
use crate::accounts::{Name, Transport};
use crate::cli::Exit;
use crate::store::{BatchId, NewMail, Order, SendOptions};
use ahead::Ahead;
use before::Checked;
use chrono::{DateTime, FixedOffset};
use clap::Args;
use domains::Domains;
use indicatif::{ProgressBar, ProgressStyle};
use preflight::{Measure, Row};
use source::{Ready, Source};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;
use twins::Twin;

/// Mails that enter the outbox by one commit: few at first, since a worker waits for them.
const FIRST_GROUP: usize = 25;
const GROUP: usize = 200;
/// Bytes of files that are in memory until then.
pub(super) const MOST_HELD: u64 = 64 << 20;

#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Every mail is made and checked first: who gets it and why, language, template, unresolved fields, attachments and size as
encoded, sender, whether the same was sent before, the account's quota. A row that can't be sent does not stop the others.
Each mail is the one that `postroom send` of the document alone would have made.

It may be stopped at any moment, and started again with the same documents: what was asked for is asked for once. What
failed for everybody is sent again, what left is left out. Where mails of the documents stand as failed for some, or in doubt,
the exit code says so, 4 or 6, though nothing was sent now.

Examples:
  postroom send-bulk november/ --user lotte --account office --check     # the rows alone
  postroom send-bulk november/ --check --dns                             # may receivers believe the sender's domain?
  postroom send-bulk november/ --user lotte --account office             # asks, then sends
  postroom send-bulk november/*.xml --yes --files november/pdf/
  postroom send-bulk november/ --queue --batch 'november 2026'           # hold, list or cancel it by that name
  postroom send-bulk --from-records 'open invoices of november' --account office
  postroom send-bulk november/ --number 'F-2026-1*' --leave-out F-2026-017 --at 'tomorrow 08:30' --yes")]
pub(super) struct BulkArgs {
    /// Documents (.json, .xml), or folders of them.
    #[arg(value_name = "DOC|DIR", required_unless_present = "from_records")]
    documents: Vec<PathBuf>,
    /// Instead of files: the documents of the company's records that this query names, in their words
    /// (`postroom company records`).
    #[arg(long, value_name = "QUERY", conflicts_with_all = ["documents", "files"])]
    from_records: Option<String>,
    #[command(flatten)]
    user: UserArgs,
    /// Account to send as. May be left out where the user may use one alone.
    #[arg(long, value_name = "NAME")]
    account: Option<Name>,
    #[command(flatten)]
    shared: Shared,
    /// Of the documents only those whose number is like this: `F-2026-1*`.
    #[arg(long, value_name = "PATTERN")]
    number: Option<String>,
    /// Of the documents only those of partners whose name is like this: `Bakkerij*`.
    #[arg(long, value_name = "PATTERN")]
    partner: Option<String>,
    /// Leave this document out, by its number. May be repeated.
    #[arg(long, value_name = "NUMBER")]
    leave_out: Vec<String>,
    /// Check and say, and send nothing.
    #[arg(long, visible_alias = "dry-run")]
    check: bool,
    /// Look up, too, what the sender's domain publishes: SPF, DKIM, DMARC, MX. Asks this machine's resolver, or the one
    /// named; without it nobody is asked.
    #[arg(long, value_name = "ADDRESS:PORT", num_args = 0..=1, require_equals = true)]
    #[allow(clippy::option_option)] // not given, given, given with an address
    dns: Option<Option<SocketAddr>>,
    /// Send what can be sent, without asking.
    #[arg(long)]
    yes: bool,
    /// Send again what was sent before.
    #[arg(long)]
    again: bool,
    /// Put the mails into the outbox and leave the rest to a worker.
    #[arg(long)]
    queue: bool,
    /// What the batch is called, in `postroom outbox batches` and to hold, release, cancel or resume it as one. One of this name
    /// is joined. Otherwise: the folder's name and the time.
    #[arg(long, value_name = "NAME")]
    batch: Option<Name>,
    /// Not before this time: `2026-12-01 08:30`, `tomorrow 08:30`, `01.12.2026 08:30`, with an offset or in this
    /// machine's zone.
    #[arg(long, value_name = "TIME", value_parser = super::moment::departure)]
    at: Option<DateTime<FixedOffset>>,
    /// Ask for a report when a mail reaches the mailbox, where the server offers that.
    #[arg(long)]
    notify_delivered: bool,
    /// Send although a PDF is empty, cut off, encrypted, or none.
    #[arg(long)]
    damaged_pdf: bool,
    /// Send although the recipient of a document is the company itself.
    #[arg(long)]
    to_own_company: bool,
    /// Send although different documents of the batch have the same number.
    #[arg(long)]
    same_number: bool,
}

impl BulkArgs {
    /// Only some of the documents are wanted.
    fn chooses(&self) -> bool {
        self.number.is_some() || self.partner.is_some() || !self.leave_out.is_empty()
    }
}

pub(super) async fn run(common: &Common, args: &BulkArgs) -> Result<Exit, Failure> {
    let named = if args.from_records.is_none() { Some(Source::files(args)?) } else { None };
    let desk = Desk::open(common, &args.user, args.account.as_ref()).await?;
    if desk.account.transport == Transport::MailClient {
        let message =
            format!("mail of {} is sent by the user's own program, one at a time", desk.account.name);
        return Err(Failure::input(message));
    }
    let mut source = match (named, &args.from_records) {
        (Some(named), _) => named,
        (None, query) => Source::records(&desk, args, query.as_deref().unwrap_or_default()).await?,
    };
    let options = SendOptions { notify_delivered: args.notify_delivered };
    let domains = args.dns.map(|server| Domains::asked(&desk, server)).transpose()?;
    let measure = Measure::of(&desk, options, domains, !common.json).await?;
    let started = now();
    let name = match &args.batch {
        Some(name) => name.clone(),
        None => title::of(&desk, args, started).await?,
    };
    let batch = Arc::new(Batch { name, id: OnceCell::new(), args: args.clone(), desk, measure });
    twins::mark(&batch, &mut source).await?;
    let (work, desk) = (Work { common, batch: &batch }, &batch.desk);
    if args.check || !args.yes {
        let rows = work.check(&source).await?;
        let quota = preflight::quota(desk, &rows, &batch.measure).await?;
        if !common.json {
            preflight::show(&rows, &quota)?;
        }
        let sendable = rows.iter().filter(|row| row.is_wanted()).count();
        match args.check || sendable == 0 {
            true if common.json => json(&serde_json::json!({ "rows": rows, "quota": quota }))?,
            true => queue_state::tell(&rows)?,
            // It is told with what came of the batch.
            false => {}
        }
        if args.check {
            return Ok(of_rows(&rows));
        }
        if sendable == 0 {
            return Ok(queue_state::exit(&rows).unwrap_or_else(|| of_rows(&rows)));
        }
        if !agreed(common, sendable, rows.len())? {
            return Ok(of_rows(&rows));
        }
    }
    if !common.json {
        eprintln!("batch \"{}\"", batch.name);
    }
    let started = now();
    if args.queue || args.at.is_some() {
        let rows = work.fill(&source).await?;
        return work.queued(&rows).await;
    }
    let location = args.user.company.store.location()?;
    // From here on: what is taken into hand is not dropped by a signal.
    let stop = StopRequest::listen()?;
    let filling = progress::unless_stopped(&stop, work.fill(&source));
    let (rows, end) = progress::send(common, desk, &location, &batch.id, &stop, filling).await?;
    desk.connections.close().await;
    let quota = preflight::quota(desk, &rows, &batch.measure).await?;
    progress::tell(common, &end, &rows, &quota, (&batch, started))?;
    Ok(end.exit().or_worse(of_rows(&rows)).or_worse(queue_state::exit(&rows).unwrap_or(Exit::Done)))
}

/// What the rows alone say: one that can't be sent is a wrong input, whatever became of the others.
fn of_rows(rows: &[Row]) -> Exit {
    if rows.iter().any(Row::is_faulty) { Exit::Input } else { Exit::Done }
}

/// What its mails have in common.
struct Batch {
    name: Name,
    /// Once something of it has entered the outbox.
    id: OnceCell<BatchId>,
    args: BulkArgs,
    desk: Desk,
    measure: Measure,
}

impl Batch {
    /// Makes and checks one mail. What is left out by the user's own choice has no row.
    async fn checked(&self, ready: Ready) -> Result<Option<Checked>, Failure> {
        let (path, number, folder) = match ready {
            Ready::File { path, twin } => return self.checked_file(path, twin.as_deref()).await,
            Ready::Lost { entry, reason } => return Ok(Some((Row::lost(entry, reason), None))),
            Ready::Fetched { path, number, folder } => (path, number, folder),
        };
        let Some((mut row, mut made)) = preflight::check(self, path).await? else { return Ok(None) };
        let taken = made.as_mut().map_or(Ok(()), |made| source::take_along(made, folder.path()));
        if let Err(error) = taken {
            row.needs("file", error.to_string());
            made = None;
        }
        row.without_folder(folder.path(), &number);
        Ok(Some((row, made)))
    }

    async fn checked_file(&self, path: PathBuf, twin: Option<&Twin>) -> Result<Option<Checked>, Failure> {
        if let Some(Twin::SameAs(first)) = twin {
            // What is left out by choice has no row, as often as it is there.
            if self.args.chooses() && preflight::check(self, path.clone()).await?.is_none() {
                return Ok(None);
            }
            return Ok(Some((Row::repeated(path, first), None)));
        }
        let Some((mut row, made)) = preflight::check(self, path).await? else { return Ok(None) };
        if let Some(problem) = twin.and_then(Twin::problem).filter(|_| !self.args.same_number) {
            row.needs("document", problem);
        }
        Ok(Some((row, made)))
    }

    /// The rows of a group, and what of it can be sent into the outbox, all by one commit.
    async fn enter(&self, mut group: Vec<Checked>) -> Result<Vec<Row>, Failure> {
        before::compare(&self.desk, &self.args, &mut group).await?;
        let (rows, made): (Vec<_>, Vec<_>) = group.into_iter().unzip();
        let wanted = rows.iter().zip(made).filter_map(|(row, made)| made.filter(|_| row.is_wanted()));
        self.keep(wanted.collect()).await?;
        Ok(rows)
    }

    fn id_text(&self) -> Option<String> {
        self.id.get().map(ToString::to_string)
    }

    /// Says how to go on with what has entered the outbox.
    fn tell_name(&self) -> Result<(), Failure> {
        match self.id.get() {
            None => Ok(()),
            Some(_) => line(&format!(
                "batch \"{}\": `postroom outbox batches`, `postroom outbox hold|release|cancel --batch NAME`",
                self.name
            )),
        }
    }

    async fn keep(&self, group: Vec<NewMail>) -> Result<(), Failure> {
        if group.is_empty() {
            return Ok(());
        }
        let Self { desk, args, id, name, .. } = self;
        let batch = Some(desk.opened(id, name).await?);
        let order = Order { again: args.again, send_at: args.at, batch, ..Order::default() };
        desk.user_store().enqueue(&group, &order).await?;
        Ok(())
    }
}

/// The group on its way into the outbox.
#[derive(Default)]
struct Entering(Option<JoinHandle<Result<Vec<Row>, Failure>>>);

impl Entering {
    fn begin(&mut self, batch: &Arc<Batch>, group: Vec<Checked>) {
        let batch = Arc::clone(batch);
        self.0 = Some(tokio::spawn(async move { batch.enter(group).await }));
    }

    /// Its rows, once it is there.
    async fn end(&mut self) -> Result<Vec<Row>, Failure> {
        match self.0.take() {
            Some(entering) => entering.await.map_err(|e| Failure::other(e.to_string()))?,
            None => Ok(Vec::new()),
        }
    }
}

/// A batch in the making.
struct Work<'a> {
    common: &'a Common,
    batch: &'a Arc<Batch>,
}

impl Work<'_> {
    /// The rows, and nothing else.
    async fn check(&self, source: &Source) -> Result<Vec<Row>, Failure> {
        let bar = bar(self.common, source.items.len() as u64, "checking");
        let (mut rows, mut group) = (Vec::new(), Vec::with_capacity(GROUP));
        let mut ahead = Ahead::new(self.batch, source);
        let Batch { desk, args, .. } = &**self.batch;
        loop {
            let checked = ahead.next().await.transpose()?;
            let is_last = checked.is_none();
            // A mail is made again when it is sent: what it carries is not kept until then.
            group.extend(checked.flatten().map(|(row, made)| (row, made.map(preflight::without_files))));
            bar.inc(1);
            if is_last || group.len() >= GROUP {
                before::compare(desk, args, &mut group).await?;
                rows.extend(group.drain(..).map(|(row, _)| row));
            }
            if is_last {
                bar.finish_and_clear();
                return Ok(rows);
            }
        }
    }

    /// Makes and checks every mail, and puts those that can be sent into the outbox, a group at a time: what has entered
    /// is sent while the others are made. What an earlier start put there is found again, and becomes part of this batch.
    async fn fill(&self, source: &Source) -> Result<Vec<Row>, Failure> {
        let bar = bar(self.common, source.items.len() as u64, "into the outbox");
        let mut rows = Vec::new();
        let (mut group, mut size, mut held) = (Vec::with_capacity(GROUP), FIRST_GROUP, 0);
        let mut ahead = Ahead::new(self.batch, source);
        // While a group enters the outbox the next one is made.
        let mut entering = Entering::default();
        while let Some(checked) = ahead.next().await {
            bar.inc(1);
            let Some((row, made)) = checked? else { continue };
            held += made.as_ref().map_or(0, source::held);
            group.push((row, made));
            if group.len() >= size || held > MOST_HELD {
                (size, held) = ((size * 2).min(GROUP), 0);
                rows.extend(entering.end().await?);
                entering.begin(self.batch, std::mem::take(&mut group));
            }
        }
        rows.extend(entering.end().await?);
        rows.extend(self.batch.enter(group).await?);
        bar.finish_and_clear();
        Ok(rows)
    }

    async fn queued(&self, rows: &[Row]) -> Result<Exit, Failure> {
        let quota = preflight::quota(&self.batch.desk, rows, &self.batch.measure).await?;
        let wanted = rows.iter().filter(|row| row.is_wanted()).count();
        if self.common.json {
            json(&serde_json::json!({
                "queued": wanted, "batch": self.batch.name, "batch_id": self.batch.id_text(), "rows": rows,
                "quota": quota,
            }))?;
        } else {
            let faulty: Vec<Row> = rows.iter().filter(|row| !row.is_wanted()).cloned().collect();
            if !faulty.is_empty() {
                preflight::show(&faulty, &quota)?;
            }
            let when = not_before(self.batch.args.at);
            line(&format!("{wanted} mails are in the outbox{when}; `postroom worker` sends them"))?;
            queue_state::tell(rows)?;
            self.batch.tell_name()?;
        }
        Ok(of_rows(rows).or_worse(queue_state::exit(rows).unwrap_or(Exit::Done)))
    }
}

fn agreed(common: &Common, sendable: usize, all: usize) -> Result<bool, Failure> {
    match ask::confirm(common, &format!("send {sendable} of {all} mails?"))? {
        Some(yes) => Ok(yes),
        None => Err(Failure {
            code: Exit::Usage,
            message: "nobody can be asked here: add --yes to send, or --check".into(),
        }),
    }
}

/// A progress bar with rate and time left, for a person at a terminal.
fn bar(common: &Common, length: u64, what: &'static str) -> ProgressBar {
    if common.json {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len}  {per_sec}  {eta} left  {prefix}");
    let bar = ProgressBar::new(length).with_message(what);
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.tick();
    bar
}
