//! The master keys that open the vault: changed while programs work, listed, and forgotten.

use super::{AppError, StorePlaces};
use crate::vault::{KeyRow, Rotated, Vault};

impl StorePlaces {
    /// Changes the master key. `lost`: the current one is lost for ever, and what it sealed is given up.
    pub async fn rotate_key(&self, lost: bool) -> Result<Rotated, AppError> {
        let store = self.open_store().await?;
        Ok(Vault::rotate(store, &self.key_source()?, lost).await?)
    }

    /// Ends the use of former keys: the current one alone opens the store.
    pub async fn retire_keys(&self) -> Result<Rotated, AppError> {
        let store = self.open_store().await?;
        Ok(Vault::retire(store, &self.key_source()?).await?)
    }

    /// Lists the master keys, which secrets are under them, and whether they are where keys are kept.
    pub async fn keys(&self) -> Result<Vec<KeyRow>, AppError> {
        let store = self.open_store().await?;
        Ok(Vault::key_rows(&store, &self.key_source()?).await?)
    }

    /// Removes a retired key from where keys are kept.
    pub async fn forget_key(&self, key: &str) -> Result<(), AppError> {
        let store = self.open_store().await?;
        Ok(Vault::forget_key(&store, &self.key_source()?, key).await?)
    }
}
