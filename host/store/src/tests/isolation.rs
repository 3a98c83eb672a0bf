//! What belongs to another account or company is answered like what never was, and stays as it is, whichever method is
//! called with its ids; and so it is by ways around: texts that are ids, the same document asked for again, the fallback.

use super::dump::{Dump, assert_same, everything, naming};
use super::fixture::{
    Fixture, LEASE, completion, event, new_account, new_attempt, new_mail, new_user, parse,
};
use super::mailbox_fixture::{Mailbox, message, person};
use super::matrix::{
    COMPANYS_OWN, Called, Foreign, OPERATORS, USERS_OWN, VAULTS, all_are_called, as_administrator,
    as_company, as_user, describe, now,
};
use crate::*;
use postroom_model::*;
use std::collections::BTreeMap;

/// Mails of an account in every state that a mail can have, and two that are leased.
async fn history(fixture: &Fixture, by: &User, account: AccountId, number: &str) -> (Vec<MailId>, BatchId) {
    let store = &fixture.store;
    let name = parse(&format!("batch of {number}"));
    let batch = store.user_store(by).open_batch(account, &name, now()).await.unwrap();
    let mails: Vec<NewMail> = (0..8)
        .map(|count| {
            let mut mail = NewMail { revision: Some("1".into()), ..new_mail(account) };
            mail.document.as_mut().unwrap().number =
                if count == 0 { number.to_owned() } else { format!("{number}-{count}") };
            mail
        })
        .collect();
    let order = Order { batch: Some(batch), ..Order::default() };
    store.user_store(by).enqueue(&mails, &order).await.unwrap();
    let ids: Vec<MailId> = mails.iter().map(|mail| mail.id).collect();
    let (lease_owner, journal) = (LeaseOwner::new("worker"), GroupCommitWriter::new(store));
    store.claim(&lease_owner, account, Pace::default(), 50, now(), LEASE).await.unwrap();
    let held = |cause| QueueState::Held { cause, reason: "held".into() };
    for (mail, queue_state) in [
        (ids[0], QueueState::Ready { due: now(), waits: None }),
        (ids[1], held(WaitReason::User)),
        (ids[2], held(WaitReason::Account)),
        (ids[3], QueueState::InDoubt { reason: "who knows".into() }),
        (ids[4], QueueState::Sent),
        (ids[5], QueueState::Failed { reason: "refused".into() }),
    ] {
        let attempt = journal.begin(mail, &new_attempt(account), &lease_owner).await.unwrap();
        let settle = Some(StateChange::of(&lease_owner, queue_state));
        let completion = completion(AttemptResult::Transient(None));
        journal.finish(attempt, &completion, &[event("deferred")], settle).await.unwrap();
    }
    // The two that remain are in a worker's hands, one of them with an attempt open.
    journal.begin(ids[6], &new_attempt(account), &lease_owner).await.unwrap();
    (ids, batch)
}

/// What a mailbox of an account has.
struct MailboxHistory {
    folder: FolderId,
    message: IndexedMessageId,
    conversations: [ConversationId; 2],
    bookmark: BookmarkId,
    word: String,
    contact: MailAddress,
}

