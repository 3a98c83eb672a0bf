//! Names that the project does not use, each with the one that it uses instead: a stranger should meet the words of the
//! field, and one word for one thing (docs/names.md).

use super::source::{self, Kind, Part};
use super::{files, slash_path};
use anyhow::Context as _;
use std::collections::HashMap;
use std::path::Path;

#[path = "names_table.rs"]
mod table;
use table::{FILES, WORDS};

/// Folders whose names are checked: an entry covers what lies below it.
const ENFORCED: &[&str] = &[];
/// Folders that are read at all.
const READ: &[&str] = &["guest", "host", "tests", "xtask", "wit", "docs", "templates"];
/// This check, which has to name what it looks for, and the page that explains it.
const EXEMPT: &[&str] = &["xtask/src/tidy/names", "docs/names.md"];

/// How a word is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A type's name, also inside of a longer one: `Shelf` is in `ShelfError` and not in `Shelfish`.
    Type,
    /// A type's name alone.
    WholeType,
    /// A function's, field's or variable's name, also inside of a longer one: `rouse` is in `rouse_all`.
    Snake,
    /// The first word of a function's name, or the whole of it: `heed` is in `heed_refusals`, and `say` not in
    /// `it_does_not_say_so`.
    First,
    /// A function's, field's or variable's name alone.
    WholeSnake,
    /// A name of the contract, in WIT and as other languages spell it.
    Contract,
}

/// A word, where it is not used, and what stands for it.
#[derive(Debug)]
pub(super) struct Word {
    pub(super) word: &'static str,
    pub(super) form: Form,
    /// Parts of paths that the rule is about; everywhere if there are none.
    pub(super) within: &'static [&'static str],
    pub(super) instead: &'static str,
}

/// A file's name, from its end, and what it is called instead.
pub(super) struct FileName {
    pub(super) end: &'static str,
    pub(super) instead: &'static str,
}

/// A word that stands where it should not.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) file: String,
    /// None if it is the file's own name.
    pub(super) line: Option<usize>,
    pub(super) word: &'static str,
    pub(super) instead: &'static str,
}

/// Gives what breaks the rules of names where they are enforced, as sentences.
pub(super) fn complaints(root: &Path) -> anyhow::Result<Vec<String>> {
    if ENFORCED.is_empty() {
        return Ok(Vec::new());
    }
    let enforced = |file: &str| ENFORCED.iter().any(|folder| file.starts_with(folder));
    let found = all(root)?;
    Ok(found.into_iter().filter(|found| enforced(&found.file)).map(|found| sentence(&found)).collect())
}

/// Gives every such word of the tree, enforced or not, in the order of the files.
pub(super) fn all(root: &Path) -> anyhow::Result<Vec<Found>> {
    let mut found = Vec::new();
    let mut index = Index::default();
    for folder in READ {
        for path in files(&root.join(folder), &["rs", "wit", "sql", "md", "py", "mjs"])? {
            let file = slash_path(root, &path);
            if EXEMPT.iter().any(|exempt| file.starts_with(exempt)) {
                continue;
            }
            let text = std::fs::read_to_string(&path).with_context(|| format!("can't read {file}"))?;
            found.extend(in_file(&file, &text, &mut index));
        }
    }
    Ok(found)
}

/// Says what is wrong, where, and what to write.
pub(super) fn sentence(found: &Found) -> String {
    let place = found.line.map_or_else(|| found.file.clone(), |line| format!("{}:{line}", found.file));
    format!("{place}: {}: here it is called {}", found.word, found.instead)
}

/// Which words an identifier holds, for each identifier met: a tree has few different ones.
#[derive(Default)]
struct Index(HashMap<(bool, String), Vec<&'static Word>>);

impl Index {
    fn words(&mut self, identifier: &str, contract: bool) -> &[&'static Word] {
        self.0
            .entry((contract, identifier.to_owned()))
            .or_insert_with(|| WORDS.iter().filter(|word| stands_in(word, identifier, contract)).collect())
    }
}

fn in_file(file: &str, text: &str, index: &mut Index) -> Vec<Found> {
    let mut found = Vec::new();
    for name in FILES.iter().filter(|name| file.ends_with(&format!("/{}", name.end))) {
        found.push(Found { file: file.to_owned(), line: None, word: name.end, instead: name.instead });
    }
    let ending = file.rsplit('.').next().unwrap_or_default();
    let concerns = |word: &Word| word.within.is_empty() || word.within.iter().any(|part| file.contains(part));
    for part in parts(ending, text) {
        let stretches: Vec<&str> = match part.kind {
            Kind::Code => vec![part.text],
            Kind::Comment => source::in_backticks(part.text).collect(),
            Kind::Literal => continue,
        };
        for stretch in stretches {
            for identifier in source::identifiers(stretch, matches!(ending, "wit" | "md")) {
                for word in index.words(identifier, ending == "wit").iter().filter(|word| concerns(word)) {
                    found.push(Found {
                        file: file.to_owned(),
                        line: Some(part.line),
                        word: word.word,
                        instead: word.instead,
                    });
                }
            }
        }
    }
    found
}

/// Splits a file by its language. Documents count as comments: what is in backticks is a name.
fn parts<'a>(ending: &str, text: &'a str) -> Vec<Part<'a>> {
    match ending {
        "rs" => source::rust_parts(text),
        "wit" => source::line_comment_parts(text, "//"),
        "sql" => source::line_comment_parts(text, "--"),
        "md" => {
            let comment = |(number, text)| Part { line: number + 1, kind: Kind::Comment, text };
            text.lines().enumerate().map(comment).collect()
        }
        "mjs" => source::script_parts(text, &source::JAVASCRIPT),
        _ => source::script_parts(text, &source::PYTHON),
    }
}

