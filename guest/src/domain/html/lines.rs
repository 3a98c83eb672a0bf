//! The text of a document as a person reads it: paragraphs, lists, links, tables, quotations, and nothing of what the page hides.

use super::escape::is_unprintable;
use super::marks::{compact, is_hidden, mark};
use super::tree::{Step, Tree};
use crate::domain::folding::{Line, Mark};
use html5ever::Attribute;

/// Elements that begin and end a line.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tr",
    "ul",
    "caption",
];
/// Those of them with an empty line around.
const PARAGRAPHS: &[&str] =
    &["p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "dl", "pre", "table"];
/// Bytes of a link that is written out behind its text.
const LINK: usize = 500;
/// Quotations within each other that are marked.
const DEPTH: usize = 20;
/// Lists within each other that are indented.
const LISTS: usize = 8;

/// The text of a document.
#[derive(Debug, Default)]
pub struct ReadableText {
    /// Its lines.
    pub lines: Vec<Line>,
    /// A mail program says in it what is quoted.
    pub has_marks: bool,
}

impl ReadableText {
    /// Makes lines of a text that is plain.
    pub fn of(text: &str) -> Self {
        Self { lines: text.lines().map(Line::plain).collect(), has_marks: false }
    }

    /// Joins the lines.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for line in &self.lines {
            out.push_str(&line.text);
            out.push('\n');
        }
        out
    }
}

/// Returns the text of a tree, nothing of the `dropped` elements in it.
pub fn to_lines(tree: &Tree, dropped: &[&str]) -> ReadableText {
    let mut writer = Writer::default();
    tree.walk(|step| {
        match step {
            Step::Text(text) => writer.text(text),
            Step::Open(None, _) => return false,
            Step::Open(Some(name), attributes) => {
                if dropped.contains(&name) || is_hidden(attributes) {
                    return false;
                }
                writer.open(name, attributes);
            }
            Step::Close(Some(name)) => writer.close(name),
            Step::Close(None) => {}
        }
        true
    });
    writer.end_line();
    while writer.found.lines.last().is_some_and(|line| line.text.trim_matches(['>', ' ']).is_empty()) {
        writer.found.lines.pop();
    }
    writer.found
}

/// What an open element changes until it is closed.
#[derive(Debug)]
struct Frame {
    mark: Option<Mark>,
    depth: usize,
    is_preformatted: bool,
    has_margin: bool,
    link: Option<(String, usize)>,
}

#[derive(Debug, Default)]
struct Writer {
    found: ReadableText,
    line: String,
    frames: Vec<Frame>,
    /// Lists that are open, with the number of the next item; none for one without numbers.
    lists: Vec<Option<u32>>,
    mark: Option<Mark>,
    is_rest: bool,
    depth: usize,
    /// Quotations around the line before.
    last_depth: usize,
    is_preformatted: bool,
    wants_empty_line: bool,
    /// The row has a cell already.
    is_in_row: bool,
}

impl Writer {
    fn open(&mut self, name: &str, attributes: &[Attribute]) {
        let is_block = BLOCKS.contains(&name);
        if is_block {
            self.end_line();
        }
        let has_margin = PARAGRAPHS.contains(&name)
            && !is_tight(attributes)
            && (self.lists.is_empty() || !matches!(name, "ul" | "ol"));
        self.wants_empty_line |= has_margin;
        self.frames.push(Frame {
            mark: self.mark,
            depth: self.depth,
            is_preformatted: self.is_preformatted,
            has_margin,
            link: None,
        });
        match mark(name, attributes) {
            Some(Mark::RestQuoted) => {
                self.end_line();
                (self.is_rest, self.found.has_marks) = (true, true);
            }
            Some(found) => {
                self.end_line();
                self.found.has_marks |= found == Mark::Quoted;
                self.mark = Some(found);
            }
            None => {}
        }
        let value = |wanted: &str| attributes.iter().find(|a| &*a.name.local == wanted).map(|a| &*a.value);
        match name {
            "br" => self.break_line(),
            "hr" => {
                self.end_line();
                self.line.push_str("---");
                self.end_line();
            }
            "blockquote" => {
                self.depth = (self.depth + 1).min(DEPTH);
                self.found.has_marks |= value("type").is_some_and(|kind| kind.eq_ignore_ascii_case("cite"))
                    || value("class").is_some_and(|class| class.contains("gmail_quote"));
            }
            "pre" | "textarea" => self.is_preformatted = true,
            "ul" => self.lists.push(None),
            "ol" => {
                self.lists.push(Some(value("start").and_then(|start| start.trim().parse().ok()).unwrap_or(1)))
            }
            "li" => self.item(),
            "tr" => self.is_in_row = false,
            "td" | "th" => {
                if self.is_in_row && !self.line.is_empty() {
                    self.line.truncate(self.line.trim_end().len());
                    self.line.push_str("  ");
                }
                self.is_in_row = true;
            }
            "img" => {
                let is_pixel = ["width", "height"]
                    .iter()
                    .any(|side| value(side).is_some_and(|side| matches!(side.trim(), "0" | "1")));
                let alt = value("alt").map(str::trim).filter(|alt| !alt.is_empty() && !is_pixel);
                if let Some(alt) = alt {
                    self.text(&["[", alt, "]"].concat());
                }
            }
            "a" => {
                let link =
                    value("href").map(str::trim).filter(|href| href.len() <= LINK && is_shown_link(href));
                if let (Some(link), Some(frame)) = (link, self.frames.last_mut()) {
                    frame.link = Some((link.to_owned(), self.line.len()));
                }
            }
            _ => {}
        }
        if value("style").is_some_and(|style| compact(style).contains("white-space:pre")) {
            self.is_preformatted = true;
        }
    }

