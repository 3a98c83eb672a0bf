//! Delivery reports (RFC 3461, RFC 3464), as servers really write them: fields missing, several of them in one block,
//! actions of their own invention, and the reason only in the text for people.

use super::address;
use super::bounce_heuristics;
use super::bounce_reason::{BounceReason, bounce_reason};
use super::cause::Cause;
use super::class::{class_of_text, kind_of};
use super::code::Enhanced;
use super::fields::{Fields, blocks};
use super::limits;
use super::message::InboundMessage;
use super::model::{Class, RecipientReport};
use crate::domain::address::match_key;
use crate::domain::status::EventSource;

/// Reads a delivery report, recipient by recipient; empty where there is none, or nothing in it.
pub(super) fn read(message: &InboundMessage) -> Vec<RecipientReport> {
    let mut found: Vec<RecipientReport> = vec![];
    for body in &message.delivery {
        let blocks = blocks(body);
        let remote = blocks.first().and_then(|first| first.get("reporting-mta")).map(host);
        for block in blocks.iter().filter(|block| concerns_a_recipient(block)) {
            if found.len() < limits::RECIPIENTS {
                found.push(of_block(block, remote.as_deref(), message));
            }
        }
    }
    found
}

/// Finds the envelope id of the mail that the report is about.
pub(super) fn envelope_id(message: &InboundMessage) -> Option<String> {
    let of_body = |body: &String| {
        blocks(body).iter().find_map(|block| block.get("original-envelope-id").map(str::to_owned))
    };
    message.delivery.iter().find_map(of_body)
}

/// Returns the fields of the report itself, the first block of each body.
pub(super) fn about_message(message: &InboundMessage) -> Vec<Fields> {
    message.delivery.iter().filter_map(|body| blocks(body).into_iter().next()).collect()
}

fn concerns_a_recipient(block: &Fields) -> bool {
    ["final-recipient", "original-recipient", "action", "x-actual-recipient", "diagnostic-code"]
        .iter()
        .any(|name| block.get(name).is_some())
        || (block.get("status").is_some() && block.get("reporting-mta").is_none())
}

/// Reads the host in `dns; mx.example.com (192.0.2.1)`.
fn host(value: &str) -> String {
    let value = value.split_once(';').map_or(value, |(_, host)| host).trim();
    limits::bounded(value.split_whitespace().next().unwrap_or_default(), limits::ADDRESS).to_owned()
}

fn of_block(block: &Fields, reporting: Option<&str>, message: &InboundMessage) -> RecipientReport {
    let last = block.any(&["final-recipient", "x-actual-recipient"]).and_then(address::of_field);
    let original = block.get("original-recipient").and_then(address::of_field);
    let original = original.or_else(|| bounce_heuristics::origin_of(message, last.as_deref()?));
    let diagnostic = block.get("diagnostic-code").map(without_type).filter(|words| !words.is_empty());
    let status = block.any(&["status", "diagnostic-code"]);
    let action = block.get("action").map(action_word).unwrap_or_default();
    let recipient = original.clone().or_else(|| last.clone());
    let about = bounce_heuristics::words_about(message, recipient.as_deref());
    let words = diagnostic.map(str::to_owned).or_else(|| about.clone());
    let mut found = bounce_reason(block.get("status"), diagnostic.unwrap_or_default());
    if found.cause.is_none_or(is_telling_little) {
        let wider = bounce_reason(
            status,
            &[diagnostic.unwrap_or_default(), about.as_deref().unwrap_or_default()].join(" "),
        );
        let wider_code = found.code.take().or(wider.code);
        found = BounceReason { code: wider_code, ..wider };
    }
    let class = class_of(&action, block.get("status"), message);
    let kind = kind_of(class, &found);
    let final_recipient = last.filter(|last| recipient.as_deref().map(match_key) != Some(match_key(last)));
    let words = words.filter(|_| class != Class::Delivered || diagnostic.is_some());
    RecipientReport {
        recipient,
        final_recipient,
        class,
        bounce_type: (class == Class::Bounce).then_some(found.bounce_type),
        code: found
            .code
            .or_else(|| block.get("status").and_then(Enhanced::find).map(|code| code.to_string())),
        words: words.map(|words| limits::bounded(&words, limits::WORDS).to_owned()),
        remote: block
            .get("remote-mta")
            .map(host)
            .filter(|host| !host.is_empty())
            .or(reporting.map(str::to_owned)),
        kind,
        source: EventSource::DeliveryReport,
    }
}

/// Removes the type of words: `smtp; 550 …`.
pub(super) fn without_type(value: &str) -> &str {
    match value.split_once(';') {
        Some((kind, words)) if kind.trim().len() <= 20 && !kind.trim().contains(' ') => words.trim(),
        _ => value.trim(),
    }
}

/// Reads the word alone of `failed (5.1.1)`.
fn action_word(value: &str) -> String {
    let end = value.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(value.len());
    value.get(..end).unwrap_or_default().to_ascii_lowercase()
}

/// True for a cause so general that the text for people may name a better one.
fn is_telling_little(cause: Cause) -> bool {
    matches!(cause, Cause::Policy | Cause::System | Cause::Network)
}

fn class_of(action: &str, status: Option<&str>, message: &InboundMessage) -> Class {
    let status = status.and_then(Enhanced::find);
    match (action, status.map(|status| status.class)) {
        ("delayed", _) => Class::Delay,
        ("delivered" | "expanded" | "deliverable", _) => Class::Delivered,
        ("relayed", _) => Class::Relayed,
        (action, _) if action.starts_with("fail") || action == "error" || action == "expired" => {
            Class::Bounce
        }
        (_, Some(2)) => Class::Delivered,
        (_, Some(5)) => Class::Bounce,
        _ => class_of_text(message),
    }
}
