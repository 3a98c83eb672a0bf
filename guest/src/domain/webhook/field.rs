//! Fields of a provider's JSON, each within bounds or not there.

use super::{Notice, Reference};
pub(super) use crate::domain::inbound::amazon::text;
use crate::domain::opening::{self, ReportedOpening};
use crate::domain::status::{Event, EventKind, EventSource};
use chrono::{DateTime, FixedOffset};
use serde_json::Value;

/// Longest id and longest address, in bytes.
const LONGEST_ID: usize = 512;
const LONGEST_ADDRESS: usize = 320;
/// Characters of a server's words.
const LONGEST_WORDS: usize = 2_000;

/// Reads an id: printable ASCII.
pub(super) fn id(of: &Value, name: &str) -> Option<String> {
    let value = of.get(name)?;
    let text = match value {
        Value::Number(number) => number.to_string(),
        other => other.as_str()?.trim().to_owned(),
    };
    let known = (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    known.then_some(text)
}

/// Reads an address, or what stands in its place: `Jo <jo@example.com>` too.
pub(super) fn address(of: &Value, name: &str) -> Option<String> {
    bare_address(text(of, name)?)
}

/// Reads an address from a text, with or without a name.
pub(super) fn bare_address(text: &str) -> Option<String> {
    let inside = text.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(inside, _)| inside);
    let address = inside.unwrap_or(text).trim();
    let known = address.len() <= LONGEST_ADDRESS
        && address.contains('@')
        && !address.chars().any(|c| c.is_control() || c.is_whitespace());
    known.then(|| address.to_owned())
}

/// Bounds words; none where there are none.
pub(super) fn words(text: &str) -> Option<String> {
    let words: String = text.trim().chars().take(LONGEST_WORDS).collect();
    (!words.is_empty()).then_some(words)
}

/// Reads a status or reply code: a number, or a short text.
pub(super) fn code(of: &Value, name: &str) -> Option<String> {
    id(of, name).filter(|code| code.len() <= 20 && code != "0")
}

/// Reads seconds since 1970, whole or with a fraction, as a number or a text.
pub(super) fn unix_time(of: &Value, name: &str) -> Option<DateTime<FixedOffset>> {
    let written = id(of, name)?;
    let (seconds, fraction) = written.split_once('.').unwrap_or((&written, ""));
    let digits: String = fraction.chars().take(6).take_while(char::is_ascii_digit).collect();
    let micros: u32 = format!("{digits:0<6}").parse().ok()?;
    let time = DateTime::from_timestamp(seconds.parse().ok()?, micros.checked_mul(1_000)?)?;
    within_reason(time.fixed_offset())
}

/// Reads a time in RFC 3339.
pub(super) fn time(of: &Value, name: &str) -> Option<DateTime<FixedOffset>> {
    within_reason(DateTime::parse_from_rfc3339(text(of, name)?).ok()?)
}

/// Returns a time if its year can be one of a mail.
fn within_reason(time: DateTime<FixedOffset>) -> Option<DateTime<FixedOffset>> {
    use chrono::Datelike as _;
    (2000..=9999).contains(&time.year()).then_some(time)
}

/// Reads a Message-ID and gives it angle brackets, whether they were there or not.
pub(super) fn message_id(of: &Value, name: &str) -> Option<Reference> {
    let id = id(of, name)?;
    let bare = id.trim_start_matches('<').trim_end_matches('>');
    bare.contains('@').then(|| Reference::MessageId(format!("<{bare}>")))
}

/// Reads the references that our own submissions put into what a provider stores for the sender: SendGrid's custom arguments, Mailgun's
/// variables, Postmark's metadata.
pub(super) fn own_references(of: &Value) -> Vec<Reference> {
    let attempt = id(of, "envelope-id").map(Reference::Attempt);
    attempt.into_iter().chain(message_id(of, "message-id")).collect()
}

/// Makes a notice.
pub(super) fn notice(
    id: Option<String>,
    references: Vec<Reference>,
    recipient: Option<String>,
    kind: EventKind,
    at: DateTime<FixedOffset>,
) -> Notice {
    let event = Event { recipient, kind, at, source: EventSource::Webhook, code: None, words: None };
    Notice { id, references, event, lasting: false }
}

/// Makes the event of an opening that a provider saw.
pub(super) fn opening(user_agent: Option<&str>, is_flagged: bool, at: DateTime<FixedOffset>) -> EventKind {
    opening::of_provider(ReportedOpening { user_agent, is_flagged, sent: None, at })
}

/// Makes the event of a click that a provider saw; none where a program followed the link, which proves nothing of a person.
pub(super) fn click(
    user_agent: Option<&str>,
    is_flagged: bool,
    at: DateTime<FixedOffset>,
) -> Option<EventKind> {
    let by_machine = opening::is_click_by_machine(ReportedOpening { user_agent, is_flagged, sent: None, at });
    (!by_machine).then_some(EventKind::Clicked)
}
