//! What was written in answer, without what is quoted below it.

use super::limits::{self, bounded, bounded_bytes};
use super::model::ReplyText;
use super::phrases;

/// Splits a reply into the text written and the quotation under it; none where nothing was written.
pub(super) fn of(text: &str) -> Option<ReplyText> {
    let text = bounded_bytes(text, limits::ANSWER);
    let split = quotation(text).unwrap_or(text.len());
    let (own, quoted) = text.split_at_checked(split)?;
    let quoted = quoted.trim();
    let (own, quoted) = if own.trim().is_empty() { (text, "") } else { (own, quoted) };
    let own = own.trim();
    (!own.is_empty())
        .then(|| ReplyText { text: own.to_owned(), quoted: (!quoted.is_empty()).then(|| quoted.to_owned()) })
}

/// Finds where the quotation begins that goes on to the end.
fn quotation(text: &str) -> Option<usize> {
    let mut at = 0;
    let lines: Vec<(usize, &str)> = text
        .split_inclusive('\n')
        .map(|line| {
            let start = at;
            at += line.len();
            (start, line.trim())
        })
        .collect();
    let opens = |line: &str| {
        let plain = phrases::plain(bounded(line, 300));
        let bare = plain.trim_start_matches(['-', '_', '=', ' ']);
        let is_ruled = plain.starts_with("--") || plain.starts_with("__");
        (is_ruled && phrases::ORIGINAL.begins(bare)) || phrases::QUOTATION_LINES.ends(&plain)
    };
    if let Some((start, _)) = lines.iter().find(|(_, line)| opens(line)) {
        return Some(*start);
    }
    // Quoted lines at the end: from the first of them after the last that is not.
    let tail = lines.iter().rev().take_while(|(_, line)| line.is_empty() || line.starts_with('>'));
    tail.filter(|(_, line)| line.starts_with('>')).last().map(|(start, _)| *start)
}
