//! The facts of a report, each with the recipient whom it means.

use super::parties::{Parties, domain};
use super::{Claim, ClaimedRecipient};
use crate::domain::inbound::limits;
use crate::domain::status::{Event, EventKind, EventSource};
use std::collections::BTreeMap;

/// What a report claims of each address that it names.
type ByAddress<'c> = BTreeMap<Option<&'c str>, Vec<&'c ClaimedRecipient>>;

/// Assigns the facts of a report to the recipients of the mail that it was matched with; a fact about another address stays with that.
pub fn facts(claim: &Claim, mail: &Parties<'_>) -> Vec<Event> {
    let mut by_address = ByAddress::new();
    for of in claim.recipients.iter().take(limits::RECIPIENTS) {
        by_address.entry(of.recipient.as_deref()).or_default().push(of);
    }
    let events = claim.events.iter().take(limits::RECIPIENTS);
    events.filter_map(|event| fact(event, &by_address, mail)).collect()
}

fn fact(event: &Event, by_address: &ByAddress<'_>, mail: &Parties<'_>) -> Option<Event> {
    let other = other(event, by_address, mail);
    let recipient = match meant(event, by_address, mail) {
        Some(recipient) => recipient,
        // It is not about the mail's recipients, and is shown as what it is.
        None => other.filter(|_| event.source != EventSource::Reply)?,
    };
    let words = with_address(other.filter(|other| *other != recipient), event.words.as_deref());
    Some(Event { recipient: Some(recipient.to_owned()), words, ..event.clone() })
}

/// Finds the recipient whom a fact is about; none where it names an address that the mail did not go to. Where a report names no address,
/// or reports an arrival, and the mail had one recipient, blind copies to ourselves apart, it is they. That it did not arrive at another
/// address, which theirs may forward to, does not prove that they have not got it; an answer is theirs only if it came from their domain.
fn meant<'a>(event: &Event, by_address: &ByAddress<'_>, mail: &Parties<'a>) -> Option<&'a str> {
    let named = event.recipient.as_deref();
    if let Some(recipient) = named.and_then(|address| mail.recipient(address)) {
        return Some(recipient);
    }
    let reported = by_address.get(&named).into_iter().flatten();
    let mut finals = reported.filter_map(|of| mail.recipient(of.final_recipient.as_deref()?));
    if let Some(recipient) = finals.next() {
        return Some(recipient);
    }
    let addressee = mail.addressee()?;
    match named {
        Some(address) if event.source == EventSource::Reply => {
            (domain(address) == domain(addressee)).then_some(addressee)
        }
        Some(_) if has_not_arrived(event.kind) => None,
        _ => Some(addressee),
    }
}

/// Returns the address that failed or answered where that is none of the mail's: whom the mail was forwarded to, or a member of a list (RFC
/// 3464, 2.3.2).
fn other<'c>(event: &'c Event, by_address: &ByAddress<'c>, mail: &Parties<'_>) -> Option<&'c str> {
    let named = event.recipient.as_deref();
    let reported = by_address.get(&named).and_then(|all| all.first());
    let last = reported.and_then(|of| of.final_recipient.as_deref()).or(named)?;
    mail.recipient(last).is_none().then_some(last)
}

/// True if a fact reports that a mail has not arrived where it was last sent to.
const fn has_not_arrived(kind: EventKind) -> bool {
    use EventKind as K;
    matches!(kind, K::Bounced | K::Expired | K::Dropped | K::Delayed | K::DispositionDeleted)
}

/// Puts the address that words are about in front of them, unless they name it.
fn with_address(address: Option<&str>, words: Option<&str>) -> Option<String> {
    let joined = match (address, words) {
        (Some(address), Some(words)) if !words.to_lowercase().contains(&address.to_lowercase()) => {
            format!("{address}: {words}")
        }
        (Some(address), None) => address.to_owned(),
        (_, words) => words?.to_owned(),
    };
    Some(limits::bounded(&joined, limits::WORDS).to_owned())
}
