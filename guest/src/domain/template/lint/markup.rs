//! What mail programs drop or show wrongly, found in the source of HTML texts.

use super::Finding;

/// Elements that mail programs remove, or block the mail for.
const ELEMENTS: &[&str] = &[
    "script", "form", "input", "iframe", "object", "embed", "video", "audio", "canvas", "svg", "link", "base",
];

/// Style that Outlook or Gmail ignore.
const STYLES: &[&str] = &[
    "position:",
    "display:flex",
    "display:inline-flex",
    "display:grid",
    "background-image:",
    "float:",
    "transform:",
    "@import",
    "@font-face",
    "url(",
];

/// Findings of one source.
pub(super) fn check(name: &str, source: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let lower = source.to_ascii_lowercase();
    for (number, line) in (1..).zip(lower.lines()) {
        let mut warn =
            |rule, detail: String| findings.push(Finding::warning(name, Some(number), rule, detail));
        for element in ELEMENTS {
            if has_element(line, element) {
                warn("unsupported", format!("<{element}> does not work in mail programs"));
            }
        }
        let tight: String = line.chars().filter(|c| !c.is_whitespace()).collect();
        for style in STYLES {
            let at = tight.match_indices(style).find(|(at, _)| !tight[..*at].ends_with(['-', '_']));
            if at.is_some() {
                let style = style.trim_end_matches([':', '(']);
                warn(
                    "unsupported",
                    format!("\"{style}\" does not work in all mail programs: use tables and cells"),
                );
            }
        }
        if tight.contains("javascript:") {
            warn("unsupported", "no mail program follows a \"javascript:\" link".to_owned());
        }
        if tight.contains("|safe") || tight.contains("autoescapefalse") {
            warn(
                "unescaped",
                "\"safe\" lets a document's field put markup into the mail: leave it out".to_owned(),
            );
        }
    }
    for (at, _) in lower.match_indices("<img") {
        let tag = &lower[at..];
        let tag = &tag[..tag.find('>').unwrap_or(tag.len())];
        if !tag.contains(" alt=") && !tag.contains("\nalt=") {
            let line = u32::try_from(lower[..at].matches('\n').count() + 1).ok();
            let detail = "a picture without an alt text is nothing where pictures are blocked: add alt=\"…\"";
            findings.push(Finding::warning(name, line, "missing-alt", detail.to_owned()));
        }
    }
    findings
}

fn has_element(line: &str, element: &str) -> bool {
    line.match_indices('<').any(|(at, _)| {
        let after = line[at + 1..].strip_prefix(element);
        after.is_some_and(|a| a.is_empty() || a.starts_with([' ', '>', '/', '\t']))
    })
}
