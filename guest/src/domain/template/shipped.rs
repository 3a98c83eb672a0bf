//! The shipped texts, embedded: `<kind>/<use-case>/<language>/{subject.txt,body.txt}` and `layout/…`. A region has files of its own where
//! its wording differs: `invoice/new/nl-BE/body.txt`, `layout/nl-BE/words.json` with the words that differ.

use crate::domain::kind::Purpose;
use crate::domain::language::{Language, Locale};

static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// Returns paths of all shipped texts, sorted.
pub fn catalogue() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

/// Returns the source of a shipped text.
pub fn source(name: &str) -> Option<&'static str> {
    let found = FILES.binary_search_by(|(path, _)| (*path).cmp(name)).ok()?;
    FILES.get(found).map(|(_, source)| *source)
}

/// Returns the path of a text of a pair: `invoice/new/en/subject.txt`.
pub fn path(purpose: Purpose, locale: Locale, file: &str) -> String {
    let region = locale.region();
    // Joined, not formatted: every mail asks for half a dozen.
    let (kind, use_case) = (purpose.kind().name(), purpose.use_case().name());
    let (hyphen, region) = region.map_or(("", ""), |region| ("-", region));
    [kind, "/", use_case, "/", locale.language.code(), hyphen, region, "/", file].concat()
}

/// Returns the regions that have words of their own in a language.
pub fn regions(language: Language) -> impl Iterator<Item = Locale> {
    let words = catalogue().filter_map(|name| name.strip_prefix("layout/")?.strip_suffix("/words.json"));
    let locales = words.filter_map(Locale::exactly);
    locales.filter(move |locale| locale.language == language && locale.region.is_some())
}

/// Returns the language as its reader writes it: in the region that was asked for, else in the reader's country if texts differ there.
pub fn read_in(locale: Locale, country: Option<&str>) -> Locale {
    let there = country.map(|country| locale.in_country(country));
    match there.filter(|there| locale.region.is_none() && regions(locale.language).any(|it| it == *there)) {
        Some(there) => there,
        None => locale,
    }
}

/// Returns true for a path that the plugin would look for: only these can be overridden.
pub fn is_known(name: &str) -> bool {
    if matches!(name, "layout/mail.html" | "layout/mail.txt") {
        return true;
    }
    if let Some(rest) = name.strip_prefix("layout/") {
        return rest.strip_suffix("/words.json").and_then(Locale::exactly).is_some();
    }
    let mut parts = name.split('/');
    let (Some(kind), Some(use_case), Some(locale), Some(file), None) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    matches!(file, "subject.txt" | "body.txt" | "body.html")
        && Locale::exactly(locale).is_some()
        && Purpose::all().any(|p| p.kind().name() == kind && p.use_case().name() == use_case)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_sorted_and_every_path_in_it_is_known_and_has_its_source() {
        let all: Vec<_> = catalogue().collect();
        assert!(all.is_sorted());
        assert!(all.contains(&"layout/mail.html"), "{all:?}");
        for name in all {
            assert!(is_known(name), "{name}");
            assert!(source(name).is_some_and(|s| !s.trim().is_empty()), "{name}");
        }
    }

    #[test]
    fn a_reader_whose_region_is_not_told_gets_the_texts_of_their_country() {
        for (tag, country, expected) in [
            ("nl", Some("be"), "nl-BE"),
            ("nl-NL", Some("BE"), "nl-NL"),
            ("fr", Some("FR"), "fr-FR"),
            ("fr", Some("DE"), "fr"),
            ("fr", Some("Belgique"), "fr"),
            ("de", None, "de"),
        ] {
            let locale = read_in(Locale::parse(tag).unwrap(), country);
            assert_eq!(locale.to_string(), expected, "{tag} {country:?}");
        }
    }

    #[test]
    fn a_path_that_nothing_looks_for_is_not_known() {
        for name in [
            "invoice/new/en/body.md",
            "quote/overdue/en/body.txt",
            "invoice/new/es/body.txt",
            "invoice/new/en/x/body.txt",
            "../invoice/new/en/body.txt",
            "layout/es/words.json",
            "layout/nl-be/words.json",
            "invoice/new/nl_BE/body.txt",
            "layout/en/mail.html",
            "",
        ] {
            assert!(!is_known(name), "{name}");
        }
    }
}
