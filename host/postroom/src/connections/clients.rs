//! Which OAuth client a stored account signs in by: its own, else the operator's.

use crate::config::Operator;
use crate::vault::Vault;
use postroom_model::AllowList;
use postroom_model::{
    Account, AccountId, Destination, Endpoints, Grant, Provider, SecretKind, SecretOwner, Tenant,
};
use postroom_transport::BoxFuture;
use postroom_transport::oauth::{self, Client, Clients, Error, Issuer, Network, Purpose};
use std::sync::Arc;
use url::Url;

/// The services of a provider, and where they may be beside the public internet.
pub(super) struct Services {
    pub(super) endpoints: Endpoints,
    pub(super) allow_private: AllowList,
}

fn unregistered(provider: Provider) -> Error {
    Error::Setup(format!(
        "no client is registered at {provider}: give the account one with --client-id, or the operator's settings \
         ([oauth.{provider}], see docs/oauth.md)"
    ))
}

/// Clients of the accounts of a store.
pub(super) struct StoredClients {
    pub(super) vault: Vault,
    pub(super) operator: Arc<Operator>,
}

impl StoredClients {
    /// Opens the client of an account.
    pub(super) async fn of(&self, account: &Account) -> Result<Client, Error> {
        let no_grant = || Error::Setup(format!("the account \"{}\" does not sign in by OAuth", account.name));
        let grant = account.grant().ok_or_else(no_grant)?;
        let setup = |e: &dyn std::fmt::Display| Error::Setup(e.to_string());
        let services = self.services(account, grant)?;
        let (id, secret) = match &grant.client_id {
            Some(id) => {
                let owner = SecretOwner::Account(account.company, account.id);
                let to = Destination::url(&services.endpoints.token, None);
                let secret = self.vault.get(owner, SecretKind::ClientSecret, &to).await;
                (id.clone(), secret.map_err(|e| setup(&e))?)
            }
            None => {
                let known = self.operator.client(grant.provider).map_err(|e| setup(&e))?;
                let (client, secret) = known.ok_or_else(|| unregistered(grant.provider))?;
                (client.client_id.clone(), secret)
            }
        };
        let network = Network { allowed: services.allow_private, ..Network::default() };
        let places = account.destinations(SecretKind::Grant);
        let client = Client::new(provider(grant.provider, &services.endpoints)?, id.as_str(), secret);
        Ok(client.network(network).sending_to(places.iter().map(|it| it.as_str().to_owned())))
    }

    /// Finds where an account's provider is asked. The operator's client is used where the operator says; an account that names
    /// other places needs a client of its own.
    pub(super) fn services(&self, account: &Account, grant: &Grant) -> Result<Services, Error> {
        if grant.client_id.is_some() {
            let allow_private = account.permissions.allow_private.clone();
            return Ok(Services { endpoints: grant.endpoints.clone(), allow_private });
        }
        grant.check().map_err(|e| Error::Setup(e.to_string()))?;
        let client = match grant.provider {
            Provider::Google => &self.operator.oauth.google,
            Provider::Microsoft => &self.operator.oauth.microsoft,
        };
        let client = client.as_ref().ok_or_else(|| unregistered(grant.provider))?;
        let tenant = grant.endpoints.tenant(grant.provider).unwrap_or_else(Tenant::common);
        let endpoints = client.endpoints(grant.provider, &tenant);
        Ok(Services { endpoints, allow_private: client.allow_private.clone() })
    }

    async fn find(&self, account: &str) -> Result<Client, Error> {
        let id: AccountId =
            account.parse().map_err(|e: postroom_model::Unusable| Error::Setup(e.to_string()))?;
        let account = self.vault.store().system().account_of_any_company(id).await.map_err(|e| {
            let detail = e.to_string();
            if e.is_transient() {
                Error::Unavailable { detail, retry_after: None }
            } else {
                Error::Setup(detail)
            }
        })?;
        self.of(&account).await
    }
}

impl Clients for StoredClients {
    fn client<'a>(&'a self, account: &'a str) -> BoxFuture<'a, Result<Arc<Client>, Error>> {
        Box::pin(async move { self.find(account).await.map(Arc::new) })
    }
}

/// The provider with these endpoints. At endpoints of others nothing is taken for granted that
/// is known of the provider's own.
fn provider(of: Provider, endpoints: &Endpoints) -> Result<oauth::Provider, Error> {
    let (mut provider, own) = match of {
        Provider::Google => (oauth::Provider::google(), Endpoints::google()),
        Provider::Microsoft => {
            let common = Tenant::common();
            (oauth::Provider::microsoft(&oauth::Tenant::Common)?, Endpoints::microsoft(&common))
        }
    };
    let url = |text: &str| Url::parse(text).map_err(|e| Error::Setup(format!("{text}: {e}")));
    let host = |text: &str| Url::parse(text).ok().and_then(|url| url.host_str().map(str::to_owned));
    let is_own = host(endpoints.token.as_str()) == host(own.token.as_str());
    let to = &mut provider.endpoints;
    to.authorize = url(endpoints.authorization.as_str())?;
    to.token = url(endpoints.token.as_str())?;
    to.revoke = endpoints.revocation.as_ref().map(|it| url(it.as_str())).transpose()?;
    // Google has a device endpoint, but no mail by it.
    if of != Provider::Google || !is_own {
        to.device = endpoints.device.as_ref().map(|it| url(it.as_str())).transpose()?;
    }
    if !is_own {
        to.identity = None;
        provider.issuer = Issuer::Unknown;
    }
    Ok(provider)
}

/// Returns what a user is asked to allow for an account: all that it is set up for.
pub fn purpose(account: &Account) -> Purpose {
    use postroom_model::Transport;
    match &account.transport {
        Transport::Gmail(_) if account.mailbox.is_none() => Purpose::Send,
        // Attachments of more than 2 MB go by an upload session, which needs more than sending.
        _ => Purpose::Mailbox,
    }
}
