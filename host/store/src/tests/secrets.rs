//! Sealed secrets as rows. What is in them is the vault's business.

use super::fixture::{Fixture, at};
use crate::*;
use postroom_model::*;

fn secret(owner: SecretOwner, kind: SecretKind, sealed: &[u8]) -> SealedSecret {
    let wrapped_key = [&[0, 255], sealed].concat();
    let keys = vec![WrappedKey { master_key: "k1".into(), wrapped_key }];
    SealedSecret { owner, kind, keys, sealed: sealed.to_vec(), version: 0 }
}

/// Writes a secret, which must go well.
async fn put(store: &Store, secret: &SealedSecret) -> Version {
    store.begin_master_key("k1").await.unwrap();
    match store.put_sealed(secret, None, None).await.unwrap() {
        Put::Done(version) => version,
        other => panic!("{other:?}"),
    }
}

pub(super) async fn a_sealed_secret_is_found_by_owner_and_kind_alone(store: Store) {
    let fixture = Fixture::open(store).await;
    let owner = SecretOwner::Account(fixture.company.id, fixture.account.id);
    let mut own = secret(owner, SecretKind::SmtpPassword, b"own");
    let mut operators = secret(SecretOwner::Operator, SecretKind::SmtpPassword, b"operator's");
    for secret in [&mut own, &mut operators] {
        secret.version = put(&fixture.store, secret).await;
        assert_eq!(fixture.store.sealed(secret.owner, secret.kind).await.unwrap().as_ref(), Some(&*secret));
    }
    assert_eq!(fixture.store.sealed(owner, SecretKind::ImapPassword).await.unwrap(), None);
    assert_eq!(fixture.store.owner_of(fixture.account.id).await.unwrap(), Some(owner));
    assert_eq!(fixture.store.owner_of(AccountId::new()).await.unwrap(), None);
    let strangers = SecretOwner::Account(fixture.next_door.id, fixture.account.id);
    assert_eq!(fixture.store.sealed(strangers, SecretKind::SmtpPassword).await.unwrap(), None);
    fixture.store.forget_sealed(strangers, None).await.unwrap();
    let error =
        fixture.store.put_sealed(&secret(strangers, SecretKind::ApiKey, b"x"), None, None).await.unwrap_err();
    assert_eq!(error, StoreError::NoSuchAccount(fixture.account.id.to_string()));
    fixture.store.forget_sealed(owner, Some(SecretKind::ApiKey)).await.unwrap();
    assert_eq!(fixture.store.sealed(owner, own.kind).await.unwrap(), Some(own.clone()));
    let key = WrappedKey { master_key: "k2".into(), wrapped_key: vec![2] };
    assert!(!fixture.store.add_wrapped_key(&secret(owner, own.kind, b"old"), &key).await.unwrap());
    assert!(fixture.store.add_wrapped_key(&own, &key).await.unwrap());
    assert!(!fixture.store.add_wrapped_key(&own, &key).await.unwrap(), "it has it already");
    let both = SealedSecret { keys: vec![own.keys[0].clone(), key], ..own.clone() };
    assert_eq!(fixture.store.sealed(owner, own.kind).await.unwrap(), Some(both));
    assert_eq!(fixture.store.keys_in_use().await.unwrap(), [("k1".to_owned(), 2), ("k2".to_owned(), 1)]);
    let without = |key: &'static str, after| fixture.store.secrets_not_under(key, after, 10);
    assert_eq!(without("k1", None).await.unwrap(), []);
    assert_eq!(without("k2", None).await.unwrap(), std::slice::from_ref(&operators));
    assert_eq!(without("k2", Some(&(operators.owner, operators.kind))).await.unwrap(), []);
    assert_eq!(fixture.store.secrets_without(&["k2".to_owned()]).await.unwrap(), [("k1".to_owned(), 1)]);
    assert_eq!(fixture.store.secrets_without(&["k1".to_owned()]).await.unwrap(), []);
    fixture.store.forget_sealed(owner, Some(SecretKind::SmtpPassword)).await.unwrap();
    assert_eq!(fixture.store.sealed(owner, SecretKind::SmtpPassword).await.unwrap(), None);
}

