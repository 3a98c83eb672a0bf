//! What documents say of the tree is true: a path that a page names exists, and so do types and functions. Names stand in
//! backticks: `host/cli/src/main.rs`, `tests/e2e/`, `SystemStore`, `Store::open`, `decide()`, `schedule.decide` of the contract.
//! And the glossary stays short.

use super::source::{self, Kind};
use super::{files, slash_path};
use anyhow::Context as _;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Documents whose names are checked, or folders of them.
const ENFORCED: &[&str] = &["ARCHITECTURE.md", "docs/", "CONTRIBUTING.md"];
const READ: &[&str] = &["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/decisions", "docs/where-to-look.md"];
/// Folders at the top: a name that begins with one of them is a path.
const TOP: &[&str] = &["docs", "embed", "guest", "host", "templates", "tests", "wit", "xtask"];
const GLOSSARY: &str = "ARCHITECTURE.md";
/// Words with a meaning of their own that a newcomer can learn at once.
const MOST_WORDS: usize = 15;
const WIT_TYPES: &[&str] = &["record", "variant", "enum", "flags", "type"];
const SOURCES: &[&str] = &["guest", "host", "tests", "xtask"];

/// The names that the sources have.
#[derive(Default)]
struct Tree {
    /// Structs, enums, traits and aliases.
    types: BTreeSet<String>,
    /// Functions, each with the types that its file names: a method is where its type is.
    functions: BTreeMap<String, Vec<BTreeSet<String>>>,
    /// Functions and types of the contract, `interface.name`.
    contract: BTreeSet<String>,
}

/// Gives the names that do not exist, where that is enforced, and a glossary that is too long, as sentences.
pub(super) fn complaints(root: &Path) -> anyhow::Result<Vec<String>> {
    let page =
        std::fs::read_to_string(root.join(GLOSSARY)).with_context(|| format!("can't read {GLOSSARY}"))?;
    let mut found = Vec::new();
    let words = glossary(&page);
    if words == 0 || words > MOST_WORDS {
        found.push(format!("{GLOSSARY}: the glossary has {words} words: at least 1, at most {MOST_WORDS}"));
    }
    if !ENFORCED.is_empty() {
        let enforced = |found: &String| ENFORCED.iter().any(|document| found.starts_with(document));
        found.extend(all(root)?.into_iter().filter(enforced));
    }
    Ok(found)
}

/// The number of words in the table below the heading "Glossary".
fn glossary(page: &str) -> usize {
    let below = page.split("\n## Glossary\n").nth(1).unwrap_or_default();
    let section = below.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with('|')).count();
    // The table's head and the line below it.
    rows.saturating_sub(2)
}

/// Gives every name of the documents that does not exist.
pub(super) fn all(root: &Path) -> anyhow::Result<Vec<String>> {
    let tree = Tree::read(root)?;
    let mut found = Vec::new();
    for document in READ {
        let path = root.join(document);
        let pages = if path.is_dir() { files(&path, &["md"])? } else { vec![path] };
        for page in pages.into_iter().filter(|page| page.exists()) {
            let name = slash_path(root, &page);
            let text = std::fs::read_to_string(&page).with_context(|| format!("can't read {name}"))?;
            found.extend(untrue(&name, &text, &tree, &|path| root.join(path).exists()));
        }
    }
    Ok(found)
}

fn untrue(page: &str, text: &str, tree: &Tree, exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        for name in source::in_backticks(line) {
            let Some(missing) = tree.missing(name, exists) else { continue };
            found.push(format!("{page}:{}: {missing}", at + 1));
        }
    }
    found
}

impl Tree {
    fn read(root: &Path) -> anyhow::Result<Self> {
        let mut tree = Self::default();
        for folder in SOURCES {
            for path in files(&root.join(folder), &["rs"])? {
                let text = std::fs::read_to_string(&path)
                    .with_context(|| format!("can't read {}", path.display()))?;
                tree.add_rust(&text);
            }
        }
        for path in files(&root.join("wit"), &["wit"])? {
            let text =
                std::fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
            tree.add_wit(&text);
        }
        Ok(tree)
    }

    fn add_rust(&mut self, text: &str) {
        let mut words = Vec::new();
        for part in source::rust_parts(text).into_iter().filter(|part| part.kind == Kind::Code) {
            words.extend(source::identifiers(part.text, false).map(|(_, word)| word));
        }
        let types: BTreeSet<String> = words
            .iter()
            .filter(|word| word.starts_with(|c: char| c.is_uppercase()))
            .map(ToString::to_string)
            .collect();
        for pair in words.windows(2) {
            match pair[0] {
                "struct" | "enum" | "trait" | "type" | "union" => {
                    self.types.insert(pair[1].to_owned());
                }
                "fn" => self.functions.entry(pair[1].to_owned()).or_default().push(types.clone()),
                _ => {}
            }
        }
    }

    fn add_wit(&mut self, text: &str) {
        let mut interface = "";
        for line in text.lines().map(str::trim) {
            if let Some(rest) = line.strip_prefix("interface ") {
                interface = rest.split([' ', '{']).next().unwrap_or_default();
            }
            let function = line.split_once(": func").map(|(name, _)| name);
            let ty = line.split_once(' ').filter(|(word, _)| WIT_TYPES.contains(word)).map(|(_, rest)| rest);
            let name = function.or(ty).and_then(|name| name.split([' ', '{', '=', ';']).next());
            if let Some(name) = name.filter(|_| !interface.is_empty()) {
                self.contract.insert(format!("{interface}.{}", name.trim_start_matches('%')));
            }
        }
    }

