//! Rule A1: each account lists the users who may use it, and nobody else can send from it, read it or see it.

use super::office::{Office, new_account, new_attempt, new_mail, new_user, outcome, parse};
use crate::*;
use postroom_model::*;
use std::collections::BTreeSet;

pub(super) async fn a1_an_account_shows_itself_to_nobody_but_its_users(store: Store) {
    let office = Office::open(store).await;
    let names = |accounts: Vec<Account>| accounts.into_iter().map(|account| account.id).collect::<Vec<_>>();
    let lotte = office.store.user_store(&office.lotte);
    assert_eq!(names(lotte.accounts().await.unwrap()), [office.account.id]);
    assert_eq!(lotte.account(&parse("OFFICE")).await.unwrap(), office.account);
    assert_eq!(lotte.company().await.unwrap().id, office.company.id);
    let marc = office.store.user_store(&office.marc);
    assert_eq!(marc.accounts().await.unwrap(), []);
    // The account of that name next door is not this one.
    let eve = office.store.user_store(&office.eve);
    assert_eq!(names(eve.accounts().await.unwrap()), [office.theirs.id]);
    assert_eq!(eve.account(&parse("office")).await.unwrap().id, office.theirs.id);
}

/// Every method of a user that takes an account or a mail, called with what he may not use.
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
    let office = Office::open(store).await;
    let mail = office.mail().await.id;
    let marc = office.store.user_store(&office.marc);
    let eve = office.store.user_store(&office.eve);
    let removed = office.admin().add_user(&new_user("gone")).await.unwrap();
    office.admin().grant(office.account.id, removed.id).await.unwrap();
    office.admin().remove_user(removed.id).await.unwrap();
    let gone = office.store.user_store(&removed);
    let nothing = (AccountId::new(), MailId::new());
    let missing = calls(marc, nothing.0, nothing.1).await;
    for (who, user_store, account) in [
        ("marc", marc, office.account.id),
        ("marc", marc, office.theirs.id),
        ("eve", eve, office.account.id),
        ("a removed user", gone, office.account.id),
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
    assert_eq!(office.user_store().mail(mail).await.unwrap().attempts, []);
    assert_eq!(office.user_store().sent(office.account.id, None, 10).await.unwrap().len(), 1);
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
    let office = Office::open(store).await;
    let admin = office.admin();
    let (account, user) = (office.theirs.id, office.eve.id);
    let settings = UserSettings { auto_bcc_self: true, ..UserSettings::default() };
    let theirs = office.store.company_store(office.next_door.id);
    theirs.set_settings(account, user, &settings).await.unwrap();
    let mine = Company {
        fallback: Fallback { account: Some(account), ..Fallback::default() },
        ..office.company.clone()
    };
    let no_account = StoreError::NoSuchAccount(account.to_string());
    let no_user = StoreError::NoSuchUser(user.to_string());
    let none = UserSettings::default();
    let found = [
        ("update_company", admin.update_company(&mine).await.unwrap_err(), &no_account),
        ("rename_on_platform", admin.rename_on_platform(&mine, &[]).await.unwrap_err(), &no_account),
        (
            "update_platform_account",
            admin.update_platform_account(&office.theirs, &[]).await.unwrap_err(),
            &no_account,
        ),
        ("user", admin.user(&office.eve.login).await.unwrap_err(), &StoreError::NoSuchUser("eve".into())),
        ("update_user", admin.update_user(&office.eve).await.unwrap_err(), &no_user),
        ("remove_user", admin.remove_user(user).await.unwrap_err(), &no_user),
        ("update_account", admin.update_account(&office.theirs).await.unwrap_err(), &no_account),
        (
            "set_account_state",
            admin.set_account_state(account, &AccountState::Ready).await.unwrap_err(),
            &no_account,
        ),
        ("remove_account", admin.remove_account(account).await.unwrap_err(), &no_account),
        ("grant", admin.grant(account, office.lotte.id).await.unwrap_err(), &no_account),
        ("grant", admin.grant(office.account.id, user).await.unwrap_err(), &no_user),
        ("granted", admin.granted(account).await.unwrap_err(), &no_account),
        ("settings", admin.settings(account, user).await.unwrap_err(), &no_account),
        ("set_settings", admin.set_settings(account, user, &none).await.unwrap_err(), &no_account),
        ("set_settings", admin.set_settings(office.account.id, user, &none).await.unwrap_err(), &no_user),
    ];
    for (method, error, wanted) in &found {
        assert_eq!(&error, wanted, "{method}");
    }
    admin.revoke(account, user).await.unwrap();
    assert_eq!(admin.settings(office.account.id, user).await.unwrap(), none);
    assert_eq!(admin.account(&parse("office")).await.unwrap().id, office.account.id);
    assert_eq!(admin.accounts().await.unwrap(), std::slice::from_ref(&office.account));
    assert_eq!(admin.users().await.unwrap(), [office.lotte.clone(), office.marc.clone()]);
    assert_eq!(admin.company().await.unwrap(), office.company);
    // Next door all is as it was.
    assert_eq!(theirs.granted(account).await.unwrap(), std::slice::from_ref(&office.eve));
    assert_eq!(theirs.accounts().await.unwrap(), std::slice::from_ref(&office.theirs));
    assert_eq!(theirs.users().await.unwrap(), std::slice::from_ref(&office.eve));
    assert_eq!(theirs.settings(account, user).await.unwrap(), settings);
    assert_eq!(theirs.company().await.unwrap(), office.next_door);
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
    let office = Office::open(store).await;
    let (account, lotte) = (office.account.id, office.user_store());
    let settings = UserSettings { display_name: Some(parse("Accounting")), ..UserSettings::default() };
    lotte.set_settings(account, &settings).await.unwrap();
    let mail = office.mail().await.id;
    office.admin().revoke(account, office.lotte.id).await.unwrap();
    for (method, error) in calls(lotte, account, mail).await {
        let refused = matches!(error, StoreError::NoSuchAccount(_) | StoreError::NoSuchMail(_));
        assert!(refused, "{method}: {error}");
    }
    assert_eq!(lotte.accounts().await.unwrap(), []);
    office.admin().grant(account, office.lotte.id).await.unwrap();
    office.admin().grant(account, office.lotte.id).await.unwrap();
    assert_eq!(lotte.settings(account).await.unwrap(), settings);
    assert_eq!(lotte.mail(mail).await.unwrap().mail.id, mail);
}

