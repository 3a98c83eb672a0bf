//! Secrets from before they were sealed with their places: sealed anew, for the places that their account has, when a program
//! first opens the vault. Until then nothing reads them.

use super::{Vault, VaultError, in_hand, seal};
use crate::accounts::{Destinations, RecordsPlace, SecretKind, SecretOwner};
use crate::store::{SealedSecret, StoreError, WrappedKey};

impl Vault {
    /// Seals earlier secrets anew, each for the places of its owner. One whose key is not there is left as it is: it opens
    /// for nobody, and a later program with the key finds it.
    pub(super) async fn bind_earlier_secrets(&self) -> Result<(), VaultError> {
        let keys = self.keys();
        for sealed in self.store.unbound_secrets().await? {
            let Some((key, one)) = in_hand(&keys, &sealed) else { continue };
            let Ok(secret) = seal::open_unbound(key, &one, sealed.owner, sealed.kind) else { continue };
            let to = match self.places_of(sealed.owner, sealed.kind).await {
                Ok(to) => to,
                Err(StoreError::NoSuchAccount(_) | StoreError::NoSuchCompany(_)) => continue,
                Err(error) => return Err(error.into()),
            };
            let mut anew = seal::seal(key, sealed.owner, sealed.kind, &secret, &to)?;
            for former in sealed.keys.iter().filter(|it| it.master_key != key.id()) {
                let Some(other) = keys.named(&former.master_key) else { continue };
                let wrapped_key = seal::rewrap(key, other, &anew)?;
                anew.keys.push(WrappedKey { master_key: former.master_key.clone(), wrapped_key });
            }
            // Where somebody entered it again meanwhile, that one is bound already.
            self.store.bind_secret(&sealed, &SealedSecret { version: sealed.version, ..anew }).await?;
        }
        Ok(())
    }

    async fn places_of(&self, owner: SecretOwner, kind: SecretKind) -> Result<Destinations, StoreError> {
        Ok(match owner {
            SecretOwner::Account(company, account) => {
                self.store.account(company, account).await?.destinations(kind)
            }
            SecretOwner::Company(company) => {
                let records = self.store.administer(company).records().await?;
                records.map(|row| RecordsPlace::destinations(&row.place)).unwrap_or_default()
            }
            SecretOwner::Operator => Destinations::here(),
        })
    }
}
