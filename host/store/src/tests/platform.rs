//! Rule A14: an address on the platform is one company's, for ever.

use super::fixture::{Fixture, new_account, parse};
use crate::*;
use postroom_model::*;
use std::collections::BTreeSet;
use std::num::NonZeroU32;

/// What companies of one name may be called, as the host works it out.
fn namesakes(name: &str) -> Vec<PlatformAddress> {
    let address = |number: u32| {
        let end = if number == 1 { String::new() } else { format!("-{number}") };
        PlatformAddress {
            suffix: NonZeroU32::new(number).filter(|_| number > 1),
            address: parse(&format!("{name}{end}@platform.example")),
        }
    };
    (1..=20).map(address).collect()
}

fn new_sender(name: &str) -> NewAccount {
    // A number that was written into a file is not what counts.
    let wished = PlatformSender { suffix: NonZeroU32::new(7) };
    NewAccount::new(parse(name), parse("office@ateliernord.example"), Transport::Platform(wished))
}

fn number(account: &Account) -> Option<u32> {
    let Transport::Platform(sender) = &account.transport else { panic!("{:?}", account.transport) };
    sender.suffix.map(NonZeroU32::get)
}

async fn company(store: &Store, name: &str) -> Company {
    store.create_company(&NewCompany::named(parse(name))).await.unwrap()
}

pub(super) async fn a14_an_address_on_the_platform_is_one_companys_for_ever(store: Store) {
    let addresses = namesakes("atelier-nord");
    let first = company(&store, "Atelier Nord").await;
    let admin = store.company_store(first.id);
    let account = admin.add_platform_account(&new_sender("platform"), &addresses).await.unwrap();
    assert_eq!(number(&account), None);
    let more = admin.add_platform_account(&new_sender("more"), &addresses).await.unwrap();
    assert_eq!(number(&more), None, "one company has one address, however many accounts");
    let second = company(&store, "Atelier-Nord").await;
    let theirs = store
        .company_store(second.id)
        .add_platform_account(&new_sender("platform"), &addresses)
        .await
        .unwrap();
    assert_eq!(number(&theirs), Some(2));
    admin.remove_account(account.id).await.unwrap();
    admin.remove_account(more.id).await.unwrap();
    store.remove_company(second.id).await.unwrap();
    let third = company(&store, "Atelier.Nord").await;
    let admin = store.company_store(third.id);
    let account = admin.add_platform_account(&new_sender("platform"), &addresses).await.unwrap();
    assert_eq!(number(&account), Some(3), "neither of an account nor of a company that is gone");
    for (taken, wanted) in [(0, false), (1, false), (2, true), (3, true)] {
        let held = admin.hold_platform_address(&addresses[taken]).await;
        assert_eq!(held.is_ok(), wanted, "{:?}: {held:?}", addresses[taken]);
    }
    assert_eq!(
        admin.platform_addresses().await.unwrap(),
        ["atelier-nord-3@platform.example", "atelier-nord-4@platform.example"]
    );
    let upper = PlatformAddress { suffix: None, address: parse("ATELIER-nord@PLATFORM.example") };
    assert!(admin.hold_platform_address(&upper).await.is_err(), "in whatever case it is written");
    let first = store.company_store(first.id);
    let again = first.add_platform_account(&new_sender("again"), &addresses).await.unwrap();
    assert_eq!(number(&again), None, "who had it finds it again");
}

