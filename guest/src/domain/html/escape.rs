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
pub(super) fn push_content(out: &mut String, text: &str) {
    for (i, part) in text.split('\u{a0}').enumerate() {
        if i > 0 {
            out.push_str("&nbsp;");
        }
        push_escaped(out, part);
    }
}
