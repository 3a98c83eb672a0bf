//! Asking a person, where there is one: at a terminal, and not with `--json`. Elsewhere what is missing is an error that
//! names the option.

use super::{Common, Failure};
use crate::Exit;
use dialoguer::{Confirm, Input, Password};
use secrecy::SecretString;
use std::io::IsTerminal;
use std::path::PathBuf;

/// Tells whether a person can be asked.
pub(super) fn can_ask(common: &Common) -> bool {
    !common.json && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

fn failed(error: dialoguer::Error) -> Failure {
    Failure::other(error.to_string())
}

/// Returns the value given, else asks for it; where no person can be asked, the one proposed, else an error that names the
/// option.
pub(super) fn value<T>(
    common: &Common,
    given: Option<T>,
    prompt: &str,
    option: &str,
    proposed: Option<String>,
) -> Result<T, Failure>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    if let Some(given) = given {
        return Ok(given);
    }
    if !can_ask(common) {
        let missing =
            || Failure { code: Exit::Usage, message: format!("{prompt} is missing: give it with {option}") };
        let proposed = proposed.ok_or_else(missing)?;
        return proposed.parse().map_err(|e: T::Err| Failure::input(e.to_string()));
    }
    let mut input = Input::<String>::new().with_prompt(prompt);
    if let Some(proposed) = proposed {
        input = input.default(proposed);
    }
    let input = input.validate_with(|text: &String| text.parse::<T>().map(|_| ()).map_err(|e| e.to_string()));
    let text = input.interact_text().map_err(failed)?;
    text.parse().map_err(|e: T::Err| Failure::input(e.to_string()))
}

/// Asks a question; none where no person can be asked.
pub(super) fn confirm(common: &Common, question: &str) -> Result<Option<bool>, Failure> {
    if !can_ask(common) {
        return Ok(None);
    }
    Confirm::new().with_prompt(question).default(false).interact().map(Some).map_err(failed)
}

/// Asks for a secret without showing it; none where no person can be asked, or nothing was typed.
pub(super) fn secret(common: &Common, prompt: &str) -> Result<Option<SecretString>, Failure> {
    if !can_ask(common) {
        return Ok(None);
    }
    let typed = Password::new().with_prompt(prompt).allow_empty_password(true).interact().map_err(failed)?;
    Ok((!typed.is_empty()).then(|| typed.into()))
}

/// Reads a secret from the file or variable that the options name. `what` is the options' first word: `password`.
pub(super) fn secret_from(
    what: &str,
    file: Option<&PathBuf>,
    env: Option<&String>,
) -> Result<Option<SecretString>, Failure> {
    let read = postroom::config::read_secret(file.map(PathBuf::as_path), env.map(String::as_str));
    read.map_err(|(which, detail)| Failure::input(format!("--{what}-{which}: {detail}")))
}
