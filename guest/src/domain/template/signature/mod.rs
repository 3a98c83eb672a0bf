//! A user's signature on its way into the mail. It is the company's own, pasted from a mail program, yet it must not carry anything that
//! runs, loads or breaks out of its place: it is parsed, and written anew by the lists here.

mod width;

use crate::domain::html::{Limits, Policy, generate, parse, to_text};

/// What a signature may have.
const POLICY: Policy = Policy {
    elements: &[
        "a", "b", "br", "div", "em", "font", "hr", "i", "img", "li", "ol", "p", "small", "span", "strong",
        "sub", "sup", "table", "tbody", "td", "tr", "u", "ul",
    ],
    dropped: &[
        "script", "style", "head", "title", "iframe", "object", "svg", "math", "template", "noscript",
        "textarea",
    ],
    attributes: &[
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
    ],
    properties: &[
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
    ],
    link_schemes: &["https://", "http://", "mailto:", "tel:"],
    source_schemes: &["https://", "cid:"],
    makes_links: false,
    most: usize::MAX,
    adjust: width::bound,
};

/// Bounds of a signature: as many bytes as settings may hold, so that none is cut.
const LIMITS: Limits = Limits::of_bytes(64 * 1024);

/// Generates a signature's HTML anew, with nothing in it but what is allowed.
pub fn safe_signature(html: &str) -> String {
    generate(&parse(html, &LIMITS), &POLICY).html
}

/// Returns a signature's text as plain lines.
pub fn signature_text(html: &str) -> String {
    to_text(&parse(html, &LIMITS), POLICY.dropped)
}

#[cfg(test)]
mod tests;
