//! Secrets that an account needs again: they were given for another server, and are not sent to the new one unasked.

use crate::accounts::{Account, Authentication, Destination, SecretKind, SecretOwner, Transport};
use crate::cli::Exit;
use crate::cli::{Common, Failure, ask};
use crate::connections::Connections;
use crate::vault::VaultError;
use secrecy::SecretString;

/// What a secret is called, and the option that gives it.
const KINDS: &[(SecretKind, &str, &str)] = &[
    (SecretKind::SmtpPassword, "password", "--password-file"),
    (SecretKind::ImapPassword, "mailbox password", "--imap-password-file"),
    (SecretKind::AccessToken, "access token", "--token-file"),
    (SecretKind::ApiKey, "API key", "--api-key-file"),
    (SecretKind::ClientSecret, "client secret", "--client-secret-file"),
];

/// Asks for each secret that is kept for other places than the account is about to have, and puts it to those given. Where
/// nobody can be asked, an error says with which option to give it, and the account stays as it is.
pub(super) async fn ask_again(
    common: &Common,
    connections: &Connections,
    account: &Account,
    given: &mut Vec<(SecretKind, SecretString)>,
) -> Result<(), Failure> {
    let owner = SecretOwner::Account(account.company, account.id);
    let own_imap = given.iter().any(|(kind, _)| *kind == SecretKind::ImapPassword)
        || connections.vault().holds(owner, SecretKind::ImapPassword).await?;
    for (kind, what, option) in KINDS {
        if given.iter().any(|(it, _)| it == kind) {
            continue;
        }
        let known = match connections.vault().destinations(owner, *kind).await {
            Ok(Some(known)) => known,
            // None, or none that can be read: nothing would be sent anywhere.
            Ok(None) | Err(VaultError::KeyLost { .. } | VaultError::Damaged(_)) => continue,
            Err(error) => return Err(error.into()),
        };
        let Some(new) = needed(account, *kind, own_imap).into_iter().find(|it| !known.contains(it)) else {
            continue;
        };
        match ask::secret(common, &format!("{what} for {new}"))? {
            Some(secret) => given.push((*kind, secret)),
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

/// Where a secret of this kind will be sent. `own_imap`: the mailbox has a password of its own.
fn needed(account: &Account, kind: SecretKind, own_imap: bool) -> Vec<Destination> {
    if kind != SecretKind::SmtpPassword || !own_imap {
        return account.destinations(kind).iter().cloned().collect();
    }
    match &account.transport {
        Transport::Smtp(server) if matches!(server.authentication, Authentication::Password { .. }) => {
            vec![Destination::smtp(server)]
        }
        _ => Vec::new(),
    }
}
