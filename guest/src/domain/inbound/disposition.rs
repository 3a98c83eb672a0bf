//! Disposition reports (RFC 8098): what became of a mail after it was delivered. A mailbox that refuses mail by a rule
//! answers with one too (RFC 5429): that is no receipt, the mail was not kept.

use super::address;
use super::fields::{Fields, blocks};
use super::judge::judge;
use super::letter::Letter;
use super::limits;
use super::model::{Class, Hardness, RecipientReport};
use super::phrases::{self, NOT_READ};
use super::unlabelled;
use crate::domain::status::{EventKind, EventSource};

/// The fields of the report, in one block.
pub(super) fn fields(letter: &Letter) -> Option<Fields> {
    let body = letter.disposition.as_deref()?;
    let mut all = Fields::default();
    for block in blocks(body) {
        block.iter().for_each(|(name, value)| all.push(name, value));
    }
    (!all.is_empty()).then_some(all)
}

/// What a disposition report says; none where there is none.
pub(super) fn read(letter: &Letter) -> Option<RecipientReport> {
    let fields = fields(letter)?;
    let disposition = fields.get("disposition").unwrap_or_default().to_ascii_lowercase();
    let (mode, what) = disposition.split_once(';').unwrap_or(("", disposition.as_str()));
    let what = what.split(['/', ',', ';']).next().unwrap_or_default().trim();
    let original = fields.get("original-recipient").and_then(address::of_field);
    let last = fields.get("final-recipient").and_then(address::of_field);
    let recipient = original.or_else(|| last.clone());
    let failure = fields.any(&["failure", "error"]);
    let said = unlabelled::said_of(letter, recipient.as_deref());
    let is_refusal = what == "deleted" && mode.contains("automatic-action") && !is_unread(letter);
    let (class, kind) = match what {
        "displayed" => (Class::Receipt, EventKind::DispositionDisplayed),
        "failed" | "denied" if failure.is_some() || what == "denied" => {
            (Class::Receipt, EventKind::DispositionOther)
        }
        _ if is_refusal => (Class::Bounce, EventKind::DispositionDeleted),
        _ => (Class::Receipt, EventKind::DispositionOther),
    };
    let words = if is_refusal { said.or_else(|| refusal_words(letter)) } else { failure.map(str::to_owned) };
    let found = words.as_deref().map(|words| judge(None, words));
    Some(RecipientReport {
        final_recipient: last
            .filter(|last| recipient.as_deref().map(address::key) != Some(address::key(last))),
        recipient,
        class,
        // The mailbox is there and a person's rule refuses: another mail may please it.
        hardness: (class == Class::Bounce).then_some(Hardness::Soft),
        code: found.and_then(|found| found.code),
        words: words.map(|words| limits::bounded(words.trim(), limits::WORDS).to_owned()),
        remote: fields.get("reporting-ua").map(|ua| limits::bounded(ua, limits::ADDRESS).to_owned()),
        kind,
        source: EventSource::DispositionReport,
    })
}

fn refusal_words(letter: &Letter) -> Option<String> {
    let text = unlabelled::own_text(&letter.text).trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Outlook reports in this form too that its user deleted the mail without opening it.
fn is_unread(letter: &Letter) -> bool {
    let plain = phrases::plain(&[&letter.subject, " ", unlabelled::own_text(&letter.text)].concat());
    NOT_READ.is_in(&plain)
}
