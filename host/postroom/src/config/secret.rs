//! Where a settings file says that a secret is: the first line of a file, or an environment variable. Never the secret.

use super::files::SettingsFiles;
use secrecy::SecretString;
use std::path::Path;

/// Bytes of a file whose first line is a secret.
const LARGEST: u64 = 64 * 1024;

/// Reads the secret from where an option, or a file of the operator's, says that it is; or what is wrong with which of the two.
///
/// # Errors
/// `file` or `env`, and the reason. The secret itself is in no message.
pub fn read_secret(
    file: Option<&Path>,
    env: Option<&str>,
) -> Result<Option<SecretString>, (&'static str, String)> {
    secret_of(&SettingsFiles::default(), file, env)
}

/// Reads the secret from where a settings file says that it is, as far as that file is believed; or what is wrong with which of the
/// two.
///
/// # Errors
/// As [`read_secret`].
pub(super) fn secret_of(
    files: &SettingsFiles,
    file: Option<&Path>,
    env: Option<&str>,
) -> Result<Option<SecretString>, (&'static str, String)> {
    let (which, text) = match (file, env) {
        (Some(_), Some(_)) => return Err(("file", "give the file or the variable, not both".to_owned())),
        (Some(file), None) => {
            let text = files.read_text(file, LARGEST);
            ("file", text.map_err(|e| ("file", format!("can't read {}: {e}", file.display())))?)
        }
        (None, Some(variable)) => ("env", files.variable(variable).map_err(|detail| ("env", detail))?),
        (None, None) => return Ok(None),
    };
    match text.lines().next().unwrap_or_default() {
        "" => Err((which, "the secret is empty".to_owned())),
        first => Ok(Some(first.into())),
    }
}