fn stands_in(word: &Word, identifier: &str, contract: bool) -> bool {
    let segments = || identifier.split(['_', '-']).filter(|s| !s.is_empty());
    let sequence = |parts: &[&str]| {
        let own: Vec<&str> = segments().collect();
        own.windows(parts.len()).any(|window| window == parts)
    };
    match word.form {
        Form::WholeType | Form::WholeSnake => identifier == word.word,
        Form::Type => in_camel(identifier, word.word),
        Form::Snake => {
            let parts: Vec<&str> = word.word.split('_').collect();
            sequence(&parts)
        }
        Form::First => segments().next() == Some(word.word),
        Form::Contract => {
            let parts: Vec<&str> = word.word.split('-').collect();
            let spelt: String = parts.iter().map(|part| capitalised(part)).collect();
            sequence(&parts) || (!contract && in_camel(identifier, &spelt))
        }
    }
}

/// Tells whether `name` is made of `word` and other words: `ShelfError` of `Shelf`.
fn in_camel(name: &str, word: &str) -> bool {
    name.match_indices(word).any(|(at, _)| !name[at + word.len()..].starts_with(|c: char| c.is_lowercase()))
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(file: &str, text: &str) -> Vec<(Option<usize>, &'static str)> {
        in_file(file, text, &mut Index::default()).into_iter().map(|found| (found.line, found.word)).collect()
    }

    #[test]
    fn a_type_is_found_inside_of_a_longer_one_and_not_in_another_word() {
        let text = "struct ShelfError;\nstruct Shelfish;\nlet shelf = OwnShelf::new();\n";
        assert_eq!(words("host/src/engine/a.rs", text), [(Some(1), "Shelf"), (Some(3), "Shelf")]);
    }

    #[test]
    fn prose_and_literals_are_free_and_what_is_in_backticks_is_a_name() {
        let text =
            "// The Office of a company.\n// The `Office` of a company.\nlet a = \"Microsoft Office\";\n";
        assert_eq!(words("host/src/engine/a.rs", text), [(Some(2), "Office")]);
        assert_eq!(words("docs/a.md", "An Office and `Office::open`.\n"), [(Some(1), "Office")]);
    }

    #[test]
    fn a_short_word_counts_as_a_whole_name_alone() {
        let text = "let said = reply.said();\nlet unsaid = 1;\nlet is_said = 2;\n";
        assert_eq!(words("host/src/engine/a.rs", text), [(Some(1), "said"), (Some(1), "said")]);
    }

    #[test]
    fn a_name_of_one_room_is_free_in_another() {
        let text = "struct Settlement;\n";
        assert_eq!(words("host/store/src/queue/a.rs", text), [(Some(1), "Settlement")]);
        assert!(words("guest/src/domain/document/a.rs", text).is_empty());
    }

    #[test]
    fn a_name_of_the_contract_is_found_in_every_language() {
        assert_eq!(words("wit/a.wit", "record parcel { /// A parcel.\n"), [(Some(1), "parcel")]);
        assert_eq!(
            words("tests/component/python/a.py", "mail = parcel['x']  # a parcel\n"),
            [(Some(1), "parcel")]
        );
        assert_eq!(words("tests/component/a.rs", "use postroom::Parcel;\n"), [(Some(1), "parcel")]);
    }

    #[test]
    fn a_file_is_found_by_the_end_of_its_path() {
        assert_eq!(words("host/src/store/astray.rs", ""), [(None, "store/astray.rs")]);
        assert!(words("host/src/other/astray.rs", "").is_empty());
    }

    #[test]
    fn every_word_has_another_and_stands_once() {
        for (at, word) in WORDS.iter().enumerate() {
            assert!(!word.instead.is_empty() && word.instead != word.word, "{}", word.word);
            let again =
                WORDS[at + 1..].iter().find(|other| other.word == word.word && other.within == word.within);
            assert!(again.is_none(), "{} stands twice", word.word);
        }
    }
}
