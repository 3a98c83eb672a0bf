//! From stored accounts to what the plugin may reach: servers with their passwords, APIs with their tokens, keys that
//! sign. The one place where accounts, vault and sign-ins meet; what comes out goes into the engine's capabilities, and
//! no secret of it further.

mod clients;
mod error;
mod records;
mod servers;
#[cfg(test)]
mod tests;
mod token_key;

pub use clients::purpose;
pub use error::ConnectionError;
pub use token_key::{LinkKeyRow, LinkKeys};

use crate::config::{Operator, Relay};
use crate::engine::{Capabilities, MailboxAccess};
use crate::vault::Vault;
use clients::StoredClients;
use postroom_model::AllowList;
use postroom_model::{Account, AccountState, Destination, Grant, SecretKind, ServiceUrl, Transport};
use postroom_store::Store;
use postroom_transport::attachments::FileDigests;
use postroom_transport::dkim::{Signer, SigningKeyPair, SigningSubmitter};
use postroom_transport::http_api::{self, WebClient};
use postroom_transport::imap::{self, ImapClient};
use postroom_transport::oauth::{Client, Error, Grants};
use postroom_transport::smtp::{self, SmtpClient};
use postroom_transport::tokens::{Resource, TokenSource, Tokens};
use secrecy::ExposeSecret;
use servers::{Allowed, imap_account, smtp_account};
use std::sync::Arc;

/// Connections of a store's accounts. Cloning it shares them.
#[derive(Clone)]
pub struct Connections {
    inner: Arc<Inner>,
}

struct Inner {
    vault: Vault,
    operator: Arc<Operator>,
    clients: Arc<StoredClients>,
    grants: Grants,
    smtp: SmtpClient,
    imap: ImapClient,
    web: WebClient,
    digests: FileDigests,
}

impl std::fmt::Debug for Connections {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connections(…)")
    }
}

/// A stored account with its secrets, as the capabilities take it.
#[derive(Debug, Default)]
pub struct Opened {
    /// Its submission server.
    pub smtp: Option<smtp::Account>,
    /// Its provider's API.
    pub web: Option<http_api::Account>,
    /// Its mailbox.
    pub imap: Option<imap::Account>,
    /// What signs its mail.
    pub signer: Option<Arc<Signer>>,
}

impl Connections {
    /// Makes connections of the accounts whose secrets this vault has.
    pub fn new(vault: Vault, operator: Operator) -> Self {
        let operator = Arc::new(operator);
        let clients = Arc::new(StoredClients { vault: vault.clone(), operator: Arc::clone(&operator) });
        let grants = Grants::new(Arc::new(vault.clone()), Arc::clone(&clients) as Arc<_>);
        Self {
            inner: Arc::new(Inner {
                vault,
                operator,
                clients,
                grants,
                smtp: SmtpClient::default(),
                imap: ImapClient::default(),
                web: WebClient::new(),
                digests: FileDigests::default(),
            }),
        }
    }

    /// Returns the vault.
    pub fn vault(&self) -> &Vault {
        &self.inner.vault
    }

    /// Returns the store.
    pub fn store(&self) -> &Store {
        self.inner.vault.store()
    }

    /// Returns the digests of files that this program has read lately: what composes and what sends share them.
    pub fn file_digests(&self) -> &FileDigests {
        &self.inner.digests
    }

    /// Returns the operator's settings.
    pub fn operator(&self) -> &Operator {
        &self.inner.operator
    }

    /// Sign-ins of the accounts, by their ids.
    pub fn grants(&self) -> &Grants {
        &self.inner.grants
    }

    /// Returns the client for submission over SMTP.
    pub fn smtp(&self) -> &SmtpClient {
        &self.inner.smtp
    }

    /// Mailboxes.
    pub fn imap(&self) -> &ImapClient {
        &self.inner.imap
    }

    /// Tokens of the accounts' sign-ins that are sent to this place.
    fn tokens(&self, to: &Destination) -> Arc<dyn Tokens> {
        Arc::new(self.inner.grants.tokens_for(to.as_str()))
    }

    /// Opens the OAuth client that an account signs in by.
    ///
    /// # Errors
    /// [`Error::Setup`]: there is none.
    pub async fn client(&self, account: &Account) -> Result<Client, Error> {
        self.inner.clients.of(account).await
    }

    /// Says goodbye on every waiting connection. Call it before the program ends.
    pub async fn close(&self) {
        self.inner.smtp.close().await;
        self.inner.imap.close().await;
    }

    /// Opens an account with its secrets. Connects nothing.
    pub async fn open(&self, account: &Account) -> Result<Opened, ConnectionError> {
        if let AccountState::Compromised { by, .. } = &account.state {
            return Err(ConnectionError::Compromised { account: account.name.to_string(), by: by.clone() });
        }
        let mut opened = match &account.transport {
            Transport::Smtp(server) => {
                let kinds = [SecretKind::SmtpPassword];
                let to = Destination::smtp(server);
                let login = self.login(account, &server.authentication, &kinds, &to).await?;
                let smtp = smtp_account(account.name.as_str(), server, login, Allowed::of(account));
                Opened { smtp: Some(smtp), ..Opened::default() }
            }
            Transport::Gmail(grant) | Transport::Outlook(grant) => {
                let web = self.granted_api(account, grant)?;
                Opened { web: Some(web), ..Opened::default() }
            }
            Transport::SendGrid(sender) => {
                let to = Destination::url(&sender.api, None);
                let key = self.secret(account, &[SecretKind::ApiKey], "API key", &to).await?;
                let tokens = TokenSource::constant(key.expose_secret());
                let allowed = account.permissions.allow_private.clone();
                Opened { web: Some(api(account, &sender.api, allowed, tokens)?), ..Opened::default() }
            }
            Transport::Platform(_) => self.platform(account)?,
            Transport::MailClient => Opened::default(),
        };
        if let Some(server) = &account.mailbox {
            let kinds = [SecretKind::ImapPassword, SecretKind::SmtpPassword];
            let to = Destination::imap(server);
            if let Some(login) = self.login(account, &server.authentication, &kinds, &to).await? {
                opened.imap = Some(imap_account(account.name.as_str(), server, login, Allowed::of(account)));
            }
        }
        Ok(opened)
    }