/// Two conversations of an account with whom it has mail, and what its user did with them.
async fn mailbox_history(
    fixture: &Fixture,
    by: &User,
    account: AccountId,
    (word, partner): (&str, &str),
) -> MailboxHistory {
    let user_store = fixture.store.user_store(by);
    let contact: MailAddress = parse(&format!("{}@{word}.example", by.login));
    let mut to_partner = new_mail(account);
    to_partner.document.as_mut().unwrap().partner = partner.to_owned();
    to_partner.recipients[0].party.address = contact.to_string();
    user_store.enqueue(&[to_partner], &Order { held: true, ..Order::default() }).await.unwrap();
    let mut mailbox = Mailbox::open(&fixture.store, account).await;
    let of_partner = |uid| IndexedMessage {
        subject: format!("About the {word}"),
        people: vec![person(PersonRole::From, "", &contact.to_string())],
        body_text: Some(word.to_owned()),
        ..message(uid)
    };
    let recorded = mailbox.record(&[of_partner(1), of_partner(2)]).await;
    let [(id, one), (_, other)] = [0, 1].map(|number: usize| recorded.messages[number].unwrap());
    let bookmark = user_store.bookmark(id, "a bookmark", true).await.unwrap();
    user_store.assign(one, None, Some(by.id)).await.unwrap();
    user_store.add_note(one, "a note of theirs", now()).await.unwrap();
    MailboxHistory {
        folder: mailbox.inbox,
        message: id,
        conversations: [one, other],
        bookmark,
        word: word.to_owned(),
        contact,
    }
}

/// Who asks for what is not theirs, and what that is.
struct World {
    fixture: Fixture,
    /// An account of the company that Marc may use, alone.
    spare: Account,
    gone: User,
    /// Of Lotte's account, for Marc.
    colleague: Foreign,
    /// Of the company next door, for all users here.
    neighbour: Foreign,
}

impl World {
    async fn open(store: Store) -> Self {
        let fixture = Fixture::open(store).await;
        let admin = fixture.admin();
        let spare = admin.add_account(&new_account("spare")).await.unwrap();
        admin.grant(spare.id, fixture.marc.id).await.unwrap();
        let gone = admin.add_user(&new_user("gone")).await.unwrap();
        admin.grant(fixture.account.id, gone.id).await.unwrap();
        admin.remove_user(gone.id).await.unwrap();
        // What its name could open here is called differently there.
        let theirs = Account { name: parse("counter"), ..fixture.theirs.clone() };
        fixture.store.company_store(fixture.next_door.id).update_account(&theirs).await.unwrap();
        let (mails, batch) = history(&fixture, &fixture.lotte, fixture.account.id, "F-LOTTE").await;
        let mailbox =
            mailbox_history(&fixture, &fixture.lotte, fixture.account.id, ("giraffe", "Maes")).await;
        let MailboxHistory { folder, message, conversations, bookmark, word, contact } = mailbox;
        let colleague = Foreign {
            folder,
            message,
            conversations,
            bookmark,
            word,
            contact,
            partner: "Maes".into(),
            account: fixture.account.id,
            account_name: parse("office"),
            user: fixture.lotte.id,
            login: parse("lotte"),
            mails,
            batch,
            batch_name: parse("batch of F-LOTTE"),
            number: "F-LOTTE".into(),
        };
        let (mails, batch) = history(&fixture, &fixture.eve, theirs.id, "F-EVE").await;
        let mailbox = mailbox_history(&fixture, &fixture.eve, theirs.id, ("zebra", "Peeters")).await;
        let MailboxHistory { folder, message, conversations, bookmark, word, contact } = mailbox;
        let neighbour = Foreign {
            folder,
            message,
            conversations,
            bookmark,
            word,
            contact,
            partner: "Peeters".into(),
            account: theirs.id,
            account_name: theirs.name.clone(),
            user: fixture.eve.id,
            login: fixture.eve.login.clone(),
            mails,
            batch,
            batch_name: parse("batch of F-EVE"),
            number: "F-EVE".into(),
        };
        Self { fixture, spare, gone, colleague, neighbour }
    }

    /// Mails of somebody's own whose texts are the ids of others' mails: what is looked for by a text must not open
    /// what has it for an id.
    async fn decoys(&self, by: &User, account: AccountId, of: &Foreign) {
        let mails = of.mails.iter().flat_map(|id| {
            let named = |number: &str, partner: &str| {
                let mut mail = new_mail(account);
                let document = mail.document.as_mut().unwrap();
                (document.number, document.partner) = (number.to_owned(), partner.to_owned());
                mail
            };
            [named(&id.to_string(), "Müller"), named("F-7", &id.to_string())]
        });
        let mails: Vec<NewMail> = mails.collect();
        let order = Order { held: true, ..Order::default() };
        self.fixture.store.user_store(by).enqueue(&mails, &order).await.unwrap();
    }

