//! Text that is hard to read: in light, in dark, and where Gmail turns the colours round. Colours are followed through
//! the page as a browser does, as far as mails go: attributes, rules by class, element and descendant, inline styles.

#![allow(clippy::float_arithmetic)] // contrast is a ratio

use super::colour::{BLACK, Colour, WHITE};
use super::markup::{Content, Element, Page};
use super::style::{Declaration, Rule, Sheet, declarations, pixels};
use std::collections::BTreeSet;

/// The scheme in which colours are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scheme {
    /// As written.
    Light,
    /// With the rules of `prefers-color-scheme: dark`, as Apple Mail shows it.
    Dark,
    /// Turned round by Gmail, which knows no such rules.
    Inverted,
}

impl Scheme {
    const ALL: [Self; 3] = [Self::Light, Self::Dark, Self::Inverted];

    pub(super) fn rule(self) -> &'static str {
        match self {
            Self::Light => "contrast",
            Self::Dark => "contrast-dark",
            Self::Inverted => "contrast-inverted",
        }
    }
}

/// Text that can't be read well.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contrast {
    /// How colours are shown.
    pub scheme: Scheme,
    /// The text's beginning.
    pub text: String,
    /// Colour of the text, and of what is behind it, as they are shown.
    pub colours: (String, String),
    /// The ratio in hundredths.
    pub ratio: u32,
    /// The least it should be, in hundredths.
    pub least: u32,
}

impl Contrast {
    /// Describes the text and its colours, in words.
    pub(super) fn description(&self) -> String {
        let how = match self.scheme {
            Scheme::Light => "",
            Scheme::Dark => " in dark mode",
            Scheme::Inverted => " where Gmail turns the colours round",
        };
        let (text, behind) = &self.colours;
        let ratio = |hundredths: u32| format!("{}.{:02}", hundredths / 100, hundredths % 100);
        format!(
            "\"{}\" is {text} on {behind}{how}: {}:1, and should be {}:1",
            self.text,
            ratio(self.ratio),
            ratio(self.least)
        )
    }
}

/// Letters of a text that a finding shows.
const SHOWN: usize = 40;

/// What an element's text looks like.
#[derive(Debug, Clone)]
struct Look {
    text: Option<Colour>,
    behind: Option<Colour>,
    hidden: bool,
    size: u32,
    bold: bool,
}

/// Finds every text of a page that can't be read well; each pair of colours once.
pub(super) fn of_page(page: &Page) -> Vec<Contrast> {
    let sheets: Vec<Sheet> = page.styles.iter().map(|style| Sheet::read(style)).collect();
    let rules: Vec<&Rule> = sheets.iter().flat_map(|sheet| &sheet.rules).collect();
    let mut found = Vec::new();
    for scheme in Scheme::ALL {
        let mut seen = BTreeSet::new();
        let looks = looks(page, &rules, scheme);
        for (at, node) in page.nodes.iter().enumerate() {
            let Content::Text(text) = &node.content else { continue };
            let Some(look) = node.parent.and_then(|parent| looks[parent].as_ref()) else { continue };
            let (Some(mut colour), Some(mut behind)) = (look.text, look.behind) else { continue };
            if look.hidden || !text.chars().any(char::is_alphanumeric) || is_raw(page, at) {
                continue;
            }
            if scheme == Scheme::Inverted {
                (colour, behind) = (colour.inverted(), behind.inverted());
            }
            let is_large = look.size >= 24 || look.bold && look.size >= 19;
            let least = if is_large { 300 } else { 450 };
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // from 100 to 2100
            let ratio = (colour.contrast(behind) * 100.0) as u32;
            let colours = (colour.to_string(), behind.to_string());
            if ratio < least && seen.insert(colours.clone()) {
                let text =
                    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect();
                found.push(Contrast { scheme, text, colours, ratio, least });
            }
        }
    }
    found
}

/// Text of an element whose content is no text of the page.
fn is_raw(page: &Page, at: usize) -> bool {
    page.upwards(at)
        .filter_map(|at| page.element(at))
        .any(|e| ["title", "head", "style", "script"].contains(&e.name.as_str()))
}