pub(super) async fn a1_a_grant_never_crosses_companies(store: Store) {
    let office = Office::open(store).await;
    // Past every check of the program, the database itself refuses.
    for (company, account, user) in [
        (office.company.id, office.account.id, office.eve.id),
        (office.company.id, office.theirs.id, office.lotte.id),
        (office.next_door.id, office.account.id, office.lotte.id),
    ] {
        let done = sqlx::query("insert into grants (company, account, user_id) values ($1, $2, $3)")
            .bind(company.to_string())
            .bind(account.to_string())
            .bind(user.to_string())
            .execute(&office.store.pool)
            .await;
        assert!(done.is_err(), "{company} {account} {user}");
    }
    // Nor can a mail leave by an account next door, as its own or in place of it.
    let mail = office.mail().await.id;
    let error = office.begin(mail, &new_attempt(office.theirs.id)).await.unwrap_err();
    assert_eq!(error, StoreError::NoSuchAccount(office.theirs.id.to_string()));
    let other = office.admin().add_account(&new_account("other")).await.unwrap();
    let error = office.begin(mail, &new_attempt(other.id)).await.unwrap_err();
    assert_eq!(error, StoreError::NoSuchAccount(other.id.to_string()));
    let unknown = AttemptId::new();
    let error =
        office.journal.finish(unknown, &outcome(AttemptResult::Accepted), &[], None).await.unwrap_err();
    assert_eq!(error, StoreError::NoSuchAttempt(unknown.to_string()));
}
