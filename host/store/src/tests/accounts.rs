//! What is set up stays set up: companies, users, accounts, settings.

use super::fixture::{Fixture, at, new_account, new_user, parse};
use crate::*;
use postroom_model::AllowList;
use postroom_model::*;
use std::time::Duration;

pub(super) async fn what_was_set_up_reads_back_as_it_was_set_up(store: Store) {
    let fixture = Fixture::open(store).await;
    let admin = fixture.admin();
    let new = new_account("office");
    let found = admin.account(&new.name).await.unwrap();
    assert_eq!(found, fixture.account);
    assert_eq!((found.name, found.address, found.display_name), (new.name, new.address, new.display_name));
    assert_eq!((found.transport, found.mailbox, found.folders), (new.transport, new.mailbox, new.folders));
    assert_eq!((found.state, found.permissions), (AccountState::Ready, Permissions::default()));
    let grant = Grant {
        provider: Provider::Google,
        client_id: Some(parse("id.apps.example")),
        endpoints: Endpoints::google(),
        authorized: Some(parse("office@ateliernord.example")),
    };
    let changed = Account {
        name: parse("Büro"),
        address: parse("buero@ateliernord.example"),
        display_name: None,
        transport: Transport::Gmail(grant),
        mailbox: None,
        ..fixture.account.clone()
    };
    admin.update_account(&changed).await.unwrap();
    assert_eq!(admin.account(&parse("BÜRO")).await.unwrap(), changed);
    let lotte = User {
        name: parse("Lotte Claes"),
        templates: [("invoice/new/nl/subject.txt".to_owned(), "Factuur {{ number }}".to_owned())].into(),
        ..fixture.lotte.clone()
    };
    admin.update_user(&lotte).await.unwrap();
    assert_eq!(admin.user(&lotte.login).await.unwrap(), lotte);
    let company = Company {
        name: parse("Atelier Noord"),
        settings: r#"{"company":{"name":"Atelier Noord"}}"#.to_owned(),
        fallback: Fallback {
            policy: FallbackPolicy::Automatic,
            patience: Duration::from_secs(60),
            account: Some(fixture.account.id),
        },
        ..fixture.company.clone()
    };
    admin.update_company(&company).await.unwrap();
    assert_eq!(fixture.store.company_named(&parse("atelier noord")).await.unwrap(), company);
    assert_eq!(fixture.store.companies().await.unwrap(), [company, fixture.next_door.clone()]);
    let logo = Logo { file_name: "logo.png".into(), content: vec![0, 137, 80, 255] };
    admin.set_logo(Some(&logo)).await.unwrap();
    assert_eq!(fixture.user_store().logo().await.unwrap().as_ref(), Some(&logo));
    assert_eq!(fixture.store.user_store(&fixture.eve).logo().await.unwrap(), None);
    admin.set_logo(None).await.unwrap();
    assert_eq!(admin.logo().await.unwrap(), None);
    let error = admin.set_logo(Some(&Logo { content: vec![0; 200_001], ..logo })).await.unwrap_err();
    assert!(error.to_string().contains("200000 bytes"), "{error}");
}

pub(super) async fn names_are_unique_without_regard_to_case_in_their_company(store: Store) {
    let fixture = Fixture::open(store).await;
    let taken = |what, name: &str| StoreError::Taken { what, name: name.to_owned() };
    let new = NewCompany::named(parse("ATELIER NORD"));
    assert_eq!(fixture.store.create_company(&new).await.unwrap_err(), taken("a company", "ATELIER NORD"));
    let admin = fixture.admin();
    assert_eq!(admin.add_user(&new_user("Lotte")).await.unwrap_err(), taken("a user", "Lotte"));
    assert_eq!(admin.add_account(&new_account("OFFICE")).await.unwrap_err(), taken("an account", "OFFICE"));
    let marc = User { login: parse("LOTTE"), ..fixture.marc.clone() };
    assert_eq!(admin.update_user(&marc).await.unwrap_err(), taken("a user", "LOTTE"));
    let other = admin.add_account(&new_account("other")).await.unwrap();
    let other = Account { name: parse("Office"), ..other };
    assert_eq!(admin.update_account(&other).await.unwrap_err(), taken("an account", "Office"));
    fixture.store.company_store(fixture.next_door.id).add_user(&new_user("lotte")).await.unwrap();
}

