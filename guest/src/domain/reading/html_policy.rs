//! What the HTML of a stranger's mail may have.
//!
//! Lists of what is allowed, not of what is known to be bad: whatever runs, loads, posts or draws over the page is in none of them. SVG and
//! MathML, style sheets, scripts, frames, forms' fields and media are left out with all that is in them; of any other element that is
//! in no list only the mark-up goes, and its text stays.

use super::limits;
use crate::domain::html::{Attributes, Policy};

/// The policy of a message's HTML.
pub(super) const POLICY: Policy = Policy {
    elements: &[
        "a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center", "cite", "code", "col",
        "colgroup", "dd", "del", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6",
        "header", "hr", "i", "img", "ins", "kbd", "li", "main", "mark", "nav", "ol", "p", "pre", "q", "s", "samp", "section", "small", "span",
        "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "wbr",
    ],
    dropped: &[
        "script", "style", "head", "title", "iframe", "frame", "frameset", "noframes", "noembed", "object", "embed", "applet", "svg", "math", "template",
        "textarea", "select", "option", "optgroup", "datalist", "input", "button", "audio", "video", "canvas", "map", "xml", "portal", "dialog", "marquee",
    ],
    attributes: &[
        "align", "alt", "bgcolor", "border", "cellpadding", "cellspacing", "color", "colspan", "dir", "face", "height", "href", "lang", "nowrap",
        "rowspan", "size", "src", "start", "style", "title", "type", "valign", "width",
    ],
    properties: &[
        "background-color", "border", "border-bottom", "border-bottom-color", "border-bottom-style", "border-bottom-width", "border-collapse",
        "border-color", "border-left", "border-left-color", "border-left-style", "border-left-width", "border-radius", "border-right",
        "border-right-color", "border-right-style", "border-right-width", "border-spacing", "border-style", "border-top", "border-top-color",
        "border-top-style", "border-top-width", "border-width", "clear", "color", "direction", "display", "float", "font", "font-family", "font-size",
        "font-style", "font-variant", "font-weight", "height", "letter-spacing", "line-height", "list-style-type", "margin", "margin-bottom",
        "margin-left", "margin-right", "margin-top", "max-height", "max-width", "min-width", "overflow", "overflow-wrap", "padding",
        "padding-bottom", "padding-left", "padding-right", "padding-top", "table-layout", "text-align", "text-decoration", "text-indent",
        "text-transform", "vertical-align", "visibility", "white-space", "width", "word-break", "word-spacing", "word-wrap",
    ],
    link_schemes: &["https://", "http://", "mailto:", "tel:"],
    // Pictures that travel with the message, or in it.
    source_schemes: &["cid:", "data:image/png;base64,", "data:image/jpeg;base64,", "data:image/gif;base64,"],
    makes_links: true,
    most: limits::SAFE_HTML,
    adjust,
};

/// Makes links open elsewhere without a trace of this page, and binds attributes to the elements that they belong to.
fn adjust(element: &str, attributes: &mut Attributes) {
    attributes.retain(|(name, value)| match *name {
        "src" => element == "img",
        "href" => element == "a",
        "type" => matches!(element, "ol" | "ul" | "li") && value.len() <= 10,
        "start" => element == "ol",
        _ => true,
    });
    if element == "a" && attributes.iter().any(|(name, _)| *name == "href") {
        attributes.extend(crate::domain::html::OUTSIDE.map(|(name, value)| (name, value.to_owned())));
    }
}
