//! The vault: passwords, tokens and keys, sealed in the store and opened for the moment they are needed.
//!
//! Each secret is sealed with a data key of its own, and the data key with a master key that is not in the store
//! (XChaCha20-Poly1305 both times, fresh random nonces). Owner and kind are part of what is sealed: a row that was copied to
//! another account does not open there. A copy of the database is worth nothing without the master key; whoever loses the
//! master key loses the secrets, and users enter their passwords and sign in again.
//!
//! Deliberately absent: a list of secrets, an export, `Debug` of anything that holds one.

mod error;
mod grants;
mod key;
mod seal;
mod source;

#[cfg(test)]
mod tests;

pub use error::VaultError;
pub use key::MasterKey;
pub use source::{KeySource, Keys};

use crate::accounts::{MailAddress, SecretKind, SecretOwner};
use crate::store::{InvitationKey, SealedSecret, Store, Version};
use secrecy::SecretString;
use std::sync::Arc;

/// Secrets that are wrapped anew at a time.
const BATCH: u32 = 100;

/// A store's secrets, and the keys that open them. Cloning it shares both.
#[derive(Clone)]
pub struct Vault {
    store: Store,
    keys: Arc<Keys>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vault({:?})", self.keys)
    }
}

/// A vault, opened, and what its keeper must be told.
#[derive(Debug)]
pub struct Opened {
    /// The vault.
    pub vault: Vault,
    /// A new master key was made: to be shown once, since it must be backed up.
    pub notice: Option<String>,
}

impl Vault {
    /// Opens the vault of a store. Where neither a key nor a secret is there yet, a key is made, except in the
    /// environment, which this program can't change.
    ///
    /// # Errors
    /// [`VaultError::KeyLost`] where secrets are there and the key is not; [`VaultError::Source`], [`VaultError::Store`].
    pub async fn open(store: Store, source: &KeySource) -> Result<Opened, VaultError> {
        if let Some(keys) = source.load().await? {
            return Ok(Opened { vault: Self { store, keys: Arc::new(keys) }, notice: None });
        }
        let used = store.keys_in_use().await?;
        if let Some((key, secrets)) = used.first() {
            return Err(VaultError::KeyLost {
                key: key.clone(),
                secrets: *secrets,
                place: source.to_string(),
            });
        }
        let (keys, created) = source.create().await?;
        let notice = created.then(|| {
            format!(
                "a new master key was made in {source}: keep a copy of it in another place than the store's backups; \
                 without it no password and no sign-in can be read any more"
            )
        });
        Ok(Opened { vault: Self { store, keys: Arc::new(keys) }, notice })
    }

    /// A vault with keys in hand.
    pub fn with_keys(store: Store, keys: Keys) -> Self {
        Self { store, keys: Arc::new(keys) }
    }

    /// The store that it seals into.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Keeps a secret in place of an earlier one. On disk when it returns.
    ///
    /// # Errors
    /// [`VaultError::Store`]: no such account, among others.
    pub async fn put(
        &self,
        owner: SecretOwner,
        kind: SecretKind,
        secret: &SecretString,
    ) -> Result<(), VaultError> {
        let sealed = seal::seal(self.keys.current(), owner, kind, secret)?;
        self.store.put_sealed(&sealed, None, None).await?;
        Ok(())
    }

