//! Exit codes: one table for every command. A script that calls this program decides by them what to do next.

use std::process::ExitCode;

/// The end of a command, as its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// What was asked for is done.
    Done,
    /// Something else went wrong.
    Other,
    /// The command line is wrong.
    Usage,
    /// An input is wrong.
    Input,
    /// Refused for good.
    Refused,
    /// Not now; the same command may succeed later.
    Later,
    /// A mail may have left: it is in doubt.
    InDoubt,
    /// The store takes no writes.
    Unwritable,
    /// The log of the audit is not what was written.
    Altered,
}

/// Every code, in order, and what it says.
const TABLE: [(Exit, &str); 9] = [
    (Exit::Done, "done; for `send`: the server accepted the mail for every recipient"),
    (Exit::Other, "something else went wrong (no plugin, a bug)"),
    (Exit::Usage, "the command line is wrong, or what it would ask for is missing where nobody can be asked"),
    (
        Exit::Input,
        "an input is wrong: document, settings, template, attachment, an address, or nobody to send to",
    ),
    (
        Exit::Refused,
        "refused for good, or an address that can't be used, for at least one recipient; or refused by the account's own \
         server",
    ),
    (Exit::Later, "not accepted now; the same command may succeed later"),
    (Exit::InDoubt, "in doubt: the mail may have left; look before sending again"),
    (
        Exit::Unwritable,
        "the store can't be written (no room, no right to); nothing is lost, and once that is mended the same command goes \
         on",
    ),
    (Exit::Altered, "`audit --verify`: the log is not what was written"),
];

impl Exit {
    /// Returns the number that the system gets.
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl Exit {
    /// Returns the one of two that a person must know of first: a doubt before a refusal before a wrong input before a delay.
    #[must_use]
    pub(super) fn or_worse(self, other: Self) -> Self {
        let rank = |exit| match exit {
            Self::Done => 0,
            Self::Later => 1,
            Self::Usage | Self::Input => 2,
            Self::Refused => 3,
            Self::Other | Self::Unwritable | Self::Altered => 4,
            Self::InDoubt => 5,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Formats the table for the help, in lines of this width.
pub(super) fn help(width: usize) -> String {
    let mut text = String::from("Exit codes:");
    for (exit, meaning) in TABLE {
        text.push_str(&format!("\n  {}  ", exit.code()));
        let mut column = 5;
        for (number, word) in meaning.split(' ').enumerate() {
            if number > 0 && column + 1 + word.len() > width {
                text.push_str("\n     ");
                column = 5;
            } else if number > 0 {
                text.push(' ');
                column += 1;
            }
            text.push_str(word);
            column += word.len();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_code_once_and_in_order() {
        let codes: Vec<u8> = TABLE.iter().map(|(exit, _)| exit.code()).collect();
        assert_eq!(codes, (0..=8).collect::<Vec<u8>>());
        assert!(help(96).lines().all(|line| line.chars().count() <= 96), "{}", help(96));
    }

    #[test]
    fn the_documents_have_the_table() {
        let rows = TABLE.iter().map(|(exit, meaning)| format!("| {} | {meaning} |\n", exit.code()));
        let table = format!("| code | meaning |\n|---|---|\n{}", rows.collect::<String>());
        let text = include_str!("../../../docs/operations.md");
        assert!(text.contains(&table), "docs/operations.md should have:\n\n{table}");
    }
}
