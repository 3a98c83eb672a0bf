//! Languages that texts are shipped in, and the regions that differ in how they write numbers and dates.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A language with shipped texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // the names are the field's own
pub enum Language {
    Nl,
    Fr,
    En,
    De,
}

impl Language {
    /// All of them.
    pub const ALL: [Language; 4] = [Language::Nl, Language::Fr, Language::En, Language::De];

    /// Returns the two-letter code, ISO 639-1.
    pub fn code(self) -> &'static str {
        match self {
            Language::Nl => "nl",
            Language::Fr => "fr",
            Language::En => "en",
            Language::De => "de",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A language as it is written in a region: `nl-BE`. A region that is not known keeps the language's own forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Locale {
    /// Language of the texts.
    pub language: Language,
    /// ISO 3166-1 alpha-2, upper case.
    pub region: Option<[u8; 2]>,
}

impl Locale {
    /// Makes the locale of a language without a region.
    pub const fn of(language: Language) -> Self {
        Self { language, region: None }
    }

    /// Reads a BCP 47 tag (`nl`, `nl-BE`, `nl_BE`, `de-Latn-AT`); none for a language without shipped texts.
    pub fn parse(tag: &str) -> Option<Self> {
        let mut parts = tag.trim().split(['-', '_']);
        let language = parts.next()?;
        let language = Language::ALL.into_iter().find(|l| language.eq_ignore_ascii_case(l.code()))?;
        let region = parts
            .find(|p| p.len() == 2 && p.bytes().all(|b| b.is_ascii_alphabetic()))
            .map(|p| [p.as_bytes()[0].to_ascii_uppercase(), p.as_bytes()[1].to_ascii_uppercase()]);
        Some(Self { language, region })
    }

    /// Reads a tag that is written as this type writes it: `nl`, `nl-BE`.
    pub fn exactly(tag: &str) -> Option<Self> {
        Self::parse(tag).filter(|locale| locale.to_string() == tag)
    }

    /// Returns the language as it is written in a country, given by its ISO 3166-1 code; as it is where the country is no code.
    pub fn in_country(self, country: &str) -> Self {
        match country.trim().as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Self { region: Some([a.to_ascii_uppercase(), b.to_ascii_uppercase()]), ..self }
            }
            _ => self,
        }
    }

    /// Returns true where German is written without ß: in Switzerland and Liechtenstein.
    pub fn writes_ss(&self) -> bool {
        self.language == Language::De && matches!(self.region(), Some("CH" | "LI"))
    }

    /// Returns the region as text.
    pub fn region(&self) -> Option<&str> {
        self.region.as_ref().and_then(|r| std::str::from_utf8(r).ok())
    }
}

/// The BCP 47 tag.
impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.region() {
            Some(region) => write!(f, "{}-{region}", self.language),
            None => write!(f, "{}", self.language),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_many_forms_are_read() {
        for (tag, expected) in [
            ("nl", Some("nl")),
            ("NL-be", Some("nl-BE")),
            ("de_AT", Some("de-AT")),
            ("de-Latn-CH", Some("de-CH")),
            ("en-GB-oxendict", Some("en-GB")),
            ("es", None),
            ("", None),
            ("deu", None),
        ] {
            assert_eq!(Locale::parse(tag).map(|l| l.to_string()).as_deref(), expected, "{tag:?}");
        }
    }
}
