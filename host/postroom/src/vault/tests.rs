//! What a vault must withstand: rows that were changed or moved, keys that are wrong, lost or half rotated.

use super::*;
use postroom_model::{AccountState, NewAccount, NewCompany, Transport};
use postroom_store::{Location, StoreError};
use postroom_transport::oauth::{Grant, GrantStore, Swap};
use secrecy::ExposeSecret;
use std::path::PathBuf;
use tempfile::TempDir;

const PLANTED: &str = "hunter2-planted-secret";

pub(super) struct Room {
    pub(super) folder: TempDir,
    pub(super) store: Store,
    pub(super) owners: Vec<SecretOwner>,
}

/// A store with two companies, each with two accounts.
pub(super) async fn room() -> Room {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Location::file(folder.path().join("store.db"))).await.unwrap();
    let mut owners = vec![SecretOwner::Operator];
    for name in ["Atelier Nord", "Next Door"] {
        let company = store.create_company(&NewCompany::named(name.parse().unwrap())).await.unwrap();
        for account in ["office", "sales"] {
            let address = "office@example.com".parse().unwrap();
            let new = NewAccount::new(account.parse().unwrap(), address, Transport::MailClient);
            let account = store.company_store(company.id).add_account(&new).await.unwrap();
            owners.push(SecretOwner::Account(company.id, account.id));
        }
    }
    Room { folder, store, owners }
}

impl Room {
    pub(super) fn source(&self) -> KeySource {
        KeySource::File(self.folder.path().join("keys").join("master.key"))
    }

    pub(super) fn file(&self) -> PathBuf {
        self.folder.path().join("keys").join("master.key")
    }

    pub(super) async fn open(&self) -> Vault {
        Vault::open(self.store.clone(), &self.source()).await.unwrap().vault
    }
}

pub(super) fn destinations() -> Destinations {
    Destinations::this_installation()
}

pub(super) fn secret(text: &str) -> SecretString {
    text.to_owned().into()
}

pub(super) async fn read(vault: &Vault, owner: SecretOwner, kind: SecretKind) -> Option<String> {
    vault
        .get(owner, kind, &Destination::this_installation())
        .await
        .unwrap()
        .map(|secret| secret.expose_secret().to_owned())
}

#[tokio::test]
async fn a_secret_comes_back_to_its_owner_and_kind_and_to_nothing_else() {
    let room = room().await;
    let vault = room.open().await;
    for (number, owner) in room.owners.iter().enumerate() {
        vault
            .put(
                *owner,
                SecretKind::SmtpPassword,
                &secret(&format!("password {number} é\n")),
                &destinations(),
            )
            .await
            .unwrap();
    }
    for (number, owner) in room.owners.iter().enumerate() {
        let found = read(&vault, *owner, SecretKind::SmtpPassword).await;
        assert_eq!(found, Some(format!("password {number} é\n")));
        assert_eq!(read(&vault, *owner, SecretKind::ImapPassword).await, None);
        assert!(vault.holds(*owner, SecretKind::SmtpPassword).await.unwrap());
    }
    vault.put(room.owners[1], SecretKind::SmtpPassword, &secret(""), &destinations()).await.unwrap();
    assert_eq!(read(&vault, room.owners[1], SecretKind::SmtpPassword).await, Some(String::new()));
    vault.forget(room.owners[1], None).await.unwrap();
    assert_eq!(read(&vault, room.owners[1], SecretKind::SmtpPassword).await, None);
    assert!(vault.holds(room.owners[2], SecretKind::SmtpPassword).await.unwrap());
    let long = vault
        .put(room.owners[1], SecretKind::Grant, &secret(&"x".repeat(300_000)), &destinations())
        .await
        .unwrap_err();
    assert!(matches!(long, VaultError::Store(StoreError::Invalid { .. })), "{long}");
}

