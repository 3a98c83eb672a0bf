//! Who may run the command that was given: asked once, of the table, before anything is opened.

use super::Failure;
use clap::ArgMatches;
use clap::parser::ValueSource;
use postroom::access::{self, Role};
use postroom_model::Name;

/// The option by which a person acts as a user.
pub(super) const ACTING_USER: &str = "user";

/// Refuses a command that the user may not give. Without `--user` that is the operator, who may do all that an
/// administrator may.
pub(super) fn permit(matches: &ArgMatches) -> Result<(), Failure> {
    let (path, levels) = path(matches);
    let command = access::command(&path)
        .ok_or_else(|| Failure::other(format!("\"{path}\" is not in the table of who may run what")))?;
    let login = levels.iter().find_map(|level| level.try_get_one::<Name>(ACTING_USER).ok().flatten());
    let Some(login) = login else { return Ok(()) };
    let given: Vec<String> = levels.iter().flat_map(|level| given(level)).collect();
    let role = command.least_role(given.iter().map(String::as_str));
    if role <= Role::User {
        return Ok(());
    }
    let option = given.iter().find(|name| command.options.iter().any(|(option, _)| option == name));
    let what = option.map_or_else(|| "it".to_owned(), |option| format!("--{option}"));
    Err(Failure::input(format!(
        "{login} can't do this: {what} is for {}, who leaves --user out",
        role.with_article()
    )))
}

/// The words of the command, and what was given at each of them.
fn path(matches: &ArgMatches) -> (String, Vec<&ArgMatches>) {
    let (mut words, mut levels) = (Vec::new(), vec![matches]);
    while let Some((word, below)) = levels.last().and_then(|level| level.subcommand()) {
        words.push(word);
        levels.push(below);
    }
    (words.join(" "), levels)
}

/// The options that were given, by their long names.
fn given(matches: &ArgMatches) -> impl Iterator<Item = String> {
    let was_given = |id: &&str| {
        matches!(matches.value_source(id), Some(ValueSource::CommandLine | ValueSource::EnvVariable))
    };
    let ids: Vec<&str> = matches.ids().map(clap::Id::as_str).filter(was_given).collect();
    ids.into_iter().map(|id| id.replace('_', "-"))
}

#[cfg(test)]
mod tests {
    use super::super::Cli;
    use super::*;
    use clap::{Command, CommandFactory as _};
    use std::collections::BTreeSet;

    /// Every command that does something, by its words.
    fn leaves(command: &Command, words: &str, found: &mut Vec<(String, Command)>) {
        let mut below = command.get_subcommands().peekable();
        if !words.is_empty() && (below.peek().is_none() || !command.is_subcommand_required_set()) {
            found.push((words.to_owned(), command.clone()));
        }
        for command in below.filter(|command| command.get_name() != "help") {
            leaves(command, format!("{words} {}", command.get_name()).trim_start(), found);
        }
    }

    fn commands() -> Vec<(String, Command)> {
        let mut found = Vec::new();
        leaves(&Cli::command(), "", &mut found);
        found
    }

    #[test]
    fn the_table_has_every_command_and_no_other() {
        let there: BTreeSet<String> = commands().into_iter().map(|(words, _)| words).collect();
        let table: BTreeSet<String> = access::COMMANDS.iter().map(|it| it.path.to_owned()).collect();
        assert_eq!(there.difference(&table).collect::<Vec<_>>(), Vec::<&String>::new(), "not in the table");
        assert_eq!(table.difference(&there).collect::<Vec<_>>(), Vec::<&String>::new(), "no such command");
    }

    #[test]
    fn the_options_of_the_table_are_those_of_the_command() {
        for (words, command) in commands() {
            for (option, _) in access::command(&words).map_or(&[][..], |it| it.options) {
                let found = command.get_arguments().find(|it| it.get_long() == Some(option));
                let id = found.map(|it| it.get_id().as_str().replace('_', "-"));
                assert_eq!(id.as_deref(), Some(*option), "{words}");
            }
        }
    }

    #[test]
    fn whoever_acts_is_named_by_one_option_everywhere() {
        for (words, command) in commands() {
            for argument in command.get_arguments().filter(|it| it.get_long() == Some("user")) {
                // Who may use the new account, not who makes it.
                let wanted = if words == "account add" { "users" } else { ACTING_USER };
                assert_eq!(argument.get_id().as_str(), wanted, "{words}");
            }
        }
    }

    fn refusal(words: &str) -> Option<String> {
        let words = ["postroom"].into_iter().chain(words.split(' '));
        let matches = Cli::command().try_get_matches_from(words).expect("a command line");
        permit(&matches).err().map(|failure| failure.message)
    }

    #[test]
    fn a18_a_user_changes_nothing_that_others_share() {
        for (words, what) in [
            ("account pace office --per-day 1 --user gina", "--per-day is for an administrator"),
            ("account pace --user gina office --connections none", "--connections is for an administrator"),
            ("account folders office --assign sent=X --user gina", "--assign is for an administrator"),
            ("account folders office --as-server-says sent --user gina", "--as-server-says is for"),
            ("account authorize office --send-only --user gina", "--send-only is for an administrator"),
            (
                "account authorize office --invite --user gina --mailbox gina@x.example",
                "--mailbox is for an administrator",
            ),
            ("account authorize office --invite --for marc --user gina", "--for is for an administrator"),
            ("account deauthorize office --user gina", "it is for an administrator"),
            ("account set office --user gina --host x.example", "it is for an administrator"),
            ("account permit office --user gina --allow-private all", "it is for the operator"),
            ("account remove office --user gina --yes", "it is for an administrator"),
            ("account webhook office --user gina", "it is for an administrator"),
        ] {
            let refused = refusal(words).unwrap_or_default();
            assert!(
                refused.starts_with("gina can't do this: ") && refused.contains(what),
                "{words}: {refused}"
            );
            let unnamed = words.replace(" --user gina", "");
            assert_eq!(refusal(&unnamed), None, "{unnamed}");
        }
        for words in [
            "account pace office --user gina",
            "account folders office --user gina",
            "account authorize office --user gina",
            "account settings office --user gina --auto-bcc-self true",
            "outbox --user gina cancel 01a226d3-22af-7394-aa41-00d96aa29c01",
            "account add new --user gina",
        ] {
            assert_eq!(refusal(words), None, "{words}");
        }
    }
}
