//! Which features a page uses, and how often: everything in it as signs, and the features that these signs are of.

use super::data::{self, Accepted, Feature};
use super::markup::{Element, Page};
use super::style::{Declaration, Sheet, declarations};
use std::collections::{BTreeMap, BTreeSet};

/// The features of a page by their names at caniemail, and how often each is used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    features: BTreeMap<&'static str, usize>,
    /// Signs of uses that are not accepted.
    exceptions: BTreeSet<&'static str>,
}

impl Usage {
    /// Finds the features of an HTML body.
    pub fn of(html: &str) -> Self {
        Self::of_page(&Page::read(html))
    }

    /// Counts how often a feature is used.
    pub fn count(&self, feature: &str) -> usize {
        self.features.get(feature).copied().unwrap_or_default()
    }

    /// Tells whether the page has a use of a feature that its row excepts.
    pub(super) fn is_exception(&self, row: &Accepted) -> bool {
        row.unless.iter().any(|sign| self.exceptions.contains(sign.as_str()))
    }

    pub(super) fn of_page(page: &Page) -> Self {
        let mut signs = Signs::default();
        signs.count("doctype", usize::from(page.doctype));
        signs.count("comment", page.comments);
        for (_, element) in page.elements() {
            signs.element(element);
        }
        for style in &page.styles {
            signs.sheet(&Sheet::read(style));
        }
        let features = data::features().iter().map(|feature| (feature.slug.as_str(), signs.of(feature)));
        let features = features.filter(|(_, count)| *count > 0).collect();
        let exceptions = data::accepted().iter().flat_map(|row| &row.unless).map(String::as_str);
        Self { features, exceptions: exceptions.filter(|sign| signs.0.contains_key(*sign)).collect() }
    }
}

/// Signs and how often each was seen; see `xtask/src/clients/signs.rs` for what they are. Three are of ours alone, for
/// uses that are not accepted: `tight-important` (no space before it), `negative:NAME` and `aligned-table`.
#[derive(Debug, Default)]
struct Signs(BTreeMap<String, usize>);

impl Signs {
    fn count(&mut self, sign: &str, times: usize) {
        if times > 0 {
            *self.0.entry(sign.to_owned()).or_default() += times;
        }
    }

    fn add(&mut self, kind: &str, name: &str) {
        self.count(&format!("{kind}:{name}"), 1);
    }

    /// How often a feature was seen.
    fn of(&self, feature: &Feature) -> usize {
        let seen = |sign: &String| match sign.strip_suffix('*') {
            Some(prefix) => self.0.iter().filter(|(own, _)| own.starts_with(prefix)).map(|(_, n)| n).sum(),
            None => self.0.get(sign).copied().unwrap_or_default(),
        };
        feature.signs.iter().map(seen).sum()
    }

    fn element(&mut self, element: &Element) {
        self.add("element", &element.name);
        let aside = element.attribute("align").is_some_and(|it| ["left", "right"].contains(&it));
        self.count("aligned-table", usize::from(aside && element.name == "table"));
        for (name, value) in &element.attributes {
            self.add("attribute", name);
            if name == "type" {
                self.add("attribute", &format!("type={}", value.to_ascii_lowercase()));
            }
            match (element.name.as_str(), name.as_str()) {
                (_, "style") => declarations(value).iter().for_each(|it| self.declaration(it)),
                ("meta", "name") => self.add("meta", &value.to_ascii_lowercase()),
                ("img" | "source", "src") => self.image(value),
                (_, "href") if value.starts_with('#') => self.add("link", "#"),
                (_, "href") => {
                    if let Some((scheme, _)) = value.split_once(':') {
                        self.add("link", &scheme.to_ascii_lowercase());
                    }
                }
                _ => {}
            }
        }
    }