pub(super) async fn a_sealed_secret_is_replaced_only_by_who_saw_it_last(store: Store) {
    let fixture = Fixture::open(store).await;
    let (owner, kind) = (SecretOwner::Account(fixture.company.id, fixture.account.id), SecretKind::Grant);
    let [first, second] = [b"1", b"2"].map(|sealed| secret(owner, kind, sealed));
    let put = async |secret: &SealedSecret, expected, state: Option<&AccountState>| match fixture
        .store
        .put_sealed(secret, Some(expected), state)
        .await
        .unwrap()
    {
        Put::Done(version) => Some(version),
        Put::Changed => None,
        Put::NoKey => panic!("the key is in use"),
    };
    fixture.store.begin_master_key("k1").await.unwrap();
    let state = async || fixture.store.account(fixture.company.id, fixture.account.id).await.unwrap().state;
    let expired = AccountState::NeedsSignIn { reason: "revoked".into(), since: at("2026-11-23T10:00:00Z") };
    assert_eq!(put(&second, Some(1), Some(&expired)).await, None, "there is none yet");
    assert_eq!(state().await, AccountState::Ready, "nothing was done");
    let one = put(&first, None, Some(&expired)).await.unwrap();
    assert_eq!(state().await, expired);
    assert_eq!(put(&second, None, None).await, None, "there is one now");
    let two = put(&second, Some(one), Some(&AccountState::Ready)).await.unwrap();
    assert_eq!(state().await, AccountState::Ready);
    assert_eq!(put(&first, Some(one), None).await, None);
    assert_eq!(fixture.store.sealed(owner, kind).await.unwrap().unwrap().sealed, b"2");
    assert_eq!(fixture.store.drop_sealed(owner, kind, Some(one), None).await.unwrap(), None);
    let three = fixture.store.drop_sealed(owner, kind, Some(two), Some(&expired)).await.unwrap().unwrap();
    assert_eq!((fixture.store.sealed(owner, kind).await.unwrap(), state().await), (None, expired));
    let four = put(&first, None, None).await.unwrap();
    fixture.store.forget_sealed(owner, None).await.unwrap();
    let five = put(&first, None, None).await.unwrap();
    assert!(one < two && two < three && three < four && four < five, "{one} {two} {three} {four} {five}");
    // Of many at once, one is first.
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (store, second) = (fixture.store.clone(), second.clone());
            tokio::spawn(async move { store.put_sealed(&second, Some(Some(five)), None).await.unwrap() })
        })
        .collect();
    let mut done = 0;
    for task in tasks {
        done += usize::from(matches!(task.await.unwrap(), Put::Done(_)));
    }
    assert_eq!(done, 1);
}

pub(super) async fn secrets_go_with_their_account_and_company(store: Store) {
    let fixture = Fixture::open(store).await;
    let own = SecretOwner::Account(fixture.company.id, fixture.account.id);
    let theirs = SecretOwner::Account(fixture.next_door.id, fixture.theirs.id);
    for owner in [own, theirs, SecretOwner::Operator] {
        put(&fixture.store, &secret(owner, SecretKind::ApiKey, b"x")).await;
    }
    fixture.admin().remove_account(fixture.account.id).await.unwrap();
    assert_eq!(fixture.store.sealed(own, SecretKind::ApiKey).await.unwrap(), None);
    assert!(fixture.store.put_sealed(&secret(own, SecretKind::ApiKey, b"x"), None, None).await.is_err());
    fixture.store.remove_company(fixture.next_door.id).await.unwrap();
    assert_eq!(fixture.store.sealed(theirs, SecretKind::ApiKey).await.unwrap(), None);
    assert!(fixture.store.sealed(SecretOwner::Operator, SecretKind::ApiKey).await.unwrap().is_some());
}

