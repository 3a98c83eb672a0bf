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

/// Folders whose names are checked.
const READ: &[&str] = &["guest", "host", "tests", "xtask", "wit", "docs", "templates"];
/// This check, which has to name what it looks for, and the page that explains it.
const EXEMPT: &[&str] = &["xtask/src/tidy/names", "docs/names.md"];

/// Fields of the contract whose name is a word of the table: they stay after a release, and are allowed as fields alone, not as
/// names of variables, functions or other types' fields. `outcome` is that of `schedule.settlement`.
const CONTRACT_FIELDS: &[&str] = &["outcome"];

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

/// Gives what breaks the rules of names, as sentences.
pub(super) fn complaints(root: &Path) -> anyhow::Result<Vec<String>> {
    Ok(all(root)?.iter().map(sentence).collect())
}

/// Gives every such word of the tree, in the order of the files.
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

/// Makes a sentence of what is wrong, where, and what to write.
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
            for (at, identifier) in source::identifiers(stretch, matches!(ending, "wit" | "md")) {
                if CONTRACT_FIELDS.contains(&identifier) && is_field(stretch, at, identifier, ending) {
                    continue;
                }
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

/// Tells whether an identifier stands as a field of the contract: read (`settlement.outcome`), set or declared by the contract
/// (`outcome: "found"`), a column that stores it, or the whole of what is in backticks.
fn is_field(stretch: &str, at: usize, identifier: &str, ending: &str) -> bool {
    let (before, after) = (stretch[..at].trim_end(), &stretch[at + identifier.len()..]);
    let is_read = before.ends_with('.') && !after.starts_with('(');
    let is_set = after.starts_with(':') && !after.starts_with("::");
    // `pub outcome: …` is a field of a type of ours, `let outcome: …` a variable, `(outcome: …` a parameter.
    let is_own = ["pub", ")", "let", "mut", "("].iter().any(|word| before.ends_with(word)) && ending != "wit";
    let is_column = ending == "sql" && before.is_empty();
    is_read || (is_set && !is_own) || is_column || stretch == identifier
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
    fn a_field_of_the_contract_is_free_as_a_field_alone() {
        let text =
            "let a = settled.outcome;\nlet b = Settlement { outcome: a };\n// As in `settlement.outcome`.\n";
        assert!(words("host/src/engine/a.rs", text).is_empty());
        assert!(words("tests/a.sql", "    outcome TEXT,\n").is_empty());
        assert!(words("wit/a.wit", "memo: func(outcome: string);\n").is_empty());
        for text in [
            "let outcome = 1;",
            "let outcome: u8 = 1;",
            "pub(crate) outcome: u8,",
            "fn a(outcome: u8) {}",
            "it.outcome();",
            "Sent { outcome }",
        ] {
            assert_eq!(words("host/src/engine/a.rs", text), [(Some(1), "outcome")], "{text}");
        }
    }

    #[test]
    fn the_contract_has_the_fields_that_it_is_the_reason_for() {
        let wit = crate::run::root().join("wit");
        let texts: Vec<String> = files(&wit, &["wit"])
            .unwrap()
            .iter()
            .map(|path| std::fs::read_to_string(path).unwrap())
            .collect();
        for field in CONTRACT_FIELDS {
            let declared = format!("        {field}: ");
            assert!(texts.iter().any(|text| text.contains(&declared)), "{field}");
        }
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
