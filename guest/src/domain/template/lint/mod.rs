//! Looks at texts before a customer does: are they well-formed, do they use fields that exist, do they hold for documents that lack what is
//! optional, and will mail programs show them?
//!
//! What a text can do is found out by rendering it over the samples, with and without portal and files; what
//! no sample reaches is found by reading the text.

mod markup;

use super::context;
use super::engine::TextSet;
use super::layout::{HTML, MAIL, TEXT};
use super::names::ROOT;
use super::nearest::nearest;
use super::render::render_with;
use super::request::{Attached, Edits, Logo, Portal, RenderRequest, Sender};
use super::samples::{self, Fill};
use super::words::Words;
use super::{Rule, TemplateFault, shipped};
use crate::domain::compose::{html_size, html_size_beyond};
use crate::domain::kind::Purpose;
use crate::domain::language::{Language, Locale};
use crate::domain::settings::{Overrides, Settings};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Bytes of HTML beyond which Gmail cuts a mail off.
pub const CLIPPED: usize = 102_000;

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A mail would be refused.
    Error,
    /// The text would look bad in some mail program.
    Warning,
}

impl Severity {
    /// Returns the name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// Something that a check found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Template path.
    pub name: String,
    /// Line in it, from 1, where known.
    pub line: Option<u32>,
    /// Which rule it breaks.
    pub rule: Rule,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong and what to do.
    pub detail: String,
}

impl Finding {
    fn error(name: &str, line: Option<u32>, rule: Rule, detail: String) -> Self {
        Self { name: name.to_owned(), line, rule, severity: Severity::Error, detail }
    }

    fn warning(name: &str, line: Option<u32>, rule: Rule, detail: String) -> Self {
        Self { name: name.to_owned(), line, rule, severity: Severity::Warning, detail }
    }

    fn of(fault: TemplateFault) -> Self {
        Self::error(&fault.name, fault.line, fault.rule, fault.detail)
    }
}

/// Checks overrides together with the shipped texts around them; without any, the shipped ones. Sorted by path
/// and line.
pub fn check(overrides: &BTreeMap<String, String>) -> Vec<Finding> {
    let mut findings = BTreeSet::new();
    let (known, unknown): (BTreeMap<_, _>, BTreeMap<_, _>) =
        overrides.clone().into_iter().partition(|(name, _)| shipped::is_known(name));
    for name in unknown.keys() {
        let detail = match nearest(name) {
            Some(meant) => format!("nothing looks for this path: was {meant:?} meant?"),
            None => "nothing looks for this path: compare it with the list of shipped texts".to_owned(),
        };
        findings.insert(Finding::error(name, None, Rule::UnknownPath, detail));
    }
    if known.is_empty() && !overrides.is_empty() {
        return findings.into_iter().collect();
    }
    let names: Vec<String> = match known.is_empty() {
        true => shipped::catalogue().map(str::to_owned).collect(),
        false => known.keys().cloned().collect(),
    };
    let settings = settings(Overrides { company: known, user: BTreeMap::new() });
    let mut texts = TextSet::new(settings.templates.clone());
    let mut broken = BTreeSet::new();
    for name in &names {
        let source =
            settings.templates.company.get(name).map(String::as_str).or_else(|| shipped::source(name));
        let found = read(&mut texts, name, source.unwrap_or_default());
        if found.iter().any(|f| f.severity == Severity::Error) {
            broken.insert(name.clone());
        }
        findings.extend(found);
    }
    let locales = locales(&names);
    for purpose in Purpose::all() {
        for locale in &locales {
            if names.iter().any(|n| concerns(n, purpose, *locale)) {
                try_out(&mut texts, &settings, purpose, *locale, &broken, &mut findings);
            }
        }
    }
    findings.into_iter().collect()
}

/// Lists the languages, and the regions that these texts are of.
fn locales(names: &[String]) -> BTreeSet<Locale> {
    let regional = names.iter().flat_map(|name| name.split('/')).filter_map(Locale::exactly);
    Language::ALL.into_iter().map(Locale::of).chain(regional).collect()
}

/// True where a text is part of the mails of a pair in a language, or of a region alone.
fn concerns(name: &str, purpose: Purpose, locale: Locale) -> bool {
    if name == HTML || name == TEXT {
        return true;
    }
    if name.starts_with("layout/") {
        return name == Words::path(locale);
    }
    name.strip_prefix(&shipped::path(purpose, locale, "")).is_some()
}

