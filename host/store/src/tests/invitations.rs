//! An invitation is used once, by its own company, and only while everything it needs is there.

use super::fixture::Fixture;
use crate::{InvitationKey, NewInvitation, Put, SealedSecret, Store, StoreError, WrappedKey};
use chrono::{DateTime, Utc};
use postroom_model::{AccountState, MailAddress, SecretKind, SecretOwner};

const UNTIL: i64 = 2_000_000_000;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn sealed(owner: SecretOwner) -> SealedSecret {
    SealedSecret {
        owner,
        kind: SecretKind::Grant,
        keys: vec![WrappedKey { master_key: "k".into(), wrapped_key: vec![1] }],
        sealed: vec![2],
        version: 0,
    }
}

pub(super) async fn an_invitation_is_used_once_and_by_its_own_company_alone(store: Store) {
    let fixture = Fixture::open(store.clone()).await;
    store.begin_master_key("k").await.unwrap();
    let (admin, account, other) = (fixture.admin(), &fixture.account, &fixture.next_door);
    let new = NewInvitation {
        account: account.id,
        user: fixture.lotte.id,
        mailbox: None,
        until: u64::try_from(UNTIL).unwrap(),
    };
    let refused = store.company_store(other.id).invite(&new).await;
    assert!(matches!(refused, Err(StoreError::NoSuchAccount(_))), "{refused:?}");
    let id = admin.invite(&new).await.unwrap();
    let key = InvitationKey { company: fixture.company.id, id, now: at(UNTIL) };
    let foreign = InvitationKey { company: other.id, ..key };
    let late = InvitationKey { now: at(UNTIL + 1), ..key };
    let owner = SecretOwner::Account(fixture.company.id, account.id);
    let mailbox: MailAddress = account.address.clone();

    for (key, what) in [(foreign, "another company's"), (late, "too late")] {
        assert!(store.invitation(key).await.unwrap().is_none(), "{what}");
        assert!(!store.begin_invitation(key).await.unwrap(), "{what}");
    }
    assert_eq!(
        store.redeem_invitation(key, &mailbox, &sealed(owner)).await.unwrap(),
        Put::Changed,
        "it has not begun"
    );
    let begun = (0..8).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.begin_invitation(key).await.unwrap() })
    });
    let mut winners = 0;
    for task in begun.collect::<Vec<_>>() {
        winners += u32::from(task.await.unwrap());
    }
    assert_eq!(winners, 1);
    assert!(!store.reopen_invitation(foreign).await.unwrap());
    assert!(store.reopen_invitation(key).await.unwrap() && store.begin_invitation(key).await.unwrap());

    let eve: MailAddress = "eve@nord.example".parse().unwrap();
    let elsewhere = SecretOwner::Account(other.id, account.id);
    for (key, mailbox, owner, what) in [
        (key, &eve, owner, "another mailbox"),
        (foreign, &mailbox, owner, "another company's"),
        (late, &mailbox, owner, "too late"),
        (key, &mailbox, SecretOwner::Operator, "no account"),
        (key, &mailbox, SecretOwner::Company(fixture.company.id), "no account"),
    ] {
        assert_eq!(
            store.redeem_invitation(key, mailbox, &sealed(owner)).await.unwrap(),
            Put::Changed,
            "{what}"
        );
    }
    assert!(store.redeem_invitation(key, &mailbox, &sealed(elsewhere)).await.is_err());
    assert!(store.sealed(owner, SecretKind::Grant).await.unwrap().is_none());
    admin.revoke(account.id, fixture.lotte.id).await.unwrap();
    assert_eq!(
        store.redeem_invitation(key, &mailbox, &sealed(owner)).await.unwrap(),
        Put::Changed,
        "access was revoked"
    );
    admin.grant(account.id, fixture.lotte.id).await.unwrap();
    let marked = AccountState::Compromised { by: "marc".into(), since: Utc::now().fixed_offset() };
    admin.set_account_state(account.id, &marked).await.unwrap();
    assert_eq!(
        store.redeem_invitation(key, &mailbox, &sealed(owner)).await.unwrap(),
        Put::Changed,
        "compromised"
    );
    admin.set_account_state(account.id, &AccountState::Ready).await.unwrap();

    let shouted: MailAddress = mailbox.as_str().to_ascii_uppercase().parse().unwrap();
    let done = store.redeem_invitation(key, &shouted, &sealed(owner)).await.unwrap();
    assert!(matches!(done, Put::Done(_)), "{done:?}");
    assert!(store.sealed(owner, SecretKind::Grant).await.unwrap().is_some());
    assert_eq!(
        store.redeem_invitation(key, &mailbox, &sealed(owner)).await.unwrap(),
        Put::Changed,
        "it is used up"
    );
    assert!(!store.reopen_invitation(key).await.unwrap() && store.invitation(key).await.unwrap().is_none());
}
