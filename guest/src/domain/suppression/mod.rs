//! Which addresses are not to be written to any more, and on what evidence.
//!
//! Evidence is one of three: a server's reply when the mail was submitted, a report that was matched with the mail, a provider's notice.
//! All of them suppress recipients of the mail alone, and never an address of the company's own.

#[cfg(test)]
mod tests;

use super::inbound::{BounceType, Class, bounce_type, limits};
use super::matching::{Claim, ClaimedRecipient, Parties, TraceKind};
use super::status::{Event, EventKind, EventSource, named};
use super::webhook::Notice;
use chrono::{DateTime, FixedOffset};
use std::collections::BTreeSet;

named! {
    /// Why an address is not written to any more.
    SuppressionKind, "kind of suppression", {
        /// The address does not exist, or never accepts mail.
        HardBounce = "hard-bounce",
        /// The address's owner marked a mail as unwanted.
        Complaint = "complaint",
    }
}

/// An address that is not to be written to any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// Address, as the mail has it.
    pub address: String,
    /// Why.
    pub kind: SuppressionKind,
    /// When it became known.
    pub since: DateTime<FixedOffset>,
    /// Code that a server gave.
    pub code: Option<String>,
    /// The source's words.
    pub words: Option<String>,
    /// The source.
    pub source: &'static str,
}

/// Finds the recipients that a server refused for good while the mail was submitted.
pub fn of_events(events: &[Event], mail: &Parties<'_>) -> Vec<Suppression> {
    let refused = events.iter().filter(|event| {
        event.kind == EventKind::Refused
            && event.source == EventSource::Smtp
            && bounce_type(event.code.as_deref(), event.words.as_deref().unwrap_or_default())
                == BounceType::Hard
    });
    each_once(refused.filter_map(|event| of_event(SuppressionKind::HardBounce, event, mail)))
}

/// Finds the recipients whose address a report names as dead, or who complained. `proof` is the trace that led to the mail; none: one that
/// is not known, which proves no more than the weakest.
pub fn of_report(claim: &Claim, proof: Option<TraceKind>, mail: &Parties<'_>) -> Vec<Suppression> {
    let excludes_others = proof.is_some_and(TraceKind::excludes_other_recipients);
    let Some(since) = claim.events.first().map(|event| event.at) else { return vec![] };
    if !excludes_others && mail.sole().is_none() {
        return vec![];
    }
    each_once(claim.recipients.iter().filter_map(|of| of_recipient(of, since, mail)))
}

/// Finds the address that takes no mail at all by its provider's word, or whose owner complained.
pub fn of_notice(notice: &Notice, mail: &Parties<'_>) -> Option<Suppression> {
    let kind = match notice.event.kind {
        EventKind::Complaint => SuppressionKind::Complaint,
        _ if notice.lasting => SuppressionKind::HardBounce,
        _ => return None,
    };
    of_event(kind, &notice.event, mail)
}

fn of_event(kind: SuppressionKind, event: &Event, mail: &Parties<'_>) -> Option<Suppression> {
    Some(Suppression {
        address: address(event.recipient.as_deref()?, mail)?,
        kind,
        since: event.at,
        code: event.code.clone(),
        words: bounded(event.words.as_deref()),
        source: event.source.name(),
    })
}

/// Makes the suppression of a recipient with a hard bounce or a complaint. Where the mail was forwarded, what failed is the address that it
/// was forwarded to: the recipient has theirs.
fn of_recipient(
    of: &ClaimedRecipient,
    since: DateTime<FixedOffset>,
    mail: &Parties<'_>,
) -> Option<Suppression> {
    let (kind, source) = match (of.class, of.bounce_type) {
        (Class::Complaint, _) => (SuppressionKind::Complaint, "complaint"),
        (Class::Bounce, Some(BounceType::Hard)) => {
            (SuppressionKind::HardBounce, EventSource::DeliveryReport.name())
        }
        _ => return None,
    };
    let was_forwarded = of.final_recipient.as_deref().is_some_and(|last| mail.recipient(last).is_none());
    if of.class == Class::Bounce && was_forwarded {
        return None;
    }
    let named = match &of.recipient {
        Some(named) => named,
        None => mail.sole()?,
    };
    Some(Suppression {
        address: address(named, mail)?,
        kind,
        since,
        code: of.code.clone(),
        words: bounded(of.words.as_deref()),
        source,
    })
}

/// Finds the recipient that an address means, unless it is one of the company's own.
fn address(named: &str, mail: &Parties<'_>) -> Option<String> {
    mail.recipient(named).filter(|address| !mail.is_own(address)).map(str::to_owned)
}

fn bounded(words: Option<&str>) -> Option<String> {
    words.map(|words| limits::bounded(words, limits::WORDS).to_owned())
}

/// Reduces suppressions to the first evidence of each kind about each address. So there is no more of it than the mail has recipients,
/// however long the report is.
fn each_once(all: impl Iterator<Item = Suppression>) -> Vec<Suppression> {
    let mut seen = BTreeSet::new();
    all.filter(|it| seen.insert((it.address.clone(), it.kind))).collect()
}
