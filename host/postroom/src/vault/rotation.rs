//! Changing the master key while programs work.
//!
//! 1. `rotate` puts a new key beside the old one where keys are kept, makes it the current one, and gives every secret a second
//!    data key under it. From then on each secret opens with either key, and what a program writes that knows one of them alone
//!    opens with that one everywhere: nothing fails, on this machine or on another with a key file of its own.
//! 2. `retire` ends that: the data keys under former keys go. It refuses while a program is at work that has not the current
//!    key. In the statement that writes a secret the store asks whether its key is still in use; where it is not, the program asks
//!    its source again and seals anew. So a secret under a retired key never comes back.
//! 3. The old key stays beside the new one, with its date, for backups from before. `forget` removes it.

use super::{KeySource, Keys, Vault, VaultError, in_hand, seal};
use postroom_store::{KeyUser, Store, WrappedKey};
use serde::Serialize;
use std::time::Duration;

/// Secrets that get another data key at a time.
const BATCH: u32 = 100;
/// How often a program says that it is still there, and how long it is believed.
const BEAT: Duration = Duration::from_secs(5);
const BELIEVED: Duration = Duration::from_secs(30);
/// Times that a key is retired anew because a secret was written under it in between.
const TRIES: u32 = 20;

/// The result of a rotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rotated {
    /// The current key.
    pub current: String,
    /// Secrets that got a data key under it.
    pub secrets: u64,
    /// Keys that are not in use any more, and are kept for backups.
    pub retired: Vec<String>,
}

/// The state of a master key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyState {
    /// What is written is sealed under it.
    Current,
    /// It still opens secrets, and seals for programs that know no other.
    Former,
    /// Nothing of the store is under it; a backup may be.
    Retired,
    /// The store does not know it yet.
    Unused,
}

impl std::fmt::Display for KeyState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Current => "current",
            Self::Former => "former",
            Self::Retired => "retired",
            Self::Unused => "unused",
        })
    }
}

/// A master key, by its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyRow {
    /// Id.
    pub key: String,
    /// How it stands.
    pub state: KeyState,
    /// Since when the store knows it.
    pub since: Option<String>,
    /// Since when it is retired.
    pub retired: Option<String>,
    /// Secrets that open with it.
    pub secrets: u64,
    /// It is where keys are kept.
    pub is_there: bool,
}

impl Vault {
    /// Changes the master key: makes a new one, keeps it beside the old one, and wraps every data key under it too. May be
    /// interrupted at any point and repeated; every secret is readable in between and afterwards, with either key.
    ///
    /// In the environment the new key is the first of `NEW,OLD`, and this program changes nothing there. `lost`: the current
    /// key is gone for ever, and the one that is there takes its place.
    ///
    /// # Errors
    /// [`VaultError::KeyLost`] where a secret is under a key that is not there; [`VaultError::Source`],
    /// [`VaultError::Store`].
    pub async fn rotate(store: Store, source: &KeySource, lost: bool) -> Result<Rotated, VaultError> {
        let problem =
            |detail: &str| VaultError::Source { place: source.to_string(), detail: detail.to_owned() };
        let keys = source.load().await?.ok_or_else(|| problem("there is no key yet"))?;
        if store.current_master_key().await?.is_none() {
            // A store from before keys were listed: the key that its secrets are under is the current one.
            let used = store.keys_in_use().await?;
            let under = used.iter().map(|(id, _)| id.as_str()).find(|id| keys.named(id).is_some());
            store.begin_master_key(under.unwrap_or(keys.current().id())).await?;
        }
        let current = store.current_master_key().await?.unwrap_or_default();
        let keys = if keys.current().id() == current {
            if !source.can_be_written() {
                return Err(problem("put the new key first, `NEW,OLD`, then rotate"));
            }
            source.prepend(&keys).await?
        } else if keys.named(&current).is_some() || lost {
            // The new key is there already: the rotation was interrupted, or a person put the key there.
            keys
        } else {
            let secrets = store.keys_in_use().await?.into_iter().find(|(id, _)| *id == current);
            let secrets = secrets.map_or(0, |(_, secrets)| secrets);
            return Err(VaultError::KeyLost { key: current, secrets, place: source.to_string() });
        };
        let new = keys.current().id().to_owned();
        store.set_current_master_key(&new).await?;
        let secrets = wrap_all(&store, &keys, lost).await?;
        Ok(Rotated { current: new, secrets, retired: Vec::new() })
    }

