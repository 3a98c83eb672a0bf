//! The check before a batch (FEATURES F5): a row for each mail, and what the account's quota means for all of them.

use super::before::Checked;
use super::domains::Domains;
use super::queue_state::Stands;
use super::{Batch, BulkArgs};
use crate::cli::compose::{Composed, addressed_to_company, compose, damaged, missing};
use crate::cli::desk::{Desk, now};
use crate::cli::explained::Explained;
use crate::cli::insist::WITHOUT_DOCUMENT;
use crate::cli::mail::MailArgs;
use crate::cli::output::{line, table};
use crate::cli::{Failure, company_plugin, opens};
use crate::contract::accounts::Allowance;
use crate::contract::documents::Summary;
use crate::contract::recipients::Field;
use crate::contract::types::Address;
use crate::contract::types::Reason as Warning;
use crate::outbox::{Draft, DraftError, limits};
use crate::records::{Entry, is_like};
use crate::store::{MailId, NewMail, SendOptions};
use chrono::{DateTime, Duration, FixedOffset};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What a row comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Verdict {
    /// It can be sent.
    Sendable,
    /// It can't, before somebody has put right what the row says.
    Fixable,
    /// It is not sent, and the row says why.
    LeftOut,
}

/// A recipient, and why.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Addressee {
    field: &'static str,
    address: String,
    why: String,
}

/// A file of a mail.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Attached {
    name: String,
    size: u64,
}

/// What has to be put right, or is worth knowing.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Problem {
    field: &'static str,
    detail: String,
}

/// A mail before it is sent.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Row {
    pub(super) file: PathBuf,
    number: Option<String>,
    kind: Option<String>,
    partner: Option<String>,
    pub(super) verdict: Verdict,
    to: Vec<Addressee>,
    language: Option<String>,
    language_reason: Option<String>,
    template: Option<String>,
    attachments: Vec<Attached>,
    /// Bytes as encoded.
    size: Option<u64>,
    /// The mail that the same was sent as before.
    pub(super) before: Option<MailId>,
    /// Where that mail stands, where a person has to act: nothing is sent for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) stands: Option<Stands>,
    /// It is in the outbox since an earlier start.
    #[serde(skip)]
    pub(super) waiting: Option<MailId>,
    problems: Vec<Problem>,
    pub(super) notes: Vec<String>,
}

/// What the account may send, and when the batch would be through.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Quota {
    per_minute: Option<u32>,
    per_day: Option<u32>,
    /// Recipients of the account's mails in the last 24 hours.
    sent_today: u64,
    /// Mails of the batch.
    mails: u64,
    /// When the last of them would leave, at the account's pace.
    expected_end: DateTime<FixedOffset>,
    note: Option<String>,
}

/// What a row is measured against.
pub(super) struct Measure {
    allowance: Allowance,
    options: SendOptions,
    /// Where it may be asked what a domain publishes.
    domains: Option<Domains>,
    /// A person reads the rows, in their language; a program reads English.
    for_person: bool,
}

impl Measure {
    pub(super) async fn of(
        desk: &Desk,
        options: SendOptions,
        domains: Option<Domains>,
        for_person: bool,
    ) -> Result<Self, Failure> {
        Ok(Self {
            allowance: limits(&desk.company_plugin, &desk.account).await?,
            options,
            domains,
            for_person,
        })
    }
}

/// Whether the user chose others than this document.
pub(super) fn is_left_out(args: &BulkArgs, of: &Summary) -> bool {
    let other = |pattern: &Option<String>, text: &str| pattern.as_ref().is_some_and(|it| !is_like(text, it));
    other(&args.number, &of.number)
        || (other(&args.partner, &of.buyer) && other(&args.partner, &of.seller))
        || args.leave_out.contains(&of.number)
}

