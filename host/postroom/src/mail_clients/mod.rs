//! What mail clients do with the HTML of a mail, known without any of them at hand: which of its features they lack,
//! which text they make hard to read, where a narrow phone scrolls sideways, what Gmail cuts off.
//!
//! It is here and not in the plugin for two reasons. What clients support changes while no rule of the plugin does, so
//! the data is exchanged without a new plugin; and a plugin that renders mails need not carry a parser of HTML and CSS
//! that only people who change texts use.
//!
//! Support comes from caniemail.com (`data/caniemail.json`, made by `cargo xtask clients`), the use of each client from
//! published figures (`data/shares.json`), and what the shipped layout uses although some clients lack it stands in
//! `data/accepted.json`, with the reason why nothing is lost.

mod colour;
mod contrast;
mod data;
mod markup;
mod narrow;
mod style;
mod support;
mod usage;

pub use contrast::{Contrast, Scheme};
pub use data::{Date, dates};
pub use support::{Lacking, Support, percent};
pub use usage::Usage;

use markup::Page;
use serde::Serialize;

/// Bytes of HTML, as they leave, beyond which Gmail cuts a mail off.
pub const CLIPPED: usize = 102 * 1024;
/// The narrowest phone, in CSS pixels.
pub const NARROWEST: u32 = 320;

/// Something that a client does not show as it is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `not-in-client`, `partly-in-client`, `contrast`, `contrast-dark`, `contrast-inverted`, `too-wide`, `long-word`,
    /// `clipped`.
    pub rule: &'static str,
    /// What is wrong and what to do.
    pub detail: String,
    /// The feature and who lacks it, where it is one.
    #[serde(flatten)]
    pub support: Option<Support>,
    /// What it comes from: two findings of one rule and one cause are mended together.
    #[serde(skip)]
    pub cause: String,
}

/// Findings of an HTML body. `beside` is the same mail as it is shipped: what the shipped layout uses is accepted where
/// the data says why, as long as the mail does not use it more often. `sent` is the size of the HTML as it leaves.
pub fn check(html: &str, beside: Option<&Usage>, sent: usize) -> Vec<Finding> {
    let page = Page::read(html);
    let mut findings: Vec<Finding> = support::of(&Usage::of_page(&page), beside)
        .into_iter()
        .filter(|support| support.accepted.is_none())
        .map(Finding::from)
        .collect();
    findings.extend(contrast::of_page(&page).into_iter().map(Finding::from));
    findings.extend(narrow::of_page(&page));
    if sent > CLIPPED {
        let detail =
            format!("{sent} bytes of HTML leave: Gmail shows the first {CLIPPED}, and a link to the rest");
        findings.push(Finding { rule: "clipped", detail, support: None, cause: String::new() });
    }
    findings
}

/// Finds every feature of an HTML body that a client lacks, those that are accepted with the reason.
pub fn supports(html: &str) -> Vec<Support> {
    support::of(&Usage::of(html), None)
}

/// Features that are accepted in the shipped layout alone, by their names at caniemail.
pub fn accepted_in_layout() -> impl Iterator<Item = &'static str> {
    data::accepted().iter().filter(|row| !row.anywhere).map(|row| row.feature.as_str())
}

impl Finding {
    /// Tells whether both have one rule and one cause.
    pub fn has_cause_of(&self, other: &Self) -> bool {
        (self.rule, &self.cause) == (other.rule, &other.cause)
    }
}

impl From<Support> for Finding {
    fn from(support: Support) -> Self {
        let none = support.lacking.iter().any(|it| it.degree == "not");
        let mut detail = format!("{}: {}", support.title, support.description());
        if let Some(reason) = &support.hint {
            detail.push_str(&format!("; in the shipped layout {reason}"));
        }
        let rule = if none { "not-in-client" } else { "partly-in-client" };
        Self { rule, detail, cause: support.feature.to_owned(), support: Some(support) }
    }
}

impl From<Contrast> for Finding {
    fn from(contrast: Contrast) -> Self {
        let (rule, detail) = (contrast.scheme.rule(), contrast.description());
        let (text, behind) = contrast.colours;
        Self { rule, detail, support: None, cause: format!("{text} on {behind}") }
    }
}

#[cfg(test)]
mod tests;
