//! Characters that no address and no name may carry: those that end a line or a command, and those that
//! make a text look like another one.

use icu_normalizer::ComposingNormalizerBorrowed;
use std::borrow::Cow;

/// Brings a text into Unicode's normalisation form C: `u` and a combining diaeresis become `ü`.
pub(super) fn nfc(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
}

/// Returns true for C0, DEL, C1, and the two separators that some programs take for line ends.
pub(super) fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Returns true for joiners, which some scripts cannot be written without. They are let stand between characters of such.
pub(super) fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}')
}

/// Shows nothing by itself, or turns the direction of writing: zero-width spaces and marks, bidirectional controls, fillers, tags,
/// non-characters; joiners apart. The replacement character too: it means that the text was damaged on its way.
pub(super) fn is_invisible(c: char) -> bool {
    let code = u32::from(c);
    matches!(
        c,
        '\u{AD}'
            | '\u{34F}'
            | '\u{61C}'
            | '\u{115F}'
            | '\u{1160}'
            | '\u{17B4}'
            | '\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'
            | '\u{200E}'
            | '\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{3164}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFD}'
            | '\u{FDD0}'..='\u{FDEF}'
            | '\u{E0000}'..='\u{E007F}'
    ) || code & 0xFFFE == 0xFFFE
}

/// Returns true for an invisible character, or that ends a line or turns the direction of writing: what people read as a name or
/// a greeting holds none.
pub fn is_unseen(c: char) -> bool {
    is_control(c) || is_invisible(c) || is_joiner(c)
}

/// Returns true for a joiner with something of its script on both sides; elsewhere it is only invisible.
pub(super) fn joins(before: Option<char>, after: Option<char>) -> bool {
    let script = |c: Option<char>| c.is_some_and(|c| !c.is_ascii() && !is_joiner(c) && !c.is_whitespace());
    script(before) && script(after)
}

/// Returns the text with every control and invisible character made visible, no longer than `limit` characters: safe to show in a message.
pub(super) fn shown(text: &str, limit: usize) -> String {
    let mut out: String = text
        .chars()
        .take(limit)
        .map(|c| match u32::from(c) {
            code @ 0..=0x1F => char::from_u32(0x2400 + code).unwrap_or('\u{FFFD}'),
            0x7F => '\u{2421}',
            _ if is_control(c) || is_invisible(c) || is_joiner(c) => '\u{FFFD}',
            _ => c,
        })
        .collect();
    if text.chars().nth(limit).is_some() {
        out.push('…');
    }
    out
}