    async fn dump(&self) -> Dump {
        everything(&self.fixture.store).await
    }
}

/// Fails where what is another's is answered differently from what never was.
fn as_if_it_never_was(who: &str, foreign: (&Foreign, &[Called]), nothing: (&Foreign, &[Called])) {
    assert_eq!(foreign.1.len(), nothing.1.len(), "{who}");
    for ((method, found), (_, wanted)) in foreign.1.iter().zip(nothing.1) {
        assert_eq!(foreign.0.hidden(found), nothing.0.hidden(wanted), "{who}, {method}");
    }
}

pub(super) async fn a_user_reaches_nothing_of_another_account_or_company_by_any_method(store: Store) {
    let world = World::open(store).await;
    let fixture = &world.fixture;
    let mut all = Vec::new();
    for (who, user, account, foreign) in [
        ("a user of next door's things", &fixture.lotte, Some(fixture.account.id), &world.neighbour),
        ("a colleague without access", &fixture.marc, Some(world.spare.id), &world.colleague),
        ("a colleague, of next door's", &fixture.marc, Some(world.spare.id), &world.neighbour),
        ("next door's user", &fixture.eve, Some(fixture.theirs.id), &world.colleague),
        ("a user who was removed", &world.gone, None, &world.colleague),
    ] {
        let nothing = Foreign::nothing(foreign);
        if let Some(account) = account {
            world.decoys(user, account, foreign).await;
            world.decoys(user, account, &nothing).await;
        }
        let user_store = fixture.store.user_store(user);
        let before = world.dump().await;
        let called = as_user(user_store, foreign).await;
        assert_same(&before, &world.dump().await, who);
        let missing = as_user(user_store, &nothing).await;
        as_if_it_never_was(who, (foreign, &called), (&nothing, &missing));
        all = called;
    }
    all_are_called("UserStore<'_>", &all, USERS_OWN);
    // The one whose it is finds it.
    let lotte = fixture.user_store();
    for mail in &world.colleague.mails {
        assert_eq!(lotte.mail(*mail).await.unwrap().mail.id, *mail);
    }
    assert!(lotte.apply_command(world.colleague.mails[0], MailCommand::Cancel, now()).await.unwrap().changed);
    let hers = &world.colleague;
    let filter = ConversationFilter {
        partner: Some(hers.partner.clone()),
        limit: 10,
        ..ConversationFilter::default()
    };
    assert_eq!(lotte.conversations(&filter).await.unwrap().len(), 2);
    let filter = SearchFilter { text: hers.word.clone(), limit: 10, ..SearchFilter::default() };
    assert_eq!(lotte.search_messages(&filter).await.unwrap().len(), 2);
    assert_eq!(lotte.partner_contacts(&hers.partner).await.unwrap().len(), 1);
    assert_eq!(lotte.bookmarks(&[hers.account]).await.unwrap().len(), 1);
    assert_eq!(lotte.conversation(hers.conversations[0]).await.unwrap().notes.len(), 1);
}

pub(super) async fn an_administrator_reaches_nothing_of_another_company_by_any_method(store: Store) {
    let world = World::open(store).await;
    let (fixture, foreign) = (&world.fixture, &world.neighbour);
    let nothing = Foreign::nothing(foreign);
    world.decoys(&fixture.lotte, fixture.account.id, foreign).await;
    world.decoys(&fixture.lotte, fixture.account.id, &nothing).await;
    let own = (&fixture.account, &fixture.lotte, &fixture.company);
    let before = world.dump().await;
    let called = as_administrator(fixture.admin(), own, foreign).await;
    assert_same(&before, &world.dump().await, "an administrator");
    let missing = as_administrator(fixture.admin(), own, &nothing).await;
    as_if_it_never_was("an administrator", (foreign, &called), (&nothing, &missing));
    all_are_called("CompanyStore<'_>", &called, COMPANYS_OWN);

    let called = as_company(&fixture.store, fixture.company.id, foreign).await;
    assert_same(&before, &world.dump().await, "another company's id");
    let missing = as_company(&fixture.store, fixture.company.id, &nothing).await;
    as_if_it_never_was("a company", (foreign, &called), (&nothing, &missing));
    all_are_called("Store", &called, &[OPERATORS, VAULTS].concat());
}