/// Makes and checks one mail, as far as that can be done without the ledger. What is left out by the user's own choice has
/// no row.
pub(super) async fn check(batch: &Batch, file: PathBuf) -> Result<Option<Checked>, Failure> {
    let Batch { desk, args, measure: against, .. } = batch;
    let mail = MailArgs::of_document(file.clone(), &args.shared);
    let id = MailId::new();
    let opens = opens::plan(desk, None, id).await?;
    let composed = match compose(desk, &mail, id, opens.pixel.clone()).await? {
        Ok(composed) => composed,
        Err(error) => {
            let summary = summary(desk, &file).await;
            if summary.as_ref().is_some_and(|summary| is_left_out(args, summary)) {
                return Ok(None);
            }
            let field = field_of(&error);
            let failure = match against.for_person {
                true => mail.failed_in_words(&desk.company_plugin, error).await,
                false => mail.failed(error),
            };
            return Ok(Some((Row::unmade(file, field, failure.message, summary), None)));
        }
    };
    let summary = &composed.ready.summary;
    if is_left_out(args, summary) {
        return Ok(None);
    }
    let mut row = Row::of(&file, &composed);
    let explained = match against.for_person {
        true => Explained::warnings(&desk.company_plugin, &composed.ready.message.warnings).await?,
        false => Explained::default(),
    };
    row.judge(&composed, desk, args, against, &explained);
    if let Some(domains) = &against.domains {
        row.notes.extend(domains.lacks(&domain(&composed.ready.message.sender.address)).await);
    }
    let kept = match composed.to_enqueue(desk, id, against.options, &opens).await {
        Ok(kept) => kept,
        Err(failure) => {
            row.needs("attachment", failure.message);
            return Ok(Some((row, None)));
        }
    };
    row.partner = kept.document.as_ref().map(|document| document.partner.clone());
    Ok(Some((row, Some(kept))))
}

/// What of a mail has to be put right, where none was made.
fn field_of(error: &DraftError) -> &'static str {
    match error {
        DraftError::Document(_) | DraftError::UnknownForm(_) => "document",
        DraftError::Template(_) => "template",
        DraftError::Attachment(_) => "attachment",
        DraftError::File { .. } => "file",
        DraftError::Refused(refusal) if refusal.code == WITHOUT_DOCUMENT => "attachment",
        DraftError::Refused(_) => "payment",
        _ => "settings",
    }
}

/// What a document says of itself: one that is fine but for the mail has a number to name it by.
pub(super) async fn summary(desk: &Desk, file: &Path) -> Option<Summary> {
    let nobody = Address { name: None, address: String::new() };
    let draft = Draft::of_file(file, nobody, String::new(), String::new()).ok()?;
    desk.company_plugin.read(&company_plugin::no_files(), &draft.document).await.ok()?.ok()
}

/// Enough of a mail to compare it with others: what it carries may be large.
pub(super) fn without_files(mut mail: NewMail) -> NewMail {
    mail.files.clear();
    mail
}

impl Row {
    /// It enters the outbox, or is there already and has not left.
    pub(super) fn is_wanted(&self) -> bool {
        self.verdict == Verdict::Sendable || self.waiting.is_some()
    }

    /// Those that it goes to.
    fn recipients(&self) -> u64 {
        self.to.iter().filter(|it| it.field != "reply-to").count() as u64
    }

    /// Somebody has to put something right.
    pub(super) fn is_faulty(&self) -> bool {
        self.verdict == Verdict::Fixable
    }

