//! Phrases by which servers, programs and people are understood: tables in text files, searched for in one pass.

use aho_corasick::AhoCorasick;

/// Phrases that are searched for in one pass. A phrase of letters alone is found at the beginning of a word.
#[derive(Debug)]
pub(crate) struct Table(Option<AhoCorasick>);

impl Table {
    /// Makes a table of phrases in plain form.
    pub(crate) fn new<'a>(phrases: impl IntoIterator<Item = &'a str>) -> Self {
        Self(AhoCorasick::new(phrases).ok())
    }

    /// Returns true if one of them is in the text, which is in plain form.
    pub(crate) fn is_in(&self, plain: &str) -> bool {
        self.first(plain).is_some()
    }

    /// Returns true if the text begins with one of them.
    pub(crate) fn begins(&self, plain: &str) -> bool {
        self.first(plain) == Some(0)
    }

    /// Returns true if the text ends with one of them, whatever stands before it.
    pub(crate) fn ends(&self, plain: &str) -> bool {
        let ends =
            |table: &AhoCorasick| table.find_overlapping_iter(plain).any(|found| found.end() == plain.len());
        self.0.as_ref().is_some_and(ends)
    }

    /// Returns true if the text is one of them, and nothing else.
    pub(crate) fn is(&self, plain: &str) -> bool {
        let ends = |table: &AhoCorasick| {
            table.find_overlapping_iter(plain).any(|found| found.start() == 0 && found.end() == plain.len())
        };
        self.0.as_ref().is_some_and(ends)
    }

    /// Finds where the first of them begins.
    pub(crate) fn first(&self, plain: &str) -> Option<usize> {
        self.found(plain).map(|(start, _)| start).min()
    }

    /// Finds begin and number of all that are in the text, overlapping ones too.
    pub(crate) fn found<'a>(&'a self, plain: &'a str) -> impl Iterator<Item = (usize, usize)> + 'a {
        let found = self.0.iter().flat_map(move |table| table.find_overlapping_iter(plain));
        let found = found.filter(move |found| begins_word(plain, found.start()));
        found.map(|found| (found.start(), found.pattern().as_usize()))
    }
}

/// True if a phrase begins a word: `until` is not in `groupuntil`; scripts without spaces are not looked at so closely.
fn begins_word(plain: &str, start: usize) -> bool {
    let before = plain.get(..start).and_then(|before| before.chars().next_back());
    let first = plain.get(start..).and_then(|rest| rest.chars().next());
    let in_word = |c: char| c.is_alphanumeric() && c < '\u{2e80}';
    !(before.is_some_and(in_word) && first.is_some_and(in_word))
}

/// Reads the phrases of a file by their section.
pub(crate) fn sections(file: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut section = "";
    file.lines().filter_map(move |line| {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'))
            && !name.contains(' ')
            && !matches!(name, "auto" | "auto-reply" | "ooo")
        {
            section = name;
            return None;
        }
        (!line.is_empty() && !section.is_empty()).then_some((section, line))
    })
}

/// Reads the phrases of one section into a table.
pub(crate) fn section(file: &'static str, name: &'static str) -> Table {
    Table::new(sections(file).filter(move |(section, _)| *section == name).map(|(_, phrase)| phrase))
}

/// Brings a text into the form of the tables: lower case, single spaces, one kind of apostrophe.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() || c == '\u{200b}' || c == '\u{feff}' {
            if !out.ends_with(' ') && !out.is_empty() {
                out.push(' ');
            }
        } else if matches!(c, '\u{2018}' | '\u{2019}' | '\u{b4}' | '`') {
            out.push('\'');
        } else if c == 'İ' {
            // By the rules of Unicode it becomes two characters, which no phrase has.
            out.push('i');
        } else if c.is_ascii() {
            out.push(c.to_ascii_lowercase());
        } else {
            out.extend(c.to_lowercase());
        }
    }
    if out.ends_with(' ') {
        out.pop();
    }
    out
}
