//! What mail clients do with texts: the mails that they become, made from sample documents by the plugin, and the lint of
//! [`mail_clients`] over their HTML.

use super::{Failure, output};
use chrono::{Days, NaiveDate};
use mail_parser::MessageParser;
use postroom::app::{CompanyPlugin, Draft, Portal, Ready};
use postroom::mail_clients::{self, Finding, Support, Usage};
use postroom_contract::composing::Chunk;
use postroom_contract::types;
use postroom_transport::attachments::AttachmentSource;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

macro_rules! documents {
    ($($kind:literal),* $(,)?) => {
        /// A document of each kind.
        const DOCUMENTS: &[(&str, &str)] = &[$((
            $kind,
            include_str!(concat!("../../../tests/fixtures/documents/", $kind, ".json")),
        )),*];
    };
}

documents![
    "quote",
    "sales-order",
    "order-confirmation",
    "delivery-note",
    "invoice",
    "credit-note",
    "statement",
    "receipt",
    "reminder",
    "purchase-order",
    "request-for-quotation",
    "other",
];

const LAYOUT: &str = "layout/mail.html";

/// A finding and the text that it is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct OfText {
    /// Always `warning`: the mail is sent, and shown by most clients.
    pub(super) severity: &'static str,
    pub(super) name: String,
    #[serde(flatten)]
    pub(super) finding: Finding,
}

/// Findings, and every feature that a client lacks, accepted or not.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub(super) findings: Vec<OfText>,
    pub(super) supports: BTreeMap<&'static str, Support>,
}

/// The features that a client lacks, in full and in part, and its family's share of mails opened.
#[derive(Debug, Default)]
struct Lacks {
    share: Option<u32>,
    not: Vec<&'static str>,
    partly: Vec<&'static str>,
}

/// One kind, use case and language.
#[derive(Debug, PartialEq, Eq)]
struct Case<'c> {
    kind: &'c str,
    use_case: &'c str,
    language: &'c str,
}

/// Checks the mails that a company's own texts are part of; without any, every shipped mail.
pub(super) async fn check(
    company_plugin: &CompanyPlugin,
    own: &BTreeMap<String, String>,
) -> Result<Checked, Failure> {
    let catalogue = company_plugin.catalogue(&super::load_plugin::no_files()).await?;
    let mut checked = Checked::default();
    for case in catalogue.iter().filter_map(|name| Case::of(name)).filter(|case| case.concerns(own)) {
        let Some(shipped) = mail(company_plugin, &case, &BTreeMap::new()).await? else { continue };
        let found = if own.is_empty() {
            checked.add(&shipped.message.html);
            mail_clients::check(&shipped.message.html, None, sent(&shipped))
        } else {
            let Some(ready) = mail(company_plugin, &case, own).await? else { continue };
            checked.add(&ready.message.html);
            let (html, beside) = (&ready.message.html, &shipped.message.html);
            let as_shipped = mail_clients::check(beside, None, sent(&shipped));
            let mut found = mail_clients::check(html, Some(&Usage::of(beside)), sent(&ready));
            found.retain(|finding| !as_shipped.iter().any(|it| it.has_cause_of(finding)));
            found
        };
        for finding in found {
            let row = OfText { severity: "warning", name: case.blamed(own), finding };
            let is_known = |it: &OfText| it.name == row.name && it.finding.has_cause_of(&row.finding);
            if !checked.findings.iter().any(is_known) {
                checked.findings.push(row);
            }
        }
    }
    Ok(checked)
}

impl Checked {
    fn add(&mut self, html: &str) {
        for support in mail_clients::supports(html) {
            self.supports.entry(support.feature).or_insert(support);
        }
    }

