//! In which language a mail is written, and why.

use crate::domain::language::{Language, Locale};

/// Why a language was chosen; the contract's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the contract's own
pub enum LanguageReason {
    Job,
    Partner,
    Company,
    Default,
}

impl LanguageReason {
    /// Returns the name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            LanguageReason::Job => "job",
            LanguageReason::Partner => "partner",
            LanguageReason::Company => "company",
            LanguageReason::Default => "default",
        }
    }
}

/// The known facts about languages; BCP 47 tags as they were given.
#[derive(Debug, Clone, Copy, Default)]
pub struct LanguageSources<'a> {
    /// Asked for in the job.
    pub job: Option<&'a str>,
    /// The language of the contact that the mail goes to.
    pub contact: Option<&'a str>,
    /// The document's language.
    pub document: Option<&'a str>,
    /// The partner's language.
    pub partner: Option<&'a str>,
    /// The language of the company's settings.
    pub company: Option<&'a str>,
}

/// The choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Language and region.
    pub locale: Locale,
    /// Why.
    pub reason: LanguageReason,
    /// Tags that came first but have no texts, for a warning.
    pub passed_over: Vec<String>,
}

/// Chooses the first of job, contact, document, partner and company whose language has texts; English if none.
pub fn choose_language(sources: LanguageSources<'_>) -> Chosen {
    let ladder = [
        (sources.job, LanguageReason::Job),
        (sources.contact, LanguageReason::Partner),
        (sources.document, LanguageReason::Partner),
        (sources.partner, LanguageReason::Partner),
        (sources.company, LanguageReason::Company),
    ];
    let mut passed_over = Vec::new();
    for (tag, reason) in ladder {
        let Some(tag) = tag.map(str::trim).filter(|t| !t.is_empty()) else { continue };
        if let Some(locale) = Locale::parse(tag) {
            return Chosen { locale, reason, passed_over };
        }
        if !passed_over.iter().any(|p| p == tag) {
            passed_over.push(tag.chars().take(40).collect());
        }
    }
    Chosen { locale: Locale::of(Language::En), reason: LanguageReason::Default, passed_over }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_tag_with_texts_is_taken_and_those_before_it_are_reported() {
        type Case = ([Option<&'static str>; 5], &'static str, &'static str, &'static [&'static str]);
        let cases: [Case; 7] = [
            ([Some("fr-BE"), Some("nl"), None, None, Some("de")], "fr-BE", "job", &[]),
            ([None, Some("nl-BE"), Some("fr"), None, Some("de")], "nl-BE", "partner", &[]),
            ([None, None, Some("fr"), Some("nl"), None], "fr", "partner", &[]),
            ([None, Some("es"), None, Some("pt-BR"), Some("de-AT")], "de-AT", "company", &["es", "pt-BR"]),
            ([Some("es"), None, None, Some("nl"), None], "nl", "partner", &["es"]),
            ([None, None, None, None, None], "en", "default", &[]),
            ([Some(" "), Some(""), Some("xx"), Some("xx"), None], "en", "default", &["xx"]),
        ];
        for ([job, contact, document, partner, company], locale, reason, passed) in cases {
            let chosen = choose_language(LanguageSources { job, contact, document, partner, company });
            let case = format!("{job:?} {contact:?} {document:?} {partner:?} {company:?}");
            assert_eq!(chosen.locale.to_string(), locale, "{case}");
            assert_eq!(chosen.reason.name(), reason, "{case}");
            assert_eq!(chosen.passed_over, passed, "{case}");
        }
    }
}
