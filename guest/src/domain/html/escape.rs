//! Text in HTML: written so that a parser reads it as text again, in content and in a double-quoted attribute.

/// Escapes plain text for HTML content and for double-quoted attributes.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_escaped(&mut out, text);
    out
}

/// Appends `text`, escaped for HTML content and for double-quoted attributes.
pub fn push_escaped(out: &mut String, text: &str) {
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        let reference = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\'' => "&#x27;",
            _ => continue,
        };
        out.push_str(&text[start..at]);
        out.push_str(reference);
        start = at + 1;
    }
    out.push_str(&text[start..]);
}

/// Appends `text` as [`push_escaped`] does, with no-break spaces as `&nbsp;`: as HTML is serialised by its standard, and visible in a source.
/// Control characters, which a reference may stand for, are left out.
pub(super) fn push_content(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(|c| c == '\u{a0}' || is_unprintable(c)) {
        let (before, after) = rest.split_at(at);
        push_escaped(out, before);
        let mut after = after.chars();
        if after.next() == Some('\u{a0}') {
            out.push_str("&nbsp;");
        }
        rest = after.as_str();
    }
    push_escaped(out, rest);
}

/// Returns true for a control character that is neither a tab nor a line's end.
pub(super) fn is_unprintable(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n')
}

/// Bytes between two looks at the room that is left.
const PIECE: usize = 1 << 10;

/// Appends `text` by `push` until `out` has about `most` bytes. Returns false where some of the text is left out.
pub(super) fn push_within(
    out: &mut String,
    text: &str,
    most: usize,
    push: impl Fn(&mut String, &str),
) -> bool {
    let mut rest = text;
    while !rest.is_empty() {
        if out.len() >= most {
            return false;
        }
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE));
        push(out, piece);
        rest = after;
    }
    true
}
