//! What the plugin warns of or refuses, in the language of the person at the terminal. Details stay in English, with the names and
//! numbers that they hold.

use super::{Failure, company_plugin};
use crate::contract::types::Reason as Warning;
use crate::engine::CompanyPlugin;
use std::collections::BTreeMap;

/// Sentences for codes of the plugin, in the user's language; none where that is English or one without sentences.
#[derive(Debug, Default)]
pub(super) struct Explained(BTreeMap<String, String>);

impl Explained {
    /// Asks the plugin what the codes of these warnings mean.
    pub(super) async fn warnings(
        company_plugin: &CompanyPlugin,
        warnings: &[Warning],
    ) -> Result<Self, Failure> {
        let mut sentences = BTreeMap::new();
        if let Some(tag) = own_language() {
            for warning in warnings {
                if let Some(sentence) =
                    company_plugin.explain(&company_plugin::no_files(), &warning.code, &tag).await?
                {
                    sentences.insert(warning.code.clone(), sentence);
                }
            }
        }
        Ok(Self(sentences))
    }

    /// The warning for a person: what its code means, and its detail.
    pub(super) fn text(&self, warning: &Warning) -> String {
        match self.0.get(&warning.code) {
            Some(sentence) => format!("{sentence} ({})", warning.detail),
            None => warning.detail.clone(),
        }
    }
}

/// What a code means in the user's language.
pub(super) async fn sentence(company_plugin: &CompanyPlugin, code: &str) -> Result<Option<String>, Failure> {
    match own_language() {
        Some(tag) => Ok(company_plugin.explain(&company_plugin::no_files(), code, &tag).await?),
        None => Ok(None),
    }
}

/// BCP 47 of the language that the user's environment asks for, where the plugin has sentences in it.
fn own_language() -> Option<String> {
    let mut values = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().filter_map(|name| std::env::var(name).ok());
    language(&values.find(|it| !it.is_empty())?)
}

/// Languages, beside English, that the plugin has sentences in.
const LANGUAGES: [&str; 3] = ["nl", "fr", "de"];

/// BCP 47 of a POSIX locale, where it is of one of these languages.
fn language(locale: &str) -> Option<String> {
    let tag = locale.split(['.', '@']).next().unwrap_or_default().replace('_', "-");
    let language = tag.split('-').next().unwrap_or_default();
    let is_tag = tag.len() <= 35 && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    (LANGUAGES.contains(&language) && is_tag).then_some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_names_its_language() {
        for (locale, expected) in [
            ("nl_BE.UTF-8", Some("nl-BE")),
            ("fr_CH@euro", Some("fr-CH")),
            ("de", Some("de")),
            ("en_GB.UTF-8", None),
            ("es_ES.UTF-8", None),
            ("C", None),
            ("C.UTF-8", None),
            ("POSIX", None),
            ("", None),
            ("nl_BE; rm", None),
            ("../nl", None),
        ] {
            assert_eq!(language(locale).as_deref(), expected, "{locale:?}");
        }
    }

    #[test]
    fn a_warning_keeps_its_detail_beside_the_sentence() {
        let warning = |code: &str| Warning { code: code.to_owned(), detail: "\"a.pdf\" is empty".to_owned() };
        let known = Explained(BTreeMap::from([("empty-pdf".to_owned(), "De pdf is leeg.".to_owned())]));
        assert_eq!(known.text(&warning("empty-pdf")), "De pdf is leeg. (\"a.pdf\" is empty)");
        assert_eq!(known.text(&warning("other")), "\"a.pdf\" is empty");
        assert_eq!(Explained::default().text(&warning("empty-pdf")), "\"a.pdf\" is empty");
    }
}
