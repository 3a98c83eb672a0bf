//! Who may do what: one table of the commands and the web server's routes (rule A18).
//!
//! It is enforced where a command or a request is dispatched, and what is not in it is refused. Which accounts a user may
//! use is not said here but by the store, in every statement (`postroom_store`): this table says what a user may do with
//! an account that is theirs to use. What others share is an administrator's to change; what an account may reach, and
//! what concerns every company, is the operator's.

mod commands;
mod routes;

pub use commands::{COMMANDS, Command, command};
pub use routes::{ROUTES, Route, route};

use std::fmt;

/// The role of a person. Each may do all that those before may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A user of a company, who works with the accounts that they may use.
    User,
    /// An administrator of one company.
    Administrator,
    /// The one who runs the installation, for every company.
    Operator,
}

impl Role {
    /// Returns the role with its article.
    pub fn with_article(self) -> &'static str {
        match self {
            Self::User => "a user",
            Self::Administrator => "an administrator",
            Self::Operator => "the operator",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::User => "user",
            Self::Administrator => "administrator",
            Self::Operator => "operator",
        })
    }
}

/// Writes the table as it stands in docs/accounts.md.
pub fn documented() -> String {
    let mut lines = vec!["| command | who |".to_owned(), "|---|---|".to_owned()];
    for command in COMMANDS {
        let more = command.options.iter().map(|(option, role)| format!("; `--{option}`: {role}"));
        lines.push(format!("| `{}` | {}{} |", command.path, command.role, more.collect::<String>()));
    }
    lines.extend([String::new(), "| route | who |".to_owned(), "|---|---|".to_owned()]);
    for route in ROUTES {
        lines.push(format!("| `{} {}` | {} |", route.method, route.path, route.who));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_have_the_table_that_is_enforced() {
        let text = include_str!("../../../../docs/accounts.md");
        let printed = documented();
        assert!(text.contains(&printed), "docs/accounts.md should have:\n\n{printed}\n");
    }

    #[test]
    fn nothing_is_in_the_table_twice() {
        for (number, command) in COMMANDS.iter().enumerate() {
            assert!(!COMMANDS[number + 1..].iter().any(|it| it.path == command.path), "{}", command.path);
        }
        for (number, route) in ROUTES.iter().enumerate() {
            let again =
                ROUTES[number + 1..].iter().any(|it| (it.method, it.path) == (route.method, route.path));
            assert!(!again, "{} {}", route.method, route.path);
        }
    }

    #[test]
    fn an_option_asks_for_more_than_its_command() {
        for command in COMMANDS {
            for (option, role) in command.options {
                assert!(*role > command.role, "{} --{option}", command.path);
            }
        }
    }
}