    fn of(file: &Path, composed: &Composed) -> Self {
        let (ready, message) = (&composed.ready, &composed.ready.message);
        let to = ready.resolution.entries.iter().map(|entry| Addressee {
            field: match entry.field {
                Field::To => "to",
                Field::Cc => "cc",
                Field::Bcc => "bcc",
                Field::ReplyTo => "reply-to",
            },
            address: entry.address.address.clone(),
            why: entry.reason.detail.clone(),
        });
        let attached = composed.draft.attachments.iter().filter(|(it, _)| it.role != "logo");
        Self {
            file: file.to_owned(),
            number: Some(ready.summary.number.clone()),
            kind: Some(ready.summary.kind.clone()),
            partner: None,
            verdict: Verdict::Sendable,
            to: to.collect(),
            language: Some(message.language.clone()),
            language_reason: Some(message.language_reason.clone()),
            template: Some(message.template.clone()),
            attachments: attached
                .map(|(it, source)| Attached { name: it.file_name.clone(), size: source.size() })
                .collect(),
            size: Some(message.mail.size.into()),
            before: None,
            stands: None,
            waiting: None,
            problems: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// A document that the records did not give.
    pub(super) fn lost(entry: Entry, reason: String) -> Self {
        let mut row = Self::empty(PathBuf::from(&entry.number));
        (row.number, row.kind) = (Some(entry.number), entry.kind);
        row.needs("records", reason);
        row
    }

    /// A document that comes a second time.
    pub(super) fn repeated(file: PathBuf, first: &str) -> Self {
        let mut row = Self::empty(file);
        row.verdict = Verdict::LeftOut;
        row.notes.push(format!("the same document as {first}"));
        row
    }

    /// Without the folder that the document was in for a moment.
    pub(super) fn without_folder(&mut self, folder: &Path, number: &str) {
        let prefix = format!("{}/", folder.display());
        self.file = PathBuf::from(number);
        for problem in &mut self.problems {
            problem.detail = problem.detail.replace(&prefix, "");
        }
    }

    fn empty(file: PathBuf) -> Self {
        Self {
            file,
            number: None,
            kind: None,
            partner: None,
            verdict: Verdict::Fixable,
            to: Vec::new(),
            language: None,
            language_reason: None,
            template: None,
            attachments: Vec::new(),
            size: None,
            before: None,
            stands: None,
            waiting: None,
            problems: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// A document of which no mail could be made.
    fn unmade(file: PathBuf, field: &'static str, why: String, summary: Option<Summary>) -> Self {
        let mut row = Self::empty(file);
        row.needs(field, why);
        if let Some(summary) = summary {
            row.number = Some(summary.number);
            row.kind = Some(summary.kind);
        }
        row
    }

    pub(super) fn needs(&mut self, field: &'static str, detail: String) {
        self.verdict = Verdict::Fixable;
        self.problems.push(Problem { field, detail });
    }

    fn judge(
        &mut self,
        composed: &Composed,
        desk: &Desk,
        args: &BulkArgs,
        against: &Measure,
        explained: &Explained,
    ) {
        let ready = &composed.ready;
        if ready.message.mail.envelope.recipients.is_empty() {
            self.needs(
                "recipient",
                "nobody to send to: give the partner a contact with an e-mail address".into(),
            );
        }
        for invalid in &ready.resolution.invalid {
            self.needs("recipient", format!("\"{}\" is no address: {}", invalid.text, invalid.detail));
        }
        if let Some(damaged) = damaged(ready)
            && !args.damaged_pdf
        {
            self.needs("attachment", explained.text(damaged));
        }
        if let Some(own) = addressed_to_company(ready)
            && !args.to_own_company
        {
            self.needs("recipient", explained.text(own));
        }
        if let Some(missing) = missing(ready)
            && !args.shared.goes_without_document()
        {
            self.needs(
                "attachment",
                format!("{}: put it beside the document, or name its folder", explained.text(missing)),
            );
        }
        if let Some(most) = against.allowance.message_size
            && ready.message.mail.size > most
        {
            let detail = format!(
                "{} bytes as encoded; the account's provider takes {most}: leave attachments out, or send links",
                ready.message.mail.size
            );
            self.needs("size", detail);
        }
        let (from, own) = (&ready.message.sender.address, desk.account.address.as_str());
        if domain(from) != domain(own) {
            self.notes.push(format!(
                "From is {from}, the account is {own}: SPF and DKIM of {} must allow the account's server",
                domain(from)
            ));
        }
        let known = ["no-pdf", "no-ubl", "no-recipient"];
        let told = [
            damaged(ready).filter(|_| !args.damaged_pdf),
            addressed_to_company(ready).filter(|_| !args.to_own_company),
        ];
        let is_told = |it: &&Warning| {
            known.contains(&it.code.as_str()) || told.iter().flatten().any(|told| std::ptr::eq(*told, *it))
        };
        let worth = ready.message.warnings.iter().filter(|it| !is_told(it));
        self.notes.extend(worth.map(|warning| explained.text(warning)));
    }
}

fn domain(address: &str) -> String {
    address.rsplit_once('@').map_or("", |(_, domain)| domain).to_lowercase()
}

/// What the batch means for the account.
pub(super) async fn quota(desk: &Desk, rows: &[Row], measure: &Measure) -> Result<Quota, Failure> {
    let user_store = desk.user_store();
    let said = user_store.pace(desk.account.id).await?;
    let per_minute = said.per_minute.or(measure.allowance.per_minute);
    let per_day = said.per_day.or(measure.allowance.per_day);
    let sent_today = user_store.sent_in_a_day(desk.account.id, now()).await?;
    let wanted = || rows.iter().filter(|row| row.verdict == Verdict::Sendable);
    let (mails, recipients) = (wanted().count() as u64, wanted().map(Row::recipients).sum::<u64>());
    let minutes = per_minute.map_or(0, |rate| mails / u64::from(rate.max(1)));
    let beyond = per_day.map_or(0, |most| (sent_today + recipients).saturating_sub(u64::from(most)));
    let days = per_day.map_or(0, |most| beyond.div_ceil(u64::from(most.max(1))));
    let minutes = minutes.max(days.saturating_mul(24 * 60));
    let expected_end = now() + Duration::minutes(i64::try_from(minutes).unwrap_or(i64::MAX / 100_000));
    let note = per_day.filter(|_| beyond > 0).map(|most| {
        format!(
            "the account sends to {most} recipients in 24 hours, {sent_today} had mail already: {beyond} wait until the \
             oldest of these is a day old"
        )
    });
    Ok(Quota { per_minute, per_day, sent_today, mails, expected_end, note })
}

/// What is noted of every mail that was made: of the company, most likely, and told once.
fn shared_notes(rows: &[Row]) -> Vec<&String> {
    let mut made = rows.iter().filter(|row| row.size.is_some());
    let first = made.next().map(|row| row.notes.as_slice()).unwrap_or_default();
    let others: Vec<&Row> = made.collect();
    let is_shared = |note: &&String| !others.is_empty() && others.iter().all(|row| row.notes.contains(note));
    first.iter().filter(is_shared).collect()
}

/// The rows as a table, and the quota below.
pub(super) fn show(rows: &[Row], quota: &Quota) -> Result<(), Failure> {
    let shared = shared_notes(rows);
    let cells = rows.iter().map(|row| {
        let name = row.number.clone().unwrap_or_else(|| row.file.display().to_string());
        let to = row.to.iter().filter(|it| it.field != "reply-to");
        let verdict = match row.verdict {
            Verdict::Sendable => "sendable",
            Verdict::Fixable => "fixable",
            Verdict::LeftOut => "left out",
        };
        let problems = row.problems.iter().map(|it| format!("{}: {}", it.field, it.detail));
        vec![
            name,
            verdict.to_owned(),
            to.map(|it| format!("{} ({})", it.address, it.why)).collect::<Vec<_>>().join(", "),
            row.language.clone().unwrap_or_default(),
            row.template.clone().unwrap_or_default(),
            row.size.map(|size| format!("{} kB", size.div_ceil(1000))).unwrap_or_default(),
            problems
                .chain(row.notes.iter().filter(|it| !shared.contains(it)).cloned())
                .collect::<Vec<_>>()
                .join("; "),
        ]
    });
    table(&["document", "", "to", "language", "template", "size", "notes"], cells)?;
    for note in &shared {
        line(&format!("all of them: {note}"))?;
    }
    let rate =
        quota.per_minute.map_or_else(|| "no limit known".to_owned(), |rate| format!("{rate} a minute"));
    let end = quota.expected_end.format("%Y-%m-%d %H:%M");
    line(&format!("{} mails to send; pace: {rate}; expected end: {end}", quota.mails))?;
    quota.note.as_deref().map_or(Ok(()), line)
}
