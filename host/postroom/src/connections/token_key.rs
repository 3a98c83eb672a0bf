//! The keys that sign this installation's own links and return addresses: made when one is first needed, kept in the vault, each
//! with a number.
//!
//! A new key signs what is made from then on; what was made before is believed by the former keys, until a person withdraws them.
//! A key that was just made is believed at once and signs a little later, when every program has loaded it.

use super::Connections;
use crate::return_address::{KeyId, Keys, ReturnAddresses};
use crate::vault::{MasterKey, VaultError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postroom_model::{Destination, Destinations, SecretKind, SecretOwner};
use postroom_store::Version;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The first number.
const FIRST: u8 = 1;
/// Seconds until a new key signs. Programs that run ask for new keys several times in this.
const SPREADING: i64 = 30;

/// The keys, by their numbers.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenKeys {
    keys: BTreeMap<u8, TokenKey>,
    /// What stands in place of erased addresses is made with it. It never changes, or nothing would be recognised.
    pseudonyms: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenKey {
    /// In base64.
    key: String,
    /// When it was created, in seconds since 1970.
    #[serde(rename = "made")]
    created: i64,
}

/// The keys that links are signed with and believed by.
pub struct LinkKeys {
    /// Signs new ones.
    pub signing: SecretSlice<u8>,
    /// Others whose links are believed.
    pub believed: Vec<SecretSlice<u8>>,
}

impl std::fmt::Debug for LinkKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkKeys(…)")
    }
}

/// A key of links, without the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LinkKeyRow {
    /// Its number.
    pub number: u8,
    /// When it was created, in seconds since 1970; 0: before keys had numbers.
    #[serde(rename = "made")]
    pub created: i64,
    /// New links are signed with it.
    pub signs: bool,
}

impl TokenKeys {
    fn of(key: &str, created: i64) -> Self {
        let one = TokenKey { key: key.to_owned(), created };
        Self { keys: BTreeMap::from([(FIRST, one)]), pseudonyms: key.to_owned() }
    }

    /// Reads what the vault has: JSON, or the one key from before they had numbers.
    fn read(text: &SecretString) -> Result<Self, VaultError> {
        let text = text.expose_secret();
        if !text.starts_with('{') {
            return Ok(Self::of(text, 0));
        }
        serde_json::from_str(text).map_err(|_| VaultError::Damaged("token-key"))
    }

    fn write(&self) -> Result<SecretString, VaultError> {
        serde_json::to_string(self).map(SecretString::from).map_err(|_| VaultError::Damaged("token-key"))
    }

    /// The number of the key that signs: the newest that every program has loaded, else the oldest.
    fn signing(&self, now: i64) -> u8 {
        let loaded = self.keys.iter().rev().find(|(_, key)| key.created.saturating_add(SPREADING) <= now);
        loaded.or(self.keys.iter().next()).map_or(FIRST, |(number, _)| *number)
    }

    fn bytes(&self) -> Result<BTreeMap<u8, SecretSlice<u8>>, VaultError> {
        self.keys.iter().map(|(number, key)| Ok((*number, decoded(&key.key)?))).collect()
    }
}

fn decoded(key: &str) -> Result<SecretSlice<u8>, VaultError> {
    let bytes = STANDARD.decode(key).map_err(|_| VaultError::Damaged("token-key"))?;
    Ok(SecretSlice::from(bytes))
}

fn now() -> i64 {
    chrono::Utc::now().timestamp()
}

impl Connections {
    /// Returns the return addresses of this installation at a domain.
    pub async fn return_addresses(&self, domain: &str) -> Result<ReturnAddresses, VaultError> {
        let damaged = |_| VaultError::Damaged("token-key");
        let (_, keys) = self.token_keys().await?;
        let known = keys.bytes()?.into_iter().map(|(number, key)| (KeyId(number), key));
        let keys = Keys::new(KeyId(keys.signing(now())), known).map_err(damaged)?;
        Ok(ReturnAddresses::new(domain, keys))
    }

    /// Returns the keys of this installation's links.
    pub async fn link_keys(&self) -> Result<LinkKeys, VaultError> {
        let (_, keys) = self.token_keys().await?;
        let number = keys.signing(now());
        let mut known = keys.bytes()?;
        let signing = known.remove(&number).ok_or(VaultError::Damaged("token-key"))?;
        // The newest first: most links are new.
        Ok(LinkKeys { signing, believed: known.into_values().rev().collect() })
    }

