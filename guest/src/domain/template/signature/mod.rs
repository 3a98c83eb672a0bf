//! A user's signature on its way into the mail. It is the company's own, pasted from a mail program, yet it must not carry anything that
//! runs, loads or breaks out of its place: it is parsed, and written anew by the lists here.

mod width;

use crate::domain::html::{Limits, Policy, escaped, generate, parse, to_text};
use crate::domain::settings::User;

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

/// A signature as it stands in a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// HTML that can't widen the mail.
    pub html: String,
    /// Plain lines.
    pub text: String,
}

/// Makes a user's signature; without one of their own: the sender's name and the company.
pub fn signature_of(user: &User, sender: Option<&str>, company: &str) -> Signature {
    let own_html = user.signature_html.as_deref().filter(|s| !s.trim().is_empty());
    let own_text = user.signature_text.as_deref().filter(|s| !s.trim().is_empty());
    let name = sender.filter(|n| *n != company);
    let default = [name, Some(company)].into_iter().flatten().collect::<Vec<_>>().join("\n");
    let text = match (own_text, own_html) {
        (Some(own), _) => own.to_owned(),
        (None, Some(html)) => signature_text(html),
        (None, None) => default,
    };
    let html = match own_html {
        Some(own) => safe_signature(own),
        None => text.lines().map(escaped).collect::<Vec<_>>().join("<br>"),
    };
    // Nothing in it must widen the mail. A long word is broken; between the columns of a table that rule would narrow one of them to a
    // letter: a table that is too wide for the screen is scrolled by itself.
    let html = match html.contains("<table") {
        true => format!(
            "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" \
             style=\"width:100%;table-layout:fixed\"><tr><td><div style=\"overflow:auto\">{html}</div></td></tr></table>"
        ),
        false => format!("<div style=\"word-break:break-word\">{html}</div>"),
    };
    Signature { html, text }
}

#[cfg(test)]
mod tests;
