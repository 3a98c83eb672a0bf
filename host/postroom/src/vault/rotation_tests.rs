//! The master key changes while programs work: nothing fails, and nothing is lost.

use super::tests::{Room, destinations, read, room, secret};
use super::*;
use postroom_transport::oauth::{Grant, GrantStore, Swap};
use secrecy::ExposeSecret;

const KIND: SecretKind = SecretKind::SmtpPassword;

fn copied(keys: &Keys) -> Keys {
    Keys::one(MasterKey::read(keys.current().write().expose_secret()).unwrap())
}

fn all(room: &Room) -> Vec<(SecretOwner, SecretKind)> {
    room.owners.iter().flat_map(|owner| SecretKind::ALL.iter().map(|kind| (*owner, *kind))).collect()
}

async fn fill(room: &Room, vault: &Vault) {
    for (owner, kind) in all(room) {
        vault.put(owner, kind, &secret(&format!("{owner:?} {kind}")), &destinations()).await.unwrap();
    }
}

async fn assert_all(room: &Room, vault: &Vault, what: &str) {
    for (owner, kind) in all(room) {
        assert_eq!(read(vault, owner, kind).await, Some(format!("{owner:?} {kind}")), "{what}");
    }
}

#[tokio::test]
async fn a_rotation_leaves_every_secret_readable_with_either_key_until_the_old_one_is_retired() {
    let room = room().await;
    let vault = room.open().await;
    fill(&room, &vault).await;
    let before = vault.get_versioned(room.owners[1], SecretKind::Grant).await.unwrap().unwrap().0;
    let old = vault.keys().current().id().to_owned();
    let with_old = Vault::with_keys(room.store.clone(), copied(&vault.keys()));
    let rotated = Vault::rotate(room.store.clone(), &room.source(), false).await.unwrap();
    assert_eq!(rotated.secrets, all(&room).len() as u64);
    assert_ne!(rotated.current, old);
    let file = std::fs::read_to_string(room.file()).unwrap();
    assert!(file.contains(&format!("# {old} was the current key until 20")), "the old key is dated");
    let with_new = Vault::with_keys(room.store.clone(), copied(&room.open().await.keys()));
    for (what, vault) in [("the old key", &with_old), ("the new key", &with_new), ("both", &vault)] {
        assert_all(&room, vault, what).await;
    }
    let after = vault.get_versioned(room.owners[1], SecretKind::Grant).await.unwrap().unwrap().0;
    assert_eq!(after, before, "the secret is the same");
    let retired = Vault::retire(room.store.clone(), &room.source()).await.unwrap();
    assert_eq!(retired.retired, std::slice::from_ref(&old));
    assert_all(&room, &with_new, "retired").await;
    for (owner, kind) in all(&room) {
        let error =
            with_old.get(owner, kind, &Destination::this_installation()).await.map(|_| ()).unwrap_err();
        assert!(matches!(error, VaultError::KeyLost { .. }), "{owner:?} {kind}: {error}");
    }
    assert_eq!(room.store.keys_in_use().await.unwrap(), [(rotated.current.clone(), all(&room).len() as u64)]);
    let rows = Vault::key_rows(&room.store, &room.source()).await.unwrap();
    let states: Vec<_> = rows.iter().map(|row| (row.key.as_str(), row.state, row.is_there)).collect();
    assert_eq!(
        states,
        [(old.as_str(), KeyState::Retired, true), (&rotated.current, KeyState::Current, true)]
    );
    let error = Vault::forget_key(&room.store, &room.source(), &rotated.current).await.unwrap_err();
    assert!(matches!(error, VaultError::KeyNeeded { .. }), "{error}");
    Vault::forget_key(&room.store, &room.source(), &old).await.unwrap();
    assert_eq!(std::fs::read_to_string(room.file()).unwrap().lines().count(), 1);
}

#[tokio::test]
async fn a_program_that_opened_the_vault_before_reads_and_writes_after_the_old_key_is_gone() {
    let room = room().await;
    let running = room.open().await;
    fill(&room, &running).await;
    Vault::rotate(room.store.clone(), &room.source(), false).await.unwrap();
    let written = room.open().await;
    Vault::retire(room.store.clone(), &room.source()).await.unwrap();
    // It knows the old key alone, and asks its source again when that opens nothing any more.
    assert_all(&room, &running, "read after the end of the old key").await;
    let stale = Vault { keys: Arc::new(RwLock::new(Arc::new(copied_former(&written)))), ..running.clone() };
    stale.put(room.owners[1], KIND, &secret("entered meanwhile"), &destinations()).await.unwrap();
    let fresh = room.open().await;
    assert_eq!(read(&fresh, room.owners[1], KIND).await.as_deref(), Some("entered meanwhile"));
    // The next rotation refuses nothing: every secret is under a key that is there.
    Vault::rotate(room.store.clone(), &room.source(), false).await.unwrap();
    Vault::retire(room.store.clone(), &room.source()).await.unwrap();
    assert_eq!(read(&stale, room.owners[1], KIND).await.as_deref(), Some("entered meanwhile"));
}

