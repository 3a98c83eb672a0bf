//! A page for forwarding: its blocks as plain text and as HTML.

use super::administrator::Page;
use crate::domain::html::escaped;
use crate::domain::language::Language;
use std::fmt::Write as _;

enum Block {
    Heading(String),
    Paragraph(String),
    List(Vec<String>),
    Rows(Vec<(String, String)>),
    Command(String),
}

/// A page being written. Its texts are plain; each form escapes what it must.
pub(super) struct PageBuilder {
    title: String,
    blocks: Vec<Block>,
}

impl PageBuilder {
    pub(super) fn new(title: String) -> Self {
        Self { title, blocks: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    pub(super) fn append(&mut self, other: Self) {
        self.blocks.extend(other.blocks);
    }

    pub(super) fn heading(&mut self, text: String) {
        self.blocks.push(Block::Heading(text));
    }

    pub(super) fn paragraph(&mut self, text: String) {
        self.blocks.push(Block::Paragraph(text));
    }

    pub(super) fn list(&mut self, entries: Vec<String>) {
        self.blocks.push(Block::List(entries));
    }

    pub(super) fn rows(&mut self, rows: Vec<(String, String)>) {
        self.blocks.push(Block::Rows(rows));
    }

    pub(super) fn command(&mut self, text: String) {
        self.blocks.push(Block::Command(text));
    }

    pub(super) fn finish(self, language: Language) -> Page {
        Page { text: self.text(), html: self.html(language), title: self.title, language }
    }

    fn text(&self) -> String {
        let mut text = format!("{}\n{}\n", self.title, "=".repeat(self.title.chars().count()));
        for block in &self.blocks {
            text.push('\n');
            // A `String` takes whatever is written.
            let _ = match block {
                Block::Heading(line) => writeln!(text, "{line}\n{}", "-".repeat(line.chars().count())),
                Block::Paragraph(line) => writeln!(text, "{line}"),
                Block::List(entries) => entries.iter().try_for_each(|entry| writeln!(text, "- {entry}")),
                Block::Rows(rows) => {
                    rows.iter().try_for_each(|(name, value)| writeln!(text, "{name}: {value}"))
                }
                Block::Command(line) => writeln!(text, "    {line}"),
            };
        }
        text
    }

    fn html(&self, language: Language) -> String {
        let title = escaped(&self.title);
        let mut html = format!(
            "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
             </head>\n<body style=\"font-family: Arial, sans-serif; max-width: 46em; margin: 2em auto\">\n<h1>{title}</h1>\n"
        );
        for block in &self.blocks {
            let _ = match block {
                Block::Heading(line) => writeln!(html, "<h2>{}</h2>", escaped(line)),
                Block::Paragraph(line) => writeln!(html, "<p>{}</p>", escaped(line)),
                Block::Command(line) => writeln!(html, "<pre>{}</pre>", escaped(line)),
                Block::List(entries) => {
                    html.push_str("<ul>\n");
                    let _ =
                        entries.iter().try_for_each(|entry| writeln!(html, "<li>{}</li>", escaped(entry)));
                    writeln!(html, "</ul>")
                }
                Block::Rows(rows) => {
                    html.push_str("<table>\n");
                    for (name, value) in rows {
                        let (name, value) = (escaped(name), escaped(value));
                        let _ = writeln!(html, "<tr><th align=\"left\">{name}</th><td>{value}</td></tr>");
                    }
                    writeln!(html, "</table>")
                }
            };
        }
        html.push_str("</body>\n</html>\n");
        html
    }
}
