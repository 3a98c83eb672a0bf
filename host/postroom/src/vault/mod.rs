//! The vault: passwords, tokens and keys, sealed in the store and opened for the moment they are needed.
//!
//! Each secret is sealed with a data key of its own, and the data key with a master key that is not in the store
//! (XChaCha20-Poly1305 both times, fresh random nonces). Owner and kind are part of what is sealed: a row that was copied to
//! another account does not open there. So are the places that the secret may be sent to: a caller that asks for one names the
//! place that it is for, and gets it for no other. A copy of the database is worth nothing without the master key; where the
//! master key is lost the secrets are, and users enter their passwords and sign in again.
//!
//! Deliberately absent: a list of secrets, an export, `Debug` of anything that holds one.

mod error;
mod grants;
mod key;
mod rotation;
mod seal;
mod source;

#[cfg(test)]
mod rotation_tests;
#[cfg(test)]
mod tests;

pub use error::VaultError;
pub use key::MasterKey;
pub use rotation::{Attendance, KeyRow, KeyState, Rotated};
pub use source::{KeySource, Keys};

use postroom_model::{Destination, Destinations, MailAddress, SecretKind, SecretOwner};
use postroom_store::{InvitationKey, Put, SealedSecret, Store, Version, WrappedKey};
use secrecy::SecretString;
use std::sync::{Arc, PoisonError, RwLock};

/// A store's secrets, and the keys that open them. Cloning it shares both.
#[derive(Clone)]
pub struct Vault {
    store: Store,
    keys: Arc<RwLock<Arc<Keys>>>,
    /// Where the keys came from, to be asked again after a rotation; none: they were given.
    source: Option<Arc<KeySource>>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vault({:?})", self.keys())
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
        let (keys, notice) = match source.load().await? {
            Some(keys) => (keys, None),
            None => {
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
                        "a new master key was made in {source}: keep a copy of it in another place than the store's \
                         backups; without it no password and no sign-in can be read any more"
                    )
                });
                (keys, notice)
            }
        };
        let keys = Arc::new(RwLock::new(Arc::new(keys)));
        let vault = Self { store, keys, source: Some(Arc::new(source.clone())) };
        Ok(Opened { vault, notice })
    }

    /// Opens a vault with these keys.
    pub fn with_keys(store: Store, keys: Keys) -> Self {
        Self { store, keys: Arc::new(RwLock::new(Arc::new(keys))), source: None }
    }

    /// Returns the store that it seals into.
    pub fn store(&self) -> &Store {
        &self.store
    }

    fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks the source for its keys again: another program may have changed the master key since.
    async fn reload(&self) -> Result<(), VaultError> {
        let Some(source) = &self.source else { return Ok(()) };
        if let Some(keys) = source.load().await? {
            *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        }
        Ok(())
    }

    /// Where the keys came from, to people.
    fn place(&self) -> String {
        self.source.as_ref().map_or_else(|| "the keys given".to_owned(), |source| source.to_string())
    }

    /// Keeps a secret in place of an earlier one, to be sent to these places alone. On disk when it returns.
    ///
    /// # Errors
    /// [`VaultError::Store`]: no such account, among others; [`VaultError::KeyLost`] where the master key was changed and
    /// this program's source does not have the new one.
    pub async fn put(
        &self,
        owner: SecretOwner,
        kind: SecretKind,
        secret: &SecretString,
        to: &Destinations,
    ) -> Result<(), VaultError> {
        self.write(owner, kind, secret, to, None, None).await?;
        Ok(())
    }

    /// Keeps the grant of a sign-in by invitation and uses the invitation up, in one transaction; false where it does not
    /// hold any more, or is for another mailbox.
    ///
    /// # Errors
    /// [`VaultError::Store`], [`VaultError::KeyLost`] as [`Vault::put`].
    pub async fn redeem_invitation(
        &self,
        invitation: InvitationKey,
        owner: SecretOwner,
        mailbox: &MailAddress,
        grant: (&SecretString, &Destinations),
    ) -> Result<bool, VaultError> {
        let mut reloaded = false;
        loop {
            let (keys, sealed) = self.sealed_under_all(owner, SecretKind::Grant, grant.0, grant.1)?;
            match self.store.redeem_invitation(invitation, mailbox, &sealed).await? {
                Put::Done(_) => return Ok(true),
                Put::Changed => return Ok(false),
                Put::NoKey => self.look_for_key(&keys, &mut reloaded).await?,
            }
        }
    }

    /// Opens a secret, for the place that it is about to be sent to; none where none is stored.
    ///
    /// # Errors
    /// [`VaultError::OtherPlace`]: it was entered for another; [`VaultError::KeyLost`], [`VaultError::Damaged`],
    /// [`VaultError::Store`].
    pub async fn get(
        &self,
        owner: SecretOwner,
        kind: SecretKind,
        to: &Destination,
    ) -> Result<Option<SecretString>, VaultError> {
        let Some(sealed) = self.store.sealed(owner, kind).await? else { return Ok(None) };
        let (places, secret) = self.unseal(&sealed, owner, kind).await?;
        if places.contains(to) {
            return Ok(Some(secret));
        }
        Err(VaultError::OtherPlace { what: kind.as_str(), place: to.to_string() })
    }

    /// Gives where a secret that is kept may be sent; none where none is kept.
    ///
    /// # Errors
    /// [`VaultError::KeyLost`], [`VaultError::Damaged`], [`VaultError::Store`].
    pub async fn destinations(
        &self,
        owner: SecretOwner,
        kind: SecretKind,
    ) -> Result<Option<Destinations>, VaultError> {
        match self.store.sealed(owner, kind).await? {
            Some(sealed) => Ok(Some(self.unseal(&sealed, owner, kind).await?.0)),
            None => Ok(None),
        }
    }

    /// Tells whether a secret is stored, without opening it.
    pub async fn holds(&self, owner: SecretOwner, kind: SecretKind) -> Result<bool, VaultError> {
        Ok(self.store.sealed(owner, kind).await?.is_some())
    }

    /// Forgets a secret; no kind: all of the owner's.
    pub async fn forget(&self, owner: SecretOwner, kind: Option<SecretKind>) -> Result<(), VaultError> {
        Ok(self.store.forget_sealed(owner, kind).await?)
    }

    /// Seals a secret under every key in hand and writes it; the store keeps those data keys whose master key is in use. Where
    /// none of them is, the master key was changed meanwhile: the source is asked again, once.
    async fn write(
        &self,
        owner: SecretOwner,
        kind: SecretKind,
        secret: &SecretString,
        to: &Destinations,
        expected: Option<Option<Version>>,
        state: Option<&postroom_model::AccountState>,
    ) -> Result<Option<Version>, VaultError> {
        let mut reloaded = false;
        loop {
            let (keys, sealed) = self.sealed_under_all(owner, kind, secret, to)?;
            match self.store.put_sealed(&sealed, expected, state).await? {
                Put::Done(version) => return Ok(Some(version)),
                Put::Changed => return Ok(None),
                Put::NoKey => self.look_for_key(&keys, &mut reloaded).await?,
            }
        }
    }

    /// Seals a secret under every key in hand.
    fn sealed_under_all(
        &self,
        owner: SecretOwner,
        kind: SecretKind,
        secret: &SecretString,
        to: &Destinations,
    ) -> Result<(Arc<Keys>, SealedSecret), VaultError> {
        let keys = self.keys();
        let mut sealed = seal::seal(keys.current(), owner, kind, secret, to)?;
        for former in keys.former() {
            let wrapped_key = seal::rewrap(keys.current(), former, &sealed)?;
            sealed.keys.push(WrappedKey { master_key: former.id().to_owned(), wrapped_key });
        }
        Ok((keys, sealed))
    }

    /// None of these keys is in use. The first secret of a store says which one is; otherwise the source is asked again, once.
    async fn look_for_key(&self, keys: &Keys, reloaded: &mut bool) -> Result<(), VaultError> {
        if self.store.begin_master_key(keys.current().id()).await? {
            return Ok(());
        }
        if std::mem::replace(reloaded, true) {
            return Err(self.lost_current().await?);
        }
        self.reload().await
    }

    async fn lost_current(&self) -> Result<VaultError, VaultError> {
        let key = self.store.current_master_key().await?.unwrap_or_default();
        let used = self.store.keys_in_use().await?;
        let secrets = used.iter().find(|(id, _)| *id == key).map_or(0, |(_, secrets)| *secrets);
        Ok(VaultError::KeyLost { key, secrets, place: self.place() })
    }

    async fn unseal(
        &self,
        sealed: &SealedSecret,
        owner: SecretOwner,
        kind: SecretKind,
    ) -> Result<(Destinations, SecretString), VaultError> {
        for reloaded in [false, true] {
            let keys = self.keys();
            if let Some((key, one)) = in_hand(&keys, sealed) {
                return seal::open(key, &one, owner, kind);
            }
            if !reloaded {
                self.reload().await?;
            }
        }
        Err(self.lost(sealed))
    }

    fn lost(&self, sealed: &SealedSecret) -> VaultError {
        let key = sealed.keys.first().map(|it| it.master_key.clone()).unwrap_or_default();
        VaultError::KeyLost { key, secrets: 1, place: self.place() }
    }
}

