//! `postroom track`: what messages that came in are, and which mail they are about.

use super::house::CompanyArgs;
use super::output::{line, printable, table};
use super::{Common, Failure, office};
use crate::contract::inbound::{Class, Hardness, Origin, RecipientReport, Report};
use crate::engine::Office;
use crate::inbox::{Inbox, InboxError, Maildir, classify, read_message};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Time between two looks at a maildir.
const LOOK: Duration = Duration::from_secs(2);
/// Files below which no progress is shown.
const MANY: usize = 50;

#[derive(Debug, Args)]
#[command(after_help = "\
Says what each message is: bounce, delay, delivered, relayed, receipt, auto-reply, complaint or ordinary.
With a store, reports and answers are matched to the mails they are about and stand on their timelines;
addresses that do not exist, or complained, are no longer written to (`postroom suppressions`).

Examples:
  postroom track bounce.eml
  postroom track --json reports/*.eml
  postroom track --maildir ~/Maildir --watch")]
pub(super) struct TrackArgs {
    /// Messages, a file each.
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

/// What is said of a file.
#[derive(Debug, Serialize)]
struct Row {
    file: String,
    class: &'static str,
    hardness: Option<&'static str>,
    /// Enhanced status code.
    status: Option<String>,
    recipient: Option<String>,
    /// The remote words.
    reason: Option<String>,
    /// The mail that it is about.
    message: Option<String>,
}

pub(super) async fn run(common: &Common, args: &TrackArgs) -> Result<ExitCode, Failure> {
    let stored = args.company.open_if_there().await?;
    let office = match &stored {
        Some((_, Some(company))) => office::reading_for(common, &company.id.to_string())?,
        _ => office::reading(common)?,
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
            Some(Inbox::new(connections.store(), &office, company, addresses).await?)
        }
        None => None,
    };
    let reader = Reader { common, office: &office, inbox: inbox.as_ref() };
    let mut worst = reader.read(&args.files).await?;
    if let Some(folder) = &args.maildir {
        let mut maildir = Maildir::open(folder)?;
        loop {
            let news: Vec<PathBuf> = maildir.news()?.into_iter().map(|file| file.path).collect();
            let is_done = news.is_empty();
            // What goes away between the look and the reading was taken by somebody's mail program.
            worst = worst.max(reader.read(&news).await?);
            if is_done {
                if !args.watch {
                    break;
                }
                tokio::time::sleep(LOOK).await;
            }
        }
    }
    Ok(ExitCode::from(worst))
}

struct Reader<'a> {
    common: &'a Common,
    office: &'a Office,
    inbox: Option<&'a Inbox<'a>>,
}

impl Reader<'_> {
    /// Reads messages and says what they are, in order. The exit code: 0, or that of the first that could not be read.
    async fn read(&self, files: &[PathBuf]) -> Result<u8, Failure> {
        let progress = self.progress(files.len());
        let mut rows = vec![];
        let mut code = 0;
        for file in files {
            match self.row(file).await {
                Ok(row) if self.common.json => {
                    line(&serde_json::to_string(&row).map_err(|e| Failure::other(e.to_string()))?)?
                }
                Ok(row) => rows.push(row),
                Err(error) => {
                    let failure = Failure::from(error).of_file(file);
                    progress.suspend(|| eprintln!("postroom: {}", printable(&failure.message)));
                    if self.common.json {
                        let said = serde_json::json!({ "file": shown(file), "error": failure.message });
                        line(&said.to_string())?;
                    }
                    code = if code == 0 { failure.code } else { code };
                }
            }
            progress.inc(1);
        }
        progress.finish_and_clear();
        if !rows.is_empty() {
            let headings = ["file", "class", "hardness", "status", "recipient", "reason", "message"];
            table(&headings, rows.iter().map(cells))?;
        }
        Ok(code)
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

    async fn row(&self, file: &Path) -> Result<Row, InboxError> {
        let raw = read_message(file).await?;
        let now = chrono::Local::now().fixed_offset();
        let (report, message) = match self.inbox {
            Some(inbox) => {
                let taken = inbox.take(raw, now).await?;
                (taken.report, taken.matched.map(|matched| matched.mail.id.to_string()))
            }
            None => (classify(self.office, &Origin::Raw(raw), &[], now).await?, None),
        };
        Ok(row(file, &report, message))
    }
}

fn shown(file: &Path) -> String {
    file.display().to_string()
}

/// Of several recipients the one that the whole is judged by.
fn row(file: &Path, report: &Report, message: Option<String>) -> Row {
    let decisive = |it: &&RecipientReport| it.class == report.class && it.hardness == report.hardness;
    let of = report.recipients.iter().find(decisive).or(report.recipients.first());
    Row {
        file: shown(file),
        class: class_name(report.class),
        hardness: report.hardness.map(|hardness| match hardness {
            Hardness::Hard => "hard",
            Hardness::Soft => "soft",
        }),
        status: of.and_then(|of| of.code.clone()).filter(|code| code.contains('.')),
        recipient: of.and_then(|of| of.recipient.clone().or_else(|| of.final_recipient.clone())),
        reason: of.and_then(|of| of.words.clone()),
        message,
    }
}

fn class_name(class: Class) -> &'static str {
    match class {
        Class::Bounce => "bounce",
        Class::Delay => "delay",
        Class::Delivered => "delivered",
        Class::Relayed => "relayed",
        Class::Receipt => "receipt",
        Class::AutoReply => "auto-reply",
        Class::Complaint => "complaint",
        Class::Ordinary => "ordinary",
    }
}

fn cells(row: &Row) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let reason = text(&row.reason).split_whitespace().collect::<Vec<_>>().join(" ");
    vec![
        row.file.clone(),
        row.class.to_owned(),
        row.hardness.unwrap_or_default().to_owned(),
        text(&row.status),
        text(&row.recipient),
        reason.chars().take(200).collect(),
        text(&row.message),
    ]
}
