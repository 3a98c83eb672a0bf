//! The commands.

use super::Role::{self, Administrator, Operator, User};

/// A command, and the least role that may run it.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// Its words: `account pace`.
    pub path: &'static str,
    /// Who may run it.
    pub role: Role,
    /// Options that ask for a higher role than the command without them, by their long names.
    pub options: &'static [(&'static str, Role)],
}

const fn of(path: &'static str, role: Role) -> Command {
    Command { path, role, options: &[] }
}

/// Every command that does something. Those that work with no stored account are open to anyone who starts the program.
pub const COMMANDS: &[Command] = &[
    of("render", User),
    of("send", User),
    of("send-bulk", User),
    of("worker", Operator),
    of("outbox", User),
    of("outbox batches", User),
    of("outbox hold", User),
    of("outbox release", User),
    of("outbox cancel", User),
    of("timeline", User),
    of("status", User),
    of("update-status", User),
    of("audit", Administrator),
    of("backup", Operator),
    of("restore", Operator),
    of("erase", Administrator),
    of("retention apply", Operator),
    of("resume", User),
    of("track", Operator),
    of("read", User),
    of("sync", Operator),
    of("mailbox partner", User),
    of("mailbox contact", User),
    of("mailbox all", User),
    of("mailbox search", User),
    of("mailbox show", User),
    of("mailbox reply", User),
    of("mailbox forward", User),
    of("mailbox folders", User),
    of("mailbox map", User),
    of("mailbox index-bodies", User),
    of("mailbox bookmark", User),
    of("mailbox done", User),
    of("mailbox assign", User),
    of("mailbox note", User),
    of("mailbox private", User),
    of("mailbox split", User),
    of("mailbox join", User),
    of("mailbox contacts", User),
    of("suppressions", Administrator),
    of("suppressions list", Administrator),
    of("suppressions release", Administrator),
    of("suppressions add", Administrator),
    of("company add", Operator),
    of("company list", Operator),
    of("company show", Administrator),
    of("company set", Administrator),
    of("company import", Operator),
    of("company export", Administrator),
    of("company records", Administrator),
    of("company remove", Operator),
    of("records test", Administrator),
    of("records documents", Administrator),
    of("records partners", Administrator),
    of("records notices", Administrator),
    of("records deliver", Administrator),
    of("user add", Administrator),
    of("user list", Administrator),
    of("user show", Administrator),
    of("user set", Administrator),
    of("user remove", Administrator),
    of("account add", Administrator),
    of("account list", User),
    of("account show", User),
    of("account set", Administrator),
    of("account settings", User),
    of("account grant", Administrator),
    of("account revoke", Administrator),
    of("account permit", Operator),
    of("account test", User),
    of("account send-test", User),
    // Without the mailbox copies and answers end for all users; and a user signs in by the account's own address alone.
    Command {
        path: "account authorize",
        role: User,
        options: &[("send-only", Administrator), ("for", Administrator), ("mailbox", Administrator)],
    },
    of("account deauthorize", Administrator),
    of("account mark-compromised", Administrator),
    of("account test-fallback", User),
    of("account sent", User),
    Command {
        path: "account folders",
        role: User,
        options: &[("assign", Administrator), ("as-server-says", Administrator)],
    },
    Command {
        path: "account pace",
        role: User,
        options: &[("per-minute", Administrator), ("connections", Administrator), ("per-day", Administrator)],
    },
    of("account administrator-page", Administrator),
    of("account webhook", Administrator),
    of("account remove", Administrator),
    of("key rotate", Operator),
    of("key retire", Operator),
    of("key list", Operator),
    of("key forget", Operator),
    of("key rotate-links", Operator),
    of("key links", Operator),
    of("key withdraw-links", Operator),
    of("test-connection", User),
    of("templates list", User),
    of("templates show", User),
    of("templates check", User),
    of("document", User),
    of("addresses", User),
    of("schema", User),
    of("serve", Operator),
    of("demo", User),
];

/// Finds a command by its words.
pub fn command(path: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.path == path)
}

impl Command {
    /// Returns the least role that may run the command with these options, by their long names.
    pub fn least_role<'a>(&self, given: impl Iterator<Item = &'a str>) -> Role {
        let raised = given.filter_map(|name| self.options.iter().find(|(option, _)| *option == name));
        raised.map(|(_, role)| *role).max().unwrap_or(self.role)
    }
}
