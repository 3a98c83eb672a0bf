//! Rule A1: each account lists the users who may use it, and no other user can send from it, read it or see it.

use super::fixture::{Fixture, completion, new_account, new_attempt, new_mail, new_user, parse};
use crate::*;
use postroom_model::*;
use std::collections::BTreeSet;

pub(super) async fn a1_an_account_shows_itself_to_nobody_but_its_users(store: Store) {
    let fixture = Fixture::open(store).await;
    let names = |accounts: Vec<Account>| accounts.into_iter().map(|account| account.id).collect::<Vec<_>>();
    let lotte = fixture.store.user_store(&fixture.lotte);
    assert_eq!(names(lotte.accounts().await.unwrap()), [fixture.account.id]);
    assert_eq!(lotte.account(&parse("OFFICE")).await.unwrap(), fixture.account);
    assert_eq!(lotte.company().await.unwrap().id, fixture.company.id);
    let marc = fixture.store.user_store(&fixture.marc);
    assert_eq!(marc.accounts().await.unwrap(), []);
    // The account of that name next door is not this one.
    let eve = fixture.store.user_store(&fixture.eve);
    assert_eq!(names(eve.accounts().await.unwrap()), [fixture.theirs.id]);
    assert_eq!(eve.account(&parse("office")).await.unwrap().id, fixture.theirs.id);
}

/// Every method of a user that takes an account or a mail, called with what they may not use.
async fn calls(
    user_store: UserStore<'_>,
    account: AccountId,
    mail: MailId,
) -> Vec<(&'static str, StoreError)> {
    let own = new_mail(account);
    vec![
        ("settings", user_store.settings(account).await.unwrap_err()),
        ("set_settings", user_store.set_settings(account, &UserSettings::default()).await.unwrap_err()),
        ("enqueue", user_store.enqueue(std::slice::from_ref(&own), &Order::default()).await.unwrap_err()),
        ("asked_before", user_store.asked_before(&[&own]).await.unwrap_err()),
        ("sent", user_store.sent(account, None, 10).await.unwrap_err()),
        ("mail", user_store.mail(mail).await.unwrap_err()),
    ]
}

pub(super) async fn a1_every_method_of_a_user_refuses_a_forbidden_account_like_a_missing_one(store: Store) {
    let fixture = Fixture::open(store).await;
    let mail = fixture.mail().await.id;
    let marc = fixture.store.user_store(&fixture.marc);
    let eve = fixture.store.user_store(&fixture.eve);
    let removed = fixture.admin().add_user(&new_user("gone")).await.unwrap();
    fixture.admin().grant(fixture.account.id, removed.id).await.unwrap();
    fixture.admin().remove_user(removed.id).await.unwrap();
    let gone = fixture.store.user_store(&removed);
    let nothing = (AccountId::new(), MailId::new());
    let missing = calls(marc, nothing.0, nothing.1).await;
    for (who, user_store, account) in [
        ("marc", marc, fixture.account.id),
        ("marc", marc, fixture.theirs.id),
        ("eve", eve, fixture.account.id),
        ("a removed user", gone, fixture.account.id),
    ] {
        for ((method, found), (_, wanted)) in calls(user_store, account, mail).await.into_iter().zip(&missing)
        {
            // Apart from the id that was asked for, nothing tells the two from one another.
            let plain = |error: &StoreError, account: AccountId, mail: MailId| {
                format!("{error:?} {error}")
                    .replace(&account.to_string(), "?")
                    .replace(&mail.to_string(), "?")
            };
            assert_eq!(plain(&found, account, mail), plain(wanted, nothing.0, nothing.1), "{who}, {method}");
            assert!(!found.is_transient(), "{who}, {method}");
        }
    }
    assert_eq!(
        marc.account(&parse("office")).await.unwrap_err(),
        StoreError::NoSuchAccount("office".into()),
        "as for a name that never existed: {}",
        marc.account(&parse("nothing")).await.unwrap_err()
    );
    // The one who may is not disturbed by any of it.
    assert_eq!(fixture.user_store().mail(mail).await.unwrap().attempts, []);
    assert_eq!(fixture.user_store().sent(fixture.account.id, None, 10).await.unwrap().len(), 1);
    every_method_is_listed(
        &[include_str!("../directory/user_store.rs"), include_str!("../mail/access.rs")],
        "impl UserStore<'_>",
        missing.iter().map(|(method, _)| *method).chain(["account", "accounts", "user", "company", "logo"]),
    );
}

