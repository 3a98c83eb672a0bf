//! `postroom track`: what messages that came in are, and which mail they are about.

use super::output::{line, printable, table};
use super::store_args::CompanyArgs;
use super::track_row::{TrackRow, cells, row, shown};
use super::{Common, Failure, load_plugin};
use crate::Exit;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use postroom::app::CompanyPlugin;
use postroom::inbound::{IntakeError, Maildir, Messages, ReportIntake, classify};
use postroom_contract::inbound::MessageContent;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Time between two looks at a maildir.
const LOOK: Duration = Duration::from_secs(2);
/// Files below which no progress is shown.
const MANY: usize = 50;

#[derive(Debug, Args)]
#[command(after_help = "\
Says what each message is: bounce, delay, delivered, relayed, receipt, auto-reply, complaint or ordinary.
A file may be an mbox: every message of it is read. With --json, a line for each message holds its subject, every recipient of
a report, what an answer says, and the mail that it is about.
With a store, reports and answers are matched to the mails they are about and stand on their timelines;
addresses that do not exist, or complained, are no longer written to (`postroom suppressions`).

Examples:
  postroom track bounce.eml
  postroom track --json reports/*.eml
  postroom track --maildir ~/Maildir --watch")]
pub(super) struct TrackArgs {
    /// Messages, a file each, or files in the format mbox.
    #[arg(value_name = "FILE", required_unless_present = "maildir")]
    files: Vec<PathBuf>,
    /// A maildir: everything in its `new` and `cur`. Nothing in it is changed.
    #[arg(long, value_name = "DIR")]
    maildir: Option<PathBuf>,
    /// Go on with what arrives in the maildir, until stopped.
    #[arg(long, requires = "maildir")]
    watch: bool,
    #[command(flatten)]
    company: CompanyArgs,
}

pub(super) async fn run(common: &Common, args: &TrackArgs) -> Result<Exit, Failure> {
    let stored = args.company.open_if_there().await?;
    let company_plugin = match &stored {
        Some((_, Some(company))) => load_plugin::reading_for(common, &company.id.to_string())?,
        _ => load_plugin::reading(common)?,
    };
    let return_addresses = match &stored {
        Some((connections, _)) => match &connections.operator().platform {
            Some(platform) => Some(connections.return_addresses(platform.reply_domain.as_str()).await?),
            None => None,
        },
        None => None,
    };
    let inbox = match &stored {
        Some((connections, company)) => {
            let company = company.as_ref().map(|company| company.id);
            let addresses = return_addresses.as_ref();
            Some(ReportIntake::new(connections.store(), &company_plugin, company, addresses).await?)
        }
        None => None,
    };
    let reader = Reader { common, company_plugin: &company_plugin, inbox: inbox.as_ref() };
    let mut worst = reader.read(&args.files).await?;
    if let Some(folder) = &args.maildir {
        let mut maildir = Maildir::open(folder)?;
        loop {
            let new_files: Vec<PathBuf> = maildir.new_messages()?.into_iter().map(|file| file.path).collect();
            let is_done = new_files.is_empty();
            // What goes away between the look and the reading was taken by a mail program.
            worst = worst.max(reader.read(&new_files).await?);
            if is_done {
                if !args.watch {
                    break;
                }
                tokio::time::sleep(LOOK).await;
            }
        }
    }
    Ok(worst)
}

struct Reader<'a> {
    common: &'a Common,
    company_plugin: &'a CompanyPlugin,
    inbox: Option<&'a ReportIntake<'a>>,
}

impl Reader<'_> {
    /// Reads messages and says what they are, in order. The exit code: that of success, or that of the first that could not be read.
    async fn read(&self, files: &[PathBuf]) -> Result<Exit, Failure> {
        let progress = self.progress(files.len());
        let mut rows = vec![];
        let mut exit = Exit::Done;
        for file in files {
            let mut messages = match Messages::open(file).await {
                Ok(messages) => messages,
                Err(error) => {
                    self.failed(file, error, &progress, &mut exit)?;
                    continue;
                }
            };
            let is_mbox = messages.is_mbox();
            loop {
                let row = match messages.next().await {
                    Ok(None) => break,
                    Ok(Some((number, raw))) => self.row(file, is_mbox.then_some(number), raw).await,
                    Err(error) => Err(error),
                };
                match row {
                    Ok(row) if self.common.json => {
                        line(&serde_json::to_string(&row).map_err(|e| Failure::other(e.to_string()))?)?
                    }
                    Ok(row) => rows.push(row),
                    Err(error @ IntakeError::Unreadable { .. }) => {
                        self.failed(file, error, &progress, &mut exit)?;
                        break;
                    }
                    Err(error) => self.failed(file, error, &progress, &mut exit)?,
                }
            }
            progress.inc(1);
        }
        progress.finish_and_clear();
        if !rows.is_empty() {
            let headings = ["file", "class", "hardness", "status", "recipient", "reason", "message"];
            table(&headings, rows.iter().map(cells))?;
        }
        Ok(exit)
    }

    fn failed(
        &self,
        file: &Path,
        error: IntakeError,
        progress: &ProgressBar,
        exit: &mut Exit,
    ) -> Result<(), Failure> {
        let failure = Failure::from(error).of_file(file);
        progress.suspend(|| eprintln!("postroom: {}", printable(&failure.message)));
        if self.common.json {
            let object = serde_json::json!({ "file": shown(file), "error": failure.message });
            line(&object.to_string())?;
        }
        if *exit == Exit::Done {
            *exit = failure.code;
        }
        Ok(())
    }

    fn progress(&self, count: usize) -> ProgressBar {
        if count < MANY || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(count as u64);
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} messages, {per_sec}, {eta} left");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        bar
    }

    async fn row(&self, file: &Path, number: Option<u32>, raw: Vec<u8>) -> Result<TrackRow, IntakeError> {
        let now = chrono::Local::now().fixed_offset();
        let (report, matched, suppressed) = match self.inbox {
            Some(inbox) => {
                let taken = inbox.take(raw, now).await?;
                (taken.report, taken.matched, taken.suppressed)
            }
            None => {
                (classify(self.company_plugin, &MessageContent::Bytes(raw), &[], now).await?, None, vec![])
            }
        };
        Ok(row(file, number, report, matched.as_ref(), suppressed))
    }
}
