//! House rules that no compiler checks: which way arrows go, where SQL may be, that files say why they exist and
//! stay readable, that the contract is documented and compatible.

mod crates;
mod documents;
mod names;
mod prose;
mod rules;
mod source;

use crate::contract;
use crate::run::root;
use anyhow::{Context as _, bail};
use std::path::{Path, PathBuf};

/// A folder and what its files must not mention.
struct Rule {
    folder: &'static str,
    forbidden: &'static [&'static str],
    why: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        folder: "guest/src/domain",
        forbidden: &[
            "crate::flows",
            "crate::component",
            "std::fs",
            "std::net::Tcp",
            "std::time::SystemTime",
            "std::thread",
        ],
        why: "the domain is pure and knows nothing above it",
    },
    Rule {
        folder: "guest/src/flows",
        forbidden: &["crate::component", "std::fs", "std::net::Tcp", "std::time::SystemTime", "std::thread"],
        why: "flows reach the outside through their ports alone",
    },
    Rule {
        folder: "host/postroom/src/engine",
        forbidden: &[
            "crate::outbox",
            "crate::app",
            "crate::config",
            "crate::connections",
            "postroom_store",
            "crate::vault",
        ],
        why: "the engine runs the plugin and depends on none of its callers",
    },
    Rule {
        folder: "host/postroom/src/outbox",
        forbidden: &["crate::app", "crate::connections", "crate::inbound", "crate::vault"],
        why: "the outbox is passed a company's plugin that can reach what it needs; commands are built on it",
    },
    Rule {
        folder: "host/postroom/src/inbound",
        forbidden: &["crate::app", "crate::connections", "crate::outbox", "crate::vault"],
        why: "intake is passed a company's plugin and a store; it sends nothing",
    },
    Rule {
        folder: "host/postroom/src/records",
        forbidden: &[
            "crate::engine",
            "postroom_contract",
            "crate::outbox",
            "crate::inbound",
            "crate::app",
            "crate::config",
            "crate::connections",
            "crate::vault",
        ],
        why: "the records are a port: they know capabilities, and the types of accounts and store",
    },
    Rule {
        folder: "host/postroom/src/connections",
        forbidden: &["crate::app", "crate::outbox", "crate::inbound", "postroom_contract"],
        why: "connections turn stored accounts into capabilities, and send nothing",
    },
    Rule {
        folder: "host/postroom/src/vault",
        forbidden: &[
            "crate::engine",
            "postroom_contract",
            "crate::outbox",
            "crate::app",
            "crate::config",
            "crate::connections",
        ],
        why: "the vault gives secrets to its callers and depends on none of them",
    },
    Rule {
        folder: "host/postroom/src/app",
        forbidden: &[
            "println!",
            "print!",
            "std::process",
            "anyhow",
            "axum",
            "clap::",
            "comfy_table",
            "dialoguer",
            "indicatif",
        ],
        why: "a use case knows no terminal, no HTTP and no process: it gives results, events and typed errors",
    },
    Rule {
        folder: "host/postroom/src/app",
        forbidden: &[".system()", "SystemStore"],
        why: "a use case acts for a person: the unscoped store is the worker's, and of the use cases app/service has it",
    },
    Rule {
        folder: "host/web/src",
        forbidden: &[
            "postroom_store",
            "postroom::store",
            "postroom::vault",
            "postroom::connections",
            "postroom::outbox",
            "postroom::inbound",
            "postroom::engine",
            ".system()",
            ".store()",
            ".vault()",
        ],
        why: "the web server speaks HTTP and calls use cases of app: what it may do follows from a signed token there",
    },
    Rule {
        folder: "host/cli/src",
        forbidden: &[".system()", "SystemStore"],
        why: "a command acts for a person: the unscoped store is the worker's and the web server's, and is opened there",
    },
    Rule {
        folder: "host/cli/src",
        forbidden: &[
            "postroom_store",
            "postroom::outbox",
            "postroom::connections",
            "postroom::vault",
            "postroom::engine",
        ],
        why: "a command parses, calls a use case of app, and prints",
    },
];

/// Folders whose files may use words that a rule forbids to the folder above them, for the reason beside them.
const EXCEPTIONS: &[(&str, &[&str])] = &[
    // Webhooks, pixels and sign-ins act for every company: there is no user, and the company is that of a signed token.
    ("host/postroom/src/app/service", &[".system()", "SystemStore"]),
];

/// Lines after which a file does more than one thing.
const LONGEST: usize = 450;
/// Words that say nothing about what is in a file.
const EMPTY_NAMES: &[&str] = &["util", "utils", "helper", "helpers", "manager", "common", "misc"];
const SOURCES: &[&str] = &["guest", "host", "tests", "xtask"];

/// Fails with the list of everything that breaks a rule.
pub(crate) fn run() -> anyhow::Result<()> {
    let root = root();
    let mut found = Vec::new();
    for folder in SOURCES {
        for path in rust_files(&root.join(folder))? {
            let text =
                std::fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
            let name = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            found.extend(complaints(&name, &text));
        }
    }
    found.extend(broken_links(&root)?);
    found.extend(crates::complaints(&root)?);
    found.extend(names::complaints(&root)?);
    found.extend(prose::complaints(&root)?);
    found.extend(rules::complaints(&root)?);
    found.extend(documents::complaints(&root)?);
    if !found.is_empty() {
        bail!("{} house rules are broken:\n  {}", found.len(), found.join("\n  "));
    }
    contract::check_docs(&root.join("wit"))?;
    contract::check_names(&root.join("wit"))?;
    let compared = contract::check_against_release(&root)?;
    eprintln!("tidy: layering, documentation and links hold; contract: {compared}");
    Ok(())
}

