//! What mail programs drop or show wrongly, found in the source of HTML texts.

use super::{Finding, Rule};

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

/// Pictures of one source that are reported.
const MOST_PICTURES: usize = 100;

/// Checks one source.
pub(super) fn check(name: &str, source: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let lower = source.to_ascii_lowercase();
    for (number, line) in (1..).zip(lower.lines()) {
        let mut warn =
            |rule, detail: String| findings.push(Finding::warning(name, Some(number), rule, detail));
        for element in ELEMENTS {
            if has_element(line, element) {
                warn(Rule::Unsupported, format!("<{element}> does not work in mail programs"));
            }
        }
        let tight: String = line.chars().filter(|c| !c.is_whitespace()).collect();
        for style in STYLES {
            let at = tight.match_indices(style).find(|(at, _)| !tight[..*at].ends_with(['-', '_']));
            if at.is_some() {
                let style = style.trim_end_matches([':', '(']);
                warn(
                    Rule::Unsupported,
                    format!("\"{style}\" does not work in all mail programs: use tables and cells"),
                );
            }
        }
        if tight.contains("javascript:") {
            warn(Rule::Unsupported, "no mail program follows a \"javascript:\" link".to_owned());
        }
        if tight.contains("|safe") || tight.contains("autoescapefalse") {
            warn(
                Rule::Unescaped,
                "\"safe\" lets a document's field put markup into the mail: leave it out".to_owned(),
            );
        }
    }
    findings.extend(pictures_without_text(name, &lower));
    findings
}

/// Finds pictures without an alt text, as many as one person mends at once. Goes through a source once, however it is made: where a tag
/// ends and where the next alt text stands is looked for from where it was found last.
fn pictures_without_text(name: &str, lower: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (mut line, mut counted) = (1_u32, 0);
    let [mut ends, mut texts, mut below] = [">", " alt=", "\nalt="].map(Cursor::of);
    for (at, _) in lower.match_indices("<img") {
        line =
            line.saturating_add(u32::try_from(lower[counted..at].matches('\n').count()).unwrap_or(u32::MAX));
        counted = at;
        if texts.from(lower, at).min(below.from(lower, at)) < ends.from(lower, at) {
            continue;
        }
        let detail = "a picture without an alt text is nothing where pictures are blocked: add alt=\"…\"";
        findings.push(Finding::warning(name, Some(line), Rule::MissingAlt, detail.to_owned()));
        if findings.len() == MOST_PICTURES {
            break;
        }
    }
    findings
}

/// Where a text stands next: found anew only once the last place is passed.
struct Cursor {
    text: &'static str,
    known: Option<usize>,
}

impl Cursor {
    fn of(text: &'static str) -> Self {
        Self { text, known: None }
    }

    /// Finds the first place at or behind `at`, else the end.
    fn from(&mut self, source: &str, at: usize) -> usize {
        let place = match self.known.filter(|known| *known >= at) {
            Some(known) => known,
            None => source[at..].find(self.text).map_or(source.len(), |found| at + found),
        };
        self.known = Some(place);
        place
    }
}

fn has_element(line: &str, element: &str) -> bool {
    line.match_indices('<').any(|(at, _)| {
        let after = line[at + 1..].strip_prefix(element);
        after.is_some_and(|a| a.is_empty() || a.starts_with([' ', '>', '/', '\t']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of pictures without an alt text.
    fn lines(source: &str) -> Vec<u32> {
        let findings = check("x", source).into_iter().filter(|finding| finding.rule == Rule::MissingAlt);
        findings.filter_map(|finding| finding.line).collect()
    }

    #[test]
    fn a_picture_has_its_own_alt_text() {
        for (source, expected) in [
            ("<img src=a>\n<img alt=x>\n\n<IMG src=b>", &[1, 4][..]),
            ("<img\nalt=x src=a><img src=b>", &[2]),
            ("<img src=a> <b alt=x> <img src=c alt=\"\">", &[1]),
            ("<img src=a", &[1]),
            ("<img src=a alt=x", &[]),
            ("<img <img alt=x>", &[]),
            ("no picture, alt=x", &[]),
        ] {
            assert_eq!(lines(source), expected, "{source:?}");
        }
        assert_eq!(lines(&"<img>\n".repeat(500)).len(), MOST_PICTURES);
        assert!(lines(&"<img alt=x ".repeat(200_000)).is_empty(), "no tag of it ends");
    }
}
