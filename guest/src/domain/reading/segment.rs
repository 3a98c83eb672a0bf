//! Pieces of a body in the forms in which a message has them, and what is done to their text.

use crate::domain::html::push_escaped;
use crate::domain::inbound::charset;

/// A piece of the body, in the forms in which the message has it.
#[derive(Debug, Default)]
pub(super) struct Segment {
    /// As plain text, in lines that end in LF.
    pub(super) plain: Option<String>,
    /// As HTML, as it came.
    pub(super) html: Option<String>,
}

/// Makes one piece of several forms of it: the first plain text, the last HTML.
pub(super) fn alternatives(bodies: Vec<Vec<Segment>>) -> Vec<Segment> {
    let mut chosen = Segment::default();
    for body in bodies {
        let plain: Vec<&str> = body
            .iter()
            .filter_map(|segment| segment.plain.as_deref())
            .filter(|text| !text.trim().is_empty())
            .collect();
        let has_html = body.iter().any(|segment| segment.html.is_some());
        if has_html {
            chosen.html = Some(joined_html(&body));
        }
        if !plain.is_empty() && !has_html && chosen.plain.is_none() {
            chosen.plain = Some(plain.join("\n"));
        }
        // A body in both forms, inside of another choice.
        if has_html
            && !plain.is_empty()
            && chosen.plain.is_none()
            && body.iter().all(|segment| segment.plain.is_some())
        {
            chosen.plain = Some(plain.join("\n"));
        }
    }
    if chosen.plain.is_none() && chosen.html.is_none() { vec![] } else { vec![chosen] }
}

/// Joins pieces as HTML; those in plain text as preformatted.
fn joined_html(body: &[Segment]) -> String {
    let mut out = String::new();
    for segment in body {
        match (&segment.html, &segment.plain) {
            (Some(html), _) => out.push_str(html),
            (None, Some(plain)) if !plain.trim().is_empty() => {
                out.push_str("<div style=\"white-space:pre-wrap\">");
                push_escaped(&mut out, plain);
                out.push_str("</div>");
            }
            _ => {}
        }
    }
    out
}

/// Finds the charset that an HTML document declares for itself.
pub(super) fn declared_charset(bytes: &[u8]) -> Option<String> {
    let begin = String::from_utf8_lossy(bytes.get(..2048).unwrap_or(bytes)).to_ascii_lowercase();
    let (_, rest) = begin.split_once("charset=")?;
    let name: String = rest
        .trim_start_matches(['"', '\'', ' '])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || "-_:.".contains(*c))
        .collect();
    Some(name).filter(|name| charset::is_known(name))
}

/// Brings a text into lines that end in LF, without control characters that programs don't show.
pub(super) fn clean(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                out.push('\n');
            }
            '\n' | '\t' => out.push(c),
            '\u{c}' => out.push('\n'),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Removes the commands of text/enriched (RFC 1896): `<bold>`, and `<<` for a bracket.
pub(super) fn without_commands(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('<') {
            out.push('<');
            rest = after;
            continue;
        }
        match after.split_once('>') {
            Some((command, after)) if command.len() <= 60 => rest = after,
            _ => {
                out.push('<');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}
