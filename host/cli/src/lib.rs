//! The command line. Thin: reads arguments, calls the use cases of [`app`](postroom::app), prints.
//!
//! Every command takes `--json`; every failure ends with an exit code that means something (see [`Failure`]).

mod account;
mod addresses;
mod ask;
mod attempts_shown;
mod audit;
mod backup;
mod bulk;
pub mod catcher;
mod child;
mod company;
mod connection;
mod contract_json;
mod delivery;
mod demo;
mod dispatch;
mod document;
mod erase;
mod exchange;
mod exit;
mod explained;
mod failure;
mod key;
mod load_plugin;
mod logging;
mod mail;
mod mail_json;
mod mailbox;
mod next_step;
mod outbox;
mod output;
mod output_file;
mod overrides;
mod own_program;
mod picture;
mod read;
mod records;
mod render;
mod restore;
mod resume;
mod retention;
mod schema;
mod send;
mod serve;
mod session;
mod shown_texts;
mod statuses;
mod stopping;
mod store_args;
mod suppressions;
mod sync;
mod template_clients;
mod templates;
mod timeline;
mod track;
mod track_row;
mod typed_time;
mod user;
mod view;
mod worker;

pub use exit::Exit;
pub use failure::Failure;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// E-mail of business documents: composed in a sandbox, sent with evidence.
#[derive(Debug, Parser)]
#[command(name = "postroom", version, max_term_width = 100, after_help = after_help())]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  postroom render invoice.xml --out mail/ --pdf invoice.pdf --format pdf+ubl
  postroom company add 'Atelier Nord'
  postroom user add lotte --address lotte@ateliernord.example
  postroom account add office --address office@ateliernord.example --user lotte
  postroom account test office
  postroom track --maildir ~/Maildir
  postroom read answer.eml
  postroom send invoice.xml --user lotte --account office --pdf invoice.pdf
  postroom send-bulk november/ --user lotte --account office
  postroom timeline F-2026-001
";

fn after_help() -> String {
    format!("{EXAMPLES}\n{}", exit::help(96))
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
struct Common {
    /// Print JSON instead of tables and sentences.
    #[arg(long, global = true)]
    json: bool,
    /// The plugin, `postroom.wasm`. Otherwise: $POSTROOM_PLUGIN, beside this program.
    #[arg(long, global = true, value_name = "FILE")]
    plugin: Option<PathBuf>,
    /// Folder for compiled code. Otherwise: the user's cache folder.
    #[arg(long, global = true, value_name = "DIR", env = "POSTROOM_CACHE")]
    cache: Option<PathBuf>,
    /// Show the plugin's log lines.
    #[arg(long, short, global = true)]
    verbose: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make the mail of a document and write it to a folder.
    Render(render::RenderArgs),
    /// Send the mail of a document and say what each server answered.
    Send(Box<send::SendArgs>),
    /// Send many documents, one separate mail each, after a check of every one.
    SendBulk(bulk::BulkArgs),
    /// Send what is in the outbox, until stopped.
    Worker(worker::WorkerArgs),
    /// What waits in the outbox, one by one or by batch; hold, release, cancel.
    Outbox(outbox::OutboxArgs),
    /// What became of each mail about a document or a partner, and what proves it.
    Timeline(timeline::TimelineArgs),
    /// The status of mails, in the five words.
    Status(timeline::StatusArgs),
    /// Who asked for what, held, released, cancelled, exported or erased it.
    Audit(audit::AuditArgs),
    /// Copy the store to a file, while it is in use.
    Backup(backup::BackupArgs),
    /// Come back from a backup; what may have left since is held.
    Restore(restore::RestoreArgs),
    /// Erase a person's data in every mail of the company; counts remain.
    Erase(erase::EraseArgs),
    /// Remove the content of mails that ended long ago.
    #[command(subcommand)]
    Retention(retention::RetentionCommand),
    /// Ask now, and say the status.
    UpdateStatus(timeline::UpdateStatusArgs),
    /// Go on with a mail that was not accepted, or is in doubt.
    Resume(resume::ResumeArgs),
    /// Say what messages that came in are, and put the news on the timelines of our mails.
    Track(track::TrackArgs),
    /// Show what a person reads of a message: its text, the new words, safe HTML, files.
    Read(read::ReadArgs),
    /// Conversations with customers and suppliers, from the real mailbox: list, search, read, take care.
    Mailbox(Box<mailbox::MailboxArgs>),
    /// Bring the index of the mailboxes up to what their servers have.
    Sync(sync::SyncArgs),
    /// Addresses that are no longer written to, and why.
    Suppressions(suppressions::SuppressionsArgs),
    /// Companies: settings, fallback, import and export.
    #[command(subcommand)]
    Company(company::CompanyCommand),
    /// The company's records: its ERP, or a folder of documents.
    #[command(subcommand)]
    Records(records::RecordsCommand),
    /// Users of a company.
    #[command(subcommand)]
    User(user::UserCommand),
    /// Mail accounts: add, test, sign in, grant.
    #[command(subcommand)]
    Account(Box<account::AccountCommand>),
    /// The master key that opens the stored passwords.
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Connect to the server of an account of a settings file. Sends nothing.
    TestConnection(connection::ConnectionArgs),
    /// The texts: shipped ones, and checks of your own.
    #[command(subcommand)]
    Templates(templates::TemplatesCommand),
    /// Read a document and say what is in it.
    Document(document::DocumentArgs),
    /// Read a list of addresses as people paste them.
    Addresses(addresses::AddressesArgs),
    /// Print a published JSON Schema, or what the plugin knows.
    Schema(schema::SchemaArgs),
    /// Webhooks, pixels, sign-ins, health and metrics, by HTTP.
    Serve(serve::ServeArgs),
    /// Send a sample company's documents to a mail catcher inside this program.
    Demo(demo::DemoArgs),
}

/// A time as people write it: `90s`, `30m`, `2h`, `1d`; a number alone is seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "expected a time such as 90s, 30m, 2h or 1d".to_owned();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let seconds = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    let number: u32 = number.parse().map_err(|_| wrong())?;
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    child::keep_memory_private();
    let matches = Cli::command().get_matches();
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    if let Err(failure) = dispatch::permit(&matches) {
        return failure.report(cli.common.json);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return Failure::other(format!("can't start: {e}")).report(cli.common.json),
    };
    let json = cli.common.json;
    match runtime.block_on(run(cli)) {
        Ok(exit) => exit.into(),
        Err(failure) => failure.report(json),
    }
}

