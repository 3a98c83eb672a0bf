//! Secrets that an account needs again: they were given for another server, and are not sent to the new one unasked.

use crate::Exit;
use crate::{Common, Failure, ask};
use postroom::app::{AccountSecret, Connections, secrets_needed_again};
use postroom_model::{Account, SecretKind};

/// Returns what a secret is called, and the option that gives it.
fn name_and_option(kind: SecretKind) -> (&'static str, &'static str) {
    match kind {
        SecretKind::ImapPassword => ("mailbox password", "--imap-password-file"),
        SecretKind::AccessToken => ("access token", "--token-file"),
        SecretKind::ApiKey => ("API key", "--api-key-file"),
        SecretKind::ClientSecret => ("client secret", "--client-secret-file"),
        _ => ("password", "--password-file"),
    }
}

/// Asks for each secret that is stored for other servers than the account is about to have, and adds it to those given. Where
/// no person can be asked, an error names the option that gives it, and the account stays as it is.
pub(super) async fn ask_for_needed(
    common: &Common,
    connections: &Connections,
    account: &Account,
    given: &mut Vec<AccountSecret>,
) -> Result<(), Failure> {
    for (kind, new) in secrets_needed_again(connections, account, given).await? {
        let (what, option) = name_and_option(kind);
        match ask::secret(common, &format!("{what} for {new}"))? {
            Some(secret) => given.push((kind, secret)),
            None => {
                let message = format!(
                    "the {what} that is kept was given for another server than {new}, and is not sent there: give it again \
                     with {option}, or at a terminal"
                );
                return Err(Failure { code: Exit::Usage, message });
            }
        }
    }
    Ok(())
}
