//! The key that signs this installation's own return addresses: made when it is first needed, kept in the vault.

use super::Connections;
use crate::accounts::{SecretKind, SecretOwner};
use crate::return_address::{KeyId, Keys, ReturnAddresses};
use crate::vault::{MasterKey, VaultError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretSlice, SecretString};

/// The only number so far.
const FIRST: KeyId = KeyId(1);

impl Connections {
    /// Return addresses of this installation at a domain.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn return_addresses(&self, domain: &str) -> Result<ReturnAddresses, VaultError> {
        let damaged = |_| VaultError::Damaged("token-key");
        let keys = Keys::new(FIRST, [(FIRST, self.token_secret().await?)]).map_err(damaged)?;
        Ok(ReturnAddresses::new(domain, keys))
    }

    /// The key itself, for tokens of another purpose. Whoever signs with it signs their purpose too.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn token_secret(&self) -> Result<SecretSlice<u8>, VaultError> {
        let key = self.token_key().await?;
        let bytes = STANDARD.decode(key.expose_secret()).map_err(|_| VaultError::Damaged("token-key"))?;
        Ok(SecretSlice::from(bytes))
    }

    async fn token_key(&self) -> Result<SecretString, VaultError> {
        let (owner, kind) = (SecretOwner::Operator, SecretKind::TokenKey);
        loop {
            if let Some(key) = self.vault().get(owner, kind).await? {
                return Ok(key);
            }
            // Of several programs that begin at once, one keeps its key and the others read that.
            let new = MasterKey::generate()?.write();
            self.vault().replace_versioned(owner, kind, None, Some(&new), None).await?;
        }
    }
}
