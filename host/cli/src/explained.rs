//! The language of the person at the terminal, and what the plugin warns of or refuses in it.

use super::{Failure, load_plugin};
use postroom::app::{CompanyPlugin, Explanations};
use postroom_contract::types::Reason as Warning;

/// Explains the codes of these warnings in the user's language.
pub(super) async fn explanations<'a>(
    plugin: &CompanyPlugin,
    warnings: impl IntoIterator<Item = &'a Warning>,
) -> Result<Explanations, Failure> {
    Ok(Explanations::of(plugin, warnings, own_language().as_deref()).await?)
}

/// Explains a code in the user's language.
pub(super) async fn sentence(plugin: &CompanyPlugin, code: &str) -> Result<Option<String>, Failure> {
    match own_language() {
        Some(tag) => Ok(plugin.explain(&load_plugin::no_files(), code, &tag).await?),
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
}