    fn image(&mut self, address: &str) {
        if address.starts_with("data:") {
            self.add("image", "data");
        } else if let Some((_, ending)) =
            address.split(['?', '#']).next().unwrap_or_default().rsplit_once('.')
        {
            let ending = ending.to_ascii_lowercase();
            self.add("image", if ending == "jpeg" { "jpg" } else { &ending });
        }
    }

    fn sheet(&mut self, sheet: &Sheet) {
        self.count("css-comment", sheet.comments);
        for (name, condition) in &sheet.at {
            self.add("at", name);
            if name == "media" {
                for part in condition.split('(').skip(1) {
                    let feature = part.split([':', ')']).next().unwrap_or_default();
                    let feature = feature.trim_start_matches("-webkit-");
                    let feature =
                        ["min-", "max-"].iter().fold(feature, |it, p| it.strip_prefix(p).unwrap_or(it));
                    self.add("media", feature);
                }
            }
        }
        for rule in &sheet.rules {
            self.count("selector:grouping", usize::from(rule.selectors.len() > 1));
            rule.selectors.iter().for_each(|selector| self.selector(selector));
            rule.declarations.iter().for_each(|declaration| self.declaration(declaration));
        }
    }

    fn selector(&mut self, selector: &str) {
        let mut rest = selector.trim();
        let mut simple = 0;
        while let Some(c) = rest.chars().next() {
            let after = &rest[c.len_utf8()..];
            let name = |text: &str| {
                text.find(|c: char| !c.is_alphanumeric() && c != '-' && c != '_').unwrap_or(text.len())
            };
            let (kind, length) = match c {
                '.' => ("class", 1 + name(after)),
                '#' => ("id", 1 + name(after)),
                '*' => ("universal", 1),
                '[' => ("attribute", rest.find(']').map_or(rest.len(), |at| at + 1)),
                ':' => {
                    let own = after.trim_start_matches(':');
                    self.add("pseudo", &own[..name(own)].to_ascii_lowercase());
                    let length = rest.len() - own.len() + name(own);
                    let bracket = rest[length..].starts_with('(').then(|| rest[length..].find(')')).flatten();
                    ("", length + bracket.map_or(0, |at| at + 1))
                }
                c if c.is_alphanumeric() => ("type", name(rest)),
                c if c.is_whitespace() || "+>~".contains(c) => {
                    let length =
                        rest.find(|c: char| !c.is_whitespace() && !"+>~".contains(c)).unwrap_or(rest.len());
                    let kind = match rest[..length].trim() {
                        ">" => "child",
                        "+" => "adjacent-sibling",
                        "~" => "general-sibling",
                        _ => "descendant",
                    };
                    self.add("selector", kind);
                    simple = 0;
                    rest = &rest[length..];
                    continue;
                }
                c => ("", c.len_utf8()),
            };
            if !kind.is_empty() {
                self.add("selector", kind);
                simple += 1;
                self.count("selector:chaining", usize::from(simple == 2));
            }
            rest = &rest[length..];
        }
    }

    fn declaration(&mut self, declaration: &Declaration) {
        let Declaration { name, value, important, tight } = declaration;
        self.add("property", name);
        self.count("important", usize::from(*important));
        self.count("tight-important", usize::from(*tight));
        let part = |c: char| c.is_ascii_alphanumeric() || "-_.#%".contains(c);
        let mut rest = value.as_str();
        while let Some(at) = rest.find(part) {
            rest = &rest[at..];
            let end = rest.find(|c| !part(c)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            if after.starts_with('(') {
                self.add("function", word);
                if word == "url" {
                    rest = after.split_once(')').map_or("", |(_, after)| after);
                    continue;
                }
            } else {
                self.add("word", word);
                self.add("value", &format!("{name}={word}"));
                let number = word.trim_start_matches('-');
                if number.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
                    if number.len() < word.len() {
                        self.add("negative", name);
                    }
                    let unit = number.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
                    if !unit.is_empty() {
                        self.add("unit", unit);
                    }
                }
            }
            rest = after;
        }
    }
}
