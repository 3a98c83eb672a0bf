//! Mail servers of a stored account, with their secrets, as the capabilities take them.

use super::{ConnectionError, Connections};
use postroom_model::{
    Account, AllowList, Authentication, Destination, ImapServer, PasswordMechanism, SecretKind, SecretOwner,
    Security, SmtpServer,
};
use postroom_transport::tokens::{Resource, TokenSource};
use postroom_transport::{imap, smtp};
use secrecy::ExposeSecret;
use std::num::NonZeroU32;
use std::time::Duration;

/// The permissions that the operator gives a connection.
pub(super) struct Allowed {
    pub(super) private: AllowList,
    pub(super) cleartext_login: bool,
}

impl Allowed {
    pub(super) fn of(account: &Account) -> Self {
        Self {
            private: account.permissions.allow_private.clone(),
            cleartext_login: account.permissions.allow_cleartext_login,
        }
    }
}

fn security(of: Security) -> smtp::Security {
    match of {
        Security::Ssl => smtp::Security::Tls,
        Security::Tls => smtp::Security::StartTls,
        Security::None => smtp::Security::None,
    }
}

fn seconds(of: NonZeroU32) -> Duration {
    Duration::from_secs(of.get().min(3_600).into())
}

/// Ten times a stage's time: giving up on the answer to a message leaves it in doubt.
const PATIENCE: u32 = 10;

/// Returns the server as the capability takes it.
pub(super) fn smtp_account(
    name: &str,
    server: &SmtpServer,
    login: Option<smtp::Login>,
    allowed: Allowed,
) -> smtp::Account {
    let mut account = smtp::Account {
        port: server.port.get(),
        login,
        helo: server.helo.as_ref().map(ToString::to_string),
        trusted_ca: server.trusted_ca.clone(),
        allow_private: allowed.private,
        allow_cleartext_login: allowed.cleartext_login,
        ..smtp::Account::new(name, server.host.as_str(), security(server.security))
    };
    if let Some(limit) = server.timeout.map(seconds) {
        let quit = account.timeouts.quit;
        account.timeouts =
            smtp::Timeouts { quit, dot: limit.saturating_mul(PATIENCE), ..smtp::Timeouts::all(limit) };
    }
    account
}

/// Returns the mailbox as the capability takes it.
pub(super) fn imap_account(
    name: &str,
    server: &ImapServer,
    login: smtp::Login,
    allowed: Allowed,
) -> imap::Account {
    let mut account = imap::Account {
        port: server.port.get(),
        trusted_ca: server.trusted_ca.clone(),
        allow_private: allowed.private,
        allow_cleartext_login: allowed.cleartext_login,
        ..imap::Account::new(name, server.host.as_str(), security(server.security), login)
    };
    if let Some(limit) = server.timeout.map(seconds) {
        let (logout, filed) = (account.timeouts.logout, limit.saturating_mul(PATIENCE));
        account.timeouts = imap::Timeouts { logout, filed, search: filed, ..imap::Timeouts::all(limit) };
    }
    account
}

impl Connections {
    /// Reads the login with its secret from the vault; none where there is no login. A mailbox without a password of its own has
    /// that of the submission server.
    pub(super) async fn login(
        &self,
        account: &Account,
        authentication: &Authentication,
        kinds: &[SecretKind],
        to: &Destination,
    ) -> Result<Option<smtp::Login>, ConnectionError> {
        let (login, mechanism, secret) = match authentication {
            Authentication::None => return Ok(None),
            Authentication::Password { login, mechanism } => {
                let password = self.secret(account, kinds, "password", to).await?;
                let mechanism = match mechanism {
                    PasswordMechanism::Auto => smtp::Mechanism::Auto,
                    PasswordMechanism::Plain => smtp::Mechanism::Plain,
                    PasswordMechanism::Login => smtp::Mechanism::Login,
                };
                (login, mechanism, smtp::Secret::password(password.expose_secret()))
            }
            Authentication::Token { login } => {
                let token = self.secret(account, &[SecretKind::AccessToken], "access token", to).await?;
                (login, smtp::Mechanism::XOAuth2, smtp::Secret::token(token.expose_secret()))
            }
            Authentication::Grant { login, .. } => {
                let tokens = TokenSource::new(self.tokens(to), account.id.to_string(), Resource::Mail);
                (login, smtp::Mechanism::XOAuth2, smtp::Secret::tokens(tokens))
            }
        };
        Ok(Some(smtp::Login { user: login.to_string(), secret, mechanism }))
    }

    /// Reads the first of these secrets that the vault has, for the place that it goes to.
    pub(super) async fn secret(
        &self,
        account: &Account,
        kinds: &[SecretKind],
        what: &'static str,
        to: &Destination,
    ) -> Result<secrecy::SecretString, ConnectionError> {
        let owner = SecretOwner::Account(account.company, account.id);
        for kind in kinds {
            if let Some(secret) = self.vault().get(owner, *kind, to).await? {
                return Ok(secret);
            }
        }
        Err(ConnectionError::NoSecret { account: account.name.to_string(), what })
    }
}
