//! Where the signature of a text begins: a delimiter, the line of a program on a telephone, or a closing with a card under it.

use super::line::{Line, Mark, is_blank, is_rule};
use super::phrases::{CLOSINGS, DEVICE_ENDS, DEVICE_WORDS, DEVICES};
use crate::domain::phrases::plain;

/// Lines with text under `-- `, at the most.
const DELIMITED: usize = 40;
/// Lines of a card under a rule.
const CARD: usize = 8;
/// Lines of a card under a closing.
const CLOSED: usize = 12;
/// Characters of a line of a card.
const WIDTH: usize = 90;
/// Characters of the line of a telephone, without a link.
const DEVICE: usize = 80;

/// Finds the line with which the signature begins of a text that nothing new follows. Of two the lower one: what is over it is looked at again.
pub(super) fn start(lines: &[Line]) -> Option<usize> {
    let found = [marked(lines), delimited(lines), device(lines)];
    found.into_iter().flatten().max().or_else(|| closed(lines))
}

/// Finds the lines that their program marks, where they go on to the end.
fn marked(lines: &[Line]) -> Option<usize> {
    let unmarked = lines.iter().rposition(|line| !is_blank(&line.text) && line.mark != Some(Mark::Signature));
    let first = unmarked.map_or(0, |at| at + 1);
    lines.iter().skip(first).any(|line| line.mark == Some(Mark::Signature)).then_some(first)
}

fn visible(lines: &[Line], from: usize) -> impl Iterator<Item = &str> {
    lines.iter().skip(from).map(|line| line.text.trim()).filter(|line| !is_blank(line))
}

/// Finds `-- `, or a rule over a card.
fn delimited(lines: &[Line]) -> Option<usize> {
    lines.iter().enumerate().position(|(at, line)| {
        let text = line.text.trim();
        if matches!(text, "--" | "__" | "—" | "–" | "- -") {
            return visible(lines, at + 1).take(DELIMITED + 1).count() <= DELIMITED;
        }
        let is_apart = at == 0 || lines.get(at - 1).is_none_or(|before| is_blank(&before.text));
        let is_bare = || matches!(text, "---" | "----") && !has_digit(lines, at + 1);
        is_rule(text)
            && is_apart
            && is_card(lines, at + 1, 1..=CARD)
            && (has_contact(lines, at + 1) || is_bare())
    })
}

/// True if what is left are a few short lines, and none a sentence.
fn is_card(lines: &[Line], from: usize, count: std::ops::RangeInclusive<usize>) -> bool {
    let fits = |line: &str| {
        let words = line.split_whitespace().count();
        let is_sentence = words >= 6 && line.ends_with(['.', '?', '!', '。']) || words >= 14;
        let lower = plain(line);
        line.chars().count() <= WIDTH
            && !is_sentence
            && !["ps", "p.s.", "ps:", "nb", "p.s"]
                .iter()
                .any(|mark| lower.strip_prefix(mark).is_some_and(|rest| rest.starts_with([' ', ':'])))
    };
    count.contains(&visible(lines, from).take(count.end() + 1).count()) && visible(lines, from).all(fits)
}

/// True if the lines have an address, a link or a telephone number.
fn has_contact(lines: &[Line], from: usize) -> bool {
    visible(lines, from).any(|line| {
        let digits = line.bytes().filter(u8::is_ascii_digit).count();
        line.contains('@') || line.contains("://") || line.contains("www.") || digits >= 7
    })
}

fn has_digit(lines: &[Line], from: usize) -> bool {
    visible(lines, from).any(|line| line.chars().any(char::is_numeric))
}

/// Finds the line that a program on a telephone adds.
fn device(lines: &[Line]) -> Option<usize> {
    lines.iter().enumerate().position(|(at, line)| {
        let is_free = |neighbour: Option<&Line>| neighbour.is_none_or(|line| is_blank(&line.text));
        let is_apart =
            is_free(at.checked_sub(1).and_then(|before| lines.get(before))) || is_free(lines.get(at + 1));
        is_apart && is_device_line(&line.text)
    })
}

fn is_device_line(line: &str) -> bool {
    let line = line.get(..line.floor_char_boundary(600)).unwrap_or(line);
    let text = plain(line);
    // A link may follow: `Get Outlook for iOS<https://…>`.
    let shown = text.split(['<', '[', '(']).next().unwrap_or_default();
    let shown = shown.trim_matches(|c: char| c.is_whitespace() || "-_*—–>|•".contains(c));
    let begins = DEVICES.begins(shown);
    let ends = DEVICE_ENDS.ends(shown.trim_end_matches(['.', '!']));
    if shown.is_empty() || shown.chars().count() > 2 * DEVICE || !(begins || ends) {
        return false;
    }
    let word = |c: char| c.is_whitespace() || ",.!'’()/".contains(c);
    let names_device =
        shown.split(word).filter(|word| !word.is_empty()).take(8).any(|word| DEVICE_WORDS.contains(word));
    let first_sentence = shown.split(['.', ',', '!', '，', '。']).next().unwrap_or_default();
    let names_it_first = first_sentence.split(word).any(|word| DEVICE_WORDS.contains(word));
    let is_plain =
        shown.chars().count() <= DEVICE && !shown.contains([',', ';', '?']) && !shown.ends_with(['.', ':']);
    // A sentence that goes on is a sentence: "sent from my desk, which is easier".
    (begins && is_plain)
        || (names_device
            && names_it_first
            && shown.chars().count() <= 2 * DEVICE
            && !shown.contains(['?', ':']))
}

/// Finds a closing with the card of its writer under it; the name alone is a part of the letter.
fn closed(lines: &[Line]) -> Option<usize> {
    lines.iter().enumerate().position(|(at, line)| {
        let text = plain(line.text.get(..line.text.floor_char_boundary(200)).unwrap_or_default());
        let bare = text.trim_matches(|c: char| !c.is_alphanumeric());
        CLOSINGS.contains(bare) && is_card(lines, at + 1, 2..=CLOSED)
    })
}
