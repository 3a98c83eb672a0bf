//! Where a settings file says that a secret is: the first line of a file, or an environment variable. Never the secret.

use secrecy::SecretString;
use std::path::Path;

/// The secret, or what is wrong with which of the two.
///
/// # Errors
/// `file` or `env`, and the reason. The secret itself is in no message.
pub(crate) fn read_secret(
    file: Option<&Path>,
    env: Option<&str>,
) -> Result<Option<SecretString>, (&'static str, String)> {
    let (which, text) = match (file, env) {
        (Some(_), Some(_)) => return Err(("file", "give the file or the variable, not both".to_owned())),
        (Some(file), None) => {
            let text = std::fs::read_to_string(file);
            ("file", text.map_err(|e| ("file", format!("can't read {}: {e}", file.display())))?)
        }
        (None, Some(variable)) => {
            let missing = || ("env", format!("the environment has no readable variable {variable}"));
            ("env", std::env::var(variable).map_err(|_| missing())?)
        }
        (None, None) => return Ok(None),
    };
    match text.lines().next().unwrap_or_default() {
        "" => Err((which, "the secret is empty".to_owned())),
        first => Ok(Some(first.into())),
    }
}
