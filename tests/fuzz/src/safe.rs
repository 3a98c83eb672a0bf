//! What may be in HTML that is shown, by lists of its own: a mistake in the policy is not repeated here.

use postroom_plugin::domain::html::{Limits, elements, parse};

/// Elements that run, load, post or change how the rest is read.
const NEVER: &[&str] = &[
    "script",
    "style",
    "link",
    "meta",
    "base",
    "iframe",
    "frame",
    "frameset",
    "object",
    "embed",
    "applet",
    "svg",
    "math",
    "form",
    "input",
    "button",
    "select",
    "textarea",
    "audio",
    "video",
    "source",
    "track",
    "canvas",
    "map",
    "area",
    "template",
    "noscript",
    "noembed",
    "noframes",
    "xmp",
    "plaintext",
    "title",
    "portal",
    "dialog",
    "isindex",
    "keygen",
    "marquee",
    "slot",
];
/// Attributes that load, beside `src`.
const LOADING: &[&str] = &[
    "srcset",
    "background",
    "poster",
    "action",
    "formaction",
    "ping",
    "data",
    "manifest",
    "srcdoc",
    "xlink:href",
    "id",
    "name",
    "class",
];

/// Parses HTML as a browser does, and panics where something forbidden is in it.
///
/// # Panics
/// Where it is not safe.
pub fn safe(html: &str) {
    let tree = parse(html, &Limits::of_bytes(html.len().max(1024)));
    for (name, attributes) in elements(&tree) {
        assert!(!NEVER.contains(&name.as_str()), "<{name}> in {html}");
        for (attribute, value) in attributes {
            let lower = value.to_ascii_lowercase();
            let is_safe = match attribute.as_str() {
                "href" => {
                    ["https://", "http://", "mailto:", "tel:"].iter().any(|scheme| lower.starts_with(scheme))
                }
                "src" => {
                    lower.starts_with("cid:")
                        || (lower.starts_with("data:image/") && !lower.starts_with("data:image/svg"))
                }
                "style" => lower.split(';').all(is_plain_declaration),
                attribute => !attribute.starts_with("on") && !LOADING.contains(&attribute),
            };
            assert!(is_safe, "<{name} {attribute}={value:?}> in {html}");
        }
    }
}

/// Tells whether a declaration loads nothing and leaves the flow of the text alone. The words alone are harmless: a font may be called so.
fn is_plain_declaration(declaration: &str) -> bool {
    let (property, value) = declaration.split_once(':').unwrap_or((declaration, ""));
    let loads = ["url(", "var(", "image(", "image-set(", "expression(", "\\", "@", "/*", "!"];
    property.trim() != "position" && !loads.iter().any(|it| value.contains(it))
}
