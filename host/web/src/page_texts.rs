//! The texts of the few pages that a browser is shown, in the language that its reader asks for: of the catalogue of texts for
//! users of the business system, in the folder "office" of the templates.

use axum::http::{HeaderMap, header};
use serde::Deserialize;

/// Languages that the catalogue has; the first is for readers of any other.
const CATALOGUE: [(&str, &str); 4] = [
    ("en", include_str!("../../../templates/office/en.json")),
    ("nl", include_str!("../../../templates/office/nl.json")),
    ("fr", include_str!("../../../templates/office/fr.json")),
    ("de", include_str!("../../../templates/office/de.json")),
];
/// Longest list of languages that is looked at, in entries: browsers send a handful.
const MOST_LANGUAGES: usize = 20;

/// A page's title and its text.
pub(crate) type Titled = (String, String);

/// The texts. `{…}` stands for what is filled in.
#[derive(Debug, Default, Deserialize)]
#[allow(missing_docs)] // their keys say what they are for
pub(crate) struct PageTexts {
    /// ISO 639-1.
    #[serde(skip)]
    pub(crate) language: &'static str,
    pub(crate) received: Titled,
    pub(crate) signed_in: Titled,
    pub(crate) failed: Titled,
    pub(crate) foreign: Titled,
    pub(crate) not_logged_in: Titled,
    pub(crate) invitation: Titled,
    pub(crate) not_asked: String,
    pub(crate) sign_in: String,
    pub(crate) not_from_here: Titled,
    pub(crate) not_now: Titled,
    pub(crate) over: Titled,
}

#[derive(Deserialize)]
struct Catalogue {
    pages: PageTexts,
}

impl PageTexts {
    /// Picks the texts in the language that a browser asks for (RFC 9110, 12.5.4); English where it asks for none that there is.
    pub(crate) fn asked_for(headers: &HeaderMap) -> Self {
        let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let (language, source) = asked.and_then(preferred).unwrap_or(CATALOGUE[0]);
        // That it is read is tested: a catalogue that were not would show empty pages.
        let texts =
            serde_json::from_str(source).map_or_else(|_| PageTexts::default(), |it: Catalogue| it.pages);
        Self { language, ..texts }
    }
}

/// The entry of the catalogue that the list prefers: the highest weight, the first of equals.
fn preferred(list: &str) -> Option<(&'static str, &'static str)> {
    let mut best = None;
    for entry in list.split(',').take(MOST_LANGUAGES) {
        let (tag, parameters) = entry.split_once(';').unwrap_or((entry, ""));
        let language = tag.trim().split(['-', '_']).next().unwrap_or_default();
        let Some(known) = CATALOGUE.into_iter().find(|(code, _)| code.eq_ignore_ascii_case(language)) else {
            continue;
        };
        let weight = parameters
            .trim()
            .strip_prefix("q=")
            .map_or(Some(1.0), |weight| weight.trim().parse::<f32>().ok());
        let Some(weight) = weight.filter(|weight| (0.001..=1.0).contains(weight)) else { continue };
        if best.is_none_or(|(highest, _)| weight > highest) {
            best = Some((weight, known));
        }
    }
    best.map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(accept: &str) -> &'static str {
        let mut headers = HeaderMap::new();
        if let Ok(value) = accept.parse() {
            headers.insert(header::ACCEPT_LANGUAGE, value);
        }
        PageTexts::asked_for(&headers).language
    }

    #[test]
    fn a_page_is_in_the_language_that_its_reader_prefers_of_those_that_there_are() {
        for (accept, expected) in [
            ("nl-BE,nl;q=0.9,en;q=0.8", "nl"),
            ("es-ES,es;q=0.9,fr;q=0.5,en;q=0.4", "fr"),
            ("en;q=0.3, de-AT;q=0.7", "de"),
            ("DE", "de"),
            ("es", "en"),
            ("fr;q=0", "en"),
            ("fr;q=nonsense,nl", "nl"),
            ("fr;q=9", "en"),
            ("", "en"),
            (";;;,,,q=1", "en"),
        ] {
            assert_eq!(language(accept), expected, "{accept}");
        }
        let long = format!("{}nl", "xx,".repeat(100));
        assert_eq!(language(&long), "en");
    }

    #[test]
    fn every_language_has_every_page() {
        for (language, source) in CATALOGUE {
            let pages = serde_json::from_str::<Catalogue>(source).unwrap().pages;
            for (title, text) in [
                pages.received,
                pages.signed_in,
                pages.failed,
                pages.foreign,
                pages.not_logged_in,
                pages.not_from_here,
                pages.not_now,
                pages.over,
            ] {
                assert!(
                    !title.is_empty() && text.len() > 20 && !text.contains(['{', '<']),
                    "{language}: {title}: {text}"
                );
            }
            for filled in ["{mailbox}", "{company}", "{account}", "{address}"] {
                assert_eq!(pages.invitation.1.matches(filled).count(), 1, "{language}: {filled}");
            }
        }
    }
}