async fn run(cli: Cli) -> Result<Exit, Failure> {
    let common = &cli.common;
    let prefix = match cli.command {
        Command::Worker(_) | Command::Sync(_) => logging::Prefix::Seconds,
        Command::Serve(_) => logging::Prefix::Millis,
        _ => logging::Prefix::Program,
    };
    logging::begin(common, prefix)?;
    match cli.command {
        Command::Render(args) => render::run(common, &args).await,
        Command::Send(args) => send::run(common, &args).await,
        Command::SendBulk(args) => bulk::run(common, &args).await,
        Command::Worker(args) => worker::run(common, &args).await,
        Command::Outbox(args) => outbox::run(common, &args).await,
        Command::Timeline(args) => timeline::run(common, &args).await,
        Command::Status(args) => timeline::status(common, &args).await,
        Command::UpdateStatus(args) => timeline::update(common, &args).await,
        Command::Audit(args) => audit::run(common, &args).await,
        Command::Backup(args) => backup::run(common, &args).await,
        Command::Restore(args) => restore::run(common, &args).await,
        Command::Erase(args) => erase::run(common, &args).await,
        Command::Retention(command) => retention::run(common, &command).await,
        Command::Resume(args) => resume::run(common, &args).await,
        Command::Track(args) => track::run(common, &args).await,
        Command::Read(args) => read::run(common, &args).await,
        Command::Mailbox(args) => mailbox::run(common, &args).await,
        Command::Sync(args) => sync::run(common, &args).await,
        Command::Suppressions(args) => suppressions::run(common, &args).await,
        Command::Company(command) => company::run(common, &command).await,
        Command::Records(command) => records::run(common, &command).await,
        Command::User(command) => user::run(common, &command).await,
        Command::Account(command) => account::run(common, &command).await,
        Command::Key(command) => key::run(common, &command).await,
        Command::TestConnection(args) => connection::run(common, &args).await,
        Command::Templates(command) => templates::run(common, &command).await,
        Command::Document(args) => document::run(common, &args).await,
        Command::Addresses(args) => addresses::run(common, &args).await,
        Command::Schema(args) => schema::run(common, &args).await,
        Command::Serve(args) => serve::run(common, &args).await,
        Command::Demo(args) => demo::run(common, &args).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_makes_sense() {
        Cli::command().debug_assert();
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, seconds) in [("90", 90), ("90s", 90), ("30m", 1_800), ("2h", 7_200), ("1d", 86_400)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "m", "1.5h", "-1s", "1 h", "99999999999s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
