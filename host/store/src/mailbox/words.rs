//! The words of a message as both databases index them, and what a person looks for as a query of theirs.
//!
//! Texts are taken apart here, not by the databases: both find the same, and nothing that a person types is syntax.

use icu_normalizer::DecomposingNormalizerBorrowed;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Bytes of a text that are indexed.
const TEXT: usize = 256 * 1024;
/// Bytes of a message's words that are indexed, all parts together. PostgreSQL's vector of them takes at most three times as many,
/// and no more than 1 MiB.
const MESSAGE: usize = 200 * 1024;
/// Characters of a word; what follows is left out.
const WORD: usize = 60;
/// Terms of a query, and words of a term.
const TERMS: usize = 16;
/// Words that lie between two parts of a message, so that no phrase spans them.
const GAP: usize = 8;
/// The last position that PostgreSQL counts.
const LAST: usize = 16_383;

/// Takes a text apart: lower case, without accents, in order.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut left = usize::MAX;
    words_within(text, &mut left)
}

/// Takes a text apart as [`words`] does. Ends where its words, each with a separator, are more bytes than `left`, and takes them
/// off it. They are counted as they come out: one character may become many.
fn words_within(text: &str, left: &mut usize) -> Vec<String> {
    let mut add = |words: &mut Vec<String>, word: &mut String| {
        let rest = left.checked_sub(word.len() + 1);
        *left = rest.unwrap_or_default();
        if rest.is_some() {
            words.push(std::mem::take(word));
        }
        rest.is_some()
    };
    let end = text.floor_char_boundary(TEXT);
    let (mut words, mut word, mut length) = (Vec::new(), String::new(), 0);
    let normalizer = DecomposingNormalizerBorrowed::new_nfkd();
    for c in normalizer.normalize_iter(text.get(..end).unwrap_or_default().chars()) {
        // Combining accents, by which no word ends.
        if ('\u{300}'..='\u{36f}').contains(&c) {
            continue;
        }
        if !c.is_alphanumeric() {
            if !word.is_empty() && !add(&mut words, &mut word) {
                return words;
            }
            length = 0;
            continue;
        }
        length += 1;
        if length > WORD {
            continue;
        }
        match c {
            'ß' | 'ẞ' => word.push_str("ss"),
            'æ' | 'Æ' => word.push_str("ae"),
            'œ' | 'Œ' => word.push_str("oe"),
            'ø' | 'Ø' => word.push('o'),
            'ł' | 'Ł' => word.push('l'),
            'đ' | 'Đ' => word.push('d'),
            c => word.extend(c.to_lowercase().filter(|c| c.is_alphanumeric())),
        }
    }
    if !word.is_empty() {
        add(&mut words, &mut word);
    }
    words
}

/// Returns the words of a message's parts, with one space between them: what SQLite is given.
pub(crate) fn joined<const N: usize>(parts: [&str; N]) -> [String; N] {
    let mut left = MESSAGE;
    parts.map(|part| words_within(part, &mut left).join(" "))
}

/// Builds PostgreSQL's vector of the parts of a message.
pub(crate) fn vector<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let (mut positions, mut at): (BTreeMap<String, Vec<usize>>, usize) = (BTreeMap::new(), 0);
    let mut left = MESSAGE;
    for part in parts {
        for word in words_within(part, &mut left) {
            at += 1;
            let of_word = positions.entry(word).or_default();
            // PostgreSQL stores no more of one word.
            if of_word.len() < 255 {
                of_word.push(at.min(LAST));
            }
        }
        at += GAP;
    }
    let mut text = String::new();
    for (word, positions) in positions {
        let positions: Vec<String> = positions.iter().map(ToString::to_string).collect();
        let _ = write!(text, "'{word}':{} ", positions.join(","));
    }
    text
}

/// Words that stand one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    words: Vec<String>,
    /// The last word may be the beginning of one.
    is_beginning: bool,
}

/// A search: all of its terms have to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WordQuery(Vec<Term>);

