//! OAuth grants in the vault, with the state of their accounts. Accounts are named by their ids.

use super::Vault;
use postroom_model::{AccountId, AccountState, Destination, Destinations, SecretKind, SecretOwner};
use postroom_transport::BoxFuture;
use postroom_transport::oauth::{Grant, GrantStore, StoreError, Stored, Swap};

/// Why an account without a grant can't be used.
const NOT_SIGNED_IN: &str = "nobody is signed in";

fn failed(error: impl ToString) -> StoreError {
    StoreError(error.to_string())
}

impl Vault {
    async fn owner(&self, account: &str) -> Result<SecretOwner, StoreError> {
        let id: AccountId = account.parse().map_err(failed)?;
        let owner = self.store.owner_of(id).await.map_err(failed)?;
        owner.ok_or_else(|| failed(postroom_store::StoreError::NoSuchAccount(account.to_owned())))
    }
}

impl GrantStore for Vault {
    fn load<'a>(&'a self, account: &'a str) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        Box::pin(async move {
            let owner = self.owner(account).await?;
            let Some((version, places, sealed)) =
                self.get_versioned(owner, SecretKind::Grant).await.map_err(failed)?
            else {
                return Ok(None);
            };
            let mut grant = Grant::unseal(&sealed).map_err(failed)?;
            // They are sealed with it, and asked for at each use.
            grant.destinations = places.iter().map(|it| it.as_str().to_owned()).collect();
            Ok(Some(Stored { version, grant }))
        })
    }

    fn replace<'a>(
        &'a self,
        account: &'a str,
        expected: Option<u64>,
        grant: Option<&'a Grant>,
    ) -> BoxFuture<'a, Result<Swap, StoreError>> {
        Box::pin(async move {
            let owner = self.owner(account).await?;
            let sealed = grant.map(Grant::seal).transpose().map_err(failed)?;
            let reason = match grant {
                Some(grant) => grant.spent.clone(),
                None => Some(NOT_SIGNED_IN.to_owned()),
            };
            let since = chrono::Local::now().fixed_offset();
            let state =
                reason.map_or(AccountState::Ready, |reason| AccountState::NeedsSignIn { reason, since });
            let places =
                grant.map(|grant| grant.destinations.iter().map(|it| Destination::named(it)).collect());
            let places: Destinations = places.unwrap_or_default();
            let sealed = sealed.as_ref().map(|sealed| (sealed, &places));
            let done = self.replace_versioned(owner, SecretKind::Grant, expected, sealed, Some(&state));
            let done = done.await.map_err(failed)?;
            Ok(done.map_or(Swap::Changed, Swap::Done))
        })
    }
}