    /// Formats the findings as rows of a table: severity, place, rule, what to do.
    pub(super) fn rows(&self) -> impl Iterator<Item = Vec<String>> + '_ {
        self.findings.iter().map(|it| {
            vec![
                it.severity.to_owned(),
                it.name.clone(),
                it.finding.rule.to_owned(),
                it.finding.detail.clone(),
            ]
        })
    }

    /// Every client with the features that it lacks.
    fn by_client(&self) -> BTreeMap<&'static str, Lacks> {
        let mut clients: BTreeMap<&'static str, Lacks> = BTreeMap::new();
        for support in self.supports.values() {
            for lacking in &support.lacking {
                let row = clients.entry(lacking.client).or_default();
                row.share = lacking.share;
                let list = if lacking.degree == "not" { &mut row.not } else { &mut row.partly };
                list.push(support.feature);
            }
        }
        clients
    }

    /// Prints who lacks what, and why that is accepted.
    pub(super) fn print_clients(&self) -> Result<(), Failure> {
        output::line("\nclients, and what of the mails they show in part or not at all")?;
        let rows = self.by_client().into_iter().map(|(client, lacks)| {
            let share = lacks.share.map(mail_clients::percent).unwrap_or_default();
            vec![client.to_owned(), share, lacks.not.join(" "), lacks.partly.join(" ")]
        });
        output::table(&["client", "opens", "not", "partly"], rows)?;
        output::line("\nwhat is left where a client lacks it")?;
        let rows = self.supports.values().map(|support| {
            let reason = support.accepted.unwrap_or("not accepted: see the findings");
            vec![support.feature.to_owned(), mail_clients::percent(support.share), reason.to_owned()]
        });
        output::table(&["feature", "opens", "what is left"], rows)?;
        for date in mail_clients::dates() {
            output::line(&format!("{}: {}, {}", date.what, date.source, date.date))?;
        }
        Ok(())
    }

    /// Converts which client lacks what to JSON.
    pub(super) fn clients_json(&self) -> Value {
        let clients = self.by_client().into_iter().map(|(client, lacks)| {
            json!({ "client": client, "share": lacks.share, "not": lacks.not, "partly": lacks.partly })
        });
        json!({
            "clients": clients.collect::<Vec<_>>(),
            "features": self.supports.values().collect::<Vec<_>>(),
            "sources": mail_clients::dates(),
        })
    }
}

impl<'c> Case<'c> {
    /// The case that a text's path is of: `invoice/new/en/subject.txt`.
    fn of(name: &'c str) -> Option<Self> {
        let mut parts = name.split('/');
        let (kind, use_case, language) = (parts.next()?, parts.next()?, parts.next()?);
        (parts.next()? == "subject.txt").then_some(Self { kind, use_case, language })
    }

    fn path(&self, file: &str) -> String {
        format!("{}/{}/{}/{file}", self.kind, self.use_case, self.language)
    }

    /// Whether own texts change the HTML of these mails; without any, all mails are looked at.
    fn concerns(&self, own: &BTreeMap<String, String>) -> bool {
        let words = format!("layout/{}/words.json", self.language);
        own.is_empty()
            || own.keys().any(|name| *name == LAYOUT || *name == words || name.starts_with(&self.path("")))
    }

    /// The text that a finding is most likely of.
    fn blamed(&self, own: &BTreeMap<String, String>) -> String {
        let candidates = [self.path("body.html"), LAYOUT.to_owned(), self.path("body.txt")];
        candidates.into_iter().find(|name| own.contains_key(name)).unwrap_or_else(|| LAYOUT.to_owned())
    }

    /// The document of the case, and a day on which such a mail is sent.
    fn document(&self) -> Option<(Value, NaiveDate)> {
        let text = DOCUMENTS.iter().find(|(kind, _)| *kind == self.kind)?.1;
        let mut document: Value = serde_json::from_str(text).ok()?;
        if self.use_case == "thank-you" && self.kind == "invoice" {
            document["balance"] = "0.00".into();
        }
        let day = |name: &str| document[name].as_str().and_then(|day| day.parse::<NaiveDate>().ok());
        let issued = day("issue_date")?;
        let due = day("due_date").unwrap_or(issued);
        let (from, days) = match self.use_case {
            "reminder-1" => (due, 7),
            // A week after the day that the reminder before it gave.
            "reminder-2" => (due, 28),
            "reminder-3" => (due, 43),
            "overdue" => (due, 1),
            _ => (issued, 0),
        };
        Some((document, from.checked_add_days(Days::new(days))?))
    }
}