    /// Returns the key that signs now, for tokens of another purpose. Callers sign the purpose of their tokens, too.
    pub async fn token_secret(&self) -> Result<SecretSlice<u8>, VaultError> {
        let (_, keys) = self.token_keys().await?;
        keys.bytes()?.remove(&keys.signing(now())).ok_or(VaultError::Damaged("token-key"))
    }

    /// Returns the key of what stands in place of erased addresses. It is the same for ever.
    pub async fn pseudonym_secret(&self) -> Result<SecretSlice<u8>, VaultError> {
        decoded(&self.token_keys().await?.1.pseudonyms)
    }

    /// Makes a new key for links and return addresses. Those made before are believed as long as theirs is not withdrawn. Gives
    /// its number.
    ///
    /// # Errors
    /// [`VaultError`]; [`VaultError::KeyNeeded`] where all numbers are taken.
    pub async fn rotate_link_key(&self) -> Result<u8, VaultError> {
        let created = now();
        self.change_link_keys(|keys| {
            let last = keys.keys.keys().next_back().copied().unwrap_or_default();
            let number = last.checked_add(1).ok_or_else(|| VaultError::KeyNeeded {
                key: last.to_string(),
                programs: "it has the last number that fits into a return address".to_owned(),
            })?;
            let key = MasterKey::generate()?.write().expose_secret().to_owned();
            keys.keys.insert(number, TokenKey { key, created });
            Ok(number)
        })
        .await
    }

    /// Withdraws a key: links and return addresses that it signed are worth nothing any more. The newest can't be: rotate first.
    ///
    /// # Errors
    /// [`VaultError`]; [`VaultError::KeyNeeded`] for the newest and for one that is not there.
    pub async fn withdraw_link_key(&self, number: u8) -> Result<(), VaultError> {
        self.change_link_keys(|keys| {
            let newest = keys.keys.keys().next_back().copied();
            let needed = |programs: &str| VaultError::KeyNeeded {
                key: format!("{number} of links"),
                programs: programs.to_owned(),
            };
            if newest == Some(number) {
                return Err(needed("it signs new links: `postroom key rotate-links` first"));
            }
            keys.keys.remove(&number).map(|_| ()).ok_or_else(|| needed("there is none of this number"))
        })
        .await
    }

    /// Lists the keys of links and return addresses.
    pub async fn link_key_rows(&self) -> Result<Vec<LinkKeyRow>, VaultError> {
        let (_, keys) = self.token_keys().await?;
        let signing = keys.signing(now());
        let row = |(number, key): (&u8, &TokenKey)| {
            let signs = *number == signing;
            LinkKeyRow { number: *number, created: key.created, signs }
        };
        Ok(keys.keys.iter().map(row).collect())
    }

    async fn change_link_keys<T>(
        &self,
        change: impl Fn(&mut TokenKeys) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        loop {
            let (version, mut keys) = self.token_keys().await?;
            let done = change(&mut keys)?;
            if self.keep_token_keys(Some(version), &keys).await? {
                return Ok(done);
            }
        }
    }

    async fn token_keys(&self) -> Result<(Version, TokenKeys), VaultError> {
        let (owner, kind) = (SecretOwner::Operator, SecretKind::TokenKey);
        loop {
            if let Some((version, places, text)) = self.vault().get_versioned(owner, kind).await? {
                if !places.contains(&Destination::this_installation()) {
                    let place = Destination::this_installation().to_string();
                    return Err(VaultError::OtherPlace { what: kind.as_str(), place });
                }
                return Ok((version, TokenKeys::read(&text)?));
            }
            // Of several programs that begin at once, one keeps its key and the others read that.
            let new = TokenKeys::of(MasterKey::generate()?.write().expose_secret(), 0);
            self.keep_token_keys(None, &new).await?;
        }
    }

