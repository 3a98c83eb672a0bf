//! The text of a document, as plain lines.

use super::tree::{Step, Tree};

/// Elements that begin and end a line.
const LINES: &[&str] = &["br", "p", "div", "tr", "li", "hr", "table"];

/// Returns the text of a tree without empty lines: a line for each block, spaces as HTML has them, nothing of the `dropped` elements.
pub fn to_text(tree: &Tree, dropped: &[&str]) -> String {
    let mut out = String::new();
    tree.walk(|step| {
        match step {
            Step::Text(text) => push_text(&mut out, text),
            Step::Open(None, _) => return false,
            Step::Open(Some(name), _) if dropped.contains(&name) => return false,
            Step::Open(Some(name), _) | Step::Close(Some(name)) => {
                if LINES.contains(&name) && !out.is_empty() {
                    out.push('\n');
                }
            }
            Step::Close(None) => {}
        }
        true
    });
    let lines: Vec<_> = out.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

/// Appends a text with each run of spaces as one.
fn push_text(out: &mut String, text: &str) {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.starts_with(char::is_whitespace) && !out.is_empty() && !out.ends_with(['\n', ' ']) {
        out.push(' ');
    }
    out.push_str(&words);
    if text.ends_with(char::is_whitespace) && !words.is_empty() {
        out.push(' ');
    }
}
