//! A user's signature on its way into the mail. It is the company's own, pasted from a mail program, yet it
//! must not carry anything that runs, loads or breaks out of its place: the tags, attributes and style
//! properties listed here are written anew, all else is left out, and every tag is closed.

mod width;

use super::body::push_escaped;
use std::collections::BTreeMap;

const TAGS: &[&str] = &[
    "a", "b", "br", "div", "em", "font", "hr", "i", "img", "li", "ol", "p", "small", "span", "strong", "sub",
    "sup", "table", "tbody", "td", "tr", "u", "ul",
];
const EMPTY: &[&str] = &["br", "hr", "img"];
/// Elements that go with all they contain.
const DROPPED: &[&str] = &[
    "script", "style", "head", "title", "iframe", "object", "svg", "math", "template", "noscript", "textarea",
];
const ATTRIBUTES: &[&str] = &[
    "align",
    "alt",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "color",
    "colspan",
    "face",
    "height",
    "href",
    "size",
    "src",
    "style",
    "title",
    "valign",
    "width",
];
const PROPERTIES: &[&str] = &[
    "background-color",
    "border",
    "border-bottom",
    "border-collapse",
    "border-left",
    "border-right",
    "border-top",
    "color",
    "font",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "height",
    "letter-spacing",
    "line-height",
    "margin",
    "margin-bottom",
    "margin-left",
    "margin-right",
    "margin-top",
    "max-width",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "text-align",
    "text-decoration",
    "text-transform",
    "vertical-align",
    "white-space",
    "width",
];
/// Longest signature read, in bytes: as long as settings may hold, so that none is cut.
const LONGEST: usize = 64 * 1024;

/// A line of plain text as HTML.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_escaped(&mut out, text);
    out
}

/// The signature with nothing left in it but what is allowed.
pub(super) fn sanitised(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut open: Vec<&'static str> = Vec::new();
    let mut opened: BTreeMap<&str, usize> = BTreeMap::new();
    for token in Tokens::of(html) {
        match token {
            Token::Text(text) => push_text(&mut out, text),
            Token::Open { name, attributes } => {
                let Some(name) = TAGS.iter().find(|t| name.eq_ignore_ascii_case(t)) else { continue };
                out.push('<');
                out.push_str(name);
                push_attributes(&mut out, name, attributes);
                out.push('>');
                if !EMPTY.contains(name) {
                    *opened.entry(name).or_insert(0_usize) += 1;
                    open.push(name);
                }
            }
            Token::Close(name) => {
                let Some(name) = TAGS.iter().find(|t| name.eq_ignore_ascii_case(t)) else { continue };
                // What is not open is not looked for among all that is.
                if opened.get(name).is_none_or(|count| *count == 0) {
                    continue;
                }
                while let Some(tag) = open.pop() {
                    push_close(&mut out, tag);
                    opened.entry(tag).and_modify(|count| *count -= 1);
                    if tag == *name {
                        break;
                    }
                }
            }
        }
    }
    for tag in open.into_iter().rev() {
        push_close(&mut out, tag);
    }
    out
}

/// The signature as plain lines.
pub(super) fn as_text(html: &str) -> String {
    let mut out = String::new();
    for token in Tokens::of(html) {
        match token {
            Token::Text(text) => {
                let text = decoded(text);
                let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
                if text.starts_with(char::is_whitespace) && !out.is_empty() && !out.ends_with(['\n', ' ']) {
                    out.push(' ');
                }
                out.push_str(&words);
                if text.ends_with(char::is_whitespace) && !words.is_empty() {
                    out.push(' ');
                }
            }
            Token::Open { name, .. } | Token::Close(name) => {
                let breaks = ["br", "p", "div", "tr", "li", "hr", "table"];
                if breaks.iter().any(|b| name.eq_ignore_ascii_case(b)) && !out.is_empty() {
                    out.push('\n');
                }
            }
        }
    }
    let lines: Vec<_> = out.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    lines.join("\n")
}

fn push_close(out: &mut String, tag: &str) {
    out.push_str("</");
    out.push_str(tag);
    out.push('>');
}

/// Text with its character references kept as they are.
fn push_text(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        push_escaped(out, &rest[..at]);
        rest = &rest[at..];
        let length = reference(rest).unwrap_or(0);
        match length {
            0 => out.push_str("&amp;"),
            n => out.push_str(&rest[..n]),
        }
        rest = &rest[length.max(1)..];
    }
    push_escaped(out, rest);
}

/// Length of the character reference that a text begins with: `&amp;`, `&#8364;`, `&#x20ac;`.
fn reference(text: &str) -> Option<usize> {
    let end = text.bytes().take(12).position(|b| b == b';')?;
    let name = text.get(1..end)?;
    let digits = name.strip_prefix('#').unwrap_or(name);
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_alphanumeric())).then_some(end + 1)
}

