//! Secrets of an account: which one it needs, which it has no use for, and which are needed again since they were given for
//! another place.

use crate::app::{AppError, now};
use crate::connections::Connections;
use crate::vault::VaultError;
use postroom_model::{
    Account, AccountState, Authentication, Destination, ImapServer, SecretKind, SecretOwner, Transport,
};
use secrecy::SecretString;

/// A secret, and what it is for.
pub type AccountSecret = (SecretKind, SecretString);

/// Kinds that an account may need again, in the order in which they are asked for.
const KINDS: [SecretKind; 5] = [
    SecretKind::SmtpPassword,
    SecretKind::ImapPassword,
    SecretKind::AccessToken,
    SecretKind::ApiKey,
    SecretKind::ClientSecret,
];

/// Returns the kind of secret without which the account can't send.
pub fn wanted_secret(transport: &Transport) -> Option<SecretKind> {
    match transport {
        Transport::Smtp(server) => match &server.authentication {
            Authentication::Password { .. } => Some(SecretKind::SmtpPassword),
            Authentication::Token { .. } => Some(SecretKind::AccessToken),
            Authentication::None | Authentication::Grant { .. } => None,
        },
        Transport::SendGrid(_) => Some(SecretKind::ApiKey),
        _ => None,
    }
}

/// Gives the state of a new account: ready, or what a person has to do first.
pub fn first_state(transport: &Transport, secrets: &[AccountSecret]) -> AccountState {
    let reason = match wanted_secret(transport) {
        Some(kind) if !secrets.iter().any(|(it, _)| *it == kind) => {
            "there is no password or key yet: `postroom account set`"
        }
        None if transport.grant().is_some() => "nobody is signed in: `postroom account authorize`",
        _ => return AccountState::Ready,
    };
    AccountState::NeedsSignIn { reason: reason.to_owned(), since: now() }
}

/// Stores secrets, and clears the state of an account that waited for one.
pub async fn store_secrets(
    connections: &Connections,
    account: &Account,
    secrets: Vec<AccountSecret>,
) -> Result<(), AppError> {
    let owner = SecretOwner::Account(account.company, account.id);
    let given = !secrets.is_empty();
    for (kind, secret) in secrets {
        connections.vault().put(owner, kind, &secret, &account.destinations(kind)).await?;
    }
    let ready = match wanted_secret(&account.transport) {
        Some(wanted) => connections.vault().holds(owner, wanted).await?,
        None => account.grant().is_none(),
    };
    if given {
        connections.store().resume_account(account.company, account.id, now()).await?;
    }
    if given && ready && matches!(account.state, AccountState::NeedsSignIn { .. }) {
        connections.store().set_account_state(account.company, account.id, &AccountState::Ready).await?;
    }
    Ok(())
}

/// Refuses a token, a key or a client's secret that neither transport nor mailbox uses: it contradicts how the
/// account signs in, and would wait for it to work. A password may be kept for later.
pub fn refuse_unused(
    transport: &Transport,
    mailbox: Option<&ImapServer>,
    secrets: &[AccountSecret],
) -> Result<(), AppError> {
    match secrets.iter().find(|(kind, _)| !is_used(transport, mailbox, *kind)) {
        Some((kind, _)) => Err(AppError::UnusedSecret {
            given: *kind,
            transport: transport.kind(),
            signs_in: how_it_signs_in(transport),
        }),
        None => Ok(()),
    }
}

fn is_used(transport: &Transport, mailbox: Option<&ImapServer>, kind: SecretKind) -> bool {
    let submission =
        if let Transport::Smtp(server) = transport { Some(&server.authentication) } else { None };
    let mut servers = [submission, mailbox.map(|it| &it.authentication)].into_iter().flatten();
    match kind {
        SecretKind::AccessToken => servers.any(|it| matches!(it, Authentication::Token { .. })),
        SecretKind::ClientSecret => {
            matches!(transport, Transport::Gmail(_) | Transport::Outlook(_))
                || servers.any(|it| matches!(it, Authentication::Grant { .. }))
        }
        SecretKind::ApiKey => matches!(transport, Transport::SendGrid(_)),
        _ => true,
    }
}