/// What is wrong with one file.
fn complaints(name: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    // Tests may read samples from disk.
    let is_test = name.ends_with("tests.rs") || name.contains("/tests/");
    let concerns = |rule: &Rule| name.starts_with(&format!("{}/", rule.folder)) && !is_test;
    for rule in RULES.iter().filter(|rule| concerns(rule)) {
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let broken = |word: &&&str| code.contains(**word) && !is_excepted(name, word);
            if let Some(word) = rule.forbidden.iter().find(broken) {
                found.push(format!("{name}:{}: {word}: {}", number + 1, rule.why));
            }
        }
    }
    if !text.lines().take(3).any(|line| line.starts_with("//!")) {
        found.push(format!("{name}: it does not say why it exists: begin with `//!`"));
    }
    let lines = text.lines().count();
    if lines > LONGEST {
        found.push(format!("{name}: {lines} lines: a file does one thing in at most {LONGEST}"));
    }
    let stem = Path::new(name).file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    if EMPTY_NAMES.contains(&stem.as_str()) {
        found.push(format!("{name}: the name says nothing: name the concept"));
    }
    found
}

/// Tells whether a word is allowed in this file by an exception.
fn is_excepted(name: &str, word: &str) -> bool {
    let holds =
        |folder: &str, words: &[&str]| name.starts_with(&format!("{folder}/")) && words.contains(&word);
    EXCEPTIONS.iter().any(|(folder, words)| holds(folder, words))
}

/// Links of the documents at the top that lead nowhere.
fn broken_links(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut documents = vec![];
    for folder in [root.to_owned(), root.join("docs"), root.join("docs/decisions"), root.join("tests")] {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        documents
            .extend(entries.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "md")));
    }
    for path in documents {
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
        let folder = path.parent().unwrap_or(root);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap_or_default();
            if !file.is_empty()
                && !file.contains("://")
                && !file.starts_with("mailto:")
                && !folder.join(file).exists()
            {
                let name = path.strip_prefix(root).unwrap_or(&path);
                found.push(format!("{}: the link to {file} leads nowhere", name.display()));
            }
        }
    }
    Ok(found)
}

/// Prints every name of the tree that the project does not use, where that is not enforced yet, too.
pub(crate) fn list_names() -> anyhow::Result<()> {
    let found = names::all(&root())?;
    for name in &found {
        println!("{}", names::sentence(name));
    }
    eprintln!("tidy: {} names to change", found.len());
    Ok(())
}

/// Prints every path, type and function that a document names and that is not there, where that is not enforced, too.
pub(crate) fn list_documents() -> anyhow::Result<()> {
    let found = documents::all(&root())?;
    for untrue in &found {
        println!("{untrue}");
    }
    eprintln!("tidy: {} names in documents that do not exist", found.len());
    Ok(())
}

/// Prints every docstring and comment of the tree that breaks a rule of prose, where that is not enforced, too.
pub(crate) fn list_prose() -> anyhow::Result<()> {
    let found = prose::all(&root())?;
    for fault in &found {
        println!("{}", prose::sentence(fault));
    }
    eprintln!("tidy: {} lines to reword", found.len());
    Ok(())
}

fn rust_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    files(folder, &["rs"])
}

/// A path below the root as the checks write it.
fn slash_path(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// The files below a folder with one of these endings, in order.
fn files(folder: &Path, endings: &[&str]) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next).with_context(|| format!("can't read {}", next.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                if !path.ends_with("node_modules") {
                    open.push(path);
                }
            } else if path.extension().is_some_and(|e| endings.iter().any(|ending| e == *ending)) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrow_in_the_wrong_direction_is_found_with_its_line() {
        let text = "//! Why.\n\nuse crate::flows::submit;\n// crate::flows in a comment is fine\n";
        assert_eq!(
            complaints("guest/src/domain/status/fold.rs", text),
            [
                "guest/src/domain/status/fold.rs:3: crate::flows: the domain is pure and knows nothing above it"
            ]
        );
        assert!(complaints("guest/src/component/exports.rs", text).is_empty());
    }

    #[test]
    fn a_file_says_why_it_exists_and_has_a_name_that_says_something() {
        let found = complaints("host/store/src/utils.rs", "fn main() {}\n");
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn a_command_has_no_unscoped_store() {
        let text = "//! Why.\nlet mail = connections.store().system().mail(id).await?;\n";
        assert_eq!(complaints("host/cli/src/outbox.rs", text).len(), 1);
        assert!(complaints("host/postroom/src/outbox/ledger.rs", text).is_empty());
    }

    #[test]
    fn the_web_server_reaches_nothing_below_the_use_cases_and_those_of_the_service_alone_are_unscoped() {
        let text = "//! Why.\nlet mail = connections.store().system().mail(id).await?;\n";
        for (file, count) in [
            ("host/web/src/pixel.rs", 1),
            ("host/postroom/src/app/timeline.rs", 1),
            ("host/postroom/src/app/service/openings.rs", 0),
        ] {
            assert_eq!(complaints(file, text).len(), count, "{file}");
        }
        let printing = "//! Why.\nprintln!(\"taken\");\n";
        assert_eq!(complaints("host/postroom/src/app/service/openings.rs", printing).len(), 1);
    }

    #[test]
    fn a_use_case_prints_nothing_and_a_command_reaches_nothing_below_the_use_cases() {
        let text = "//! Why.\nuse postroom_store::Store;\neprintln!(\"sent\");\n";
        for (file, line) in [("host/postroom/src/app/session.rs", 3), ("host/cli/src/session.rs", 2)] {
            let found = complaints(file, text);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found.iter().all(|it| it.starts_with(&format!("{file}:{line}: "))), "{found:?}");
        }
    }
}