/// A key that opens a secret, and the secret with the data key under that alone.
fn in_hand<'a>(keys: &'a Keys, sealed: &SealedSecret) -> Option<(&'a MasterKey, SealedSecret)> {
    sealed.keys.iter().find_map(|wrapped| {
        let key = keys.named(&wrapped.master_key)?;
        Some((key, SealedSecret { keys: vec![wrapped.clone()], ..sealed.clone() }))
    })
}

/// Operations on OAuth grants: secrets that change only if no other program changed them, together with the state of
/// the account.
impl Vault {
    /// Opens a secret with the version that it has, and where it may be sent, for callers that check this at each use.
    ///
    /// # Errors
    /// As [`Vault::destinations`].
    pub(crate) async fn get_versioned(
        &self,
        owner: SecretOwner,
        kind: SecretKind,
    ) -> Result<Option<(Version, Destinations, SecretString)>, VaultError> {
        match self.store.sealed(owner, kind).await? {
            Some(sealed) => {
                let (places, secret) = self.unseal(&sealed, owner, kind).await?;
                Ok(Some((sealed.version, places, secret)))
            }
            None => Ok(None),
        }
    }

    /// Replaces a secret if its version is still `expected` (none: if there is none), and with it, in the same
    /// transaction, the account's state. No secret: forgets it. Gives the new version, none where another writer was faster. A
    /// version is never used twice for an owner.
    ///
    /// # Errors
    /// [`VaultError::Store`], [`VaultError::KeyLost`] as [`Vault::put`].
    pub async fn replace_versioned(
        &self,
        owner: SecretOwner,
        kind: SecretKind,
        expected: Option<Version>,
        secret: Option<(&SecretString, &Destinations)>,
        state: Option<&postroom_model::AccountState>,
    ) -> Result<Option<Version>, VaultError> {
        match secret {
            Some((secret, to)) => self.write(owner, kind, secret, to, Some(expected), state).await,
            None => Ok(self.store.drop_sealed(owner, kind, expected, state).await?),
        }
    }
}
