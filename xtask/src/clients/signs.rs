//! How a feature of caniemail is recognised in a mail. The host's lint reads these signs:
//!
//! | sign | in the mail |
//! |---|---|
//! | `element:NAME`, `attribute:NAME`, `attribute:NAME=VALUE` | an element, an attribute of any element |
//! | `property:NAME`, `property:PREFIX*` | a declaration |
//! | `value:NAME=WORD` | a declaration with this word |
//! | `function:NAME`, `unit:NAME`, `word:WORD` | in any declaration's value |
//! | `at:NAME`, `media:FEATURE` | an at-rule, a media feature without `min-` and `max-` |
//! | `selector:KIND`, `pseudo:NAME` | in a rule's selector |
//! | `link:SCHEME`, `image:ENDING`, `meta:NAME` | in `href`, `src` and `name` |
//! | `important`, `comment`, `css-comment`, `doctype`, `nesting` | as they are named |

use super::caniemail::Feature;
use anyhow::bail;

/// Features whose title does not say it.
const SPECIAL: &[(&str, &[&str])] = &[
    ("css-block-inline-size", &["property:block-size", "property:inline-size"]),
    ("css-comments", &["css-comment"]),
    ("css-grid-template", &["property:grid-template*"]),
    ("css-important", &["important"]),
    ("css-inert-attribute", &["attribute:inert"]),
    ("css-intrinsic-size", &["word:fit-content", "word:min-content", "word:max-content"]),
    ("css-nesting", &["nesting"]),
    ("css-overflow", &["property:overflow", "property:overflow-x", "property:overflow-y"]),
    (
        "css-padding",
        &[
            "property:padding",
            "property:padding-top",
            "property:padding-right",
            "property:padding-bottom",
            "property:padding-left",
        ],
    ),
    ("css-scroll-snap", &["property:scroll-snap*"]),
    (
        "css-sytem-ui",
        &["word:system-ui", "word:ui-serif", "word:ui-sans-serif", "word:ui-rounded", "word:ui-monospace"],
    ),
    ("css-unit-calc", &["function:calc"]),
    ("css-unit-initial", &["word:initial"]),
    ("css-unit-percent", &["unit:%"]),
    ("css-variables", &["property:--*", "function:var"]),
    ("html-address", &["element:address"]),
    ("html-anchor-links", &["link:#"]),
    ("html-base", &["element:base"]),
    ("html-button-reset", &["attribute:type=reset"]),
    ("html-button-submit", &["element:button"]),
    ("html-comments", &["comment"]),
    ("html-doctype", &["doctype"]),
    ("html-image-maps", &["element:map"]),
    ("html-input-checkbox", &["attribute:type=checkbox"]),
    ("html-input-hidden", &["attribute:type=hidden"]),
    ("html-input-radio", &["attribute:type=radio"]),
    ("html-input-reset", &["attribute:type=reset"]),
    ("html-input-submit", &["attribute:type=submit"]),
    ("html-input-text", &["element:input"]),
    ("html-h1-h6", &["element:h1", "element:h2", "element:h3", "element:h4", "element:h5", "element:h6"]),
    ("html-lists", &["element:ul", "element:ol", "element:dl"]),
    ("html-mailto-links", &["link:mailto"]),
    ("html-meta-color-scheme", &["meta:color-scheme"]),
    ("html-srcset", &["attribute:srcset", "attribute:sizes"]),
    ("html-svg", &["element:svg"]),
    ("image-base64", &["image:data"]),
];
/// Features whose keywords are the names of their properties, beside the title's.
const PROPERTIES: &[&str] = &[
    "css-border",
    "css-border-inline-block",
    "css-border-inline-block-individual",
    "css-border-inline-block-longhand",
    "css-border-radius-logical",
    "css-column-layout-properties",
    "css-inset",
    "css-margin",
];
/// What of caniemail no HTML can show.
const SKIPPED: &[&str] = &["amp", "bimi"];

/// The signs of a feature; none where it has none.
pub(super) fn of(feature: &Feature) -> anyhow::Result<Option<Vec<String>>> {
    let (slug, title) = (feature.slug.as_str(), feature.title.as_str());
    if SKIPPED.contains(&slug) {
        return Ok(None);
    }
    if let Some((_, signs)) = SPECIAL.iter().find(|(name, _)| *name == slug) {
        return Ok(Some(signs.iter().map(|sign| (*sign).to_owned()).collect()));
    }
    let keywords = feature.keywords.as_deref().unwrap_or_default();
    if PROPERTIES.contains(&slug) {
        let own = slug.trim_start_matches("css-");
        let listed = keywords.split(',').map(str::trim).filter(|word| !word.is_empty());
        return Ok(Some(std::iter::once(own).chain(listed).map(|name| format!("property:{name}")).collect()));
    }
    if slug == "html-semantics" {
        return Ok(Some(keywords.split(',').map(|word| format!("element:{}", word.trim())).collect()));
    }
    for (prefix, kind) in [
        ("css-at-media-", "media"),
        ("css-at-", "at"),
        ("css-function-", "function"),
        ("css-pseudo-class-", "pseudo"),
        ("css-pseudo-element-", "pseudo"),
        ("css-selector-", "selector"),
        ("css-unit-", "unit"),
        ("image-", "image"),
    ] {
        if let Some(name) = slug.strip_prefix(prefix) {
            // One feature of media queries has a sister that its title names.
            let sister = (slug == "css-at-media-hover").then(|| "media:any-hover".to_owned());
            return Ok(Some(std::iter::once(format!("{kind}:{name}")).chain(sister).collect()));
        }
    }
    match by_title(&feature.category, title) {
        Some(signs) => Ok(Some(signs)),
        None => bail!("{slug}, \"{title}\": xtask/src/clients/signs.rs does not say how it is recognised"),
    }
}

fn by_title(category: &str, title: &str) -> Option<Vec<String>> {
    let is_name = |word: &str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    if category == "html" {
        let element = title.strip_prefix('<').and_then(|rest| rest.split_once('>'));
        if let Some((name, _)) = element.filter(|(name, _)| is_name(name)) {
            return Some(vec![format!("element:{name}")]);
        }
        let attribute = title.strip_suffix(" attribute").filter(|name| is_name(name))?;
        return Some(vec![format!("attribute:{attribute}")]);
    }
    let title = title.trim();
    if let Some((property, word)) = title.split_once(':') {
        let (property, word) = (property.trim(), word.trim());
        return (is_name(property) && is_name(word)).then(|| vec![format!("value:{property}={word}")]);
    }
    let names = title.replace(" & ", ", ");
    let signs = names.split(", ").map(|name| {
        let name = [" property", " CSS property", " shorthand"]
            .iter()
            .fold(name.trim(), |name, ending| name.strip_suffix(ending).unwrap_or(name))
            .trim_end_matches(" CSS");
        match name.strip_suffix("()") {
            Some(name) => is_name(name).then(|| format!("function:{name}")),
            None => is_name(name).then(|| format!("property:{name}")),
        }
    });
    signs.collect()
}
