//! What a docstring begins with: on a function a verb and its object ("Leases up to `limit` due mails to `owner`"), so that a
//! reader of an index knows what each does; and words that leave open of what or of whom a comment speaks (docs/names.md).

use super::source::{self, Kind};
use super::{files, slash_path};
use anyhow::Context as _;
use std::path::Path;

/// Folders whose prose is checked.
const READ: &[&str] = &["guest", "host"];

/// What a docstring or comment does that it should not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A function's docstring does not begin with a verb in the third person.
    NoVerb,
    /// A function's docstring begins with "Whether": "Tells whether" or "Returns true if" has a verb.
    Whether,
    /// A type's docstring begins with a pronoun or a question: what it is, is a noun.
    NoNoun,
    /// A comment says "he" or "his" of a person: they.
    He,
    /// A comment speaks of somebody, nobody or whoever: name who it is.
    Nobody,
    /// A section about errors that only links a type.
    Errors,
}

/// A line at fault.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) fault: Fault,
    pub(super) text: String,
}

/// Words with the ending of a verb that are none.
const NOT_VERBS: &[&str] = &[
    "Accounts",
    "Addresses",
    "Always",
    "Answers",
    "As",
    "Attachments",
    "Attempts",
    "Bytes",
    "Codes",
    "Columns",
    "Commands",
    "Companies",
    "Conditions",
    "Connections",
    "Contacts",
    "Credentials",
    "Details",
    "Documents",
    "Entries",
    "Errors",
    "Events",
    "Fields",
    "Files",
    "Folders",
    "Grants",
    "Headers",
    "Hosts",
    "Its",
    "Keys",
    "Languages",
    "Less",
    "Limits",
    "Lines",
    "Links",
    "Mails",
    "Members",
    "Messages",
    "Names",
    "News",
    "Numbers",
    "Options",
    "Others",
    "Pages",
    "Parameters",
    "Parts",
    "Perhaps",
    "Phrases",
    "Plus",
    "Providers",
    "Reasons",
    "Recipients",
    "Reports",
    "Rows",
    "Rules",
    "Seconds",
    "Secrets",
    "Sentences",
    "Servers",
    "Settings",
    "Tests",
    "Texts",
    "This",
    "Those",
    "Thus",
    "Times",
    "Tokens",
    "Users",
    "Values",
    "Versions",
    "Warnings",
    "Words",
];
/// Beginnings that leave open what a type is.
const NO_NOUNS: &[&str] = &[
    "It", "Its", "That", "This", "They", "What", "Where", "Who", "Whoever", "Whom", "Whose", "Which", "How",
];
const PERSONS: &[&str] = &["he", "him", "his", "himself", "she", "her", "herself"];
const NOBODIES: &[&str] = &["somebody", "someone", "nobody", "whoever", "anybody", "everybody"];

/// Gives every fault of the tree, as sentences.
pub(super) fn complaints(root: &Path) -> anyhow::Result<Vec<String>> {
    Ok(all(root)?.iter().map(sentence).collect())
}

/// Gives every fault of the tree, in the order of the files.
pub(super) fn all(root: &Path) -> anyhow::Result<Vec<Found>> {
    let mut found = Vec::new();
    for folder in READ {
        for path in files(&root.join(folder), &["rs"])? {
            let file = slash_path(root, &path);
            let text = std::fs::read_to_string(&path).with_context(|| format!("can't read {file}"))?;
            found.extend(in_file(&file, &text));
        }
    }
    Ok(found)
}

/// Makes a sentence of what is wrong, and where.
pub(super) fn sentence(found: &Found) -> String {
    let fault = match found.fault {
        Fault::NoVerb => "begin with what the function does, a verb in the third person",
        Fault::Whether => "give \"Whether\" a verb: tells whether, returns true if",
        Fault::NoNoun => "begin with what the type is, a noun",
        Fault::He => "people are they",
        Fault::Nobody => "name who it is",
        Fault::Errors => "a section that only links a type says nothing",
    };
    format!("{}:{}: {} ({fault})", found.file, found.line, found.text)
}

fn in_file(file: &str, text: &str) -> Vec<Found> {
    let mut found = docs(file, text);
    for part in source::rust_parts(text).into_iter().filter(|part| part.kind == Kind::Comment) {
        let words = || part.text.split(|c: char| !c.is_alphabetic() && c != '\'').map(str::to_lowercase);
        let faults = [(Fault::He, PERSONS), (Fault::Nobody, NOBODIES)];
        for (fault, list) in faults {
            if words().any(|word| list.contains(&word.as_str())) {
                found.push(Found {
                    file: file.to_owned(),
                    line: part.line,
                    fault,
                    text: part.text.to_owned(),
                });
            }
        }
    }
    found.sort_by_key(|found| found.line);
    found
}

