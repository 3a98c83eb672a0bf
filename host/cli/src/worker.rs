//! `postroom worker`: sends what is in the outbox, until it is stopped.

use super::output::{json, line};
use super::store_args::StoreArgs;
use super::{Common, Failure, load_plugin, stopping};
use crate::Exit;
use clap::Args;
use postroom::app::{MailboxFollower, WorkerLock, WorkerOptions, start_worker};

/// The line that answers a signal to stop.
pub(super) const STOPPING: &str = "stopping: what is in hand is finished first; ask once more to end at once";

#[derive(Debug, Args)]
#[command(after_help = "\
Takes what is due, attempts it, and writes down what came of it; then the copies in Sent, and the news for the company's records (docs/records.md). Meanwhile it follows the mailboxes, as `postroom sync --watch` does. Any number of workers share a
store on PostgreSQL, on any number of machines; a store in a file has one. It may be killed at any moment: what it had in
hand goes on with the next worker, and nothing is sent twice. Ctrl-C and SIGTERM finish what is in hand first.

Examples:
  postroom worker                       # until it is stopped
  postroom worker --drain               # until nothing is due, for a scheduler
  postroom worker --store 'postgres://postroom@db.example/postroom?sslmode=verify-full' --in-hand 256")]
pub(super) struct WorkerArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Mails in hand at the same time, of all accounts.
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = clap::value_parser!(u16).range(1..=4096))]
    in_hand: u16,
    /// End when nothing is due any more.
    #[arg(long)]
    drain: bool,
    /// Do not follow the mailboxes: another program does (`postroom sync --watch`).
    #[arg(long)]
    no_sync: bool,
}

pub(super) async fn run(common: &Common, args: &WorkerArgs) -> Result<Exit, Failure> {
    let connections = args.store.open().await?;
    let location = args.store.location()?;
    let lock = WorkerLock::take(&location)?.ok_or_else(|| {
        let message = format!(
            "another worker is at the store {location}: a file has one; for several, keep the store in PostgreSQL"
        );
        Failure { code: Exit::Later, message }
    })?;
    let json_wanted = common.json;
    let options = WorkerOptions { in_hand: usize::from(args.in_hand), drain: args.drain, account: None };
    // From here on: what is taken into hand is not dropped by a signal.
    let signal = stopping::listen()?;
    let asked = signal.clone();
    let stop = async move {
        asked.asked().await;
        tracing::info!("{STOPPING}");
    };
    let engine = load_plugin::engine(common)?;
    // What drains ends by itself, and waits for no mailbox.
    let follower =
        (!args.no_sync && !args.drain).then(|| MailboxFollower::new(connections.clone(), engine.clone()));
    let following = follower.map(|follower| tokio::spawn(async move { follower.follow_all(signal).await }));
    let worker = start_worker(&connections, &engine, options, &lock).await?;
    let tally = worker.tally();
    let attendance = connections.vault().attend("worker").await?;
    let worked = worker.run(stop).await;
    if let Some(following) = following {
        following.abort();
        let _ = following.await;
    }
    attendance.end().await;
    connections.close().await;
    worked?;
    if json_wanted {
        json(&serde_json::json!({
            "sent": tally.sent(), "failed": tally.failed(), "in_doubt": tally.in_doubt(), "put_off": tally.put_off(),
        }))?;
    } else {
        line(&format!(
            "{} sent, {} failed, {} in doubt, put off {} times",
            tally.sent(),
            tally.failed(),
            tally.in_doubt(),
            tally.put_off()
        ))?;
    }
    Ok(Exit::Done)
}