#[test]
fn a_change_of_any_byte_is_noticed() {
    let key = MasterKey::generate().unwrap();
    let (owner, kind) = (SecretOwner::Operator, SecretKind::DkimKey);
    let sealed = seal::seal(&key, owner, kind, &secret(PLANTED), &destinations()).unwrap();
    assert_eq!(seal::open(&key, &sealed, owner, kind).unwrap().1.expose_secret(), PLANTED);
    let refused = |sealed: &SealedSecret, what: &str| {
        let error = seal::open(&key, sealed, owner, kind).map(|_| ()).expect_err(what);
        assert_eq!(error, VaultError::Damaged("dkim-key"), "{what}");
    };
    let wrapped = sealed.keys[0].wrapped_key.clone();
    let with_key = |wrapped_key: Vec<u8>| {
        let keys = vec![WrappedKey { wrapped_key, ..sealed.keys[0].clone() }];
        SealedSecret { keys, ..sealed.clone() }
    };
    for index in 0..wrapped.len() {
        for bit in [1, 0x80] {
            let mut changed = wrapped.clone();
            changed[index] ^= bit;
            refused(&with_key(changed), &format!("wrapped key, byte {index}"));
        }
        refused(&with_key(wrapped[..index].to_vec()), &format!("wrapped key cut to {index}"));
    }
    for index in 0..sealed.sealed.len() {
        let mut changed = sealed.clone();
        changed.sealed[index] ^= 1;
        refused(&changed, &format!("secret, byte {index}"));
        refused(&SealedSecret { sealed: sealed.sealed[..index].to_vec(), ..sealed.clone() }, "secret cut");
    }
    let longer = SealedSecret { sealed: [sealed.sealed.as_slice(), &[0]].concat(), ..sealed.clone() };
    refused(&longer, "secret with a byte more");
    let swapped = SealedSecret { sealed: wrapped, ..with_key(sealed.sealed.clone()) };
    refused(&swapped, "layers swapped");
}

#[tokio::test]
async fn a_row_that_was_moved_does_not_open_where_it_is_now() {
    let room = room().await;
    let key = MasterKey::generate().unwrap();
    let (owner, kind) = (room.owners[1], SecretKind::SmtpPassword);
    let sealed = seal::seal(&key, owner, kind, &secret(PLANTED), &destinations()).unwrap();
    for other in room.owners.iter().filter(|other| **other != owner) {
        assert!(seal::open(&key, &sealed, *other, kind).is_err(), "{other:?}");
    }
    for other in SecretKind::ALL.iter().filter(|other| **other != kind) {
        assert!(seal::open(&key, &sealed, owner, *other).is_err(), "{other}");
    }
    let second = seal::seal(&key, owner, kind, &secret("another"), &destinations()).unwrap();
    let mixed = SealedSecret { keys: second.keys, ..sealed.clone() };
    assert!(seal::open(&key, &mixed, owner, kind).is_err());
    let other = MasterKey::generate().unwrap();
    assert_eq!(
        seal::open(&other, &sealed, owner, kind).map(|_| ()).unwrap_err(),
        VaultError::Damaged("smtp-password")
    );
}

#[test]
fn no_two_seals_are_alike() {
    let key = MasterKey::generate().unwrap();
    let seal = || {
        seal::seal(&key, SecretOwner::Operator, SecretKind::ApiKey, &secret(PLANTED), &destinations())
            .unwrap()
    };
    let (one, two) = (seal(), seal());
    assert_ne!(one.keys, two.keys);
    assert_ne!(one.sealed[1..25], two.sealed[1..25], "nonces");
    assert_ne!(one.sealed[25..], two.sealed[25..]);
    assert!(!one.sealed.windows(7).any(|part| part == b"hunter2"));
}

#[tokio::test]
async fn a_key_is_made_once_and_its_keeper_is_told_to_back_it_up() {
    let room = room().await;
    let opened = Vault::open(room.store.clone(), &room.source()).await.unwrap();
    let notice = opened.notice.unwrap();
    assert!(notice.contains("keep a copy") && notice.contains("master.key"), "{notice}");
    let again = Vault::open(room.store.clone(), &room.source()).await.unwrap();
    assert_eq!(again.notice, None);
    assert_eq!(again.vault.keys().current().id(), opened.vault.keys().current().id());
    let key = std::fs::read_to_string(room.file()).unwrap();
    assert_eq!(key.trim().len(), 44, "base64 of 32 bytes");
    for shown in [
        notice,
        format!("{:?} {:?}", opened.vault, opened.vault.keys()),
        again.vault.keys().current().id().into(),
    ] {
        assert!(!shown.contains(key.trim()), "{shown}");
    }
}

