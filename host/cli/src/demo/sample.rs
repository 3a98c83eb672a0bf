//! The sample company of the demonstration, and a PDF for each of its documents.

use std::borrow::Cow;
use std::fmt::Write as _;

/// A document of the demonstration.
pub(super) struct Sample {
    /// Name of its folder.
    pub(super) name: &'static str,
    /// The document, JSON, in its partner's language.
    document: &'static str,
    /// Use case.
    pub(super) use_case: &'static str,
    /// Language; none: the partner's.
    pub(super) language: Option<&'static str>,
    /// Recipients in place of the partner's contacts.
    pub(super) to: Option<&'static str>,
}

macro_rules! document {
    ($name:literal) => {
        include_str!(concat!("../../../../tests/fixtures/documents/", $name, ".json"))
    };
}

/// What the demonstration sends: an invoice in each language, a quote, an order to a supplier, a reminder, and an
/// invoice with one recipient who does not exist.
pub(super) const SAMPLES: &[Sample] = &[
    sample("invoice-nl", document!("invoice"), "new", Some("nl-BE"), None),
    sample("invoice-fr", document!("invoice"), "new", Some("fr-BE"), None),
    sample("invoice-en", document!("invoice"), "new", Some("en-GB"), None),
    sample("invoice-de", document!("invoice"), "new", Some("de-DE"), None),
    sample("quote", document!("quote"), "new", None, None),
    sample("purchase-order", document!("purchase-order"), "new", None, None),
    sample("reminder", document!("invoice"), "reminder-1", None, None),
    sample(
        "refused",
        document!("invoice"),
        "new",
        None,
        Some("unknown@example.com; Jo Peeters <jo@example.com>"),
    ),
];

const fn sample(
    name: &'static str,
    document: &'static str,
    use_case: &'static str,
    language: Option<&'static str>,
    to: Option<&'static str>,
) -> Sample {
    Sample { name, document, use_case, language, to }
}

/// What stands on the documents' lines, a row a phrase, in the languages of [`LANGUAGES`].
const PHRASES: &str = include_str!("../../../../tests/fixtures/phrases.tsv");
const LANGUAGES: [&str; 4] = ["nl", "fr", "en", "de"];

impl Sample {
    /// Returns the document, its lines in the language of the mail.
    pub(super) fn document(&self) -> Cow<'static, str> {
        let language = self.language.map(|tag| tag.split('-').next().unwrap_or(tag));
        let column = LANGUAGES.iter().position(|known| Some(*known) == language);
        let Some(column) = column else { return self.document.into() };
        let mut document = self.document.to_owned();
        for row in PHRASES.lines().filter(|line| !line.starts_with('#')) {
            let Some(phrase) = row.split('\t').nth(column) else { continue };
            for other in row.split('\t').filter(|other| *other != phrase) {
                document = document.replace(&format!("\"{other}\""), &format!("\"{phrase}\""));
            }
        }
        document.into()
    }
}

/// Logo of the sample company.
pub(crate) const LOGO: &[u8] = include_bytes!("../../../../tests/fixtures/logo.png");

/// Builds a PDF of one page with one line of text, in place of the document that a business system would print.
pub(super) fn pdf(text: &str) -> Vec<u8> {
    let text: String = text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').collect();
    let text = text.replace(['\\', '(', ')'], "");
    let content = format!("BT /F1 24 Tf 72 760 Td ({text}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut pdf = String::from("%PDF-1.4\n");
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(pdf.len());
        let _ = write!(pdf, "{} 0 obj\n{object}\nendobj\n", index + 1);
    }
    let table = pdf.len();
    let _ = write!(pdf, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for offset in offsets {
        let _ = writeln!(pdf, "{offset:010} 00000 n ");
    }
    let _ =
        write!(pdf, "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n", objects.len() + 1);
    pdf.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_in_the_language_of_its_mail() {
        let rows = PHRASES.lines().filter(|line| !line.starts_with('#'));
        assert!(rows.clone().all(|row| row.split('\t').count() == LANGUAGES.len()));
        for sample in SAMPLES {
            let document = sample.document();
            let Some(language) = sample.language else {
                assert_eq!(document, sample.document);
                continue;
            };
            let column = LANGUAGES.iter().position(|known| language.starts_with(known)).expect("a language");
            for row in rows.clone() {
                let phrase = row.split('\t').nth(column).expect("a phrase");
                for other in row.split('\t').filter(|other| *other != phrase) {
                    assert!(!document.contains(&format!("\"{other}\"")), "{}: {other}", sample.name);
                }
            }
        }
    }
}