pub(super) async fn a_secret_is_written_under_a_key_that_is_in_use_and_under_no_other(store: Store) {
    let fixture = Fixture::open(store).await;
    let store = &fixture.store;
    let own = secret(SecretOwner::Operator, SecretKind::ApiKey, b"x");
    assert_eq!(store.put_sealed(&own, None, None).await.unwrap(), Put::NoKey, "the store knows no key yet");
    assert!(store.begin_master_key("k1").await.unwrap());
    assert!(!store.begin_master_key("k2").await.unwrap(), "it has one");
    assert!(matches!(store.put_sealed(&own, None, None).await.unwrap(), Put::Done(_)));
    store.set_current_master_key("k2").await.unwrap();
    assert_eq!(store.former_master_keys().await.unwrap(), ["k1"]);
    assert!(
        matches!(store.put_sealed(&own, None, None).await.unwrap(), Put::Done(_)),
        "a former key still seals"
    );
    assert_eq!(store.retire_master_key("k1", "k2").await.unwrap(), 1, "a secret has no other key");
    assert_eq!(store.former_master_keys().await.unwrap(), ["k1"], "nothing was done");
    let found = store.sealed(own.owner, own.kind).await.unwrap().unwrap();
    let new = WrappedKey { master_key: "k2".into(), wrapped_key: vec![2] };
    assert!(store.add_wrapped_key(&found, &new).await.unwrap());
    assert_eq!(store.retire_master_key("k1", "k2").await.unwrap(), 0);
    assert_eq!(store.put_sealed(&own, None, None).await.unwrap(), Put::NoKey, "it is retired");
    let stored = store.sealed(own.owner, own.kind).await.unwrap().unwrap();
    assert_eq!(stored.keys, [new], "nothing was written");
    assert_eq!(store.current_master_key().await.unwrap().as_deref(), Some("k2"));
}

pub(super) async fn what_was_given_for_one_server_goes_when_the_account_has_another(store: Store) {
    let fixture = Fixture::open(store).await;
    let owner = SecretOwner::Account(fixture.company.id, fixture.account.id);
    let account = async || fixture.store.account(fixture.company.id, fixture.account.id).await.unwrap();
    let smtp = |change: fn(&mut SmtpServer)| {
        move |account: &mut Account| {
            if let Transport::Smtp(server) = &mut account.transport {
                change(server);
            }
        }
    };
    let imap = |change: fn(&mut ImapServer)| {
        move |account: &mut Account| {
            if let Some(server) = &mut account.mailbox {
                change(server);
            }
        }
    };
    type Change = Box<dyn Fn(&mut Account) + Send + Sync>;
    let changes: Vec<(&str, Change, bool, bool)> = vec![
        ("the name", Box::new(|it| it.name = "other".parse().unwrap()), false, false),
        (
            "the login's server's time",
            Box::new(smtp(|it| it.timeout = std::num::NonZeroU32::new(7))),
            false,
            false,
        ),
        ("the host", Box::new(smtp(|it| it.host = "evil.example".parse().unwrap())), true, false),
        ("the port", Box::new(smtp(|it| it.port = 2525.try_into().unwrap())), true, false),
        ("the security", Box::new(smtp(|it| it.security = Security::None)), true, false),
        ("the roots", Box::new(smtp(|it| it.trusted_ca = Some("-----BEGIN".into()))), true, false),
        ("the mailbox's host", Box::new(imap(|it| it.host = "evil.example".parse().unwrap())), false, true),
        ("the mailbox's roots", Box::new(imap(|it| it.trusted_ca = Some("x".into()))), false, true),
        ("no mailbox", Box::new(|it| it.mailbox = None), false, false),
    ];
    let first = account().await;
    for (what, change, smtp_goes, imap_goes) in changes {
        fixture.admin().update_account(&first).await.unwrap();
        for kind in [SecretKind::SmtpPassword, SecretKind::ImapPassword] {
            put(&fixture.store, &secret(owner, kind, b"x")).await;
        }
        fixture.admin().set_account_state(fixture.account.id, &AccountState::Ready).await.unwrap();
        let mut changed = first.clone();
        change(&mut changed);
        fixture.admin().update_account(&changed).await.unwrap();
        for (kind, goes) in [(SecretKind::SmtpPassword, smtp_goes), (SecretKind::ImapPassword, imap_goes)] {
            let is_there = fixture.store.sealed(owner, kind).await.unwrap().is_some();
            assert_eq!(is_there, !goes, "{what}: {kind}");
        }
        let waits = matches!(account().await.state, AccountState::NeedsSignIn { .. });
        assert_eq!(waits, smtp_goes || imap_goes, "{what}");
    }
}