    async fn keep_token_keys(&self, expected: Option<Version>, keys: &TokenKeys) -> Result<bool, VaultError> {
        let (owner, kind) = (SecretOwner::Operator, SecretKind::TokenKey);
        let (text, to) = (keys.write()?, Destinations::this_installation());
        let version = self.vault().replace_versioned(owner, kind, expected, Some((&text, &to)), None).await?;
        Ok(version.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Operator;
    use crate::link_token::LinkTokens;
    use crate::return_address::Purpose;
    use crate::vault::{Keys as MasterKeys, Vault};
    use postroom_model::{AccountId, CompanyId};
    use postroom_store::{Location, MailId, Store};

    async fn connections() -> (tempfile::TempDir, Connections) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Location::file(folder.path().join("store.db"))).await.unwrap();
        let vault = Vault::with_keys(store, MasterKeys::one(MasterKey::generate().unwrap()));
        (folder, Connections::new(vault, Operator::default()))
    }

    /// As if every key had been created so many seconds earlier.
    async fn age(connections: &Connections) {
        let older = |keys: &mut TokenKeys| {
            keys.keys.values_mut().for_each(|key| key.created -= SPREADING);
            Ok(())
        };
        connections.change_link_keys(older).await.unwrap();
    }

    #[tokio::test]
    async fn links_from_before_a_rotation_are_believed_until_their_key_is_withdrawn() {
        let (_folder, connections) = connections().await;
        let (company, account, mail) = (CompanyId::new(), AccountId::new(), MailId::new());
        let old = LinkTokens::of(connections.link_keys().await.unwrap()).webhook(company, account);
        let old_address = connections.return_addresses("p.example").await.unwrap();
        let old_address = old_address.mint(Purpose::Reply, company, mail);
        assert_eq!(connections.rotate_link_key().await.unwrap(), 2);
        // A program that has not loaded it yet believes what is made now.
        let now = LinkTokens::of(connections.link_keys().await.unwrap());
        assert_eq!(now.webhook(company, account), old, "not at once");
        age(&connections).await;
        let tokens = LinkTokens::of(connections.link_keys().await.unwrap());
        let new = tokens.webhook(company, account);
        assert_ne!(new, old);
        for token in [&old, &new] {
            assert_eq!(tokens.read_webhook(token), Some((company, account)));
        }
        assert_eq!(now.read_webhook(&new), Some((company, account)), "by a program from before it signed");
        let addresses = connections.return_addresses("p.example").await.unwrap();
        assert!(addresses.verify(Purpose::Reply, &old_address).is_some());
        assert!(connections.withdraw_link_key(2).await.is_err(), "the newest signs");
        assert!(connections.withdraw_link_key(9).await.is_err(), "there is none");
        connections.withdraw_link_key(1).await.unwrap();
        let tokens = LinkTokens::of(connections.link_keys().await.unwrap());
        assert_eq!((tokens.read_webhook(&old), tokens.read_webhook(&new)), (None, Some((company, account))));
        let addresses = connections.return_addresses("p.example").await.unwrap();
        assert!(addresses.verify(Purpose::Reply, &old_address).is_none());
        let rows = connections.link_key_rows().await.unwrap();
        assert_eq!(rows.iter().map(|row| (row.number, row.signs)).collect::<Vec<_>>(), [(2, true)]);
    }

    #[tokio::test]
    async fn what_stands_for_an_erased_address_is_the_same_after_every_rotation() {
        let (_folder, connections) = connections().await;
        let before = connections.pseudonym_secret().await.unwrap().expose_secret().to_vec();
        connections.rotate_link_key().await.unwrap();
        connections.withdraw_link_key(1).await.unwrap();
        age(&connections).await;
        assert_eq!(connections.pseudonym_secret().await.unwrap().expose_secret(), before);
        assert_ne!(connections.token_secret().await.unwrap().expose_secret(), before);
    }

    #[tokio::test]
    async fn the_one_key_from_before_keys_had_numbers_is_the_first() {
        let (_folder, connections) = connections().await;
        let key = MasterKey::generate().unwrap().write();
        let (owner, kind) = (SecretOwner::Operator, SecretKind::TokenKey);
        connections.vault().put(owner, kind, &key, &Destinations::this_installation()).await.unwrap();
        let bytes = STANDARD.decode(key.expose_secret()).unwrap();
        assert_eq!(connections.token_secret().await.unwrap().expose_secret(), bytes);
        assert_eq!(connections.pseudonym_secret().await.unwrap().expose_secret(), bytes);
        assert_eq!(connections.rotate_link_key().await.unwrap(), 2);
    }
}
