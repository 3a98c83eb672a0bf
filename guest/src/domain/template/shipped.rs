//! The shipped texts, embedded: `<kind>/<use-case>/<language>/{subject.txt,body.txt}` and `layout/…`.

use crate::domain::kind::Purpose;
use crate::domain::language::Language;

static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// Paths of all shipped texts, sorted.
pub fn catalogue() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

/// Source of a shipped text.
pub fn source(name: &str) -> Option<&'static str> {
    let found = FILES.binary_search_by(|(path, _)| (*path).cmp(name)).ok()?;
    FILES.get(found).map(|(_, source)| *source)
}

/// Path of a text of a pair: `invoice/new/en/subject.txt`.
pub fn path(purpose: Purpose, language: Language, file: &str) -> String {
    format!("{purpose}/{language}/{file}")
}

/// True for a path that the plugin would look for: only these can be overridden.
pub fn is_known(name: &str) -> bool {
    if matches!(name, "layout/mail.html" | "layout/mail.txt") {
        return true;
    }
    if let Some(rest) = name.strip_prefix("layout/") {
        return Language::ALL.iter().any(|l| rest.strip_suffix("/words.json") == Some(l.code()));
    }
    let mut parts = name.split('/');
    let (Some(kind), Some(use_case), Some(language), Some(file), None) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    matches!(file, "subject.txt" | "body.txt" | "body.html")
        && Language::ALL.iter().any(|l| l.code() == language)
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
    fn a_path_that_nothing_looks_for_is_not_known() {
        for name in [
            "invoice/new/en/body.md",
            "quote/overdue/en/body.txt",
            "invoice/new/es/body.txt",
            "invoice/new/en/x/body.txt",
            "../invoice/new/en/body.txt",
            "layout/es/words.json",
            "layout/en/mail.html",
            "",
        ] {
            assert!(!is_known(name), "{name}");
        }
    }
}