/// Checks one text by reading it.
fn read(texts: &mut TextSet, name: &str, source: &str) -> Vec<Finding> {
    let words = name.strip_prefix("layout/").and_then(|rest| rest.strip_suffix("/words.json"));
    if let Some(locale) = words.and_then(Locale::exactly) {
        return texts.words(locale, locale.region()).err().map(Finding::of).into_iter().collect();
    }
    let mut findings = Vec::new();
    match texts.undeclared(name, true) {
        Err(fault) => findings.push(Finding::of(fault)),
        Ok(fields) => {
            for field in fields {
                if let Some(detail) = unknown_field(name, &field) {
                    findings.push(Finding::error(name, line_of(source, &field), Rule::UnknownField, detail));
                }
            }
        }
    }
    if name.ends_with(".html") {
        findings.extend(markup::check(name, source));
    }
    findings
}

fn unknown_field(name: &str, path: &str) -> Option<String> {
    let mut parts = path.split('.');
    let (root, field) = (parts.next()?, parts.next());
    let fields: &[&str] = match root {
        "document" => context::DOCUMENT,
        "company" => context::COMPANY,
        "sender" => context::SENDER,
        "partner" => context::PARTNER,
        "recipient" => context::NAME,
        "attached" => context::ATTACHED,
        "portal" => context::PORTAL,
        "mail" if name.starts_with("layout/") => MAIL,
        "language" | "locale" | "plural" | "range" | "namespace" | "dict" => return None,
        _ => return Some(format!("there is no \"{root}\": a text begins with {}", ROOT.join(", "))),
    };
    let field = field?;
    let total = || context::TOTALS.contains(&parts.clone().next().unwrap_or("tax"));
    match fields.contains(&field) {
        true if root == "document" && field == "totals" && !total() => {
            Some(format!("\"totals\" has no such field: it has {}", context::TOTALS.join(", ")))
        }
        true => None,
        false => Some(format!("\"{root}\" has no field \"{field}\": it has {}", fields.join(", "))),
    }
}

fn line_of(source: &str, path: &str) -> Option<u32> {
    let line = source.lines().position(|l| l.contains(path))?;
    u32::try_from(line + 1).ok()
}

/// Renders a pair over all samples, until something fails.
fn try_out(
    texts: &mut TextSet,
    settings: &Settings,
    purpose: Purpose,
    locale: Locale,
    broken: &BTreeSet<String>,
    findings: &mut BTreeSet<Finding>,
) {
    let path = |file| shipped::path(purpose, locale, file);
    for file in ["subject.txt", "body.txt"] {
        if texts.find(purpose, locale, file).is_none() {
            let detail = format!("there is no text in \"{locale}\" for {purpose}");
            findings.insert(Finding::error(&path(file), None, Rule::MissingLanguage, detail));
            return;
        }
    }
    if broken.iter().any(|name| concerns(name, purpose, locale)) {
        return;
    }
    let portal =
        Portal { view_url: "https://portal.example/d", pdf_url: Some("https://portal.example/d.pdf") };
    let bare = Settings { templates: settings.templates.clone(), ..Settings::default() };
    for fill in Fill::ALL {
        let document = Arc::new(samples::document(purpose.kind(), fill));
        for full in [true, false] {
            let request = RenderRequest {
                purpose,
                locale,
                document: &document,
                settings: if full { settings } else { &bare },
                sender: Sender { name: full.then_some("An De Wit"), email: "an@example.org" },
                addressee: full.then_some("Jörg Müller"),
                salutation: None,
                attached: Attached { pdf: full, ubl: full, added: usize::from(full) * 2 },
                portal: full.then_some(portal),
                edits: Edits::default(),
                today: samples::today(),
                pay_by: None,
                signature: full,
                logo: full.then(Logo::default),
            };
            match render_with(texts, &request) {
                Err(fault) => {
                    findings.insert(Finding::of(fault));
                    return;
                }
                Ok(mail) if html_size_beyond(&mail.html, CLIPPED).is_some() => {
                    let detail = format!(
                        "{} bytes of HTML: Gmail shows the first {CLIPPED} only",
                        html_size(&mail.html)
                    );
                    findings.insert(Finding::warning(&path("body.txt"), None, Rule::TooLarge, detail));
                    return;
                }
                Ok(mail) if mail.subject.is_empty() => {
                    let detail = "the subject is empty for some documents".to_owned();
                    findings.insert(Finding::warning(&path("subject.txt"), None, Rule::Failing, detail));
                    return;
                }
                Ok(_) => {}
            }
        }
    }
}

