//! Why a mail has its status, in a sentence for the person who sent it.

use super::advice::advice;
use super::event::{Event, EventKind, EventSource};
use super::fold::{DAYS_IN_TRANSIT, RecipientStatus, Status};

/// No fact at all.
pub(super) const NOTHING_KNOWN: &str = "nothing is known of it yet";

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

pub(super) fn of_event(event: &Event) -> String {
    let mut reason = match (event.kind, event.source) {
        // An answer came: the provider's own failure is no lost connection.
        (EventKind::InDoubt, EventSource::Api) => "the provider could not say whether it took the mail",
        (kind, _) => sentence(kind),
    }
    .to_owned();
    if let Some(code) = &event.code {
        reason.push_str(&format!(" ({})", one_line(code)));
    }
    if let Some(words) = event.words.as_ref().filter(|words| !words.trim().is_empty()) {
        reason.push_str(&format!(": \"{}\"", one_line(words)));
        if let Some(advice) = advice(event.code.as_deref(), words) {
            reason.push_str(&format!("; {advice}"));
        }
    }
    reason
}

pub(super) fn of_silence(last: &Event) -> String {
    format!("no news for {DAYS_IN_TRANSIT} days; last known: {}", of_event(last))
}

pub(super) fn of_message(status: Status, rows: &[RecipientStatus]) -> String {
    match rows {
        [] => NOTHING_KNOWN.to_owned(),
        [only] => only.reason.clone(),
        _ => {
            let same: Vec<_> = rows.iter().filter(|row| row.status == status).collect();
            let first = same.first().map_or("", |row| row.reason.as_str());
            format!("{} of {} recipients: {first}", same.len(), rows.len())
        }
    }
}

/// Remote words are anyone's: one line, no control characters, bounded.
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
