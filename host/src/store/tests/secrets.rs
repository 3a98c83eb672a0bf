//! Sealed secrets as rows. What is in them is the vault's business.

use super::office::Office;
use crate::accounts::*;
use crate::store::*;

fn secret(owner: SecretOwner, kind: SecretKind, sealed: &[u8]) -> SealedSecret {
    let wrapped_key = [&[0, 255], sealed].concat();
    SealedSecret { owner, kind, master_key: "k1".into(), wrapped_key, sealed: sealed.to_vec() }
}

pub(super) async fn a_sealed_secret_is_found_by_owner_and_kind_alone(store: Store) {
    let office = Office::open(store).await;
    let owner = SecretOwner::Account(office.company.id, office.account.id);
    let own = secret(owner, SecretKind::SmtpPassword, b"own");
    let operators = secret(SecretOwner::Operator, SecretKind::SmtpPassword, b"operator's");
    for secret in [&own, &operators] {
        assert!(office.store.put_sealed(secret, None).await.unwrap());
        assert_eq!(office.store.sealed(secret.owner, secret.kind).await.unwrap().as_ref(), Some(secret));
    }
    assert_eq!(office.store.sealed(owner, SecretKind::ImapPassword).await.unwrap(), None);
    let strangers = SecretOwner::Account(office.next_door.id, office.account.id);
    assert_eq!(office.store.sealed(strangers, SecretKind::SmtpPassword).await.unwrap(), None);
    office.store.forget_sealed(strangers, None).await.unwrap();
    let error =
        office.store.put_sealed(&secret(strangers, SecretKind::ApiKey, b"x"), None).await.unwrap_err();
    assert_eq!(error, StoreError::NoSuchAccount(office.account.id.to_string()));
    office.store.forget_sealed(owner, Some(SecretKind::ApiKey)).await.unwrap();
    assert_eq!(office.store.sealed(owner, own.kind).await.unwrap(), Some(own));
    office.store.forget_sealed(owner, Some(SecretKind::SmtpPassword)).await.unwrap();
    assert_eq!(office.store.sealed(owner, SecretKind::SmtpPassword).await.unwrap(), None);
    assert_eq!(office.store.keys_in_use().await.unwrap(), [("k1".to_owned(), 1)]);
    assert_eq!(office.store.sealed_under_others("k1", 10).await.unwrap(), []);
    assert_eq!(office.store.sealed_under_others("k2", 10).await.unwrap(), [operators]);
}

pub(super) async fn a_sealed_secret_is_replaced_only_by_who_saw_it_last(store: Store) {
    let office = Office::open(store).await;
    let owner = SecretOwner::Account(office.company.id, office.account.id);
    let [first, second, third] = [b"1", b"2", b"3"].map(|sealed| secret(owner, SecretKind::Grant, sealed));
    assert!(!office.store.put_sealed(&second, Some(&first)).await.unwrap(), "there is none yet");
    office.store.put_sealed(&first, None).await.unwrap();
    assert!(office.store.put_sealed(&second, Some(&first)).await.unwrap());
    assert!(!office.store.put_sealed(&third, Some(&first)).await.unwrap());
    assert_eq!(office.store.sealed(owner, SecretKind::Grant).await.unwrap(), Some(second));
    office.store.put_sealed(&third, None).await.unwrap();
    assert_eq!(office.store.sealed(owner, SecretKind::Grant).await.unwrap(), Some(third));
}

pub(super) async fn secrets_go_with_their_account_and_company(store: Store) {
    let office = Office::open(store).await;
    let own = SecretOwner::Account(office.company.id, office.account.id);
    let theirs = SecretOwner::Account(office.next_door.id, office.theirs.id);
    for owner in [own, theirs, SecretOwner::Operator] {
        office.store.put_sealed(&secret(owner, SecretKind::ApiKey, b"x"), None).await.unwrap();
    }
    office.admin().remove_account(office.account.id).await.unwrap();
    assert_eq!(office.store.sealed(own, SecretKind::ApiKey).await.unwrap(), None);
    assert!(office.store.put_sealed(&secret(own, SecretKind::ApiKey, b"x"), None).await.is_err());
    office.store.remove_company(office.next_door.id).await.unwrap();
    assert_eq!(office.store.sealed(theirs, SecretKind::ApiKey).await.unwrap(), None);
    assert!(office.store.sealed(SecretOwner::Operator, SecretKind::ApiKey).await.unwrap().is_some());
}
