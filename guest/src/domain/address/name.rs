//! Display names: what a person typed or a program encoded, made safe to stand in a header and on a screen.

use super::characters::{is_control, is_invisible, is_joiner, joins, nfc};

/// Characters of a name; what goes beyond is cut off.
const LIMIT: usize = 200;

/// Cleans a display name: normalisation form C, without control and invisible characters, without the quotes around it, white space
/// collapsed. Nothing that a mail program would decode (`=?…`) is left in it. Cleaning twice changes nothing.
pub fn clean_name(name: &str) -> String {
    let mut text = once(name);
    for _ in 0..8 {
        let next = once(&text);
        if next == text {
            break;
        }
        text = next;
    }
    text
}

fn once(name: &str) -> String {
    let name = nfc(name);
    let mut out = String::new();
    let mut length = 0;
    let mut space = false;
    let mut characters = name.chars().peekable();
    while let Some(c) = characters.next() {
        if length >= LIMIT {
            break;
        }
        if c.is_whitespace() || is_control(c) {
            space = !out.is_empty();
            continue;
        }
        let lone = is_joiner(c) && (space || !joins(out.chars().next_back(), characters.peek().copied()));
        if is_invisible(c) || lone {
            continue;
        }
        if std::mem::take(&mut space) || (c == '?' && out.ends_with('=')) {
            out.push(' ');
            length += 1;
        }
        out.push(c);
        length += 1;
    }
    unquoted(&out).trim().to_owned()
}

fn unquoted(name: &str) -> &str {
    let mut rest = name;
    loop {
        let mut inner = rest.chars();
        let (first, last) = (inner.next(), inner.next_back());
        let paired = matches!(
            (first, last),
            (Some('"' | '“' | '”' | '„' | '‟'), Some('"' | '“' | '”' | '‟'))
                | (Some('\''), Some('\''))
                | (Some('«'), Some('»'))
                | (Some('‘' | '’' | '‚'), Some('’' | '‘'))
        );
        let inner = inner.as_str();
        if !paired || inner.chars().any(|c| Some(c) == first || Some(c) == last) {
            return rest;
        }
        rest = inner.trim();
    }
}
