//! What servers, programs and people write, as tables in text files: the only place for wordings. What the rules do
//! with them is in the files around this folder.

use super::cause::Cause;
pub(super) use crate::domain::phrases::{Table, plain};
use crate::domain::phrases::{section, sections};
use std::sync::LazyLock;

const CAUSES: &str = include_str!("causes.txt");
const BOUNCES: &str = include_str!("bounces.txt");
const ABSENCES: &str = include_str!("absences.txt");

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
    /// It is given up, whatever else the text has about trying.
    FINAL = BOUNCES["final"];
    /// What stands over complaints in no standard form.
    COMPLAINT_SUBJECTS = BOUNCES["complaint-subjects"];
    /// It has arrived.
    SUCCESS = BOUNCES["success"];
    /// A mail program reports that its user deleted a mail unread.
    NOT_READ = BOUNCES["not-read"];
    /// What stands before the subject of a receipt.
    READ_SUBJECTS = BOUNCES["read-subjects"];
    /// A program reports that its user opened a mail.
    READ = BOUNCES["read"];
    /// A rule of the recipient's refused a mail.
    REFUSED = BOUNCES["refused"];
    /// Programs that deliver mail, and refuse it by such rules.
    DELIVERY_AGENTS = BOUNCES["delivery-agents"];
    /// Where the original begins.
    ORIGINAL = BOUNCES["original"];
    /// Those of them that mark a message that is passed on.
    FORWARD_PREFIXES = BOUNCES["forward-prefixes"];
    /// What programs put before the subject when a person answers or forwards.
    PERSON_PREFIXES = BOUNCES["person-prefixes"];
    /// Subjects of automatic replies.
    AUTOMATIC_SUBJECTS = ABSENCES["automatic-subjects"];
    /// Subjects of vacation notices.
    ABSENCE_SUBJECTS = ABSENCES["absence-subjects"];
    /// Phrases of vacation notices.
    AWAY = ABSENCES["away"];
    /// Phrases of programs that only acknowledge.
    ACKNOWLEDGEMENTS = ABSENCES["acknowledgements"];
    /// Phrases about the return, beside the absence.
    RETURN = ABSENCES["return"];
}

/// The wordings of [`Cause`]s; the number of a phrase is its place in the list.
pub(super) static CAUSE_TABLE: LazyLock<(Table, Vec<Cause>)> = LazyLock::new(|| {
    let known = || sections(CAUSES).filter_map(|(name, phrase)| Some((Cause::named(name).ok()?, phrase)));
    (Table::new(known().map(|(_, phrase)| phrase)), known().map(|(cause, _)| cause).collect())
});

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