/// A method that is added later must join the table above.
fn every_method_is_listed<'a>(sources: &[&str], of: &str, listed: impl Iterator<Item = &'a str>) {
    let listed: BTreeSet<&str> = listed.collect();
    let mut methods = 0;
    for source in sources {
        for block in source.split(of).skip(1) {
            let block = block.split("\n}\n").next().unwrap();
            for method in block.split("pub async fn ").skip(1) {
                let name = method.split('(').next().unwrap();
                methods += 1;
                assert!(listed.contains(name), "{name} is not tested for access");
            }
        }
    }
    assert!(methods >= 7, "{of}: {methods} methods were found in the source");
}

pub(super) async fn a1_every_method_of_an_administrator_stays_in_the_company(store: Store) {
    let fixture = Fixture::open(store).await;
    let admin = fixture.admin();
    let (account, user) = (fixture.theirs.id, fixture.eve.id);
    let settings = UserSettings { auto_bcc_self: true, ..UserSettings::default() };
    let theirs = fixture.store.company_store(fixture.next_door.id);
    theirs.set_settings(account, user, &settings).await.unwrap();
    let mine = Company {
        fallback: Fallback { account: Some(account), ..Fallback::default() },
        ..fixture.company.clone()
    };
    let no_account = StoreError::NoSuchAccount(account.to_string());
    let no_user = StoreError::NoSuchUser(user.to_string());
    let none = UserSettings::default();
    let found = [
        ("update_company", admin.update_company(&mine).await.unwrap_err(), &no_account),
        ("rename_on_platform", admin.rename_on_platform(&mine, &[]).await.unwrap_err(), &no_account),
        (
            "update_platform_account",
            admin.update_platform_account(&fixture.theirs, &[]).await.unwrap_err(),
            &no_account,
        ),
        ("user", admin.user(&fixture.eve.login).await.unwrap_err(), &StoreError::NoSuchUser("eve".into())),
        ("update_user", admin.update_user(&fixture.eve).await.unwrap_err(), &no_user),
        ("remove_user", admin.remove_user(user).await.unwrap_err(), &no_user),
        ("update_account", admin.update_account(&fixture.theirs).await.unwrap_err(), &no_account),
        (
            "set_account_state",
            admin.set_account_state(account, &AccountState::Ready).await.unwrap_err(),
            &no_account,
        ),
        ("remove_account", admin.remove_account(account).await.unwrap_err(), &no_account),
        ("grant", admin.grant(account, fixture.lotte.id).await.unwrap_err(), &no_account),
        ("grant", admin.grant(fixture.account.id, user).await.unwrap_err(), &no_user),
        ("granted", admin.granted(account).await.unwrap_err(), &no_account),
        ("settings", admin.settings(account, user).await.unwrap_err(), &no_account),
        ("set_settings", admin.set_settings(account, user, &none).await.unwrap_err(), &no_account),
        ("set_settings", admin.set_settings(fixture.account.id, user, &none).await.unwrap_err(), &no_user),
    ];
    for (method, error, wanted) in &found {
        assert_eq!(&error, wanted, "{method}");
    }
    admin.revoke(account, user).await.unwrap();
    assert_eq!(admin.settings(fixture.account.id, user).await.unwrap(), none);
    assert_eq!(admin.account(&parse("office")).await.unwrap().id, fixture.account.id);
    assert_eq!(admin.accounts().await.unwrap(), std::slice::from_ref(&fixture.account));
    assert_eq!(admin.users().await.unwrap(), [fixture.lotte.clone(), fixture.marc.clone()]);
    assert_eq!(admin.company().await.unwrap(), fixture.company);
    // Next door all is as it was.
    assert_eq!(theirs.granted(account).await.unwrap(), std::slice::from_ref(&fixture.eve));
    assert_eq!(theirs.accounts().await.unwrap(), std::slice::from_ref(&fixture.theirs));
    assert_eq!(theirs.users().await.unwrap(), std::slice::from_ref(&fixture.eve));
    assert_eq!(theirs.settings(account, user).await.unwrap(), settings);
    assert_eq!(theirs.company().await.unwrap(), fixture.next_door);
    let sources = [
        include_str!("../directory/company_store/mod.rs"),
        include_str!("../directory/company_store/accounts.rs"),
        include_str!("../directory/company_store/grants.rs"),
        include_str!("../directory/company_store/users.rs"),
    ];
    // `logo`, `add_user` and `add_account` take nothing that could be another company's.
    let others =
        ["company", "users", "accounts", "account", "revoke", "logo", "set_logo", "add_user", "add_account"];
    let others = others.into_iter().chain(["add_platform_account"]);
    every_method_is_listed(
        &sources,
        "impl CompanyStore<'_>",
        found.iter().map(|(method, ..)| *method).chain(others),
    );
}

