//! The product's rules (docs/rules.md): each has a number in order and the tests that prove it, or says that it is not built
//! yet; the tests exist, and what cites a rule cites one that is there.

use super::{files, slash_path};
use anyhow::Context as _;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const PAGE: &str = "docs/rules.md";
/// Where a rule may be cited.
const CITING: &[&str] = &["guest", "host", "tests", "xtask", "wit", "docs", "templates"];
/// The suites that the page names, and where their tests are.
const SUITES: &[(&str, &str)] = &[
    ("guest", "guest/"),
    ("host", "host/"),
    ("clients", "tests/clients/"),
    ("component", "tests/component/"),
    ("e2e", "tests/e2e/"),
    ("memory", "tests/memory/"),
    ("oauth", "tests/oauth/"),
    ("snapshot", "tests/snapshot/"),
];
const NOT_BUILT: &str = "Not built yet";

/// A rule of the page.
#[derive(Debug, PartialEq, Eq)]
struct Rule {
    number: Number,
    line: usize,
    /// Suite and name.
    tests: Vec<(String, String)>,
    not_built: bool,
}

/// A rule's chapter and place in it: A3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Number {
    chapter: char,
    place: u32,
}

impl Number {
    /// Reads a number that `text` begins with, and gives what follows it.
    fn read(text: &str) -> Option<(Self, &str)> {
        let chapter = text.chars().next().filter(char::is_ascii_uppercase)?;
        let rest = &text[1..];
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (digits, rest) = rest.split_at(digits);
        let place = digits.parse().ok().filter(|_| digits.len() <= 2)?;
        (!rest.starts_with(|c: char| c.is_alphanumeric())).then_some((Self { chapter, place }, rest))
    }

    fn shown(self) -> String {
        format!("{}{}", self.chapter, self.place)
    }
}

/// Gives what is wrong with the page of rules and with what cites it, as sentences.
pub(super) fn complaints(root: &Path) -> anyhow::Result<Vec<String>> {
    let page = std::fs::read_to_string(root.join(PAGE)).with_context(|| format!("can't read {PAGE}"))?;
    let rules = read(&page);
    let mut found = of_the_page(&rules);
    let known: BTreeSet<Number> = rules.iter().map(|rule| rule.number).collect();
    let mut tests: BTreeMap<String, BTreeSet<&'static str>> = BTreeMap::new();
    for folder in CITING {
        for path in files(&root.join(folder), &["rs", "wit", "md", "sql", "py", "mjs", "toml", "txt"])? {
            let file = slash_path(root, &path);
            let text = std::fs::read_to_string(&path).with_context(|| format!("can't read {file}"))?;
            found.extend(wrong_citations(&file, &text, &known));
            if let Some((suite, _)) = SUITES.iter().find(|(_, folder)| file.starts_with(folder)) {
                for name in test_names(&file, &text) {
                    tests.entry(name.to_owned()).or_default().insert(suite);
                }
            }
        }
    }
    for rule in &rules {
        for (suite, name) in &rule.tests {
            if !tests.get(name).is_some_and(|suites| suites.contains(suite.as_str())) {
                found.push(format!("{PAGE}:{}: there is no test {suite}::{name}", rule.line));
            }
        }
    }
    Ok(found)
}

/// Reads the rules: paragraphs that begin with `**A1. `, with their tests as `suite::name`.
fn read(page: &str) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    let mut end = "";
    for (at, line) in page.lines().enumerate() {
        let head = line.strip_prefix("**").and_then(Number::read).filter(|(_, rest)| rest.starts_with(". "));
        if let Some((number, _)) = head {
            rules.push(Rule { number, line: at + 1, tests: Vec::new(), not_built: false });
            end = "";
        }
        let Some(rule) = rules.last_mut().filter(|_| !line.starts_with('#')) else { continue };
        // The words may stand on two lines.
        rule.not_built |= format!("{end} {line}").contains(NOT_BUILT);
        end = line;
        let named = line.split('`').skip(1).step_by(2).filter_map(|text| text.split_once("::"));
        rule.tests.extend(named.map(|(suite, name)| (suite.to_owned(), name.to_owned())));
    }
    rules
}

/// What is wrong with the numbers, and rules without a proof.
fn of_the_page(rules: &[Rule]) -> Vec<String> {
    let mut found = Vec::new();
    let mut last: Option<Number> = None;
    for rule in rules {
        let next = match last {
            Some(last) if last.chapter == rule.number.chapter => last.place + 1,
            _ => 1,
        };
        let in_order = last.is_none_or(|last| last < rule.number) && rule.number.place == next;
        if !in_order {
            found.push(format!("{PAGE}:{}: rule {} is not the next", rule.line, rule.number.shown()));
        }
        if rule.tests.is_empty() && !rule.not_built {
            found.push(format!(
                "{PAGE}:{}: rule {} has neither a test nor the words \"{NOT_BUILT}\"",
                rule.line,
                rule.number.shown()
            ));
        }
        last = Some(rule.number);
    }
    found
}

