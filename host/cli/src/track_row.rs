//! The report of `postroom track` on a message, as a row of a table or a line of JSON.

use postroom::inbound::{Match, MatchedBy};
use postroom_contract::inbound::{BounceType, RecipientReport, Report};
use serde::Serialize;
use std::path::Path;

/// A message, and what its report is about.
#[derive(Debug, Serialize)]
pub(super) struct TrackRow {
    file: String,
    /// Of a message in an mbox, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u32>,
    class: String,
    #[serde(rename = "hardness")]
    bounce_type: Option<&'static str>,
    /// Enhanced status code.
    status: Option<String>,
    recipient: Option<String>,
    /// The remote words.
    reason: Option<String>,
    /// The mail that it is about.
    message: Option<String>,
    /// The trace that led to that mail.
    matched_by: Option<MatchedBy>,
    subject: String,
    sender: Option<String>,
    date: Option<String>,
    /// What a person or an automatic reply wrote, without what it quotes.
    answer: Option<String>,
    /// Of a receipt: what became of the mail.
    disposition: Option<String>,
    /// Every recipient of a report.
    recipients: Vec<RecipientRow>,
    /// Addresses that are not written to any more because of it.
    suppressed: Vec<String>,
}

/// A recipient in a report.
#[derive(Debug, Serialize)]
struct RecipientRow {
    recipient: Option<String>,
    /// Where the mail ended, where that is another address.
    final_recipient: Option<String>,
    class: String,
    #[serde(rename = "hardness")]
    bounce_type: Option<&'static str>,
    status: Option<String>,
    reason: Option<String>,
    remote: Option<String>,
    disposition: Option<String>,
}

pub(super) fn shown(file: &Path) -> String {
    file.display().to_string()
}

/// Builds the row of a message. Of several recipients the one that the whole is judged by stands in the row itself.
pub(super) fn row(
    file: &Path,
    number: Option<u32>,
    report: Report,
    matched: Option<&Match>,
    suppressed: Vec<String>,
) -> TrackRow {
    let decisive = |it: &&RecipientReport| it.kind == report.kind && it.bounce_type == report.bounce_type;
    let of = report.recipients.iter().find(decisive).or(report.recipients.first());
    TrackRow {
        file: shown(file),
        number,
        class: report.kind.clone(),
        bounce_type: report.bounce_type.map(bounce_type_name),
        status: of.and_then(status),
        recipient: of.and_then(|of| of.recipient.clone().or_else(|| of.final_recipient.clone())),
        reason: of.and_then(|of| of.words.clone()),
        message: matched.map(|matched| matched.mail.id.to_string()),
        matched_by: matched.map(|matched| matched.by),
        disposition: of.and_then(|of| disposition(&report, of)),
        recipients: report.recipients.iter().map(|of| recipient_row(&report, of)).collect(),
        suppressed,
        subject: report.subject,
        sender: report.sender.map(|sender| sender.address),
        date: report.date,
        answer: report.answer.map(|answer| answer.text),
    }
}

fn recipient_row(report: &Report, of: &RecipientReport) -> RecipientRow {
    RecipientRow {
        recipient: of.recipient.clone(),
        final_recipient: of.final_recipient.clone(),
        class: of.kind.clone(),
        bounce_type: of.bounce_type.map(bounce_type_name),
        status: status(of),
        reason: of.words.clone(),
        remote: of.remote.clone(),
        disposition: disposition(report, of),
    }
}

/// Reply codes are no enhanced status.
fn status(of: &RecipientReport) -> Option<String> {
    of.code.clone().filter(|code| code.contains('.'))
}

/// `displayed`, `refused` by a rule, or what the report calls it, such as `deleted`: unread, by its reader; else `other`.
fn disposition(report: &Report, of: &RecipientReport) -> Option<String> {
    let event = report
        .events
        .iter()
        .find(|event| event.source == "disposition-report" && event.recipient == of.recipient)?;
    Some(match event.kind.as_str() {
        "disposition-displayed" => "displayed".to_owned(),
        "disposition-deleted" => "refused".to_owned(),
        _ => {
            let field =
                of.words.as_deref().filter(|words| words.contains("MDN-sent") || words.contains("mdn-sent"));
            let what = field.and_then(|words| words.split_once(';')).map(|(_, what)| what.trim());
            let what = what.and_then(|what| what.split(['/', ',', ';']).next()).map(str::trim);
            let is_word = |what: &&str| !what.is_empty() && what.bytes().all(|b| b.is_ascii_alphanumeric());
            what.filter(is_word).map_or_else(|| "other".to_owned(), str::to_ascii_lowercase)
        }
    })
}

fn bounce_type_name(of: BounceType) -> &'static str {
    match of {
        BounceType::Hard => "hard",
        BounceType::Soft => "soft",
    }
}

/// Cells of the table; of an answer, what it says stands where a report has its reason.
pub(super) fn cells(row: &TrackRow) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let reason = row.reason.as_deref().or(row.answer.as_deref()).unwrap_or_default();
    let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    let number = row.number.map(|number| format!(" {number}")).unwrap_or_default();
    vec![
        format!("{}{number}", row.file),
        row.class.clone(),
        row.bounce_type.unwrap_or_default().to_owned(),
        text(&row.status),
        text(&row.recipient),
        reason.chars().take(200).collect(),
        text(&row.message),
    ]
}