    /// Ends the use of former keys: afterwards the current key alone opens the store's secrets. The former ones stay where
    /// keys are kept, with their date, for backups.
    ///
    /// # Errors
    /// [`VaultError::KeyNeeded`] while a program is at work that has not the current key;
    /// [`VaultError::KeyLost`], [`VaultError::Source`], [`VaultError::Store`].
    pub async fn retire(store: Store, source: &KeySource) -> Result<Rotated, VaultError> {
        let none =
            || VaultError::Source { place: source.to_string(), detail: "there is no key yet".to_owned() };
        let keys = source.load().await?.ok_or_else(none)?;
        let current = store.current_master_key().await?.unwrap_or_else(|| keys.current().id().to_owned());
        let holders = store.key_users(now()).await?;
        let without: Vec<String> = holders
            .iter()
            .filter(|it| !it.keys.contains(&current))
            .map(|it| format!("{} on {} (process {})", it.program, it.host, it.pid))
            .collect();
        if !without.is_empty() {
            return Err(VaultError::KeyNeeded { key: current, programs: without.join(", ") });
        }
        let (mut secrets, mut retired) = (0, Vec::new());
        for former in store.former_master_keys().await? {
            let mut tries = 0;
            loop {
                secrets += wrap_all_under(&store, &keys, &current, false).await?;
                // A program that has the former key alone may have written in between.
                match store.retire_master_key(&former, &current).await? {
                    0 => break,
                    _ if tries < TRIES => tries += 1,
                    left => {
                        return Err(VaultError::KeyLost {
                            key: former,
                            secrets: left,
                            place: source.to_string(),
                        });
                    }
                }
            }
            retired.push(former);
        }
        Ok(Rotated { current, secrets, retired })
    }

    /// Removes a retired key from where keys are kept. Backups from before it was retired can't be read any more then.
    ///
    /// # Errors
    /// [`VaultError::KeyNeeded`] for one that is not retired; [`VaultError::Source`], [`VaultError::Store`].
    pub async fn forget_key(store: &Store, source: &KeySource, key: &str) -> Result<(), VaultError> {
        let rows = Self::key_rows(store, source).await?;
        let row = rows.iter().find(|row| row.key == key && row.is_there);
        let state = row.map(|row| row.state).ok_or_else(|| VaultError::Source {
            place: source.to_string(),
            detail: format!("there is no key {key}: `postroom key list`"),
        })?;
        if state != KeyState::Retired {
            let programs = format!("secrets of the store (it is {state})");
            return Err(VaultError::KeyNeeded { key: key.to_owned(), programs });
        }
        let Some(keys) = source.load().await? else { return Ok(()) };
        source.without(keys, key).await
    }

    /// Lists the master keys that the store or the source knows.
    ///
    /// # Errors
    /// [`VaultError::Source`], [`VaultError::Store`].
    pub async fn key_rows(store: &Store, source: &KeySource) -> Result<Vec<KeyRow>, VaultError> {
        let keys = source.load().await?;
        let used = store.keys_in_use().await?;
        let mut rows = Vec::new();
        for known in store.master_keys().await? {
            let secrets = used.iter().find(|(id, _)| *id == known.key).map_or(0, |(_, secrets)| *secrets);
            let state = match (known.is_current, &known.retired) {
                (true, _) => KeyState::Current,
                (false, None) => KeyState::Former,
                (false, Some(_)) => KeyState::Retired,
            };
            let is_there = keys.as_ref().is_some_and(|keys| keys.named(&known.key).is_some());
            let (since, retired) = (known.since, known.retired);
            rows.push(KeyRow { key: known.key, state, since, retired, secrets, is_there });
        }
        for key in keys.iter().flat_map(|keys| keys.ids()) {
            if !rows.iter().any(|row| row.key == key) {
                let (key, state) = (key.to_owned(), KeyState::Unused);
                rows.push(KeyRow { key, state, since: None, retired: None, secrets: 0, is_there: true });
            }
        }
        Ok(rows)
    }