impl WordQuery {
    /// Reads what a person typed; none: there is no word in it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut terms: Vec<Term> = Vec::new();
        let mut add = |text: &str, is_beginning: bool| {
            let words: Vec<String> = words(text).into_iter().take(TERMS).collect();
            if !words.is_empty() && terms.len() < TERMS {
                terms.push(Term { words, is_beginning });
            }
        };
        let text = text.get(..text.floor_char_boundary(4_096)).unwrap_or_default();
        let pieces: Vec<&str> = text.split(['"', '\u{201c}', '\u{201d}', '\u{201e}']).collect();
        let last = pieces.len().saturating_sub(1);
        for (number, piece) in pieces.iter().enumerate() {
            if number % 2 == 1 {
                add(piece, false);
                continue;
            }
            let mut tokens = piece.split_whitespace().peekable();
            while let Some(token) = tokens.next() {
                add(token, number == last && tokens.peek().is_none());
            }
        }
        (!terms.is_empty()).then_some(Self(terms))
    }

    /// Writes the query for SQLite's FTS5. Each term is a string of letters and digits in quotation marks.
    pub(crate) fn for_sqlite(&self) -> String {
        let term = |term: &Term| {
            format!("\"{}\"{}", term.words.join(" "), if term.is_beginning { " *" } else { "" })
        };
        self.0.iter().map(term).collect::<Vec<_>>().join(" AND ")
    }

    /// Writes the query for PostgreSQL's `tsquery`. Each word is letters and digits in quotes.
    pub(crate) fn for_postgres(&self) -> String {
        let term = |term: &Term| {
            let words: Vec<String> = term.words.iter().map(|word| format!("'{word}'")).collect();
            format!("{}{}", words.join(" <-> "), if term.is_beginning { ":*" } else { "" })
        };
        self.0.iter().map(term).collect::<Vec<_>>().join(" & ")
    }

    /// Builds the query for words that stand one after the other; none: there is no word.
    pub(crate) fn phrase(text: &str) -> Option<Self> {
        let words = words(text);
        (!words.is_empty()).then(|| Self(vec![Term { words, is_beginning: false }]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whatever_their_case_and_accents() {
        for (text, wanted) in [
            ("Façade, CAFÉ!", vec!["facade", "cafe"]),
            ("Straße Ærø Łódź", vec!["strasse", "aero", "lodz"]),
            ("F-2026-001.pdf", vec!["f", "2026", "001", "pdf"]),
            ("jan@b\u{fc}cher.example", vec!["jan", "bucher", "example"]),
            ("\u{fb01}n \u{201e}x\u{201c} '\"*()", vec!["fin", "x"]),
            ("", vec![]),
            ("请求 報價", vec!["请求", "報價"]),
        ] {
            assert_eq!(words(text), wanted, "{text}");
        }
        assert_eq!(words(&"x".repeat(10_000)), ["x".repeat(WORD)]);
    }

    #[test]
    fn a_query_is_letters_and_digits_in_quotes_whatever_is_typed() {
        for (typed, sqlite, postgres) in [
            ("invoice jan", "\"invoice\" AND \"jan\" *", "'invoice' & 'jan':*"),
            ("\"late fee\" pai", "\"late fee\" AND \"pai\" *", "'late' <-> 'fee' & 'pai':*"),
            ("F-2026 \"open", "\"f 2026\" AND \"open\"", "'f' <-> '2026' & 'open'"),
            ("a' OR 1=1 --", "\"a\" AND \"or\" AND \"1 1\"", "'a' & 'or' & '1' <-> '1'"),
            ("subject:x NEAR(y)", "\"subject x\" AND \"near y\" *", "'subject' <-> 'x' & 'near' <-> 'y':*"),
        ] {
            let query = WordQuery::parse(typed).unwrap();
            assert_eq!(
                (query.for_sqlite().as_str(), query.for_postgres().as_str()),
                (sqlite, postgres),
                "{typed}"
            );
        }
        for nothing in ["", "  ", "\"\"", "'; --", "*"] {
            assert_eq!(WordQuery::parse(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn no_text_has_more_words_than_a_database_takes() {
        // One character that becomes eighteen; words of one letter that are all different; and words in number.
        let one_letter: String = ('\u{4e00}'..='\u{9fff}').flat_map(|c| [c, ' ']).collect();
        let many: String = (0..100_000).map(|number| format!("{number:x} ")).collect();
        for text in ["\u{fdfa}".repeat(80_000), "\u{fdfa} ".repeat(60_000), one_letter, many] {
            let parts = [text.as_str(); 5];
            let indexed = joined(parts);
            assert!(indexed.iter().map(|it| it.len() + 1).sum::<usize>() <= MESSAGE + 5);
            // What PostgreSQL stores: of each word its letters, one byte before a number of 16 bits, and a number for each position.
            let vector = vector(parts);
            let size = |word: &str| {
                let (word, positions) = word.rsplit_once(':').unwrap();
                word.len() - 2 + 1 + 2 + 2 * positions.split(',').count()
            };
            assert!(vector.split_whitespace().map(size).sum::<usize>() < 1 << 20);
            let of_both: BTreeMap<&str, ()> =
                indexed.iter().flat_map(|it| it.split(' ')).map(|it| (it, ())).collect();
            let words = of_both.keys().filter(|it| !it.is_empty()).count();
            assert_eq!(vector.split_whitespace().count(), words, "both databases have the same words");
        }
    }

    #[test]
    fn no_phrase_spans_two_parts() {
        assert_eq!(vector(["one two", "two"]), "'one':1 'two':2,11 ");
    }
}
