//! Secrets that an account has no use for: whoever gives one contradicts how the account signs in, and would wait for it to work.

use crate::accounts::{Authentication, ImapServer, SecretKind, Transport};
use crate::cli::Exit;
use crate::cli::Failure;
use secrecy::SecretString;

/// Refuses a token, a key or a client's secret that neither transport nor mailbox uses. A password may be kept for later.
pub(super) fn refuse(
    transport: &Transport,
    mailbox: Option<&ImapServer>,
    secrets: &[(SecretKind, SecretString)],
) -> Result<(), Failure> {
    match secrets.iter().find_map(|(kind, _)| contradiction(transport, mailbox, *kind)) {
        Some(message) => Err(Failure { code: Exit::Usage, message }),
        None => Ok(()),
    }
}

fn contradiction(transport: &Transport, mailbox: Option<&ImapServer>, kind: SecretKind) -> Option<String> {
    let submission =
        if let Transport::Smtp(server) = transport { Some(&server.authentication) } else { None };
    let servers = || [submission, mailbox.map(|it| &it.authentication)].into_iter().flatten();
    let (given, used_by, is_used) = match kind {
        SecretKind::AccessToken => (
            "an access token (--token-file, --token-env)",
            "SMTP and IMAP by a token",
            servers().any(|it| matches!(it, Authentication::Token { .. })),
        ),
        SecretKind::ClientSecret => (
            "a client's secret (--client-secret-file, --client-secret-env)",
            "a sign-in by OAuth",
            matches!(transport, Transport::Gmail(_) | Transport::Outlook(_))
                || servers().any(|it| matches!(it, Authentication::Grant { .. })),
        ),
        SecretKind::ApiKey => (
            "an API key (--api-key-file, --api-key-env)",
            "SendGrid's API",
            matches!(transport, Transport::SendGrid(_)),
        ),
        _ => return None,
    };
    let how = match transport {
        Transport::Gmail(_) | Transport::Outlook(_) => "signs in by OAuth",
        Transport::SendGrid(_) => "signs in with an API key",
        Transport::MailClient | Transport::Platform(_) => "does not sign in anywhere",
        Transport::Smtp(server) => match &server.authentication {
            Authentication::None => "does not sign in",
            Authentication::Password { .. } => "signs in with a password",
            Authentication::Token { .. } => "signs in with a token",
            Authentication::Grant { .. } => "signs in by OAuth",
        },
    };
    (!is_used).then(|| {
        let transport = transport.kind();
        format!("{given} is for {used_by}; this account ({transport}) {how}: leave it out, or choose another --transport")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{
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
            let found = refuse(&transport, mailbox.as_ref(), &secrets);
            assert_eq!(
                found.as_ref().err().map(|it| it.code),
                refused.then_some(Exit::Usage),
                "{transport:?} {kind:?}"
            );
        }
    }
}