pub(super) async fn a1_a_revoked_user_is_out_at_once_and_finds_his_settings_when_he_is_back(store: Store) {
    let fixture = Fixture::open(store).await;
    let (account, lotte) = (fixture.account.id, fixture.user_store());
    let settings = UserSettings { display_name: Some(parse("Accounting")), ..UserSettings::default() };
    lotte.set_settings(account, &settings).await.unwrap();
    let mail = fixture.mail().await.id;
    fixture.admin().revoke(account, fixture.lotte.id).await.unwrap();
    for (method, error) in calls(lotte, account, mail).await {
        let refused = matches!(error, StoreError::NoSuchAccount(_) | StoreError::NoSuchMail(_));
        assert!(refused, "{method}: {error}");
    }
    assert_eq!(lotte.accounts().await.unwrap(), []);
    fixture.admin().grant(account, fixture.lotte.id).await.unwrap();
    fixture.admin().grant(account, fixture.lotte.id).await.unwrap();
    assert_eq!(lotte.settings(account).await.unwrap(), settings);
    assert_eq!(lotte.mail(mail).await.unwrap().mail.id, mail);
}

pub(super) async fn a1_a_grant_never_crosses_companies(store: Store) {
    let fixture = Fixture::open(store).await;
    // Past every check of the program, the database itself refuses.
    for (company, account, user) in [
        (fixture.company.id, fixture.account.id, fixture.eve.id),
        (fixture.company.id, fixture.theirs.id, fixture.lotte.id),
        (fixture.next_door.id, fixture.account.id, fixture.lotte.id),
    ] {
        let done = sqlx::query("insert into grants (company, account, user_id) values ($1, $2, $3)")
            .bind(company.to_string())
            .bind(account.to_string())
            .bind(user.to_string())
            .execute(&fixture.store.pool)
            .await;
        assert!(done.is_err(), "{company} {account} {user}");
    }
    // Nor can a mail leave by an account next door, as its own or in place of it.
    let mail = fixture.mail().await.id;
    let error = fixture.begin(mail, &new_attempt(fixture.theirs.id)).await.unwrap_err();
    assert_eq!(error, StoreError::NoSuchAccount(fixture.theirs.id.to_string()));
    let other = fixture.admin().add_account(&new_account("other")).await.unwrap();
    let error = fixture.begin(mail, &new_attempt(other.id)).await.unwrap_err();
    assert_eq!(error, StoreError::NoSuchAccount(other.id.to_string()));
    let unknown = AttemptId::new();
    let error =
        fixture.journal.finish(unknown, &completion(AttemptResult::Accepted), &[], None).await.unwrap_err();
    assert_eq!(error, StoreError::NoSuchAttempt(unknown.to_string()));
}
