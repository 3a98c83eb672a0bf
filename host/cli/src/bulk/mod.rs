//! `postroom send-bulk` (rules B6, F5): many documents, one separate mail each. First every mail is made and checked, a
//! row each; then those that can be sent enter the outbox; then they are sent, by this program or by the store's worker.

mod rows;
pub(super) mod sending;
mod unresolved;

use super::delivery::bar;
use super::mail::Shared;
use super::output::{json, line, printable};
use super::store_args::UserArgs;
use super::typed_time::not_before;
use super::{Common, Failure, ask, session, stopping};
use crate::Exit;
use chrono::{DateTime, FixedOffset};
use clap::Args;
use postroom::app::bulk::{BatchSource, Bulk, BulkRequest, Resolution, Row, Source, unless_stopped};
use postroom::app::now;
use postroom_model::Name;
use std::net::SocketAddr;
use std::path::PathBuf;

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
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        num_args = 0..=1,
        require_equals = true,
        help = "Look up, too, what the sender's domain publishes: SPF, DKIM, DMARC, MX. Asks this machine's resolver, or the one named; without it no resolver is asked"
    )]
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
    #[arg(long, value_name = "TIME", value_parser = super::typed_time::parse_departure)]
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
    /// What the options say, as the use case takes it.
    fn request(&self) -> BulkRequest {
        let called = match (&self.from_records, self.documents.first()) {
            (Some(query), _) => Some(BatchSource::Records(query.clone())),
            (None, first) => first.cloned().map(BatchSource::Files),
        };
        BulkRequest {
            called,
            content: self.shared.content(),
            number: self.number.clone(),
            partner: self.partner.clone(),
            leave_out: self.leave_out.clone(),
            dns: self.dns.map(|server| server.map_or(Resolution::System, Resolution::At)),
            again: self.again,
            batch: self.batch.clone(),
            at: self.at,
            notify_delivered: self.notify_delivered,
            damaged_pdf: self.damaged_pdf,
            to_own_company: self.to_own_company,
            same_number: self.same_number,
        }
    }
}

pub(super) async fn run(common: &Common, args: &BulkArgs) -> Result<Exit, Failure> {
    let files = if args.from_records.is_none() { Some(Source::files(&args.documents)?) } else { None };
    let session = session::open(common, &args.user, args.account.as_ref()).await?;
    let bulk = Bulk::prepare(session, args.request(), files).await?;
    if (args.check || !args.yes)
        && let Some(exit) = check(common, args, &bulk).await?
    {
        return Ok(exit);
    }
    if !common.json {
        eprintln!("batch \"{}\"", bulk.name());
    }
    let started = now();
    let is_noted = bulk.opens_refused().is_some();
    if args.queue || args.at.is_some() {
        let bar = bar(common, bulk.documents(), "into the outbox");
        let rows = bulk.fill(|| bar.inc(1)).await?;
        bar.finish_and_clear();
        if !is_noted {
            note_opens(&bulk);
        }
        return queued(common, args, &bulk, &rows).await;
    }
    let location = args.user.company.store.location()?;
    // From here on: what is taken into hand is not dropped by a signal.
    let stop = stopping::listen()?;
    let filling = unless_stopped(&stop, async {
        let bar = bar(common, bulk.documents(), "into the outbox");
        let rows = bulk.fill(|| bar.inc(1)).await;
        if rows.is_ok() {
            bar.finish_and_clear();
        }
        rows
    });
    let (rows, end) = sending::send(common, bulk.session(), &location, bulk.id(), &stop, filling).await?;
    bulk.session().connections.close().await;
    if !is_noted {
        note_opens(&bulk);
    }
    let quota = bulk.quota(&rows).await?;
    sending::report(common, &end, &rows, &quota, (&bulk, started)).await?;
    let earlier = unresolved::exit(&rows).unwrap_or(Exit::Done);
    Ok(sending::exit(&end).or_worse(of_rows(&rows)).or_worse(earlier))
}

/// Shows every row before anything is sent, and asks; the exit code, where nothing is to be sent.
async fn check(common: &Common, args: &BulkArgs, bulk: &Bulk) -> Result<Option<Exit>, Failure> {
    let bar = bar(common, bulk.documents(), "checking");
    let rows = bulk.check(|| bar.inc(1)).await?;
    bar.finish_and_clear();
    note_opens(bulk);
    let quota = bulk.quota(&rows).await?;
    let shown = rows::shown(common, bulk.session(), &rows).await?;
    if !common.json {
        rows::show(&shown, &quota)?;
    }
    let sendable = rows.iter().filter(|row| row.is_wanted()).count();
    match args.check || sendable == 0 {
        true if common.json => json(&serde_json::json!({ "rows": shown, "quota": quota }))?,
        true => unresolved::report(&rows)?,
        // It is printed with what came of the batch.
        false => {}
    }
    if args.check {
        return Ok(Some(of_rows(&rows)));
    }
    if sendable == 0 {
        return Ok(Some(unresolved::exit(&rows).unwrap_or_else(|| of_rows(&rows))));
    }
    Ok(if agreed(common, sendable, rows.len())? { None } else { Some(of_rows(&rows)) })
}

/// Says once that openings are not checked although that is set for the account.
fn note_opens(bulk: &Bulk) {
    if let Some(why) = bulk.opens_refused() {
        eprintln!("postroom: the openings of the mails are not checked: {}", printable(why));
    }
}

/// What the rows alone say: one that can't be sent is a wrong input, whatever became of the others.
fn of_rows(rows: &[Row]) -> Exit {
    if rows.iter().any(Row::is_faulty) { Exit::Input } else { Exit::Done }
}

async fn queued(common: &Common, args: &BulkArgs, bulk: &Bulk, rows: &[Row]) -> Result<Exit, Failure> {
    let quota = bulk.quota(rows).await?;
    let wanted = rows.iter().filter(|row| row.is_wanted()).count();
    if common.json {
        let shown = rows::shown(common, bulk.session(), rows).await?;
        json(&serde_json::json!({
            "queued": wanted, "batch": bulk.name(), "batch_id": id_text(bulk), "rows": shown, "quota": quota,
        }))?;
    } else {
        let aside = rows.iter().filter(|row| !row.is_wanted());
        let aside = rows::shown(common, bulk.session(), aside).await?;
        if !aside.is_empty() {
            rows::show(&aside, &quota)?;
        }
        let when = not_before(args.at);
        line(&format!("{wanted} mails are in the outbox{when}; `postroom worker` sends them"))?;
        unresolved::report(rows)?;
        name_batch(bulk)?;
    }
    Ok(of_rows(rows).or_worse(unresolved::exit(rows).unwrap_or(Exit::Done)))
}

fn id_text(bulk: &Bulk) -> Option<String> {
    bulk.id().get().map(ToString::to_string)
}

/// Says how to go on with what has entered the outbox.
fn name_batch(bulk: &Bulk) -> Result<(), Failure> {
    match bulk.id().get() {
        None => Ok(()),
        Some(_) => line(&format!(
            "batch \"{}\": `postroom outbox batches`, `postroom outbox hold|release|cancel --batch NAME`",
            bulk.name()
        )),
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