/// The look of each element; none for texts.
fn looks(page: &Page, rules: &[&Rule], scheme: Scheme) -> Vec<Option<Look>> {
    let dark = scheme == Scheme::Dark;
    let applying: Vec<&&Rule> =
        rules.iter().filter(|rule| rule.media.iter().all(|it| applies(it, dark))).collect();
    let mut looks: Vec<Option<Look>> = Vec::with_capacity(page.nodes.len());
    for (at, node) in page.nodes.iter().enumerate() {
        let Content::Element(element) = &node.content else {
            looks.push(None);
            continue;
        };
        let parent = node.parent.and_then(|parent| looks[parent].clone());
        let mut look = parent.unwrap_or(Look {
            text: Some(BLACK),
            behind: Some(WHITE),
            hidden: false,
            size: 16,
            bold: false,
        });
        by_attributes(&mut look, element);
        let own = element.attribute("style").map(declarations).unwrap_or_default();
        let mut by_rules: Vec<(usize, &Declaration)> = Vec::new();
        for rule in &applying {
            let weight = rule.selectors.iter().filter_map(|selector| matches(page, at, selector)).max();
            by_rules.extend(
                weight.iter().flat_map(|weight| rule.declarations.iter().map(move |it| (*weight, it))),
            );
        }
        by_rules.sort_by_key(|(weight, _)| *weight);
        let by_rules = || by_rules.iter().map(|(_, declaration)| *declaration);
        let in_order = by_rules()
            .filter(|it| !it.important)
            .chain(own.iter().filter(|it| !it.important))
            .chain(by_rules().filter(|it| it.important))
            .chain(own.iter().filter(|it| it.important));
        in_order.for_each(|declaration| by_declaration(&mut look, declaration));
        looks.push(Some(look));
    }
    looks
}

/// Whether a condition holds on a wide screen.
fn applies(condition: &str, dark: bool) -> bool {
    match condition {
        _ if condition.contains("prefers-color-scheme:dark") => dark,
        _ if condition.contains("prefers-color-scheme:light") => !dark,
        _ => !condition.contains("max-width") && !condition.contains("print"),
    }
}

fn by_attributes(look: &mut Look, element: &Element) {
    if let Some(colour) = element.attribute("bgcolor") {
        look.behind = Colour::read(colour);
    }
    if element.attribute("background").is_some() {
        look.behind = None;
    }
    match element.name.as_str() {
        // Without a colour of its own, a link has the client's.
        "a" => look.text = None,
        "b" | "strong" | "th" | "h1" | "h2" | "h3" | "h4" => look.bold = true,
        "font" => {
            if let Some(colour) = element.attribute("color") {
                look.text = Colour::read(colour);
            }
        }
        _ => {}
    }
    look.hidden |= element.attribute("hidden").is_some();
}

fn by_declaration(look: &mut Look, declaration: &Declaration) {
    let value = declaration.value.as_str();
    match declaration.name.as_str() {
        "color" if value != "inherit" => look.text = Colour::read(value),
        "background-color" | "background" => {
            if value.contains("url(") || value.contains("gradient") {
                look.behind = None;
            } else if !["transparent", "none", "inherit", "initial"].contains(&value) {
                look.behind = Colour::read(value);
            }
        }
        "background-image" if value != "none" => look.behind = None,
        "display" => look.hidden |= value == "none",
        "visibility" => look.hidden |= value == "hidden",
        "opacity" => look.hidden |= value.parse::<f64>().is_ok_and(|it| it < 0.1),
        "max-height" => look.hidden |= pixels(value) == Some(0),
        "font-size" => {
            if let Some(size) = pixels(value) {
                (look.size, look.hidden) = (size, look.hidden || size < 2);
            }
        }
        "font-weight" => look.bold = value == "bold" || pixels(value).is_some_and(|weight| weight >= 600),
        _ => {}
    }
}

/// The weight of a selector that an element has; none where it does not, or where the selector is of a kind that is not
/// known.
fn matches(page: &Page, at: usize, selector: &str) -> Option<usize> {
    let mut parts = selector.split_whitespace().rev();
    let mut weight = compound(page.element(at)?, parts.next()?)?;
    let mut above = page.upwards(at).skip(1);
    for part in parts {
        let found =
            above.by_ref().find_map(|at| page.element(at).and_then(|element| compound(element, part)));
        weight += found?;
    }
    Some(weight)
}

fn compound(element: &Element, selector: &str) -> Option<usize> {
    if selector == ":root" {
        return (element.name == "html").then_some(100);
    }
    let mut weight = 0;
    let start = selector.find(['.', '#', '[', ':']).unwrap_or(selector.len());
    let name = &selector[..start];
    if !name.is_empty() && name != "*" {
        weight += 1;
        if !element.name.eq_ignore_ascii_case(name) {
            return None;
        }
    }
    for part in pieces(&selector[start..]) {
        let has = match part.split_at(1) {
            (".", class) => element.has_class(class),
            ("#", id) => element.attribute("id") == Some(id),
            ("[", inside) => element.attribute(inside.trim_end_matches(']')).is_some(),
            _ => false,
        };
        weight += if part.starts_with('#') { 10_000 } else { 100 };
        if !has {
            return None;
        }
    }
    Some(weight)
}

/// `.a.b[c]` in its parts.
fn pieces(text: &str) -> Vec<&str> {
    let mut starts: Vec<usize> = text.match_indices(['.', '#', '[', ':']).map(|(at, _)| at).collect();
    starts.push(text.len());
    starts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect()
}