#[tokio::test]
async fn programs_that_start_at_once_make_one_key() {
    let room = room().await;
    let open = || {
        let (store, source) = (room.store.clone(), room.source());
        tokio::spawn(async move { Vault::open(store, &source).await.unwrap() })
    };
    let tasks: Vec<_> = (0..8).map(|_| open()).collect();
    let mut ids = std::collections::BTreeSet::new();
    let mut notices = 0;
    for task in tasks {
        let opened = task.await.unwrap();
        ids.insert(opened.vault.keys().current().id().to_owned());
        notices += usize::from(opened.notice.is_some());
    }
    assert_eq!((ids.len(), notices), (1, 1));
}

#[tokio::test]
async fn a_lost_key_is_said_to_be_lost_and_no_new_one_is_made() {
    let room = room().await;
    let vault = room.open().await;
    let id = vault.keys().current().id().to_owned();
    vault.put(room.owners[1], SecretKind::SmtpPassword, &secret(PLANTED), &destinations()).await.unwrap();
    std::fs::remove_file(room.file()).unwrap();
    let error = Vault::open(room.store.clone(), &room.source()).await.unwrap_err();
    let words = error.to_string();
    assert!(words.contains(&id) && words.contains("backup") && words.contains("master.key"), "{words}");
    assert!(!error.is_transient() && !room.file().exists());
    let other = Vault::with_keys(room.store.clone(), Keys::one(MasterKey::generate().unwrap()));
    let error = other
        .get(room.owners[1], SecretKind::SmtpPassword, &Destination::this_installation())
        .await
        .map(|_| ())
        .unwrap_err();
    assert!(matches!(&error, VaultError::KeyLost { key, .. } if *key == id), "{error}");
    let error = other
        .put(room.owners[1], SecretKind::SmtpPassword, &secret("new"), &destinations())
        .await
        .unwrap_err();
    assert!(matches!(&error, VaultError::KeyLost { key, secrets: 1, .. } if *key == id), "{error}");
    // It is lost for ever: a person says so, and what is entered again can be read again.
    room.source().create().await.unwrap();
    let error = Vault::rotate(room.store.clone(), &room.source(), false).await.unwrap_err();
    assert!(matches!(error, VaultError::KeyLost { .. }), "{error}");
    Vault::rotate(room.store.clone(), &room.source(), true).await.unwrap();
    let anew = room.open().await;
    anew.put(room.owners[1], SecretKind::SmtpPassword, &secret("new"), &destinations()).await.unwrap();
    assert_eq!(read(&anew, room.owners[1], SecretKind::SmtpPassword).await.as_deref(), Some("new"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_key_that_others_may_read_or_that_is_none_is_refused_without_repeating_it() {
    use std::os::unix::fs::PermissionsExt;
    let room = room().await;
    room.open().await;
    let mode = |mode| std::fs::set_permissions(room.file(), std::fs::Permissions::from_mode(mode)).unwrap();
    assert_eq!(std::fs::metadata(room.file()).unwrap().permissions().mode() & 0o777, 0o600);
    for open in [0o644, 0o640, 0o606] {
        mode(open);
        let error = Vault::open(room.store.clone(), &room.source()).await.unwrap_err().to_string();
        assert!(error.contains("others may read it") && error.contains("chmod 600"), "{error}");
    }
    mode(0o600);
    let zeros = format!("{}=", "A".repeat(43));
    let short = "c2hvcnQtcGxhbnRlZA==";
    for text in [PLANTED, short, &zeros, "\u{fffd}", &"x".repeat(20_000)] {
        std::fs::write(room.file(), text).unwrap();
        let error = Vault::open(room.store.clone(), &room.source()).await.unwrap_err();
        assert!(matches!(error, VaultError::Source { .. }), "{error}");
        assert!(!format!("{error} {error:?}").contains(text), "{error}");
    }
    let folder = KeySource::File(room.folder.path().to_owned());
    assert!(Vault::open(room.store.clone(), &folder).await.is_err());
    let error = Vault::open(room.store.clone(), &KeySource::Environment("POSTROOM_NO_SUCH".into()))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("openssl rand -base64 32"), "{error}");
    let path = KeySource::Environment("PATH".into());
    let error = Vault::open(room.store.clone(), &path).await.unwrap_err().to_string();
    assert!(!error.contains("/bin"), "{error}");
}

#[test]
fn where_the_key_is_can_be_written_in_words() {
    for (text, source) in [
        ("keyring", KeySource::Keyring),
        ("env:POSTROOM_KEY", KeySource::Environment("POSTROOM_KEY".into())),
        ("file:/etc/postroom.key", KeySource::File("/etc/postroom.key".into())),
        ("/etc/postroom.key", KeySource::File("/etc/postroom.key".into())),
    ] {
        assert_eq!(text.parse::<KeySource>().unwrap(), source);
    }
    let key = MasterKey::generate().unwrap().write();
    for text in ["", "env:", "file:", "env:A=B", key.expose_secret()] {
        let error = text.parse::<KeySource>().unwrap_err().to_string();
        assert!(
            error.contains("env:NAME") && (text.is_empty() || !error.contains(key.expose_secret())),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a9_a10_grants_are_kept_with_the_state_of_their_account() {
    let room = room().await;
    let vault = room.open().await;
    let SecretOwner::Account(company, account) = room.owners[1] else { panic!("an account") };
    let name = account.to_string();
    let grant = |spent: &str| {
        let text = format!(
            r#"{{"client":"id","purpose":"mailbox","address":null,"since":"2026-11-23T10:00:00Z","deadline":null,
            "spent":{spent},"claimed":null,"single":true,"refresh":"{PLANTED}","api":null,"mail":null}}"#
        );
        Grant::unseal(&secret(&text)).unwrap()
    };
    let state = async || room.store.account(company, account).await.unwrap().state;
    assert!(vault.load(&name).await.unwrap().is_none());
    let Swap::Done(one) = vault.replace(&name, None, Some(&grant("null"))).await.unwrap() else {
        panic!("new")
    };
    assert_eq!(state().await, AccountState::Ready);
    let stored = vault.load(&name).await.unwrap().unwrap();
    assert_eq!((stored.version, stored.grant.spent.as_deref()), (one, None));
    assert!(stored.grant.seal().unwrap().expose_secret().contains(PLANTED));
    assert_eq!(vault.replace(&name, None, Some(&grant("null"))).await.unwrap(), Swap::Changed);
    let spent = grant("\"the grant was revoked\"");
    let Swap::Done(two) = vault.replace(&name, Some(one), Some(&spent)).await.unwrap() else {
        panic!("spent")
    };
    let AccountState::NeedsSignIn { reason, .. } = state().await else { panic!("{:?}", state().await) };
    assert_eq!(reason, "the grant was revoked");
    assert_eq!(vault.replace(&name, Some(one), None).await.unwrap(), Swap::Changed);
    let Swap::Done(three) = vault.replace(&name, Some(two), None).await.unwrap() else { panic!("erased") };
    assert!(one < two && two < three);
    assert!(vault.load(&name).await.unwrap().is_none());
    assert!(matches!(state().await, AccountState::NeedsSignIn { .. }));
    for unknown in ["", "office", &postroom_model::AccountId::new().to_string()] {
        let error = vault.replace(unknown, None, Some(&grant("null"))).await.unwrap_err();
        assert!(!error.to_string().contains(PLANTED), "{error}");
    }
    let database = std::fs::read(room.folder.path().join("store.db")).unwrap();
    let journal = std::fs::read(room.folder.path().join("store.db-wal")).unwrap();
    for bytes in [database, journal] {
        assert!(!bytes.windows(PLANTED.len()).any(|part| part == PLANTED.as_bytes()));
    }
}
