//! The tables of `phrases.txt`.

use crate::domain::phrases::{Table, section, sections};
use std::collections::BTreeSet;
use std::sync::LazyLock;

const PHRASES: &str = include_str!("phrases.txt");

/// Words that are looked up whole.
pub(super) type Words = BTreeSet<&'static str>;

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident: $kind:ident = $section:literal;)*) => {
        $($(#[$doc])* pub(super) static $name: LazyLock<tables!(@type $kind)> = LazyLock::new(|| tables!(@make $kind $section));)*

        #[cfg(test)]
        const USED: &[&str] = &[$($section),*];
    };
    (@type table) => { Table };
    (@type words) => { Words };
    (@make table $section:literal) => { section(PHRASES, $section) };
    (@make words $section:literal) => { words($section) };
}

tables! {
    /// What a person did whose words follow.
    VERBS: table = "verbs";
    /// What a line over a quotation begins with, before a date or a name.
    OPENERS: words = "openers";
    /// Days and months that such a line begins with.
    DAYS: words = "days";
    /// What stands in a rule over the message that is answered.
    ORIGINAL: table = "original";
    /// What stands over a message that is passed on.
    FORWARDED: table = "forwarded";
    /// How programs ask to write an answer above a line.
    REPLY_ABOVE: table = "reply-above";
    /// Labels of a copied header: who wrote.
    FROM: words = "from";
    /// When.
    DATE: words = "date";
    /// To whom.
    TO: words = "to";
    /// To whom else, and the rest.
    COPY: words = "copy";
    /// Under which subject.
    SUBJECT: words = "subject";
    /// Beginnings of what programs on telephones add.
    DEVICES: table = "devices";
    /// Ends of it.
    DEVICE_ENDS: table = "device-ends";
    /// Devices and programs that it names.
    DEVICE_WORDS: words = "device-words";
    /// How people close a letter.
    CLOSINGS: words = "closings";
}

fn words(name: &'static str) -> Words {
    sections(PHRASES).filter(|(section, _)| *section == name).map(|(_, phrase)| phrase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::phrases::plain;

    #[test]
    fn every_phrase_is_in_plain_form_and_in_a_table_that_is_used() {
        for (name, phrase) in sections(PHRASES) {
            assert_eq!(plain(&format!("({phrase})")), format!("({phrase})"), "{name}");
            assert!(USED.contains(&name), "nothing reads the section {name}");
        }
        for name in USED {
            assert!(sections(PHRASES).any(|(section, _)| section == *name), "no section {name}");
        }
    }
}