/// What is at fault with docstrings of public items. Tests document themselves by their names.
fn docs(file: &str, text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut block: Vec<(usize, &str)> = Vec::new();
    let mut is_continued = false;
    let is_test = file.contains("/tests/") || file.ends_with("tests.rs");
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line == "mod tests {" {
            break;
        }
        if let Some(doc) = line.strip_prefix("///") {
            block.push((at + 1, doc.trim()));
            continue;
        }
        // A macro's own lines continue the docstring that it was passed.
        if line.starts_with("$(#[") {
            is_continued = true;
            continue;
        }
        // Attributes stand between a docstring and its item.
        if line.starts_with("#[") && !block.is_empty() {
            continue;
        }
        if let (false, Some((number, first))) = (is_test || is_continued, block.first().copied())
            && let Some(fault) = fault_of_first(line, first)
        {
            found.push(Found { file: file.to_owned(), line: number, fault, text: first.to_owned() });
        }
        if let Some(number) = empty_errors(&block) {
            let text = "# Errors".to_owned();
            found.push(Found { file: file.to_owned(), line: number, fault: Fault::Errors, text });
        }
        block.clear();
        is_continued = false;
    }
    found
}

fn fault_of_first(item: &str, doc: &str) -> Option<Fault> {
    let public = item.strip_prefix("pub ").or_else(|| {
        let rest = item.strip_prefix("pub(")?;
        rest.split_once(") ").map(|(_, rest)| rest)
    })?;
    let first = doc.split(|c: char| !c.is_alphanumeric() && c != '-').next().unwrap_or_default();
    let mut words = public.split_whitespace().skip_while(|word| ["async", "const", "unsafe"].contains(word));
    match words.next()? {
        "fn" if first == "Whether" => Some(Fault::Whether),
        "fn" if !first.ends_with('s') || NOT_VERBS.contains(&first) => Some(Fault::NoVerb),
        "struct" | "enum" | "trait" | "type" if NO_NOUNS.contains(&first) => Some(Fault::NoNoun),
        _ => None,
    }
}

/// The line of a section "Errors" with nothing but a link in it.
fn empty_errors(block: &[(usize, &str)]) -> Option<usize> {
    let at = block.iter().position(|(_, doc)| *doc == "# Errors")?;
    let section: Vec<&str> =
        block[at + 1..].iter().map(|(_, doc)| *doc).take_while(|doc| !doc.starts_with('#')).collect();
    let text = section.join(" ");
    let text = text.trim().trim_end_matches('.');
    let link = text.strip_prefix("[`").and_then(|rest| rest.strip_suffix("`]"));
    link.is_some_and(|link| !link.contains('`')).then_some(block[at].0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<(usize, Fault)> {
        in_file("host/src/a.rs", text).into_iter().map(|found| (found.line, found.fault)).collect()
    }

    #[test]
    fn a_function_begins_with_a_verb() {
        let good = "/// Leases due mails.\n#[must_use]\npub async fn lease() {}\n";
        assert!(faults(good).is_empty());
        assert_eq!(faults("/// Due mails.\npub fn due() {}\n"), [(1, Fault::NoVerb)]);
        assert_eq!(faults("/// The mails.\npub(crate) const fn due() {}\n"), [(1, Fault::NoVerb)]);
        assert_eq!(faults("/// Whether it is due.\npub fn due() {}\n"), [(1, Fault::Whether)]);
    }

    #[test]
    fn private_functions_fields_and_tests_are_free() {
        let text = "/// The mails.\nfn due() {}\nstruct A {\n    /// Mails.\n    pub mails: u8,\n}\n\
                    mod tests {\n/// Mails.\npub fn a() {}\n}\n";
        assert!(faults(text).is_empty(), "{:?}", faults(text));
    }

    #[test]
    fn a_macro_continues_the_docstring_that_it_is_passed() {
        let text = "$(#[$doc])*\n///\n/// # Errors\n///\n/// If it is gone.\npub fn a() {}\n/// Mails.\npub fn b() {}\n";
        assert_eq!(faults(text), [(7, Fault::NoVerb)]);
    }

    #[test]
    fn a_type_is_a_noun() {
        assert_eq!(faults("/// What is due.\npub struct Due;\n"), [(1, Fault::NoNoun)]);
        assert!(faults("/// A mail that is due.\npub struct Due;\n").is_empty());
    }

    #[test]
    fn a_comment_names_its_people() {
        let text = "// What he wrote.\nlet he = \"his\";\n// Nobody knows.\n// The user's own; theirs.\n";
        assert_eq!(faults(text), [(1, Fault::He), (3, Fault::Nobody)]);
    }

    #[test]
    fn a_section_about_errors_says_when() {
        let empty = "/// Reads.\n///\n/// # Errors\n///\n/// [`StoreError`].\npub fn a() {}\n";
        assert_eq!(faults(empty), [(3, Fault::Errors)]);
        let full =
            "/// Reads.\n///\n/// # Errors\n///\n/// [`StoreError`] if the file is gone.\npub fn a() {}\n";
        assert!(faults(full).is_empty());
    }
}