fn how_it_signs_in(transport: &Transport) -> &'static str {
    match transport {
        Transport::Gmail(_) | Transport::Outlook(_) => "signs in by OAuth",
        Transport::SendGrid(_) => "signs in with an API key",
        Transport::MailClient | Transport::Platform(_) => "does not sign in anywhere",
        Transport::Smtp(server) => match &server.authentication {
            Authentication::None => "does not sign in",
            Authentication::Password { .. } => "signs in with a password",
            Authentication::Token { .. } => "signs in with a token",
            Authentication::Grant { .. } => "signs in by OAuth",
        },
    }
}

/// Lists the secrets that are kept for other places than the account is about to have, and the place of each: they are not
/// sent there unasked. Those `given` now need not be given again.
pub async fn secrets_needed_again(
    connections: &Connections,
    account: &Account,
    given: &[AccountSecret],
) -> Result<Vec<(SecretKind, Destination)>, AppError> {
    let owner = SecretOwner::Account(account.company, account.id);
    let is_given = |kind: SecretKind| given.iter().any(|(it, _)| *it == kind);
    let own_imap = is_given(SecretKind::ImapPassword)
        || connections.vault().holds(owner, SecretKind::ImapPassword).await?;
    let mut needed = Vec::new();
    for kind in KINDS.into_iter().filter(|kind| !is_given(*kind)) {
        let known = match connections.vault().destinations(owner, kind).await {
            Ok(Some(known)) => known,
            // None, or none that can be read: nothing would be sent anywhere.
            Ok(None) | Err(VaultError::KeyLost { .. } | VaultError::Damaged(_)) => continue,
            Err(error) => return Err(error.into()),
        };
        let new = destinations(account, kind, own_imap).into_iter().find(|it| !known.contains(it));
        needed.extend(new.map(|new| (kind, new)));
    }
    Ok(needed)
}

/// Lists where a secret of this kind will be sent. `own_imap`: the mailbox has a password of its own.
fn destinations(account: &Account, kind: SecretKind, own_imap: bool) -> Vec<Destination> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Fault;
    use postroom_model::{
        Endpoints, Grant, PasswordMechanism, Provider, Security, SendGridSender, SmtpServer,
    };

    #[test]
    fn a_secret_that_the_account_has_no_use_for_is_refused_and_a_password_is_kept() {
        let login = || "x@example.com".parse().unwrap();
        let grant = || Grant {
            provider: Provider::Google,
            client_id: None,
            endpoints: Endpoints::google(),
            authorized: None,
        };
        let smtp =
            |of| Transport::Smtp(SmtpServer::new("smtp.example.com".parse().unwrap(), Security::Tls, of));
        let password =
            || Authentication::Password { login: login(), mechanism: PasswordMechanism::default() };
        let imap = |of| ImapServer::new("imap.example.com".parse().unwrap(), Security::Ssl, of);
        use SecretKind::{AccessToken, ApiKey, ClientSecret, SmtpPassword};
        for (transport, mailbox, kind, refused) in [
            (Transport::Gmail(grant()), None, AccessToken, true),
            (smtp(Authentication::Grant { login: login(), grant: grant() }), None, AccessToken, true),
            (smtp(Authentication::Token { login: login() }), None, AccessToken, false),
            (Transport::MailClient, Some(imap(Authentication::Token { login: login() })), AccessToken, false),
            (Transport::Gmail(grant()), None, ClientSecret, false),
            (smtp(password()), None, ClientSecret, true),
            (smtp(password()), None, ApiKey, true),
            (Transport::SendGrid(SendGridSender::global()), None, ApiKey, false),
            (Transport::SendGrid(SendGridSender::global()), None, AccessToken, true),
            (Transport::MailClient, None, ApiKey, true),
            (smtp(Authentication::None), None, SmtpPassword, false),
        ] {
            let secrets = [(kind, SecretString::from("s"))];
            let found = refuse_unused(&transport, mailbox.as_ref(), &secrets);
            assert_eq!(
                found.as_ref().err().map(AppError::fault),
                refused.then_some(Fault::Request),
                "{transport:?} {kind:?}"
            );
        }
    }
}