/// What an administrator changes of their own company changes no row that names anything of another's, though addresses,
/// document numbers and names are the same in both.
pub(super) async fn what_a_company_changes_of_its_own_changes_nothing_next_door(store: Store) {
    let world = World::open(store).await;
    let (fixture, admin) = (&world.fixture, world.fixture.admin());
    let mut ids = world.neighbour.ids();
    ids.push(fixture.next_door.id.to_string());
    fixture.store.lend_pseudonym_key(vec![7; 32].into());
    let before = naming(&world.dump().await, &ids);
    assert!(before["mails"].len() == 9 && before["outbox"].len() == 9, "{before:?}");
    let release_leases = async || fixture.store.release_leases("worker", now()).await.unwrap();
    let steps: BTreeMap<&str, String> = BTreeMap::from([
        ("set_logo", describe(admin.set_logo(None).await)),
        ("add_user", describe(admin.add_user(&new_user("eve")).await)),
        ("add_account", describe(admin.add_account(&new_account("counter")).await)),
        ("note_export", describe(admin.note_export().await)),
        ("set_retention", describe(admin.set_retention(Some(1)).await)),
        ("notify_again", describe(admin.notify_again().await)),
        ("remove_account", describe(admin.remove_account(world.spare.id).await)),
    ]);
    for (step, answer) in &steps {
        assert!(answer.starts_with("found"), "{step}: {answer}");
    }
    assert_same(&before, &naming(&world.dump().await, &ids), "what the company changed");
    // Leases end on both sides; from here on the mails there are compared without them.
    release_leases().await;
    let before = naming(&world.dump().await, &ids);
    let erased = admin.erase(&parse("e@example.com"), now()).await;
    assert!(
        erased.is_ok() || matches!(erased, Err(StoreError::Busy(_) | StoreError::Invalid { .. })),
        "{erased:?}"
    );
    assert_same(&before, &naming(&world.dump().await, &ids), "erase");
    fixture.store.remove_company(fixture.company.id).await.unwrap();
    assert_same(&before, &naming(&world.dump().await, &ids), "remove_company");
}

