//! What makes a narrow phone scroll sideways, as far as it can be known without a browser: widths that are fixed,
//! text that may not break, pictures that do not shrink, and words that are longer than a line.

use super::markup::{Content, Element, Page};
use super::style::{Declaration, declarations, pixels};
use super::{Finding, NARROWEST};
use std::collections::BTreeSet;

/// Letters that fit a line of a phone, at the sizes of a mail.
const LINE: usize = 34;
/// Width of a page without its edges.
const ROOM: u32 = 280;

/// Findings of a page; each kind of cause once a value.
pub(super) fn of_page(page: &Page) -> Vec<Finding> {
    let mut found = BTreeSet::new();
    for (at, element) in page.elements() {
        let own = element.attribute("style").map(declarations).unwrap_or_default();
        let what = format!("<{}>", element.name);
        if let Some(width) = fixed_width(element, &own) {
            found.insert((
                "too-wide",
                format!("{what} is {width} px wide: a phone has {NARROWEST}; add max-width:100% or use width:100% with max-width"),
            ));
        }
        let stays = element.attribute("nowrap").is_some()
            || own
                .iter()
                .any(|it| it.name == "white-space" && ["nowrap", "pre"].contains(&it.value.as_str()));
        if stays {
            let text = page.text_within(at);
            if text.chars().count() > LINE {
                let text: String = text.chars().take(LINE).collect();
                found
                    .insert(("too-wide", format!("{what} does not let \"{text}…\" break: leave nowrap out")));
            }
        }
    }
    for (at, node) in page.nodes.iter().enumerate() {
        let Content::Text(text) = &node.content else { continue };
        let breaks =
            |c: char| c.is_whitespace() && c != '\u{a0}' || "-\u{200b}\u{ad}\u{200c}\u{34f}".contains(c);
        let Some(word) = text.split(breaks).find(|word| word.chars().count() > LINE) else { continue };
        let is_shown = |name: &str| !["style", "script", "title", "head"].contains(&name);
        let above: Vec<&Element> = page.upwards(at).filter_map(|at| page.element(at)).collect();
        if above.iter().all(|it| is_shown(&it.name)) && !above.iter().any(|it| may_break(it)) {
            let word: String = word.chars().take(LINE).collect();
            found.insert((
                "long-word",
                format!(
                    "\"{word}…\" is longer than a line of a phone: add word-break:break-word to its cell"
                ),
            ));
        }
    }
    found
        .into_iter()
        .map(|(rule, detail)| Finding { rule, cause: detail.clone(), detail, support: None })
        .collect()
}

/// The width in pixels that an element has on every screen, where it is more than a phone's.
fn fixed_width(element: &Element, own: &[Declaration]) -> Option<u32> {
    let value = |name: &str| own.iter().rfind(|it| it.name == name).map(|it| it.value.as_str());
    // A picture shrinks with max-width; a table or a cell does not become narrower than its content, so what it says is
    // the most that it takes.
    let limit = if element.name == "img" { ROOM } else { NARROWEST };
    let shrinks =
        value("max-width").is_some_and(|it| it.ends_with('%') || pixels(it).is_some_and(|px| px <= limit));
    let is_fluid = value("width").is_some_and(|it| it.ends_with('%'));
    if let Some(width) = value("min-width").and_then(pixels).filter(|width| *width > limit) {
        return Some(width);
    }
    if shrinks || is_fluid {
        return None;
    }
    let attribute =
        element.attribute("width").filter(|_| ["img", "table", "td", "th"].contains(&element.name.as_str()));
    let width = value("width").or(attribute).filter(|it| !it.ends_with('%')).and_then(pixels);
    width.filter(|width| *width > limit)
}

/// Whether a long word breaks in an element.
fn may_break(element: &Element) -> bool {
    let own = element.attribute("style").map(declarations).unwrap_or_default();
    own.iter().any(|it| {
        it.name == "word-break" && ["break-word", "break-all"].contains(&it.value.as_str())
            || it.name == "overflow-wrap" && ["break-word", "anywhere"].contains(&it.value.as_str())
            || it.name == "display" && it.value == "none"
    })
}