fn copied_former(vault: &Vault) -> Keys {
    let keys = vault.keys();
    Keys::one(MasterKey::read(keys.former().next().unwrap().write().expose_secret()).unwrap())
}

#[tokio::test]
async fn a9_a_sign_in_that_ends_after_a_rotation_is_kept_under_the_current_key() {
    let room = room().await;
    let waiting = room.open().await;
    let SecretOwner::Account(_, account) = room.owners[1] else { panic!("an account") };
    let text = r#"{"client":"id","purpose":"mailbox","address":null,"since":"2026-11-23T10:00:00Z","deadline":null,
        "spent":null,"claimed":null,"single":true,"refresh":"planted","api":null,"mail":null}"#;
    let grant = Grant::unseal(&secret(text)).unwrap();
    waiting.put(room.owners[2], KIND, &secret("x"), &destinations()).await.unwrap();
    Vault::rotate(room.store.clone(), &room.source(), false).await.unwrap();
    Vault::retire(room.store.clone(), &room.source()).await.unwrap();
    let done = waiting.replace(&account.to_string(), None, Some(&grant)).await.unwrap();
    let Swap::Done(version) = done else { panic!("{done:?}") };
    let stored = room.open().await.load(&account.to_string()).await.unwrap().unwrap();
    assert_eq!(stored.version, version);
    let used = room.store.keys_in_use().await.unwrap();
    assert_eq!(used.len(), 1, "nothing is under the old key: {used:?}");
}

#[tokio::test]
async fn machines_with_key_files_of_their_own_work_on_and_are_waited_for() {
    let room = room().await;
    let vault = room.open().await;
    fill(&room, &vault).await;
    let elsewhere = room.folder.path().join("elsewhere.key");
    std::fs::copy(room.file(), &elsewhere).unwrap();
    let other = Vault::open(room.store.clone(), &KeySource::File(elsewhere.clone())).await.unwrap().vault;
    let attendance = other.attend("worker").await.unwrap();
    Vault::rotate(room.store.clone(), &room.source(), false).await.unwrap();
    let new = room.open().await;
    assert_all(&room, &other, "elsewhere, with the old key alone").await;
    other.put(room.owners[1], KIND, &secret("written elsewhere"), &destinations()).await.unwrap();
    assert_eq!(read(&new, room.owners[1], KIND).await.as_deref(), Some("written elsewhere"));
    new.put(room.owners[2], KIND, &secret("written here"), &destinations()).await.unwrap();
    assert_eq!(read(&other, room.owners[2], KIND).await.as_deref(), Some("written here"));
    let error = Vault::retire(room.store.clone(), &room.source()).await.unwrap_err();
    let words = error.to_string();
    assert!(matches!(error, VaultError::KeyNeeded { .. }) && words.contains("worker on"), "{words}");
    // A person brings the file there; the program sees it by itself.
    std::fs::copy(room.file(), &elsewhere).unwrap();
    other.reload().await.unwrap();
    other.register_use(&attendance.id, "worker").await.unwrap();
    Vault::retire(room.store.clone(), &room.source()).await.unwrap();
    for vault in [&other, &new, &room.open().await] {
        assert_eq!(read(vault, room.owners[1], KIND).await.as_deref(), Some("written elsewhere"));
        assert_eq!(read(vault, room.owners[2], KIND).await.as_deref(), Some("written here"));
    }
    attendance.end().await;
    assert_eq!(room.store.key_users(0).await.unwrap(), []);
}

#[tokio::test]
async fn a_program_with_the_retired_key_alone_writes_nothing_that_nobody_could_read() {
    let room = room().await;
    let vault = room.open().await;
    vault.put(room.owners[1], KIND, &secret("kept"), &destinations()).await.unwrap();
    let stale = Vault::with_keys(room.store.clone(), copied(&vault.keys()));
    Vault::rotate(room.store.clone(), &room.source(), false).await.unwrap();
    Vault::retire(room.store.clone(), &room.source()).await.unwrap();
    for owner in [room.owners[1], room.owners[2]] {
        let error = stale.put(owner, KIND, &secret("lost?"), &destinations()).await.unwrap_err();
        assert!(matches!(error, VaultError::KeyLost { .. }), "{error}");
    }
    let fresh = room.open().await;
    assert_eq!(read(&fresh, room.owners[1], KIND).await.as_deref(), Some("kept"));
    assert_eq!(read(&fresh, room.owners[2], KIND).await, None);
}