/// Finding 5 of the review: the same document, asked for by a user who may not use the account that sent it.
pub(super) async fn asking_for_what_another_account_was_asked_for_names_and_changes_nothing(store: Store) {
    let world = World::open(store).await;
    let fixture = &world.fixture;
    let marc = fixture.store.user_store(&fixture.marc);
    let fallback = Fallback { account: Some(world.spare.id), ..Fallback::default() };
    for company in [fixture.company.clone(), Company { fallback, ..fixture.company.clone() }] {
        fixture.admin().update_company(&company).await.unwrap();
        for (count, id) in world.colleague.mails.iter().enumerate() {
            let mut same = NewMail { revision: Some("1".into()), ..new_mail(world.spare.id) };
            same.document.as_mut().unwrap().number =
                if count == 0 { "F-LOTTE".to_owned() } else { format!("F-LOTTE-{count}") };
            let before = world.dump().await;
            assert_eq!(marc.asked_before(&[&same]).await.unwrap(), [AskedBefore::Elsewhere]);
            let orders = [
                Order::default(),
                Order { batch: Some(BatchId::new()), ..Order::default() },
                Order { lease: Some((LeaseOwner::new("command"), now())), ..Order::default() },
                Order { held: true, ..Order::default() },
            ];
            for order in orders {
                // One that could be sent beside it is not kept either: all or none.
                let group = [new_mail(world.spare.id), same.clone()];
                let refused = marc.enqueue(&group, &order).await.unwrap_err();
                assert!(matches!(refused, StoreError::AskedElsewhere(_)), "{order:?}: {refused:?}");
                assert!(!format!("{refused:?} {refused}").contains(&id.to_string()), "{refused}");
            }
            assert_same(&before, &world.dump().await, &format!("asking for mail {count}"));
        }
    }
    // On purpose, and as a mail of their own, they may.
    let mut own = NewMail { revision: Some("1".into()), ..new_mail(world.spare.id) };
    own.document.as_mut().unwrap().number = "F-LOTTE".into();
    let again = Order { again: true, ..Order::default() };
    let stored = marc.enqueue(std::slice::from_ref(&own), &again).await.unwrap();
    assert_eq!(stored, [Enqueued::New(own.id)]);
    // From then on that one is the one that they asked for before; Lotte's are Lotte's.
    let same = NewMail { id: MailId::new(), ..own.clone() };
    assert_eq!(marc.asked_before(&[&same]).await.unwrap(), [AskedBefore::As(own.id)]);
    let hers = NewMail { id: MailId::new(), account: fixture.account.id, ..own.clone() };
    assert_eq!(
        fixture.user_store().asked_before(&[&hers]).await.unwrap(),
        [AskedBefore::As(world.colleague.mails[0])],
        "not his, which she may not see"
    );
}

/// An attempt leaves by the mail's own account, or says of itself that it is the fallback's.
pub(super) async fn the_fallback_is_no_way_around_the_mails_own_account(store: Store) {
    let world = World::open(store).await;
    let fixture = &world.fixture;
    let fallback = Fallback { account: Some(world.spare.id), ..Fallback::default() };
    fixture.admin().update_company(&Company { fallback, ..fixture.company.clone() }).await.unwrap();
    let mail = world.colleague.mails[0];
    let as_own = new_attempt(world.spare.id);
    let error = fixture.begin(mail, &as_own).await.unwrap_err();
    assert_eq!(error, StoreError::NoSuchAccount(world.spare.id.to_string()));
    fixture.begin(mail, &NewAttempt { fallback: true, ..as_own }).await.unwrap();
}

/// Who acts is read from the company's own users when it is written down.
pub(super) async fn the_record_names_a_user_of_the_company_or_the_administrator(store: Store) {
    let world = World::open(store).await;
    let fixture = &world.fixture;
    let mail = world.colleague.mails[0];
    for login in ["administrator", "Worker", "operator", "sign-in"] {
        let refused = fixture.admin().add_user(&new_user(&login.to_lowercase())).await.unwrap_err();
        assert!(matches!(refused, StoreError::Invalid { what: "login", .. }), "{login}: {refused}");
        let renamed = User { login: parse(login), ..fixture.lotte.clone() };
        let refused = fixture.admin().update_user(&renamed).await.unwrap_err();
        assert!(matches!(refused, StoreError::Invalid { what: "login", .. }), "{login}: {refused}");
    }
    fixture.user_store().apply_command(mail, MailCommand::Hold, now()).await.unwrap();
    let renamed = User { login: parse("charlotte"), ..fixture.lotte.clone() };
    fixture.admin().update_user(&renamed).await.unwrap();
    fixture.user_store().apply_command(mail, MailCommand::Release, now()).await.unwrap();
    fixture.admin().apply_command(mail, MailCommand::Cancel, now()).await.unwrap();
    let log = fixture.admin().audit(&AuditFilter { limit: 3, ..AuditFilter::default() }).await.unwrap();
    let log: Vec<_> = log.iter().rev().map(|it| (it.actor.as_str(), it.action.as_str())).collect();
    assert_eq!(log, [("lotte", "held"), ("charlotte", "released"), ("administrator", "cancelled")]);
}
