//! What servers, programs and people write, as tables in text files: the only place for wordings. What the rules do
//! with them is in the files around this folder.

use super::cause::Cause;
use aho_corasick::AhoCorasick;
use std::sync::LazyLock;

const CAUSES: &str = include_str!("causes.txt");
const BOUNCES: &str = include_str!("bounces.txt");
const ABSENCES: &str = include_str!("absences.txt");

/// Phrases that are searched for in one pass. A phrase of letters alone is found at the beginning of a word.
#[derive(Debug)]
pub(super) struct Table(Option<AhoCorasick>);

impl Table {
    fn new<'a>(phrases: impl IntoIterator<Item = &'a str>) -> Self {
        Self(AhoCorasick::new(phrases).ok())
    }

    /// One of them is in the text, which is in plain form.
    pub(super) fn is_in(&self, plain: &str) -> bool {
        self.first(plain).is_some()
    }

    /// The text begins with one of them.
    pub(super) fn begins(&self, plain: &str) -> bool {
        self.first(plain) == Some(0)
    }

    /// The text is one of them, and nothing else.
    pub(super) fn is(&self, plain: &str) -> bool {
        let ends = |table: &AhoCorasick| {
            table.find_overlapping_iter(plain).any(|found| found.start() == 0 && found.end() == plain.len())
        };
        self.0.as_ref().is_some_and(ends)
    }

    /// Where the first of them begins.
    pub(super) fn first(&self, plain: &str) -> Option<usize> {
        self.found(plain).map(|(start, _)| start).min()
    }

    /// Begin and number of all that are in the text, overlapping ones too.
    pub(super) fn found<'a>(&'a self, plain: &'a str) -> impl Iterator<Item = (usize, usize)> + 'a {
        let found = self.0.iter().flat_map(move |table| table.find_overlapping_iter(plain));
        let found = found.filter(move |found| begins_word(plain, found.start()));
        found.map(|found| (found.start(), found.pattern().as_usize()))
    }
}

/// `until` is not in `groupuntil`; scripts that know no spaces are not looked at so closely.
fn begins_word(plain: &str, start: usize) -> bool {
    let before = plain.get(..start).and_then(|before| before.chars().next_back());
    let first = plain.get(start..).and_then(|rest| rest.chars().next());
    let in_word = |c: char| c.is_alphanumeric() && c < '\u{2e80}';
    !(before.is_some_and(in_word) && first.is_some_and(in_word))
}

/// The phrases of a file by their section.
fn sections(file: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
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

fn section(file: &'static str, name: &'static str) -> Table {
    Table::new(sections(file).filter(move |(section, _)| *section == name).map(|(_, phrase)| phrase))
}

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident = $file:ident[$section:literal];)*) => {
        $($(#[$doc])* pub(super) static $name: LazyLock<Table> = LazyLock::new(|| section($file, $section));)*

        #[cfg(test)]
        const USED: &[(&str, &str)] = &[$(($file, $section)),*];
    };
}

tables! {
    /// Local parts of programs that report on mail.
    DAEMONS = BOUNCES["daemons"];
    /// Their display names.
    DAEMON_NAMES = BOUNCES["daemon-names"];
    /// What stands over their reports.
    FAILURE_SUBJECTS = BOUNCES["failure-subjects"];
    /// What is in their reports.
    FAILURES = BOUNCES["failures"];
    /// It is not yet given up.
    DELAY = BOUNCES["delay"];
    /// It is given up, whatever else is said of trying.
    FINAL = BOUNCES["final"];
    /// What stands over complaints in no standard form.
    COMPLAINT_SUBJECTS = BOUNCES["complaint-subjects"];
    /// It has arrived.
    SUCCESS = BOUNCES["success"];
    /// A mail program says that its user deleted a mail unread.
    NOT_READ = BOUNCES["not-read"];
    /// What stands before the subject of a receipt.
    READ_SUBJECTS = BOUNCES["read-subjects"];
    /// A program says that its user opened a mail.
    READ = BOUNCES["read"];
    /// A rule of the recipient's refused a mail.
    REFUSED = BOUNCES["refused"];
    /// Programs that deliver mail, and refuse it by such rules.
    DELIVERY_AGENTS = BOUNCES["delivery-agents"];
    /// Where the original begins.
    ORIGINAL = BOUNCES["original"];
    /// What programs put before the subject when a person answers or forwards.
    PERSON_PREFIXES = BOUNCES["person-prefixes"];
    /// Subjects of automatic replies.
    AUTOMATIC_SUBJECTS = ABSENCES["automatic-subjects"];
    /// Subjects of vacation notices.
    ABSENCE_SUBJECTS = ABSENCES["absence-subjects"];
    /// What vacation notices say.
    AWAY = ABSENCES["away"];
    /// What programs say that only acknowledge.
    ACKNOWLEDGEMENTS = ABSENCES["acknowledgements"];
    /// What they say besides.
    RETURN = ABSENCES["return"];
}

/// The wordings of [`Cause`]s; the number of a phrase is its place in the list.
pub(super) static CAUSE_TABLE: LazyLock<(Table, Vec<Cause>)> = LazyLock::new(|| {
    let known = || sections(CAUSES).filter_map(|(name, phrase)| Some((Cause::named(name).ok()?, phrase)));
    (Table::new(known().map(|(_, phrase)| phrase)), known().map(|(cause, _)| cause).collect())
});

/// A text as the tables have it: lower case, single spaces, one kind of apostrophe.
pub(super) fn plain(text: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phrase_is_in_the_form_in_which_texts_are_searched_and_in_a_table_that_is_used() {
        for file in [CAUSES, BOUNCES, ABSENCES] {
            for (name, phrase) in sections(file) {
                assert_eq!(plain(&format!("({phrase})")), format!("({phrase})"), "{name}");
                assert!(phrase.chars().count() > 1, "{name}: {phrase:?}");
                let known = Cause::named(name).is_ok() || USED.contains(&(file, name));
                assert!(known, "nobody reads the section {name}");
            }
        }
        for (file, name) in USED {
            assert!(sections(file).any(|(section, _)| section == *name), "no section {name}");
        }
        for cause in Cause::ALL {
            assert!(CAUSE_TABLE.1.contains(cause), "no phrase for {cause}");
        }
    }
}