#[tokio::test]
async fn programs_that_write_all_the_time_lose_nothing_in_rotation_after_rotation() {
    let room = Arc::new(room().await);
    room.open().await.put(room.owners[1], KIND, &secret("0"), &destinations()).await.unwrap();
    let mut writers = Vec::new();
    for (number, owner) in room.owners.iter().copied().enumerate() {
        let vault = room.open().await;
        writers.push(tokio::spawn(async move {
            for round in 0..40 {
                let text = format!("{number} {round}");
                vault.put(owner, KIND, &secret(&text), &destinations()).await.unwrap();
                assert_eq!(read(&vault, owner, KIND).await, Some(text));
            }
        }));
    }
    for _ in 0..4 {
        Vault::rotate(room.store.clone(), &room.source(), false).await.unwrap();
        Vault::retire(room.store.clone(), &room.source()).await.unwrap();
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let fresh = Vault::with_keys(room.store.clone(), copied(&room.open().await.keys()));
    for (number, owner) in room.owners.iter().enumerate() {
        assert_eq!(
            read(&fresh, *owner, KIND).await,
            Some(format!("{number} 39")),
            "with the current key alone"
        );
    }
}

#[tokio::test]
async fn an_interrupted_rotation_is_finished_by_the_next() {
    let room = room().await;
    let vault = room.open().await;
    fill(&room, &vault).await;
    // The new key is kept, then the power fails; and again after some secrets are under it.
    let keys = room.source().prepend(&vault.keys()).await.unwrap();
    let new = keys.current().id().to_owned();
    assert_all(&room, &room.open().await, "with the new key there").await;
    room.open()
        .await
        .put(room.owners[0], SecretKind::ApiKey, &secret("changed"), &destinations())
        .await
        .unwrap();
    room.store.set_current_master_key(&new).await.unwrap();
    for sealed in room.store.secrets_not_under(&new, None, 7).await.unwrap() {
        let wrapped_key = seal::rewrap(vault.keys().current(), keys.current(), &sealed).unwrap();
        let key = WrappedKey { master_key: new.clone(), wrapped_key };
        assert!(room.store.add_wrapped_key(&sealed, &key).await.unwrap());
    }
    let half = room.open().await;
    assert_eq!(read(&half, room.owners[0], SecretKind::ApiKey).await.as_deref(), Some("changed"));
    let ended = Vault::retire(room.store.clone(), &room.source()).await.unwrap();
    assert_eq!(ended.current, new, "finished, not begun anew");
    assert_eq!(room.store.keys_in_use().await.unwrap(), [(new, all(&room).len() as u64)]);
    assert_eq!(read(&half, room.owners[0], SecretKind::ApiKey).await.as_deref(), Some("changed"));
}

#[tokio::test]
async fn a_rotation_without_every_key_stops_and_loses_nothing() {
    let room = room().await;
    let vault = room.open().await;
    vault.put(room.owners[1], KIND, &secret("kept"), &destinations()).await.unwrap();
    let key = std::fs::read_to_string(room.file()).unwrap();
    std::fs::remove_file(room.file()).unwrap();
    room.source().create().await.unwrap();
    let error = Vault::rotate(room.store.clone(), &room.source(), false).await.unwrap_err();
    assert!(matches!(error, VaultError::KeyLost { .. }), "{error}");
    let missing = Vault::missing_keys(&room.store, &room.source()).await.unwrap();
    assert_eq!(missing, [(vault.keys().current().id().to_owned(), 1)], "as after coming back from a backup");
    let now = std::fs::read_to_string(room.file()).unwrap();
    std::fs::write(room.file(), now + &key).unwrap();
    assert_eq!(Vault::missing_keys(&room.store, &room.source()).await.unwrap(), []);
    let rotated = Vault::rotate(room.store.clone(), &room.source(), false).await.unwrap();
    assert_eq!(rotated.secrets, 1);
    Vault::retire(room.store.clone(), &room.source()).await.unwrap();
    assert_eq!(read(&room.open().await, room.owners[1], KIND).await.as_deref(), Some("kept"));
}

#[tokio::test]
async fn a_secret_goes_to_the_places_that_it_was_given_for_and_to_no_other() {
    let room = room().await;
    let vault = room.open().await;
    let place = Destination::named;
    let given: Destinations =
        ["smtp a.example:587 tls", "imap a.example:993 ssl"].into_iter().map(place).collect();
    vault.put(room.owners[1], KIND, &secret("hunter2"), &given).await.unwrap();
    for to in given.iter() {
        assert!(vault.get(room.owners[1], KIND, to).await.unwrap().is_some(), "{to}");
    }
    for other in [
        "smtp evil.example:587 tls",
        "smtp a.example:25 tls",
        "smtp a.example:587 none",
        "smtp a.example:587 tls roots 00",
        "imap a.example:587 tls",
        "",
        "smtp a.example:587 tls\nimap a.example:993 ssl",
    ] {
        let error = vault.get(room.owners[1], KIND, &place(other)).await.map(|_| ()).unwrap_err();
        assert!(matches!(error, VaultError::OtherPlace { .. }), "{other}: {error}");
        assert!(!error.to_string().contains("hunter2") && !error.is_transient(), "{error}");
    }
    Vault::rotate(room.store.clone(), &room.source(), false).await.unwrap();
    assert_eq!(room.open().await.destinations(room.owners[1], KIND).await.unwrap(), Some(given));
}