    /// What of a name is not there, if it is the name of a path, a type or a function at all.
    fn missing(&self, name: &str, exists: &dyn Fn(&str) -> bool) -> Option<String> {
        let top = name.split('/').next().unwrap_or_default();
        if TOP.contains(&top) && name.contains('/') && !name.contains(['<', '*', ' ']) {
            let missing = alternatives(name).into_iter().find(|path| !exists(path))?;
            return Some(format!("there is no {missing}"));
        }
        if let Some((ty, function)) = name.split_once("::").filter(|(ty, _)| is_type(ty)) {
            let function = function.trim_end_matches("()");
            if !is_function(function) {
                return None;
            }
            let known =
                self.functions.get(function).is_some_and(|files| files.iter().any(|f| f.contains(ty)));
            return (!known).then(|| format!("there is no {ty}::{function}"));
        }
        if let Some(function) = name.strip_suffix("()").filter(|function| is_function(function)) {
            return (!self.functions.contains_key(function))
                .then(|| format!("there is no function {function}"));
        }
        if is_long_type(name) {
            return (!self.types.contains(name)).then(|| format!("there is no type {name}"));
        }
        if let Some((interface, _)) = name.split_once('.').filter(|_| !name.contains(' ')) {
            let prefix = format!("{interface}.");
            let is_interface = self.contract.iter().any(|function| function.starts_with(&prefix));
            return (is_interface && !self.contract.contains(name))
                .then(|| format!("the contract has no {name}"));
        }
        None
    }
}

fn is_type(name: &str) -> bool {
    name.starts_with(|c: char| c.is_uppercase()) && name.chars().all(char::is_alphanumeric)
}

/// A type's name of two words or more: a single word in backticks may be anything.
fn is_long_type(name: &str) -> bool {
    let capitals = name.chars().filter(|c| c.is_uppercase()).count();
    is_type(name)
        && capitals > 1
        && name.contains(|c: char| c.is_lowercase())
        && !name.contains(char::is_numeric)
}

fn is_function(name: &str) -> bool {
    name.starts_with(|c: char| c.is_lowercase())
        && name.chars().all(|c| c.is_lowercase() || c.is_ascii_digit() || c == '_')
}

/// The paths that `a/{b,c}.rs` stands for.
fn alternatives(path: &str) -> Vec<String> {
    let braces = path.split_once('{').and_then(|(head, rest)| Some((head, rest.split_once('}')?)));
    let Some((head, (inside, tail))) = braces else { return vec![path.to_owned()] };
    inside.split(',').flat_map(|one| alternatives(&format!("{head}{one}{tail}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Tree {
        let mut tree = Tree::default();
        tree.add_rust("pub struct SystemStore;\npub struct Store;\nimpl Store {\n    // fn no()\n    pub async fn open() {}\n}\n");
        tree.add_rust("pub fn decide(a: u8) {}\n");
        tree.add_wit("interface schedule {\n  record plan {\n  }\n  decide: func() -> bool;\n}\n");
        tree
    }

    fn missing(name: &str) -> bool {
        tree()
            .missing(name, &|path| {
                ["host/cli/src/main.rs", "tests/e2e/", "wit/a.wit", "wit/b.wit"].contains(&path)
            })
            .is_some()
    }

    #[test]
    fn what_exists_is_true() {
        for name in [
            "host/cli/src/main.rs",
            "tests/e2e/",
            "wit/{a,b}.wit",
            "SystemStore",
            "Store::open",
            "Store::open()",
            "decide()",
            "schedule.decide",
            "schedule.plan",
        ] {
            assert!(!missing(name), "{name}");
        }
    }

    #[test]
    fn what_does_not_exist_is_found() {
        for name in [
            "host/cli/src/lib.rs",
            "wit/{a,c}.wit",
            "UserStore",
            "Store::close",
            "Store::no",
            "Shop::open",
            "Store::decide",
            "open_all()",
            "schedule.settle",
        ] {
            assert!(missing(name), "{name}");
        }
    }

    #[test]
    fn other_words_in_backticks_are_free() {
        for name in [
            "cargo xtask test",
            "postroom:plugin/*",
            "rcpt.to",
            "550 5.7.26",
            "templates/<kind>/",
            "In",
            "std::fs",
        ] {
            assert!(!missing(name), "{name}");
        }
    }

    #[test]
    fn the_words_of_the_glossary_are_counted() {
        let page = "# A\n## Glossary\n\n| word | meaning |\n|---|---|\n| outbox | mails |\n| lease | time |\n\n## B\n| c | d |\n";
        assert_eq!(glossary(page), 2);
        assert_eq!(glossary("# A\n"), 0);
    }

    #[test]
    fn a_page_is_told_by_name_and_line() {
        let found = untrue("A.md", "One.\n`Store::close` and `Store::open`\n", &tree(), &|_| true);
        assert_eq!(found, ["A.md:2: there is no Store::close"]);
    }
}