    fn close(&mut self, name: &str) {
        let is_block = BLOCKS.contains(&name);
        let Some(frame) = self.frames.pop() else { return };
        if let Some((link, start)) = frame.link {
            self.write_link(&link, start);
        }
        if is_block || frame.mark != self.mark {
            self.end_line();
        }
        if matches!(name, "ul" | "ol") {
            self.lists.pop();
        }
        self.wants_empty_line |= frame.has_margin;
        (self.mark, self.depth, self.is_preformatted) = (frame.mark, frame.depth, frame.is_preformatted);
    }

    fn item(&mut self) {
        let level = self.lists.len().saturating_sub(1).min(LISTS);
        self.line.extend(std::iter::repeat_n("  ", level));
        match self.lists.last_mut() {
            Some(Some(number)) => {
                self.line.push_str(&format!("{number}. "));
                *number = number.saturating_add(1);
            }
            _ => self.line.push_str("- "),
        }
    }

    /// Writes out where a link leads, unless its text says that.
    fn write_link(&mut self, link: &str, start: usize) {
        let text = self.line.get(start..).unwrap_or_default().trim();
        let target = link
            .get(..7)
            .filter(|scheme| scheme.eq_ignore_ascii_case("mailto:"))
            .and_then(|_| link.get(7..))
            .unwrap_or(link);
        let target = target
            .split_once('?')
            .filter(|(address, _)| address.contains('@') && !address.contains('/'))
            .map_or(target, |(address, _)| address);
        let bare = |text: &str| {
            let text = text.trim().trim_end_matches('/').to_lowercase();
            ["https://", "http://", "www."]
                .iter()
                .fold(text, |text, begin| text.strip_prefix(begin).unwrap_or(&text).to_owned())
        };
        if text.is_empty() || bare(text) == bare(target) {
            return;
        }
        let length = self.line.trim_end().len();
        self.line.truncate(length);
        self.line.extend([" <", target, ">"]);
    }

    fn text(&mut self, text: &str) {
        if self.is_preformatted {
            for (at, line) in text.split('\n').enumerate() {
                if at > 0 {
                    self.break_line();
                }
                self.line.extend(line.chars().filter(|c| !is_unprintable(*c)));
            }
            return;
        }
        for c in text.chars() {
            match c {
                ' ' | '\n' | '\t' | '\r' | '\u{c}' => {
                    if !self.line.is_empty() && !self.line.ends_with(' ') {
                        self.line.push(' ');
                    }
                }
                // What fills the space behind a preheader, and breaks words.
                '\u{200b}' | '\u{200c}' | '\u{feff}' | '\u{34f}' | '\u{ad}' | '\u{2060}' => {}
                c if c.is_control() => {}
                c => self.line.push(c),
            }
        }
    }

    /// Ends the line if there is anything on it.
    fn end_line(&mut self) {
        if !self.line.is_empty() {
            self.break_line();
        }
    }

    fn break_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let text = line.replace('\u{a0}', " ");
        let text = text.trim_end();
        let prefix = ">".repeat(self.depth) + if self.depth > 0 { " " } else { "" };
        let mark = if self.is_rest { Some(Mark::RestQuoted) } else { self.mark };
        if std::mem::take(&mut self.wants_empty_line)
            && self.found.lines.last().is_some_and(|line| !line.text.trim_matches(['>', ' ']).is_empty())
        {
            self.found.lines.push(Line { text: ">".repeat(self.depth.min(self.last_depth)), mark });
        }
        self.last_depth = self.depth;
        if text.is_empty() && self.found.lines.is_empty() {
            return;
        }
        self.found.lines.push(Line { text: [&prefix, text].concat().trim_end().to_owned(), mark });
    }
}

/// True for a paragraph without an empty line around it, as programs write each line as one.
fn is_tight(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|a| match &*a.name.local {
        "class" => {
            a.value.starts_with("Mso") || a.value.contains("MsoNormal") || a.value.starts_with("x_Mso")
        }
        "style" => {
            let style = compact(&a.value);
            ["margin:0", "margin-top:0", "margin-bottom:0"].iter().any(|tight| style.contains(tight))
        }
        _ => false,
    })
}

fn is_shown_link(href: &str) -> bool {
    let begins =
        |scheme: &str| href.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme));
    (begins("https://") || begins("http://") || begins("mailto:"))
        && !href.contains(|c: char| c.is_whitespace() || c.is_control())
}