/// The mail of a case with own texts; none for a kind without a sample.
async fn mail(
    company_plugin: &CompanyPlugin,
    case: &Case<'_>,
    own: &BTreeMap<String, String>,
) -> Result<Option<Ready>, Failure> {
    let Some((document, day)) = case.document() else { return Ok(None) };
    let content = document.to_string().into_bytes();
    let sender = types::Address { name: None, address: "office@example.org".to_owned() };
    let now = format!("{day}T09:00:00+00:00");
    let mut draft = Draft::new("application/json", content, sender, "check".to_owned(), now);
    draft.use_case = Some(case.use_case.to_owned());
    draft.language = Some(case.language.to_owned());
    draft.portal = Some(Portal {
        view_url: "https://portal.example/d".to_owned(),
        pdf_url: Some("https://portal.example/d.pdf".to_owned()),
    });
    draft.settings = json!({
        "company": { "name": "Atelier Nord", "address": ["Dok Noord 4", "9000 Gent"], "telephone": "+32 9 555 01 20",
            "email": "hello@example.org", "website": "https://www.example.org", "vat_identifier": "BE0123456749" },
        "templates": { "company": own },
    })
    .to_string();
    let logo = AttachmentSource::from_bytes(super::demo::LOGO);
    draft.attach_source("logo.png".to_owned(), "image/png", "logo", logo);
    Ok(Some(draft.compose(company_plugin).await?))
}

/// Bytes of the HTML as it leaves.
fn sent(ready: &Ready) -> usize {
    let texts = ready.message.mail.chunks.iter().filter_map(|chunk| match chunk {
        Chunk::Text(text) => Some(text.as_str()),
        Chunk::Attachment(_) | Chunk::Raw(_) => None,
    });
    let message = texts.collect::<String>();
    let parsed = MessageParser::default().parse(message.as_bytes());
    let html = parsed.as_ref().and_then(|message| message.body_html(0));
    html.map_or(ready.message.html.len(), |html| html.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(names: &[&str]) -> BTreeMap<String, String> {
        names.iter().map(|name| ((*name).to_owned(), String::new())).collect()
    }

    #[test]
    fn own_texts_concern_the_mails_that_they_are_part_of() {
        let case = Case::of("invoice/new/en/subject.txt").expect("a case");
        assert_eq!(Case::of("invoice/new/en/body.txt"), None);
        assert_eq!(Case::of("layout/en/words.json"), None);
        for (names, concerns, blamed) in [
            (&[][..], true, "layout/mail.html"),
            (&["invoice/new/en/body.html"], true, "invoice/new/en/body.html"),
            (&["invoice/new/nl/body.html"], false, "layout/mail.html"),
            (&["layout/mail.html", "invoice/new/nl/body.html"], true, "layout/mail.html"),
            (&["layout/en/words.json"], true, "layout/mail.html"),
            (&["layout/mail.txt"], false, "layout/mail.html"),
        ] {
            let own = own(names);
            assert_eq!(case.concerns(&own), concerns, "{names:?}");
            assert_eq!(case.blamed(&own), blamed, "{names:?}");
        }
    }

    #[test]
    fn every_kind_has_a_document_and_a_day() {
        for (kind, _) in DOCUMENTS {
            for use_case in ["new", "reminder-3", "overdue", "thank-you"] {
                let case = Case { kind, use_case, language: "en" };
                assert!(case.document().is_some(), "{case:?}");
            }
        }
    }
}