    /// Gives the keys without which secrets of the store can't be read, and how many secrets each. For a store that came back
    /// from a backup.
    ///
    /// # Errors
    /// [`VaultError::Source`], [`VaultError::Store`].
    pub async fn missing_keys(store: &Store, source: &KeySource) -> Result<Vec<(String, u64)>, VaultError> {
        let keys = source.load().await?;
        let known: Vec<String> = keys.iter().flat_map(|keys| keys.ids()).map(str::to_owned).collect();
        Ok(store.secrets_without(&known).await?)
    }

    /// Registers, from now on, that this program works with the vault, and which keys it has: `retire` waits for it.
    pub async fn attend(&self, program: &str) -> Result<Attendance, VaultError> {
        let id = uuid::Uuid::now_v7().to_string();
        self.register_use(&id, program).await?;
        let (vault, own, program) = (self.clone(), id.clone(), program.to_owned());
        let beat = tokio::spawn(async move {
            loop {
                tokio::time::sleep(BEAT).await;
                // A source or a store that can't be read now is asked again.
                let _ = vault.refresh().await;
                let _ = vault.register_use(&own, &program).await;
            }
        });
        Ok(Attendance { vault: self.clone(), id, beat })
    }

    /// Takes in what a rotation changed. A keyring may ask its user, so that it is left alone until a key is missing.
    async fn refresh(&self) -> Result<(), VaultError> {
        match self.source.as_deref() {
            Some(KeySource::Keyring) | None => Ok(()),
            Some(_) => self.reload().await,
        }
    }

    pub(super) async fn register_use(&self, id: &str, program: &str) -> Result<(), VaultError> {
        let until = now() + i64::try_from(BELIEVED.as_millis()).unwrap_or(i64::MAX);
        let lease_owner = KeyUser {
            program: program.to_owned(),
            host: host_name(),
            pid: std::process::id(),
            keys: self.keys().ids().map(str::to_owned).collect(),
        };
        Ok(self.store.register_key_user(id, &lease_owner, until).await?)
    }
}

/// A program's word that it works with the vault. It ends with the program, half a minute later if that was killed.
#[derive(Debug)]
pub struct Attendance {
    vault: Vault,
    pub(super) id: String,
    beat: tokio::task::JoinHandle<()>,
}

impl Attendance {
    /// Takes it back at once.
    pub async fn end(self) {
        self.beat.abort();
        // Otherwise it ends by itself.
        let _ = self.vault.store.unregister_key_user(&self.id).await;
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        self.beat.abort();
    }
}

fn now() -> i64 {
    chrono::Utc::now().timestamp_millis()
}

fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    name.map_or_else(|| "this machine".to_owned(), |name| name.trim().to_owned())
}

async fn wrap_all(store: &Store, keys: &Keys, lost: bool) -> Result<u64, VaultError> {
    wrap_all_under(store, keys, keys.current().id(), lost).await
}

/// Gives every secret that has none a data key under this master key. `lost`: what no key in hand opens is passed over.
async fn wrap_all_under(store: &Store, keys: &Keys, id: &str, lost: bool) -> Result<u64, VaultError> {
    let current = keys.named(id).ok_or_else(|| VaultError::KeyLost {
        key: id.to_owned(),
        secrets: 0,
        place: "the keys given".to_owned(),
    })?;
    let (mut done, mut after) = (0, None);
    loop {
        let batch = store.secrets_not_under(id, after.as_ref(), BATCH).await?;
        let Some(last) = batch.last() else { return Ok(done) };
        after = Some((last.owner, last.kind));
        for secret in &batch {
            let Some((key, one)) = in_hand(keys, secret) else {
                if lost {
                    continue;
                }
                let key = secret.keys.first().map(|it| it.master_key.clone()).unwrap_or_default();
                return Err(VaultError::KeyLost { key, secrets: 1, place: "the keys given".to_owned() });
            };
            let wrapped_key = seal::rewrap(key, current, &one)?;
            // A program that replaced it in the meantime did so under keys that are looked at again.
            let new = WrappedKey { master_key: id.to_owned(), wrapped_key };
            done += u64::from(store.add_wrapped_key(&one, &new).await?);
        }
    }
}