/// Character references that signatures have, decoded; others stay as they are written.
fn decoded(text: &str) -> String {
    const NAMED: &[(&str, &str)] = &[
        ("&nbsp;", "\u{a0}"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ];
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(length) = reference(rest) else {
            out.push('&');
            rest = &rest[1..];
            continue;
        };
        let written = &rest[..length];
        let number = written.strip_prefix("&#").and_then(|n| n.strip_suffix(';'));
        let number = number.and_then(|n| match n.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => n.parse().ok(),
        });
        let named = NAMED.iter().find(|(name, _)| *name == written);
        match (number.and_then(char::from_u32).filter(|c| !c.is_control()), named) {
            (Some(c), _) => out.push(c),
            (None, Some((_, to))) => out.push_str(to),
            (None, None) => out.push_str(written),
        }
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

fn push_attributes(out: &mut String, tag: &str, mut rest: &str) {
    let mut attributes = Vec::new();
    while let Some((name, value, left)) = next_attribute(rest) {
        rest = left;
        let Some(name) = ATTRIBUTES.iter().find(|a| name.eq_ignore_ascii_case(a)) else { continue };
        let value = decoded(value);
        let value = match *name {
            "href" => Some(value).filter(|v| is_link(v, &["https://", "http://", "mailto:", "tel:"])),
            "src" => Some(value).filter(|v| is_link(v, &["https://", "cid:"])),
            "style" => Some(style(&value)).filter(|s| !s.is_empty()),
            _ => Some(value),
        };
        attributes.extend(value.map(|value| (*name, value)));
    }
    if tag == "img" && !attributes.iter().any(|(name, _)| *name == "alt") {
        attributes.push(("alt", String::new()));
    }
    width::bound(tag, &mut attributes);
    for (name, value) in attributes {
        out.push(' ');
        out.push_str(name);
        out.push_str("=\"");
        push_escaped(out, &value);
        out.push('"');
    }
}

fn is_link(value: &str, schemes: &[&str]) -> bool {
    let value = value.trim();
    let safe = !value.chars().any(|c| c.is_control() || c.is_whitespace());
    safe && schemes.iter().any(|s| value.get(..s.len()).is_some_and(|v| v.eq_ignore_ascii_case(s)))
}

fn style(declarations: &str) -> String {
    let mut kept = Vec::new();
    for declaration in declarations.split(';') {
        let Some((property, value)) = declaration.split_once(':') else { continue };
        let (property, value) = (property.trim().to_ascii_lowercase(), value.trim());
        let plain = !value.contains(['(', ')', '\\', '<', '>', '@', '{', '}', '/', '*', ':', '&']);
        let rgb = value.to_ascii_lowercase().starts_with("rgb(")
            && !value[4..].contains(['\\', '<', ':', '@', '/', '&']);
        // What must not break makes a mail wider than a telephone.
        let unbreakable = property == "white-space" && !value.to_ascii_lowercase().starts_with("pre-");
        if PROPERTIES.contains(&property.as_str()) && (plain || rgb) && !unbreakable {
            kept.push(format!("{property}:{value}"));
        }
    }
    kept.join(";")
}

fn next_attribute(rest: &str) -> Option<(&str, &str, &str)> {
    let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
    if rest.is_empty() {
        return None;
    }
    let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '=' | '/')).unwrap_or(rest.len()).max(1);
    let end = (end..=rest.len()).find(|i| rest.is_char_boundary(*i))?;
    let (name, after) = rest.split_at(end);
    let Some(value) = after.trim_start().strip_prefix('=') else { return Some((name, "", after)) };
    let value = value.trim_start();
    for quote in ['"', '\''] {
        if let Some(quoted) = value.strip_prefix(quote) {
            return Some(quoted.split_once(quote).map_or((name, quoted, ""), |(v, left)| (name, v, left)));
        }
    }
    let end = value.find(char::is_whitespace).unwrap_or(value.len());
    Some((name, &value[..end], &value[end..]))
}

enum Token<'a> {
    Text(&'a str),
    Open { name: &'a str, attributes: &'a str },
    Close(&'a str),
}

struct Tokens<'a>(&'a str);

impl<'a> Tokens<'a> {
    fn of(html: &'a str) -> Self {
        let end = (0..=html.len().min(LONGEST)).rev().find(|i| html.is_char_boundary(*i)).unwrap_or(0);
        Self(&html[..end])
    }

    /// The end of a tag: a `>` outside of quotes.
    fn tag_end(tag: &str) -> Option<usize> {
        let mut quote = None;
        for (i, c) in tag.char_indices() {
            match (quote, c) {
                (None, '>') => return Some(i),
                (None, '"' | '\'') => quote = Some(c),
                (Some(q), c) if q == c => quote = None,
                _ => {}
            }
        }
        None
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let rest = self.0;
            let begin = rest.find('<').unwrap_or(rest.len());
            if begin > 0 {
                self.0 = &rest[begin..];
                return Some(Token::Text(&rest[..begin]));
            }
            let tag = rest.strip_prefix('<')?;
            if let Some(comment) = tag.strip_prefix("!--") {
                self.0 = comment.split_once("-->").map_or("", |(_, left)| left);
                continue;
            }
            let Some(end) = Self::tag_end(tag) else {
                // A tag that never ends is not shown: what follows could be anything.
                self.0 = "";
                return None;
            };
            let (inner, left) = (&tag[..end], &tag[end + 1..]);
            self.0 = left;
            if let Some(name) = inner.strip_prefix('/') {
                return Some(Token::Close(name.trim()));
            }
            let at = inner.find(|c: char| c.is_whitespace() || c == '/').unwrap_or(inner.len());
            let (name, attributes) = inner.split_at(at);
            if let Some(dropped) = DROPPED.iter().find(|d| name.eq_ignore_ascii_case(d)) {
                let close = format!("</{dropped}");
                let mut places = left.as_bytes().windows(close.len());
                let at = places.position(|place| place.eq_ignore_ascii_case(close.as_bytes()));
                self.0 = at.and_then(|at| left.get(at..)).unwrap_or_default();
                continue;
            }
            if name.starts_with(|c: char| c.is_ascii_alphabetic()) {
                return Some(Token::Open { name, attributes });
            }
        }
    }
}

#[cfg(test)]
mod tests;
