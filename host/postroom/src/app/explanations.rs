//! What the plugin warns of or refuses, in a person's language. Details stay in English, with the names and numbers that they
//! hold.

use super::{AppError, no_files};
use crate::engine::CompanyPlugin;
use postroom_contract::types::Reason as Warning;
use std::collections::BTreeMap;

/// Sentences for codes of the plugin in one language; none where that is English or one without sentences.
#[derive(Debug, Default)]
pub struct Explanations(BTreeMap<String, String>);

impl Explanations {
    /// Asks the plugin what the codes of these warnings mean in a language (BCP 47); none: in English, which their details are.
    pub async fn of<'a>(
        plugin: &CompanyPlugin,
        warnings: impl IntoIterator<Item = &'a Warning>,
        language: Option<&str>,
    ) -> Result<Self, AppError> {
        let mut sentences = BTreeMap::new();
        let Some(language) = language else { return Ok(Self(sentences)) };
        for Warning { code, .. } in warnings {
            if !sentences.contains_key(code)
                && let Some(sentence) = plugin.explain(&no_files(), code, language).await?
            {
                sentences.insert(code.clone(), sentence);
            }
        }
        Ok(Self(sentences))
    }

    /// Formats a warning for a person: what its code means, and its detail.
    pub fn text(&self, warning: &Warning) -> String {
        match self.0.get(&warning.code) {
            Some(sentence) => format!("{sentence} ({})", warning.detail),
            None => warning.detail.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_keeps_its_detail_beside_the_sentence() {
        let warning = |code: &str| Warning { code: code.to_owned(), detail: "\"a.pdf\" is empty".to_owned() };
        let known = Explanations(BTreeMap::from([("empty-pdf".to_owned(), "De pdf is leeg.".to_owned())]));
        assert_eq!(known.text(&warning("empty-pdf")), "De pdf is leeg. (\"a.pdf\" is empty)");
        assert_eq!(known.text(&warning("other")), "\"a.pdf\" is empty");
        assert_eq!(Explanations::default().text(&warning("empty-pdf")), "\"a.pdf\" is empty");
    }
}