pub(super) async fn a14_a_company_that_is_renamed_claims_its_new_address_and_keeps_the_old_one(store: Store) {
    let nord = company(&store, "Atelier Nord").await;
    let addresses = namesakes("atelier-nord");
    store.company_store(nord.id).add_platform_account(&new_sender("platform"), &addresses).await.unwrap();
    let other = company(&store, "Zzz").await;
    let admin = store.company_store(other.id);
    let account = admin.add_platform_account(&new_sender("platform"), &namesakes("zzz")).await.unwrap();
    let renamed = Company { name: parse("Atelier-Nord"), ..other.clone() };
    let refused = admin.update_company(&renamed).await.unwrap_err();
    assert!(matches!(refused, StoreError::Invalid { what: "name", .. }), "{refused}");
    assert_eq!(admin.company().await.unwrap().name, other.name);
    admin.rename_on_platform(&renamed, &addresses).await.unwrap();
    assert_eq!(admin.company().await.unwrap().name, renamed.name);
    assert_eq!(number(&admin.account(&account.name).await.unwrap()), Some(2));
    assert_eq!(
        admin.platform_addresses().await.unwrap(),
        ["atelier-nord-2@platform.example", "zzz@platform.example"]
    );
    let heir = company(&store, "Zzz").await;
    let heirs = store.company_store(heir.id).add_platform_account(&new_sender("p"), &namesakes("zzz")).await;
    assert_eq!(number(&heirs.unwrap()), Some(2), "the old name's address is not the next one's");
    // A company whose every address is taken keeps its name, and nothing of the change is kept.
    let third = company(&store, "Third").await;
    let admin = store.company_store(third.id);
    admin.add_platform_account(&new_sender("p"), &namesakes("third")).await.unwrap();
    let renamed = Company { name: parse("Atelier!Nord"), ..third.clone() };
    let error = admin.rename_on_platform(&renamed, &addresses[..2]).await.unwrap_err();
    assert!(matches!(error, StoreError::Taken { .. }), "{error}");
    assert_eq!(admin.company().await.unwrap(), third);
}

pub(super) async fn a14_companies_that_come_to_the_platform_at_once_share_no_address(store: Store) {
    let addresses = namesakes("atelier-nord");
    let mut tasks = Vec::new();
    for number in 0..8 {
        let company = company(&store, &format!("Company {number}")).await;
        let (store, addresses) = (store.clone(), addresses.clone());
        tasks.push(tokio::spawn(async move {
            let admin = store.company_store(company.id);
            if number % 2 == 0 {
                return admin.add_platform_account(&new_sender("platform"), &addresses).await;
            }
            let own = namesakes(&format!("company-{number}"));
            let account = admin.add_platform_account(&new_sender("platform"), &own).await?;
            let renamed = Company { name: parse(&format!("Atelier Nord {number}")), ..company };
            admin.rename_on_platform(&renamed, &addresses).await?;
            admin.account(&account.name).await
        }));
    }
    let mut numbers = BTreeSet::new();
    for task in tasks {
        numbers.insert(number(&task.await.unwrap().unwrap()));
    }
    assert_eq!(numbers.len(), 8, "{numbers:?}");
}

pub(super) async fn a14_nobody_comes_to_the_platform_without_a_claim(store: Store) {
    let fixture = Fixture::open(store).await;
    let admin = fixture.admin();
    let refused = admin.add_account(&new_sender("platform")).await.unwrap_err();
    assert!(matches!(refused, StoreError::Invalid { what: "transport", .. }), "{refused}");
    let on_platform = |suffix| Account {
        transport: Transport::Platform(PlatformSender { suffix: NonZeroU32::new(suffix) }),
        mailbox: None,
        ..fixture.account.clone()
    };
    assert!(admin.update_account(&on_platform(0)).await.is_err());
    admin.update_platform_account(&on_platform(9), &namesakes("atelier-nord")).await.unwrap();
    let found = admin.account(&fixture.account.name).await.unwrap();
    assert_eq!(number(&found), None);
    assert!(admin.update_account(&on_platform(2)).await.is_err(), "another number is another address");
    admin.update_account(&Account { name: parse("other"), ..found }).await.unwrap();
    let error = admin.add_platform_account(&new_account("smtp"), &[]).await;
    assert!(error.is_ok(), "an account of another kind needs no address");
    assert!(admin.add_platform_account(&new_sender("none"), &[]).await.is_err());
}