pub(super) async fn a2_a3_a4_settings_belong_to_a_user_and_an_account(store: Store) {
    let fixture = Fixture::open(store).await;
    let second = fixture.admin().add_account(&new_account("second")).await.unwrap();
    for user in [fixture.lotte.id, fixture.marc.id] {
        fixture.admin().grant(fixture.account.id, user).await.unwrap();
        fixture.admin().grant(second.id, user).await.unwrap();
    }
    let settings = UserSettings {
        display_name: Some(parse("Accounting")),
        address: Some(parse("billing@ateliernord.example")),
        signature_html: Some("<p>L</p>".into()),
        signature_text: Some("L\n\u{1f4e6}".into()),
        auto_bcc_self: true,
        check_opens: true,
    };
    let (lotte, marc) = (fixture.user_store(), fixture.store.user_store(&fixture.marc));
    lotte.set_settings(fixture.account.id, &settings).await.unwrap();
    assert_eq!(lotte.settings(fixture.account.id).await.unwrap(), settings);
    let none = UserSettings::default();
    assert_eq!(lotte.settings(second.id).await.unwrap(), none);
    assert_eq!(marc.settings(fixture.account.id).await.unwrap(), none);
    assert_eq!(fixture.admin().settings(fixture.account.id, fixture.lotte.id).await.unwrap(), settings);
    lotte.set_settings(fixture.account.id, &none).await.unwrap();
    assert_eq!(lotte.settings(fixture.account.id).await.unwrap(), none);
    let long = UserSettings { signature_html: Some("x".repeat(65_537)), ..none };
    let error = lotte.set_settings(fixture.account.id, &long).await.unwrap_err();
    assert!(matches!(error, StoreError::Invalid { what: "signature", .. }), "{error}");
}

pub(super) async fn a13_the_fallback_is_an_account_of_the_company(store: Store) {
    let fixture = Fixture::open(store).await;
    let admin = fixture.admin();
    assert_eq!(fixture.company.fallback, Fallback::default());
    let sender = Transport::SendGrid(SendGridSender::european());
    let new = NewAccount::new(parse("relay"), parse("office@ateliernord.example"), sender);
    let relay = admin.add_account(&new).await.unwrap();
    let fallback = Fallback { account: Some(relay.id), ..Fallback::default() };
    admin.update_company(&Company { fallback, ..fixture.company.clone() }).await.unwrap();
    assert_eq!(admin.company().await.unwrap().fallback.account, Some(relay.id));
    admin.remove_account(relay.id).await.unwrap();
    assert_eq!(admin.company().await.unwrap().fallback, Fallback::default());
    let fallback = Fallback { account: Some(relay.id), ..Fallback::default() };
    let error = admin.update_company(&Company { fallback, ..fixture.company.clone() }).await.unwrap_err();
    assert_eq!(error, StoreError::NoSuchAccount(relay.id.to_string()));
}

pub(super) async fn a13_only_an_administrator_takes_compromised_back(store: Store) {
    let fixture = Fixture::open(store).await;
    let (company, account) = (fixture.company.id, fixture.account.id);
    let since = at("2026-11-23T10:00:00+01:00");
    let expired = AccountState::NeedsSignIn { reason: "the grant was revoked".into(), since };
    assert_eq!(fixture.store.set_account_state(company, account, &expired).await.unwrap(), expired);
    assert_eq!(fixture.user_store().accounts().await.unwrap()[0].state, expired);
    let compromised = AccountState::Compromised { by: "lotte".into(), since };
    assert!(fixture.store.set_account_state(company, account, &compromised).await.is_err());
    fixture.admin().set_account_state(account, &compromised).await.unwrap();
    for state in [AccountState::Ready, expired] {
        assert_eq!(fixture.store.set_account_state(company, account, &state).await.unwrap(), compromised);
    }
    fixture.admin().update_account(&fixture.account).await.unwrap();
    assert_eq!(fixture.store.account(company, account).await.unwrap().state, compromised);
    fixture.admin().set_account_state(account, &AccountState::Ready).await.unwrap();
    assert_eq!(fixture.store.account(company, account).await.unwrap().state, AccountState::Ready);
    let error = fixture
        .store
        .set_account_state(fixture.next_door.id, account, &AccountState::Ready)
        .await
        .unwrap_err();
    assert_eq!(error, StoreError::NoSuchAccount(account.to_string()));
}

pub(super) async fn d6_folders_are_mapped_by_their_use(store: Store) {
    let fixture = Fixture::open(store).await;
    let user_store = fixture.user_store();
    let mapped: [(&[(FolderUse, &str)], &str); 4] = [
        (&[(FolderUse::Sent, "INBOX/Gesendet")], "one"),
        (&[(FolderUse::Sent, "Gesendet"), (FolderUse::Archive, "Archief")], "another, and one more"),
        (&[(FolderUse::Trash, "Prullenmand")], "those before are as the server says"),
        (&[], "none"),
    ];
    for (folders, what) in mapped {
        let folders: Folders = folders.iter().map(|(used_for, name)| (*used_for, parse(name))).collect();
        let changed = Account { folders, ..fixture.account.clone() };
        fixture.admin().update_account(&changed).await.unwrap();
        assert_eq!(user_store.accounts().await.unwrap(), [changed], "{what}");
    }
}

