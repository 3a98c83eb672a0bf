//! Which path was meant by one that does not exist.

use super::shipped;
use crate::domain::kind::TABLE;
use crate::domain::language::{Language, Locale};

const FILES: [&str; 3] = ["subject.txt", "body.txt", "body.html"];
/// Longer words are compared with nothing.
const LONGEST: usize = 60;

/// Finds the known path that is nearest to one that is not, part by part; none where they have little in common.
pub fn nearest(name: &str) -> Option<String> {
    let parts: Vec<&str> = name.trim_matches('/').split('/').collect();
    let meant = match parts.as_slice() {
        [first, file] if distance(first, "layout") <= 2 => {
            format!("layout/{}", closest(file, ["mail.html", "mail.txt"].into_iter())?)
        }
        [first, tag, _] if distance(first, "layout") <= 2 => format!("layout/{}/words.json", locale(tag)?),
        [kind, use_case, tag, file] => {
            let kind = closest(kind, TABLE.iter().map(|(kind, _)| kind.name()))?;
            let (_, uses) = TABLE.iter().find(|(known, _)| known.name() == kind)?;
            let use_case = closest(use_case, uses.iter().map(|known| known.name()))?;
            format!("{kind}/{use_case}/{}/{}", locale(tag)?, closest(file, FILES.into_iter())?)
        }
        _ => return None,
    };
    (meant != name && shipped::is_known(&meant)).then_some(meant)
}

/// Returns a locale as paths write it.
fn locale(tag: &str) -> Option<String> {
    let read = Locale::parse(&tag.replace('_', "-")).map(|locale| locale.to_string());
    read.or_else(|| closest(tag, Language::ALL.into_iter().map(Language::code)).map(str::to_owned))
}

/// Finds the nearest of some words, if no more than every third letter differs.
fn closest<'w>(word: &str, known: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    let found = known.map(|known| (distance(word, known), known)).min_by_key(|(distance, _)| *distance);
    found.filter(|(distance, known)| *distance <= known.len().max(word.len()) / 3).map(|(_, known)| known)
}

/// Counts the letters that are to be put in, taken out or changed.
fn distance(a: &str, b: &str) -> usize {
    if a.len() > LONGEST || b.len() > LONGEST {
        return usize::MAX;
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.to_lowercase().chars().collect(), b.chars().collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let changed = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_that_was_meant_is_found_part_by_part() {
        for (written, meant) in [
            ("invoce/new/en/body.txt", Some("invoice/new/en/body.txt")),
            ("invoice/new/nl_BE/subject.text", Some("invoice/new/nl-BE/subject.txt")),
            ("Invoice/New/EN/Body.txt", Some("invoice/new/en/body.txt")),
            ("/quote/reminder1/de/body.txt", Some("quote/reminder-1/de/body.txt")),
            ("invoice/thankyou/fr/body.htm", Some("invoice/thank-you/fr/body.html")),
            ("layouts/mail.html", Some("layout/mail.html")),
            ("layout/nl-be/word.json", Some("layout/nl-BE/words.json")),
            ("quote/overdue/en/body.txt", None),
            ("letter/new/en/body.txt", None),
            ("invoice/new/es/body.md", None),
            ("invoice/new/en", None),
            ("", None),
        ] {
            assert_eq!(nearest(written).as_deref(), meant, "{written}");
        }
        assert_eq!(nearest(&"x/".repeat(100_000)), None);
        assert_eq!(nearest(&format!("invoice/new/en/{}", "y".repeat(1_000_000))), None);
    }
}
