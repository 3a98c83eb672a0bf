//! The subject of a letter.

use super::model::{LetterKind, Original};
use crate::domain::conversation::{forward_subject, reply_subject};

/// Returns the subject that a letter begins with.
pub fn draft_subject(kind: LetterKind, original: Option<&Original>) -> String {
    let subject = one_line(original.map_or("", |original| &original.subject));
    match kind {
        LetterKind::New => String::new(),
        LetterKind::Reply | LetterKind::ReplyAll => reply_subject(&subject),
        LetterKind::Forward => forward_subject(&subject),
    }
}

/// Brings a text onto one line, without control characters and those that change how the text beside them reads.
pub fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_whitespace() || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{feff}' => {}
            c => out.push(c),
        }
    }
    out.truncate(out.trim_end().len());
    out
}