/// The functions that a file of tests has. Those that a macro runs on several databases have no attribute, so all count
/// in files of tests.
fn test_names<'a>(file: &str, text: &'a str) -> Vec<&'a str> {
    if !file.ends_with(".rs") {
        return Vec::new();
    }
    let whole = file.starts_with("tests/") || file.contains("/tests/") || file.ends_with("tests.rs");
    let mut names = Vec::new();
    let mut is_test = false;
    for line in text.lines().map(str::trim) {
        is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        let Some((before, after)) = line.split_once("fn ") else { continue };
        if before.is_empty() || before.ends_with(' ') {
            if is_test || whole {
                names.extend(after.split(|c: char| !c.is_alphanumeric() && c != '_').next());
            }
            is_test = false;
        }
    }
    names
}

/// Citations of rules that are not there: "rule A3", "rules A2 to A4, C4", also over the end of a line.
fn wrong_citations(file: &str, text: &str, known: &BTreeSet<Number>) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("ule") {
        let after = &text[at + 3..];
        let plural = after.strip_prefix('s').unwrap_or(after);
        let begins = text[..at].ends_with(['r', 'R'])
            && !text[..at - 1].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let Some(mut rest) = plural.strip_prefix(' ').filter(|_| begins) else { continue };
        while let Some((number, after)) = Number::read(rest) {
            if !known.contains(&number) {
                let line = text[..at].matches('\n').count() + 1;
                found.push(format!("{file}:{line}: there is no rule {} in {PAGE}", number.shown()));
            }
            let separator = [", ", ",\n", " to ", " and ", "–"].iter().find_map(|s| after.strip_prefix(s));
            let Some(after) = separator else { break };
            // A list goes on after the mark of a comment.
            rest = after.trim_start_matches(['/', '!', ' ']);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "# Rules\n`suite::name`\n\n## A\n**A1. One.** Text.\nTests: `guest::one_holds`,\n\
                        `e2e::one_holds_for_all`\n\n**A2. Two.** Not built yet.\n\n## B\n**B1. Three.** Not\nbuilt yet: all.\n";

    #[test]
    fn rules_are_read_with_their_tests() {
        let rules = read(GOOD);
        assert_eq!(rules.iter().map(|rule| rule.number.shown()).collect::<Vec<_>>(), ["A1", "A2", "B1"]);
        assert_eq!(
            rules[0].tests,
            [("guest".into(), "one_holds".into()), ("e2e".into(), "one_holds_for_all".into())]
        );
        assert!(rules[1].not_built && !rules[0].not_built);
        assert!(of_the_page(&rules).is_empty());
    }

    #[test]
    fn a_number_that_is_left_out_repeated_or_without_proof_is_found() {
        for (page, count) in [
            ("**A1. One.** Not built yet.\n**A3. Three.** Not built yet.\n", 1),
            ("**A1. One.** Not built yet.\n**A1. Again.** Not built yet.\n", 1),
            ("**B1. One.** Not built yet.\n**A1. Two.** Not built yet.\n", 1),
            ("**A1. One.** It is so.\n", 1),
        ] {
            assert_eq!(of_the_page(&read(page)).len(), count, "{page}");
        }
    }

    #[test]
    fn a_test_is_a_function_with_its_attribute_or_in_a_file_of_tests() {
        let text = "#[tokio::test(flavor = \"multi_thread\")]\nasync fn one() {}\nfn helper() {}\n#[test]\nfn two() {}\n";
        assert_eq!(test_names("host/src/a.rs", text), ["one", "two"]);
        assert_eq!(
            test_names("host/store/src/tests/a.rs", "pub(super) async fn one(store: Store) {\n"),
            ["one"]
        );
        assert!(test_names("tests/component/a.py", "def one(): pass\n").is_empty());
    }

    #[test]
    fn a_citation_of_a_rule_that_is_not_there_is_found_with_its_line() {
        let known: BTreeSet<Number> = read(GOOD).iter().map(|rule| rule.number).collect();
        let wrong = |text| wrong_citations("a.rs", text, &known).len();
        assert_eq!(wrong("// rule A1, and rules A1, A2 and B1.\n//! Rules A1,\n//! A2 (rules A1–A2).\n"), 0);
        assert_eq!(wrong("// rule A3\n"), 1);
        assert_eq!(wrong("//! Rules A1,\n//! C4 to C6.\n"), 2);
        assert_eq!(wrong("// a ruler A9, rule AB, rule A100, module Z9\n"), 0);
        let found = wrong_citations("a.rs", "//\n// rule D4.\n", &known);
        assert_eq!(found, ["a.rs:2: there is no rule D4 in docs/rules.md"]);
    }
}