pub(super) async fn a_removed_account_leaves_its_mails_and_frees_its_name(store: Store) {
    let fixture = Fixture::open(store).await;
    let mail = fixture.mail().await.id;
    fixture.attempt(mail).await;
    fixture.admin().remove_account(fixture.account.id).await.unwrap();
    assert_eq!(fixture.user_store().accounts().await.unwrap(), []);
    assert_eq!(fixture.admin().accounts().await.unwrap(), []);
    let stored = fixture.store.mail(mail).await.unwrap();
    assert_eq!(
        (stored.mail.account, stored.attempts[0].account_name.as_str()),
        (fixture.account.id, "office")
    );
    let missing = StoreError::NoSuchAccount(fixture.account.id.to_string());
    let id = fixture.account.id;
    assert_eq!(fixture.store.account(fixture.company.id, id).await.unwrap_err(), missing);
    assert_eq!(fixture.admin().remove_account(id).await.unwrap_err(), missing);
    assert_eq!(fixture.admin().grant(id, fixture.lotte.id).await.unwrap_err(), missing);
    assert_eq!(fixture.admin().update_account(&fixture.account).await.unwrap_err(), missing);
    let again = fixture.admin().add_account(&new_account("office")).await.unwrap();
    assert_ne!(again.id, id);
    assert_eq!(fixture.user_store().accounts().await.unwrap(), [], "the new one is nobody's yet");
}

pub(super) async fn a_removed_company_leaves_nothing(store: Store) {
    let fixture = Fixture::open(store).await;
    let mail = fixture.mail().await.id;
    let attempt = fixture.attempt(mail).await;
    let completion = super::fixture::completion(AttemptResult::Accepted);
    fixture.finish(attempt, &completion, &[super::fixture::event("accepted")]).await;
    let fallback = Fallback { account: Some(fixture.account.id), ..Fallback::default() };
    fixture.admin().update_company(&Company { fallback, ..fixture.company.clone() }).await.unwrap();
    fixture.user_store().set_settings(fixture.account.id, &UserSettings::default()).await.unwrap();
    let folders = [(FolderUse::Sent, parse("Sent"))].into();
    fixture.admin().update_account(&Account { folders, ..fixture.account.clone() }).await.unwrap();
    fixture.store.remove_company(fixture.company.id).await.unwrap();
    let gone = StoreError::NoSuchCompany(fixture.company.id.to_string());
    assert_eq!(fixture.store.company(fixture.company.id).await.unwrap_err(), gone);
    assert_eq!(fixture.store.remove_company(fixture.company.id).await.unwrap_err(), gone);
    assert_eq!(fixture.admin().add_user(&new_user("x")).await.unwrap_err(), gone);
    assert_eq!(fixture.admin().add_account(&new_account("x")).await.unwrap_err(), gone);
    assert_eq!(
        fixture.user_store().user().await.unwrap_err(),
        StoreError::NoSuchUser(fixture.lotte.id.to_string())
    );
    for (table, left) in [
        ("select count(*) from companies", 1),
        ("select count(*) from users", 1),
        ("select count(*) from accounts", 1),
        ("select count(*) from grants", 1),
        ("select count(*) from fallbacks", 0),
        ("select count(*) from folders", 0),
        ("select count(*) from user_settings", 0),
        ("select count(*) from mails", 0),
        ("select count(*) from files", 0),
        ("select count(*) from attempts", 0),
        ("select count(*) from events", 0),
    ] {
        let count: i64 = sqlx::query_scalar(table).fetch_one(&fixture.store.pool).await.unwrap();
        assert_eq!(count, left, "{table}");
    }
}

pub(super) async fn only_the_operator_gives_permissions(store: Store) {
    let fixture = Fixture::open(store).await;
    let (company, account) = (fixture.company.id, fixture.account.id);
    let given = Permissions { allow_private: AllowList::loopback(), allow_cleartext_login: true };
    fixture
        .admin()
        .update_account(&Account { permissions: given.clone(), ..fixture.account.clone() })
        .await
        .unwrap();
    assert_eq!(fixture.store.account(company, account).await.unwrap().permissions, Permissions::default());
    fixture.store.set_permissions(company, account, &given).await.unwrap();
    fixture.admin().update_account(&fixture.account).await.unwrap();
    assert_eq!(fixture.user_store().accounts().await.unwrap()[0].permissions, given);
    let error = fixture.store.set_permissions(fixture.next_door.id, account, &given).await.unwrap_err();
    assert_eq!(error, StoreError::NoSuchAccount(account.to_string()));
}

pub(super) async fn settings_that_the_plugin_could_not_read_are_refused(store: Store) {
    let fixture = Fixture::open(store).await;
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(4 << 20));
    for settings in ["", "[]", "null", "{", "{} {}", r#"{"user":{}}"#, &long] {
        let settings = settings.to_owned();
        let shown: String = settings.chars().take(20).collect();
        let company = Company { settings: settings.clone(), ..fixture.company.clone() };
        let error = fixture.admin().update_company(&company).await.expect_err(&shown);
        assert!(matches!(error, StoreError::Invalid { what: "settings", .. }), "{shown}: {error}");
        let new = NewCompany { settings, ..NewCompany::named(parse("new")) };
        assert!(fixture.store.create_company(&new).await.is_err(), "{shown}");
    }
    assert_eq!(fixture.admin().company().await.unwrap(), fixture.company);
}
