//! De-Authorize: the grant ends at the provider, where it offers that, and here in any case (rules A9, A10).

use std::fmt;

use url::Url;

use super::client::Client;
use super::error::Error;
use super::grant::Grant;
use super::grants::Grants;
use super::store::{StoreError, Swap};

/// The provider's part of a revocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AtProvider {
    /// It revoked the grant: all its tokens are invalid.
    Revoked,
    /// The grant was gone there already.
    WasGone,
    /// It has no way for an app to revoke its own grant. Access tokens that were issued are valid until they expire, about an hour, but none is stored.
    NotOffered,
    /// The request failed or was refused; the provider's words. The user should withdraw the permission there.
    Failed(String),
}

/// The result of De-Authorize. The tokens are erased here, whatever happened at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deauthorized {
    /// The provider's name; none where the account's client is unknown.
    pub provider: Option<String>,
    /// What happened there; none without a sign-in.
    pub at_provider: Option<AtProvider>,
    /// Pages where the user sees and withdraws permissions.
    pub permissions: Vec<Url>,
}

impl fmt::Display for Deauthorized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let provider = self.provider.as_deref().unwrap_or("the provider");
        let Some(at_provider) = &self.at_provider else {
            return f.write_str("nobody was signed in: nothing to forget");
        };
        f.write_str("the tokens are forgotten here; ")?;
        match at_provider {
            AtProvider::Revoked => return write!(f, "{provider} has revoked the grant"),
            AtProvider::WasGone => return write!(f, "{provider} did not know the grant any more"),
            AtProvider::NotOffered => {
                write!(f, "{provider} lets no app revoke its own grant: the permission stays listed there")?;
            }
            AtProvider::Failed(words) => write!(f, "{provider} has not revoked the grant ({words})")?,
        }
        let pages: Vec<&str> = self.permissions.iter().map(Url::as_str).collect();
        if pages.is_empty() { Ok(()) } else { write!(f, "; withdraw it at {}", pages.join(" or ")) }
    }
}

impl Grants {
    /// Ends the account's grant: revokes it at the provider, then erases it here, also where the provider can't be
    /// reached. Afterwards the account needs a sign-in.
    ///
    /// # Errors
    /// The store can't be read or written: the tokens are still stored, though perhaps revoked. Try again.
    pub async fn deauthorize(&self, account: &str) -> Result<Deauthorized, StoreError> {
        let inner = &self.inner;
        let _turn = inner.turn(account).await;
        let client = inner.clients.client(account).await;
        let mut at_provider = None;
        // What could not be stored after a refresh is the newest there is.
        let unsaved = inner.unsaved().remove(account);
        if let (Some((_, grant)), Ok(client)) = (unsaved, &client) {
            at_provider = Some(revoke(client, &grant).await);
        }
        while let Some(stored) = inner.store.load(account).await? {
            let result = match &client {
                Ok(client) => revoke(client, &stored.grant).await,
                Err(error) => AtProvider::Failed(error.to_string()),
            };
            if !matches!((&at_provider, &result), (Some(AtProvider::Revoked), AtProvider::WasGone)) {
                at_provider = Some(result);
            }
            // Another process that refreshed meanwhile has stored a newer token: that one is revoked too.
            if let Swap::Done(_) = inner.store.replace(account, Some(stored.version), None).await? {
                break;
            }
        }
        let provider = client.as_ref().ok().map(|client| client.provider());
        Ok(Deauthorized {
            provider: provider.map(|provider| provider.name.clone()),
            at_provider,
            permissions: provider.map(|provider| provider.permissions.clone()).unwrap_or_default(),
        })
    }
}

/// Revokes a grant at the provider.
pub(super) async fn revoke(client: &Client, grant: &Grant) -> AtProvider {
    let Some(endpoint) = &client.provider().endpoints.revoke else { return AtProvider::NotOffered };
    if !client.destinations().is_subset(&grant.destinations) {
        return AtProvider::Failed("the account's provider changed since the sign-in".to_owned());
    }
    match client.revoke(endpoint, &grant.refresh).await {
        Ok(true) => AtProvider::Revoked,
        Ok(false) | Err(Error::SignIn(_)) => AtProvider::WasGone,
        Err(error) => AtProvider::Failed(error.to_string()),
    }
}