    /// A provider's API by the tokens of a sign-in.
    fn granted_api(&self, account: &Account, grant: &Grant) -> Result<http_api::Account, ConnectionError> {
        let setup =
            |e: Error| ConnectionError::Setup { account: account.name.to_string(), detail: e.to_string() };
        let services = self.inner.clients.services(account, grant).map_err(setup)?;
        let tokens = self.tokens(&grant.api_destination());
        let tokens = TokenSource::new(tokens, account.id.to_string(), Resource::Api);
        api(account, &services.endpoints.api, services.allow_private, tokens)
    }

    /// The operator's way out. Server, domain, selector and secrets are those of the operator's settings as they are now:
    /// nothing of the account says where a secret of the operator goes.
    fn platform(&self, account: &Account) -> Result<Opened, ConnectionError> {
        let operator = &self.inner.operator;
        let setup = |detail: String| ConnectionError::Setup { account: account.name.to_string(), detail };
        let (Some(platform), Some(relay)) = (&operator.platform, operator.relay()?) else {
            return Err(setup(
                "the operator's settings have no [platform]: name them with --operator".to_owned(),
            ));
        };
        let secret = operator.relay_secret()?;
        let mut opened = Opened::default();
        match &relay {
            Relay::Smtp(server) => {
                let login = match (server.authentication.login(), secret) {
                    (Some(login), Some(secret)) => Some(smtp::Login {
                        user: login.to_string(),
                        secret: smtp::Secret::password(secret.expose_secret()),
                        mechanism: smtp::Mechanism::Auto,
                    }),
                    (Some(_), None) => {
                        let detail = "the operator's settings name no password for the platform's server";
                        return Err(setup(detail.to_owned()));
                    }
                    (None, _) => None,
                };
                let allowed = Allowed { private: operator.relay_destinations(), cleartext_login: false };
                opened.smtp = Some(smtp_account(account.name.as_str(), server, login, allowed));
            }
            Relay::SendGrid(relay) => {
                let detail = "the operator's settings name no API key for the platform";
                let key = secret.ok_or_else(|| setup(detail.to_owned()))?;
                let tokens = TokenSource::constant(key.expose_secret());
                opened.web = Some(api(account, &relay.api, operator.relay_destinations(), tokens)?);
            }
        }
        if let Some(dkim) = &platform.dkim {
            let detail = "the operator's settings name no DKIM key for the platform";
            let pem = operator.dkim_key()?.ok_or_else(|| setup(detail.to_owned()))?;
            let key = SigningKeyPair::from_pem(pem.expose_secret()).map_err(|e| setup(e.to_string()))?;
            opened.signer =
                Some(Arc::new(Signer::new(platform.domain.as_str(), dkim.selector.as_str(), key)));
        }
        Ok(opened)
    }

    /// Collects what the plugin may reach as these accounts. Those that can't be opened are left out, and come back with the
    /// reason: one of them must not hold up the others.
    pub async fn capabilities<'a>(
        &self,
        accounts: impl IntoIterator<Item = &'a Account>,
    ) -> (Capabilities, Vec<(&'a Account, ConnectionError)>) {
        let (mut closed, mut signers) = (Vec::new(), Vec::new());
        let (mut servers, mut apis, mut mailboxes) = (Vec::new(), Vec::new(), Vec::new());
        for account in accounts {
            match self.open(account).await {
                Ok(opened) => {
                    servers.extend(opened.smtp);
                    apis.extend(opened.web);
                    mailboxes.extend(opened.imap);
                    signers.extend(opened.signer.map(|signer| (account.name.to_string(), signer)));
                }
                Err(error) => closed.push((account, error)),
            }
        }
        let submitter = SigningSubmitter::new(Arc::new(self.inner.smtp.clone()), signers);
        let capabilities = Capabilities {
            submitter: Arc::new(submitter),
            mailboxes: MailboxAccess {
                mailboxes: Arc::new(self.inner.imap.clone()),
                ..MailboxAccess::over_imap(mailboxes)
            },
            ..Capabilities::over_smtp(servers)
        };
        (capabilities.with_apis(apis, Arc::new(self.inner.web.clone())), closed)
    }
}

/// An API at a base URL. `allow_private`: where it may be beside the public internet, as the author of the URL may say.
fn api(
    account: &Account,
    base: &ServiceUrl,
    allow_private: AllowList,
    tokens: TokenSource,
) -> Result<http_api::Account, ConnectionError> {
    let setup = |e: url::ParseError| ConnectionError::Setup {
        account: account.name.to_string(),
        detail: format!("{base}: {e}"),
    };
    let base = base.as_str().parse().map_err(setup)?;
    Ok(http_api::Account { allow_private, ..http_api::Account::new(account.name.as_str(), base, tokens) })
}
