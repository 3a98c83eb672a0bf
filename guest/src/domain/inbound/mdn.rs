//! Disposition reports (RFC 8098): what became of a mail after it was delivered. A mailbox that refuses mail by a rule
//! answers with one too (RFC 5429): that is no receipt, the mail was not kept.
//!
//! Both say `automatic-action/MDN-sent-automatically; deleted`. They differ by their author: a mail program for its user, who deleted a
//! mail unread, or the delivery agent that applied the rule. Only where neither shows do the words count, and where these decide nothing
//! either the mail arrived: a report that can't be classified is no failure.

use super::address;
use super::bounce_heuristics::{self, DaemonLikeness};
use super::bounce_reason::bounce_reason;
use super::fields::{Fields, blocks};
use super::limits::{self, bounded};
use super::message::InboundMessage;
use super::model::{BounceType, Class, RecipientReport};
use super::phrases::{self, DELIVERY_AGENTS, NOT_READ, REFUSED};
use crate::domain::address::match_key;
use crate::domain::status::{EventKind, EventSource};

/// Returns the fields of the report, in one block.
pub(super) fn fields(message: &InboundMessage) -> Option<Fields> {
    let body = message.disposition.as_deref()?;
    let mut all = Fields::default();
    for block in blocks(body) {
        block.iter().for_each(|(name, value)| all.push(name, value));
    }
    (!all.is_empty()).then_some(all)
}

/// Reads a disposition report; none where there is none.
pub(super) fn read(message: &InboundMessage) -> Option<RecipientReport> {
    let fields = fields(message)?;
    let disposition = fields.get("disposition").unwrap_or_default();
    let lower = disposition.to_ascii_lowercase();
    let (mode, rest) = lower.split_once(';').unwrap_or(("", lower.as_str()));
    let mut types = rest.split(['/', ',', ';']).map(str::trim);
    let what = types.next().unwrap_or_default();
    let modifiers: Vec<&str> = types.take(10).collect();
    let original = fields.get("original-recipient").and_then(address::of_field);
    let last = fields.get("final-recipient").and_then(address::of_field);
    let recipient = original.or_else(|| last.clone());
    let failure = fields.any(&["failure", "error"]);
    let is_refusal = what == "deleted" && is_refusal(message, &fields, mode, &modifiers);
    let (class, kind) = match what {
        "displayed" => (Class::Receipt, EventKind::DispositionDisplayed),
        "failed" | "denied" if failure.is_some() || what == "denied" => {
            (Class::Receipt, EventKind::DispositionOther)
        }
        _ if is_refusal => (Class::Bounce, EventKind::DispositionDeleted),
        _ => (Class::Receipt, EventKind::DispositionOther),
    };
    let stated = failure.or(Some(disposition).filter(|it| !it.is_empty())).map(str::to_owned);
    let words = if is_refusal { refusal_words(message).or(stated) } else { stated };
    let found = words.as_deref().map(|words| bounce_reason(None, words));
    Some(RecipientReport {
        final_recipient: last.filter(|last| recipient.as_deref().map(match_key) != Some(match_key(last))),
        recipient,
        class,
        // The mailbox is there and a person's rule refuses: another mail may please it.
        bounce_type: (class == Class::Bounce).then_some(BounceType::Soft),
        code: found.and_then(|found| found.code),
        words: words.map(|words| bounded(words.trim(), limits::WORDS).to_owned()),
        remote: fields.get("reporting-ua").map(|ua| bounded(ua, limits::ADDRESS).to_owned()),
        kind,
        source: EventSource::DispositionReport,
    })
}

/// Returns the report's text for people: the reason for a refusal is its author's and may have many lines.
fn refusal_words(message: &InboundMessage) -> Option<String> {
    let text = message.text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// True if the mail was deleted by a rule that refuses it.
fn is_refusal(message: &InboundMessage, fields: &Fields, mode: &str, modifiers: &[&str]) -> bool {
    // A person did it.
    if mode.contains("manual-action") {
        return false;
    }
    let is_error = |modifier: &&str| ["error", "denied", "failed", "rejected", "refused"].contains(modifier);
    if fields.any(&["failure", "error"]).is_some() || modifiers.iter().any(is_error) {
        return true;
    }
    // `host; product`: the name of the host has no meaning here.
    let program = fields.get("reporting-ua").unwrap_or_default();
    let program = phrases::plain(program.split_once(';').map_or(program, |(_, product)| product));
    if fields.has("x-msexch-correlation-key")
        || ["microsoft", "exchange", "outlook"].iter().any(|it| program.contains(it))
    {
        return false;
    }
    let answered = phrases::plain(message.header.get("auto-submitted").unwrap_or_default());
    let is_agents = bounce_heuristics::likeness(message) >= DaemonLikeness::Address
        || DELIVERY_AGENTS.is_in(&program)
        || REFUSED.is_in(&answered);
    is_agents || text_refuses(message)
}

/// True if the words are about a refusal, and not about a mail deleted unread. What they repeat of the mail itself is not theirs.
fn text_refuses(message: &InboundMessage) -> bool {
    let subject = phrases::plain(&message.subject);
    let (before, behind) = subject.split_once([':', '：']).unwrap_or((&subject, ""));
    if NOT_READ.is_in(before) {
        return false;
    }
    let behind = behind.trim();
    let repeats =
        |line: &&str| behind.chars().count() < 4 || !phrases::plain(bounded(line, 1_000)).contains(behind);
    let own: Vec<&str> = message.own_text().lines().filter(repeats).collect();
    let plain = phrases::plain(&own.join("\n"));
    if REFUSED.is_in(before) {
        return true;
    }
    REFUSED.is_in(&plain) && (!NOT_READ.is_in(&plain) || REFUSED.first(&plain) < NOT_READ.first(&plain))
}