    /// Keeps the grant of a sign-in by invitation and uses the invitation up, in one transaction; false where it does not
    /// hold any more, or is for another mailbox.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub(crate) async fn redeem_invitation(
        &self,
        invitation: InvitationKey,
        owner: SecretOwner,
        mailbox: &MailAddress,
        grant: &SecretString,
    ) -> Result<bool, VaultError> {
        let sealed = seal::seal(self.keys.current(), owner, SecretKind::Grant, grant)?;
        Ok(self.store.redeem_invitation(invitation, mailbox, &sealed).await?)
    }

    /// A secret; none where none is kept.
    ///
    /// # Errors
    /// [`VaultError::KeyLost`], [`VaultError::Damaged`], [`VaultError::Store`].
    pub async fn get(
        &self,
        owner: SecretOwner,
        kind: SecretKind,
    ) -> Result<Option<SecretString>, VaultError> {
        match self.store.sealed(owner, kind).await? {
            Some(sealed) => self.unseal(&sealed, owner, kind).map(Some),
            None => Ok(None),
        }
    }

    /// Whether a secret is kept, without opening it.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub async fn holds(&self, owner: SecretOwner, kind: SecretKind) -> Result<bool, VaultError> {
        Ok(self.store.sealed(owner, kind).await?.is_some())
    }

    /// Forgets a secret; no kind: all of the owner's.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub async fn forget(&self, owner: SecretOwner, kind: Option<SecretKind>) -> Result<(), VaultError> {
        Ok(self.store.forget_sealed(owner, kind).await?)
    }

    /// Changes the master key: makes a new one, keeps it beside the old one, wraps every data key anew, drops the old one.
    /// May be interrupted at any point and repeated; no secret is unreadable in between. Gives the number wrapped anew.
    ///
    /// In the environment the new key is the first of `NEW,OLD` and this program changes nothing there.
    ///
    /// # Errors
    /// [`VaultError::KeyLost`] where a secret is under a key that is not there; [`VaultError::Source`],
    /// [`VaultError::Store`].
    pub async fn rotate(store: Store, source: &KeySource) -> Result<(Self, u64), VaultError> {
        let lost =
            || VaultError::Source { place: source.to_string(), detail: "there is no key yet".to_owned() };
        let keys = source.load().await?.ok_or_else(lost)?;
        // What an interrupted rotation left is finished first; otherwise a new one begins.
        let keys =
            if keys.has_earlier() || !source.can_be_written() { keys } else { source.prepend(&keys).await? };
        let vault = Self { store, keys: Arc::new(keys) };
        let done = vault.rewrap().await?;
        let keys = if source.can_be_written() {
            source.keep_current(&vault.keys).await?
        } else {
            return Ok((vault, done));
        };
        Ok((Self { keys: Arc::new(keys), ..vault }, done))
    }

    /// Wraps every data key that is under another key with the current one.
    async fn rewrap(&self) -> Result<u64, VaultError> {
        let current = self.keys.current();
        let mut done = 0;
        loop {
            let batch = self.store.sealed_under_others(current.id(), BATCH).await?;
            if batch.is_empty() {
                return Ok(done);
            }
            for secret in batch {
                let key = self.keys.named(&secret.master_key).ok_or_else(|| self.lost(&secret))?;
                let wrapped_key = seal::rewrap(key, current, &secret)?;
                // Whoever replaced it in the meantime did so under a key that the next round looks at.
                done += u64::from(self.store.rewrap_sealed(&secret, current.id(), wrapped_key).await?);
            }
        }
    }

    fn unseal(
        &self,
        sealed: &SealedSecret,
        owner: SecretOwner,
        kind: SecretKind,
    ) -> Result<SecretString, VaultError> {
        let key = self.keys.named(&sealed.master_key).ok_or_else(|| self.lost(sealed))?;
        seal::open(key, sealed, owner, kind)
    }

    fn lost(&self, sealed: &SealedSecret) -> VaultError {
        VaultError::KeyLost { key: sealed.master_key.clone(), secrets: 1, place: "the keys given".to_owned() }
    }
}

/// What the keeper of OAuth grants needs: secrets that change only if nobody else changed them, together with the state of
/// the account.
impl Vault {
    /// A secret with the version that it has.
    ///
    /// # Errors
    /// As [`Vault::get`].
    pub async fn get_versioned(
        &self,
        owner: SecretOwner,
        kind: SecretKind,
    ) -> Result<Option<(Version, SecretString)>, VaultError> {
        match self.store.sealed(owner, kind).await? {
            Some(sealed) => Ok(Some((sealed.version, self.unseal(&sealed, owner, kind)?))),
            None => Ok(None),
        }
    }

    /// Replaces a secret if its version is still `expected` (none: if there is none), and with it, in the same
    /// transaction, the account's state. No secret: forgets it. Gives the new version, none where somebody was faster. A
    /// version is never used twice for an owner.
    ///
    /// # Errors
    /// [`VaultError::Store`].
    pub async fn replace_versioned(
        &self,
        owner: SecretOwner,
        kind: SecretKind,
        expected: Option<Version>,
        secret: Option<&SecretString>,
        state: Option<&crate::accounts::AccountState>,
    ) -> Result<Option<Version>, VaultError> {
        match secret {
            Some(secret) => {
                let sealed = seal::seal(self.keys.current(), owner, kind, secret)?;
                Ok(self.store.put_sealed(&sealed, Some(expected), state).await?)
            }
            None => Ok(self.store.drop_sealed(owner, kind, expected, state).await?),
        }
    }
}
