//! Sealed secrets as rows. What is in them is the vault's business.

use super::office::{Office, at};
use crate::accounts::*;
use crate::store::*;

fn secret(owner: SecretOwner, kind: SecretKind, sealed: &[u8]) -> SealedSecret {
    let wrapped_key = [&[0, 255], sealed].concat();
    SealedSecret { owner, kind, master_key: "k1".into(), wrapped_key, sealed: sealed.to_vec(), version: 0 }
}

pub(super) async fn a_sealed_secret_is_found_by_owner_and_kind_alone(store: Store) {
    let office = Office::open(store).await;
    let owner = SecretOwner::Account(office.company.id, office.account.id);
    let mut own = secret(owner, SecretKind::SmtpPassword, b"own");
    let mut operators = secret(SecretOwner::Operator, SecretKind::SmtpPassword, b"operator's");
    for secret in [&mut own, &mut operators] {
        secret.version = office.store.put_sealed(secret, None, None).await.unwrap().unwrap();
        assert_eq!(office.store.sealed(secret.owner, secret.kind).await.unwrap().as_ref(), Some(&*secret));
    }
    assert_eq!(office.store.sealed(owner, SecretKind::ImapPassword).await.unwrap(), None);
    assert_eq!(office.store.owner_of(office.account.id).await.unwrap(), Some(owner));
    assert_eq!(office.store.owner_of(AccountId::new()).await.unwrap(), None);
    let strangers = SecretOwner::Account(office.next_door.id, office.account.id);
    assert_eq!(office.store.sealed(strangers, SecretKind::SmtpPassword).await.unwrap(), None);
    office.store.forget_sealed(strangers, None).await.unwrap();
    let error =
        office.store.put_sealed(&secret(strangers, SecretKind::ApiKey, b"x"), None, None).await.unwrap_err();
    assert_eq!(error, StoreError::NoSuchAccount(office.account.id.to_string()));
    office.store.forget_sealed(owner, Some(SecretKind::ApiKey)).await.unwrap();
    assert_eq!(office.store.sealed(owner, own.kind).await.unwrap(), Some(own.clone()));
    assert!(!office.store.rewrap_sealed(&secret(owner, own.kind, b"old"), "k2", vec![2]).await.unwrap());
    assert!(office.store.rewrap_sealed(&own, "k2", vec![2]).await.unwrap());
    let rewrapped = SealedSecret { master_key: "k2".into(), wrapped_key: vec![2], ..own };
    assert_eq!(office.store.sealed(owner, rewrapped.kind).await.unwrap(), Some(rewrapped.clone()));
    assert_eq!(office.store.keys_in_use().await.unwrap(), [("k1".to_owned(), 1), ("k2".to_owned(), 1)]);
    assert_eq!(office.store.sealed_under_others("k1", 10).await.unwrap(), [rewrapped]);
    assert_eq!(office.store.sealed_under_others("k2", 10).await.unwrap(), [operators]);
    office.store.forget_sealed(owner, Some(SecretKind::SmtpPassword)).await.unwrap();
    assert_eq!(office.store.sealed(owner, SecretKind::SmtpPassword).await.unwrap(), None);
}

pub(super) async fn a_sealed_secret_is_replaced_only_by_who_saw_it_last(store: Store) {
    let office = Office::open(store).await;
    let (owner, kind) = (SecretOwner::Account(office.company.id, office.account.id), SecretKind::Grant);
    let [first, second] = [b"1", b"2"].map(|sealed| secret(owner, kind, sealed));
    let put = async |secret: &SealedSecret, expected, state: Option<&AccountState>| {
        office.store.put_sealed(secret, Some(expected), state).await.unwrap()
    };
    let state = async || office.store.account(office.company.id, office.account.id).await.unwrap().state;
    let expired = AccountState::NeedsSignIn { reason: "revoked".into(), since: at("2026-11-23T10:00:00Z") };
    assert_eq!(put(&second, Some(1), Some(&expired)).await, None, "there is none yet");
    assert_eq!(state().await, AccountState::Ready, "nothing was done");
    let one = put(&first, None, Some(&expired)).await.unwrap();
    assert_eq!(state().await, expired);
    assert_eq!(put(&second, None, None).await, None, "there is one now");
    let two = put(&second, Some(one), Some(&AccountState::Ready)).await.unwrap();
    assert_eq!(state().await, AccountState::Ready);
    assert_eq!(put(&first, Some(one), None).await, None);
    assert_eq!(office.store.sealed(owner, kind).await.unwrap().unwrap().sealed, b"2");
    assert_eq!(office.store.drop_sealed(owner, kind, Some(one), None).await.unwrap(), None);
    let three = office.store.drop_sealed(owner, kind, Some(two), Some(&expired)).await.unwrap().unwrap();
    assert_eq!((office.store.sealed(owner, kind).await.unwrap(), state().await), (None, expired));
    let four = put(&first, None, None).await.unwrap();
    office.store.forget_sealed(owner, None).await.unwrap();
    let five = put(&first, None, None).await.unwrap();
    assert!(one < two && two < three && three < four && four < five, "{one} {two} {three} {four} {five}");
    // Of many at once, one is first.
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (store, second) = (office.store.clone(), second.clone());
            tokio::spawn(async move { store.put_sealed(&second, Some(Some(five)), None).await.unwrap() })
        })
        .collect();
    let mut done = 0;
    for task in tasks {
        done += usize::from(task.await.unwrap().is_some());
    }
    assert_eq!(done, 1);
}

pub(super) async fn secrets_go_with_their_account_and_company(store: Store) {
    let office = Office::open(store).await;
    let own = SecretOwner::Account(office.company.id, office.account.id);
    let theirs = SecretOwner::Account(office.next_door.id, office.theirs.id);
    for owner in [own, theirs, SecretOwner::Operator] {
        office.store.put_sealed(&secret(owner, SecretKind::ApiKey, b"x"), None, None).await.unwrap();
    }
    office.admin().remove_account(office.account.id).await.unwrap();
    assert_eq!(office.store.sealed(own, SecretKind::ApiKey).await.unwrap(), None);
    assert!(office.store.put_sealed(&secret(own, SecretKind::ApiKey, b"x"), None, None).await.is_err());
    office.store.remove_company(office.next_door.id).await.unwrap();
    assert_eq!(office.store.sealed(theirs, SecretKind::ApiKey).await.unwrap(), None);
    assert!(office.store.sealed(SecretOwner::Operator, SecretKind::ApiKey).await.unwrap().is_some());
}
