//! Subjects without what programs put around them: `Re:`, `AW:`, `SV[2]:`, labels of gateways, `(fwd)` (RFC 5256 §2.1 in many languages).

use crate::domain::inbound::limits::{SUBJECT, bounded};
use crate::domain::phrases::{plain, sections};
use std::collections::BTreeSet;
use std::sync::LazyLock;

const PREFIXES: &str = include_str!("prefixes.txt");
/// Prefixes and labels that are taken off at the most: a chain of answers has a few, a hostile subject thousands.
const MOST: usize = 50;
/// Characters of the longest prefix.
const PREFIX: usize = 20;
/// Characters of the longest label.
const LABEL: usize = 40;

static ANSWER: LazyLock<BTreeSet<&str>> = LazyLock::new(|| words("answer"));
static FORWARD: LazyLock<BTreeSet<&str>> = LazyLock::new(|| words("forward"));

fn words(section: &str) -> BTreeSet<&'static str> {
    sections(PREFIXES).filter(|(name, _)| *name == section).map(|(_, word)| word).collect()
}

/// A subject in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BaseSubject {
    /// What the author wrote, as it stands.
    pub(super) text: String,
    /// What is compared: of a message that was passed on it begins with `fwd:`, so that answers to it are told apart from answers to
    /// what it repeats.
    pub(super) key: String,
    /// The outermost prefix is that of an answer.
    pub(super) is_answer: bool,
    /// The outermost prefix is that of a message that is passed on.
    pub(super) is_forward: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prefix {
    Answer,
    Forward,
}

/// Takes prefixes and labels off a subject.
pub(super) fn base_subject(subject: &str) -> BaseSubject {
    let mut rest = bounded(subject, SUBJECT).trim();
    let (mut outermost, mut is_passed_on) = (None, false);
    for _ in 0..MOST {
        let before = rest;
        if let Some(behind) = behind_label(rest) {
            rest = behind;
        }
        if let Some((prefix, behind)) = behind_prefix(rest) {
            outermost.get_or_insert(prefix);
            is_passed_on |= prefix == Prefix::Forward;
            rest = behind;
        }
        if let Some(inside) = enclosed(rest) {
            outermost.get_or_insert(Prefix::Forward);
            is_passed_on = true;
            rest = inside;
        }
        if rest == before {
            break;
        }
    }
    let key = plain(rest);
    BaseSubject {
        text: rest.split_whitespace().collect::<Vec<_>>().join(" "),
        key: if is_passed_on { format!("fwd: {key}") } else { key },
        is_answer: outermost == Some(Prefix::Answer),
        is_forward: outermost == Some(Prefix::Forward),
    }
}

/// Returns what stands behind a label of a gateway or a list, `[External]`. One with a digit may be a number, and stays.
pub(super) fn behind_label(text: &str) -> Option<&str> {
    let (label, behind) = text.strip_prefix('[')?.split_once(']')?;
    let is_label = label.chars().count() <= LABEL && !label.chars().any(|c| c.is_numeric() || c == ':');
    let behind = behind.trim_start();
    (is_label && !behind.is_empty()).then_some(behind)
}

/// Returns a prefix, and what stands behind its colon: `Re: `, `AW : `, `Re[2]: `, `SV (3): `.
pub(super) fn behind_prefix(text: &str) -> Option<(Prefix, &str)> {
    let end = text.char_indices().take(PREFIX + 8).find(|(_, c)| matches!(c, ':' | '：'));
    let (word, behind) = text.split_at_checked(end?.0)?;
    let behind = behind.trim_start_matches([':', '：']).trim_start();
    let word = plain(word.trim_end_matches(|c: char| c.is_ascii_digit() || "[]()*^ ".contains(c)));
    let prefix = match word.as_str() {
        word if ANSWER.contains(word) => Prefix::Answer,
        word if FORWARD.contains(word) => Prefix::Forward,
        _ => return None,
    };
    Some((prefix, behind))
}

/// Returns the subject of a message that was passed on, as old programs mark it: `[Fwd: subject]`, `subject (fwd)`.
fn enclosed(text: &str) -> Option<&str> {
    let lower = text.to_ascii_lowercase();
    if lower.starts_with("[fwd:") && text.ends_with(']') {
        return text.get(5..text.len() - 1).map(str::trim);
    }
    lower.ends_with("(fwd)").then(|| text.get(..text.len() - 5)).flatten().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_and_forwards_are_told_by_their_prefix_in_many_languages() {
        for (subject, text, is_answer, is_forward) in [
            ("Invoice 2026-0142", "Invoice 2026-0142", false, false),
            ("Re: Invoice 2026-0142", "Invoice 2026-0142", true, false),
            ("RE: AW: Antw.: Invoice", "Antw.: Invoice", true, false),
            ("AW: Rechnung  42", "Rechnung 42", true, false),
            ("SV[2]: Faktura", "Faktura", true, false),
            ("Re (3): Factuur", "Factuur", true, false),
            ("RÉP : facture", "facture", true, false),
            ("回复：发票", "发票", true, false),
            ("WG: Rechnung", "Rechnung", false, true),
            ("Doorst: Factuur", "Factuur", false, true),
            ("TR : facture", "facture", false, true),
            ("Re: Fwd: Invoice", "Invoice", true, false),
            ("Fwd: Re: Invoice", "Invoice", false, true),
            ("[Fwd: Invoice]", "Invoice", false, true),
            ("Invoice (fwd)", "Invoice", false, true),
            ("[External] Re: [Billing] Invoice", "Invoice", true, false),
            ("[2026-0142] Invoice", "[2026-0142] Invoice", false, false),
            ("Note: the invoice", "Note: the invoice", false, false),
            ("Re:", "", true, false),
            ("", "", false, false),
            ("[External]", "[External]", false, false),
        ] {
            let base = base_subject(subject);
            assert_eq!(
                (base.text.as_str(), base.is_answer, base.is_forward),
                (text, is_answer, is_forward),
                "{subject}"
            );
        }
    }

    #[test]
    fn an_answer_to_a_forward_is_compared_apart_from_answers_to_what_it_repeats() {
        assert_eq!(base_subject("Re: Fwd: Invoice").key, base_subject("WG: Invoice").key);
        assert_ne!(base_subject("Re: Fwd: Invoice").key, base_subject("Re: Invoice").key);
        assert_eq!(base_subject("RE: invoice  5").key, base_subject("Aw: Invoice 5").key);
    }

    #[test]
    fn a_subject_of_prefixes_alone_ends() {
        let base = base_subject(&"Re: ".repeat(10_000));
        assert!(base.text.len() <= SUBJECT && base.is_answer);
        assert!(base_subject(&"[x".repeat(10_000)).text.len() <= SUBJECT);
    }

    #[test]
    fn every_prefix_is_in_the_form_that_is_compared_and_in_one_list() {
        for (section, word) in sections(PREFIXES) {
            assert_eq!(plain(word), word, "{section}");
            assert!(!(ANSWER.contains(word) && FORWARD.contains(word)), "{word}");
        }
    }
}
