//! Who the mail is from, in small print, with links for those who read it on a telephone.

use super::super::body::unbroken;
use super::links;
use crate::domain::template::context::{CompanyFacts, company_of};
use crate::domain::template::fault::TemplateFault;
use crate::domain::template::record::Record;
use crate::domain::template::request::RenderRequest;
use crate::domain::template::value::text;
use crate::domain::template::words::Words;
use minijinja::value::Value;

const PART: &[&str; 2] = &["label", "url"];

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    label: String,
    url: Option<String>,
}

impl Part {
    fn plain(label: impl Into<String>) -> Self {
        Self { label: label.into(), url: None }
    }

    fn value(self) -> Value {
        Record::value("part", PART, [self.label.into(), text(self.url.as_deref())])
    }
}

/// Makes the lines of the footer, each a list of parts.
pub(super) fn lines(request: &RenderRequest<'_>, words: &Words) -> Result<Value, TemplateFault> {
    let registration = request.settings.company.registration.iter().filter(|line| !line.trim().is_empty());
    let registration = registration.map(|line| vec![Part::plain(line)]);
    let company = company_of(request);
    let reached = ways_to_reach(request, company.vat_identifier, words)?;
    let lines = [name_and_address(request, company), reached].into_iter().chain(registration);
    let filled = lines.filter(|line| !line.is_empty());
    Ok(filled.map(|line| line.into_iter().map(Part::value).collect::<Value>()).collect())
}

fn name_and_address(request: &RenderRequest<'_>, company: CompanyFacts<'_>) -> Vec<Part> {
    let legal_name = request.settings.company.legal_name.as_deref();
    let mut line = vec![Part::plain(legal_name.unwrap_or(company.name))];
    line.extend(company.address.into_iter().filter(|l| !l.trim().is_empty()).map(Part::plain));
    line
}

fn ways_to_reach(
    request: &RenderRequest<'_>,
    vat_identifier: Option<&str>,
    words: &Words,
) -> Result<Vec<Part>, TemplateFault> {
    let settings = &request.settings.company;
    let mut line = Vec::new();
    let is_registered = |identifier: &str| settings.registration.iter().any(|line| names(line, identifier));
    if let Some(telephone) = settings.telephone.as_deref() {
        let label = format!("{}\u{a0}{}", words.get("telephone")?, unbroken(telephone));
        line.push(Part { label, url: links::tel(telephone) });
    }
    if let Some(identifier) = vat_identifier.filter(|identifier| !is_registered(identifier)) {
        line.push(Part::plain(format!("{} {identifier}", words.get("vat_identifier")?)));
    }
    for (label, url) in [
        (settings.email.as_deref(), settings.email.as_deref().and_then(links::mailto)),
        (settings.website.as_deref(), settings.website.as_deref().and_then(links::page)),
    ] {
        line.extend(label.map(|label| Part { label: label.to_owned(), url }));
    }
    Ok(line)
}

/// True for a line that contains an identifier, however either of them is written: "TVA BE 0123.456.749".
fn names(line: &str, identifier: &str) -> bool {
    let bare = |text: &str| -> String {
        let bare = text.chars().filter(|c| c.is_alphanumeric());
        bare.map(|c| c.to_ascii_uppercase()).collect()
    };
    let identifier = bare(identifier);
    !identifier.is_empty() && bare(line).contains(&identifier)
}