/// Returns settings with every field of the company.
fn settings(templates: Overrides) -> Settings {
    let mut settings = Settings { templates, ..Settings::default() };
    let some = |text: &str| Some(text.to_owned());
    settings.company.telephone = some("+32 9 123 45 67");
    settings.company.email = some("info@example.org");
    settings.company.website = some("www.example.org");
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(texts: &[(&str, &str)]) -> Vec<(String, Option<u32>, &'static str, String)> {
        let texts = texts.iter().map(|(name, source)| ((*name).to_owned(), (*source).to_owned())).collect();
        check(&texts).into_iter().map(|f| (f.name, f.line, f.rule.name(), f.detail)).collect()
    }

    #[test]
    fn the_texts_of_every_shipped_language_are_complete_and_clean() {
        let mut findings = check(&BTreeMap::new());
        let ships = |code: &str| shipped::catalogue().any(|n| n.contains(&format!("/{code}/body.txt")));
        let absent: Vec<_> = Language::ALL.into_iter().filter(|l| !ships(l.code())).collect();
        findings.retain(|f| {
            let no_texts = absent.iter().any(|l| f.name.contains(&format!("/{l}/")));
            !(f.rule == Rule::MissingLanguage && no_texts)
        });
        assert!(findings.is_empty(), "{findings:#?}");
    }

    #[test]
    fn what_is_wrong_with_a_text_is_found_with_its_line() {
        let body = "invoice/new/fr/body.txt";
        let html = "invoice/new/fr/body.html";
        for (name, source, line, rule, wanted) in [
            (body, "a\n{{ document.numbr }}", Some(2), "unknown-field", "no field \"numbr\""),
            (body, "{% if false %}{{ compny.name }}{% endif %}", Some(1), "unknown-field", "no \"compny\""),
            (
                body,
                "{% for l in document.lines %}\n{{ l.colour }}{% endfor %}",
                Some(2),
                "unknown-field",
                "colour",
            ),
            (body, "{{ document.totals.net }}", Some(1), "unknown-field", "totals"),
            (body, "{{ mail.subject }}", Some(1), "unknown-field", "no \"mail\""),
            (body, "a\n\n{% if %}", Some(3), "syntax", ""),
            (body, "pay by\n{{ document.due_date | date }}", Some(2), "absent-value", "guard it"),
            (body, "call {{ company.telephone }}", Some(1), "absent-value", "guard it"),
            (
                body,
                "{% for i in range(9999) %}{% for j in range(9999) %}x{% endfor %}{% endfor %}",
                Some(1),
                "too-many-steps",
                "loop",
            ),
            (body, "{{ 'word ' * 30000 }}", None, "too-large", "Gmail"),
            (html, "<p>\n<img src='cid:logo'></p>", Some(2), "missing-alt", "alt"),
            (html, "<p style=\"color:red;position:absolute\">x", Some(1), "unsupported", "position"),
            (html, "x\n<FORM action=y>", Some(2), "unsupported", "form"),
            (html, "{{ document.number | safe }}", Some(1), "unescaped", "safe"),
            ("invoice/new/fr/subject.txt", "{{ document.order or '' }}", None, "failing", "empty"),
            ("invoice/nieuw/fr/body.txt", "x", None, "unknown-path", "nothing looks"),
            ("layout/fr/words.json", "{\n\"vew\": \"x\"}", Some(2), "unknown-field", "vew"),
            ("layout/mail.html", "{{ mail.colour }}", Some(1), "unknown-field", "colour"),
        ] {
            let findings = found(&[(name, source)]);
            let hit = findings.iter().find(|f| f.2 == rule);
            let hit = hit.unwrap_or_else(|| panic!("{source}: {findings:?}"));
            let at = if rule == "too-large" { body } else { name };
            assert_eq!((hit.0.as_str(), hit.1), (at, line), "{source}: {findings:?}");
            assert!(hit.3.contains(wanted), "{source}: {findings:?}");
        }
    }

    #[test]
    fn a_good_override_is_left_alone() {
        let texts = [
            (
                "invoice/new/fr/body.html",
                "<p>{{ partner.name }}</p><img src=\"https://a.be/x.png\" alt=\"\">",
            ),
            ("invoice/overdue/de/subject.txt", "Mahnung {{ document.number }}"),
            ("layout/fr/words.json", "{\"closing\": \"Bien à vous,\"}"),
        ];
        assert_eq!(found(&texts), []);
    }
}
