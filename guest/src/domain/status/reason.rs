//! Why a mail has its status, in a sentence for the person who sent it.

use super::advice::{Advice, advice};
use super::event::{Event, EventKind, EventSource};
use super::fold::{DAYS_IN_TRANSIT, RecipientStatus, Status};
use crate::domain::reason::{Reason, joined, reasons};

reasons! {
    /// Reasons that are no kind of fact. Every other code is the name of the kind that proves the status.
    StatusReason, {
        InDoubtApi = "in-doubt-api", "the provider could not say whether it took the mail";
        NoNews = "no-news", "no news";
        NothingKnown = "nothing-known", "nothing is known of it yet";
    }
}

/// The codes of every reason of a status.
pub const REASONS: &[&str] =
    &joined::<{ EventKind::NAMES.len() + StatusReason::CODES.len() }>(EventKind::NAMES, StatusReason::CODES);

/// Characters of remote words that a reason shows; the fact itself keeps them all.
const LONGEST_QUOTE: usize = 500;

fn sentence(kind: EventKind) -> &'static str {
    use EventKind as K;
    match kind {
        K::Queued => "waiting to be sent",
        K::Accepted => "taken by the sending server, arrival not reported yet",
        K::Stored => "taken by the recipient's own server",
        K::Deferred => "not taken yet, to be tried again",
        K::Refused => "refused",
        K::Unsent => "it could not be sent",
        K::InDoubt => "the server did not confirm, so it may or may not have left",
        K::HandedOver => "handed to your mail program",
        K::Relayed => "passed on to a server that reports nothing further",
        K::Delayed => "delayed, still being tried",
        K::Delivered => "reported as delivered",
        K::Expired => "given up after trying for too long",
        K::Bounced => "returned as undeliverable",
        K::Dropped => "not sent on by the mail provider",
        K::DispositionDisplayed => "the recipient's mail program reports that it was shown",
        K::DispositionDeleted => "deleted unseen by the recipient's mail system",
        K::DispositionOther => "the recipient's mail program sent a report, not of its being shown",
        K::AutoReply => "an automatic reply came back",
        K::MachineOpen => "fetched by a program, not opened by a person yet",
        K::Opened => "opened by a person",
        K::Clicked => "a person followed a link in it",
        K::Replied => "a person replied",
        K::PortalVisit => "a person opened the document on the portal",
        K::Complaint => "the recipient marked it as unwanted",
    }
}

pub(super) fn of_event(event: &Event) -> Reason {
    let (code, words) = match (event.kind, event.source) {
        // An answer came: the provider's own failure is no lost connection.
        (EventKind::InDoubt, EventSource::Api) => {
            (StatusReason::InDoubtApi.code(), StatusReason::InDoubtApi.words())
        }
        (kind, _) => (kind.name(), sentence(kind)),
    };
    let mut detail = words.to_owned();
    if let Some(code) = &event.code {
        detail.push_str(&format!(" ({})", one_line(code)));
    }
    if let Some(words) = remote_words(event) {
        detail.push_str(&format!(": \"{}\"", one_line(words)));
        if let Some(advice) = advice_on(event) {
            detail.push_str(&format!("; {}", advice.words()));
        }
    }
    Reason { code, detail }
}

/// Returns what to do about an event.
pub(super) fn advice_on(event: &Event) -> Option<Advice> {
    advice(event.code.as_deref(), remote_words(event)?)
}

fn remote_words(event: &Event) -> Option<&str> {
    event.words.as_deref().filter(|words| !words.trim().is_empty())
}

pub(super) fn of_silence(last: &Event) -> Reason {
    let words = StatusReason::NoNews.words();
    let detail = format!("{words} for {DAYS_IN_TRANSIT} days; last known: {}", of_event(last).detail);
    Reason { code: StatusReason::NoNews.code(), detail }
}

/// Returns the reason for a message's status; of several recipients the code is that of the first who has the status.
pub(super) fn of_message(status: Status, rows: &[RecipientStatus]) -> Reason {
    match rows {
        [] => StatusReason::NothingKnown.into(),
        [only] => only.reason.clone(),
        _ => {
            let same: Vec<_> = rows.iter().filter(|row| row.status == status).collect();
            match same.first() {
                Some(first) => Reason {
                    code: first.reason.code,
                    detail: format!("{} of {} recipients: {}", same.len(), rows.len(), first.reason.detail),
                },
                None => StatusReason::NothingKnown.into(),
            }
        }
    }
}

/// Brings remote words onto one line: they may be anything, so without control characters, and bounded.
fn one_line(words: &str) -> String {
    let mut shown: String = words
        .trim()
        .chars()
        .take(LONGEST_QUOTE)
        .map(|c| if c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c) { ' ' } else { c })
        .collect();
    if words.trim().chars().nth(LONGEST_QUOTE).is_some() {
        shown.push('…');
    }
    shown
}
