//! What reports say of whom: of a mail's recipients, or of none; and never again of a person who was erased.

use super::fixture::{Fixture, at, completion, event, new_account, new_attempt, new_mail, parse};
use super::schema::{everything, text_columns};
use crate::compliance::personal::{IMPERSONAL, REPLACED_WHOLE, REWRITTEN};
use crate::*;
use postroom_model::{AccountState, NewAccount, RecordsPlace};
use sqlx::AssertSqlSafe;
use std::collections::BTreeSet;
use std::time::Duration;

const PERSON: &str = "jan2@customer.example";
const OTHER: &str = "els@customer.example";
const STRANGER: &str = "ceo@other-customer.example";

fn now() -> chrono::DateTime<chrono::FixedOffset> {
    chrono::Local::now().fixed_offset()
}

/// A mail to these people, kept.
async fn mail_to(fixture: &Fixture, rcpt_to: &[&str]) -> MailId {
    let mut mail = new_mail(fixture.account.id);
    mail.message.rcpt_to = rcpt_to.iter().map(|to| (*to).to_owned()).collect();
    let party = |to: &str| Party { name: Some("Jan Peeters".into()), address: to.to_owned() };
    mail.recipients = rcpt_to.iter().map(|to| Recipient::new("to", party(to))).collect();
    fixture.enqueue(&mail).await.unwrap();
    mail.id
}

fn fact(kind: &str, recipient: &str) -> Event {
    Event {
        recipient: Some(recipient.to_owned()),
        kind: kind.into(),
        source: "webhook".into(),
        ..event(kind)
    }
}

fn complaint(address: &str) -> NewSuppression {
    NewSuppression {
        address: address.to_owned(),
        kind: SuppressionKind::Complaint,
        since: now(),
        mail: None,
        code: None,
        words: Some(format!("{address} complained")),
        source: "webhook".into(),
    }
}

async fn report(fixture: &Fixture, mail: MailId, by: MatchedBy, named: &str) -> Recorded {
    let of = fixture.store.system().reported(mail).await.unwrap();
    let facts =
        ReportedFacts { by, events: vec![fact("complaint", named)], suppressions: vec![complaint(named)] };
    fixture.store.system().record_report(&of, &facts).await.unwrap()
}

pub(super) async fn a_report_is_about_a_recipient_of_its_mail_or_about_another_address(store: Store) {
    let fixture = Fixture::open(store).await;
    fixture.store.lend_pseudonym_key(vec![7; 32].into());
    let of = |recorded: &Recorded| {
        let recipients = recorded.events.iter().map(|it| it.recipient.clone().unwrap_or_default());
        (recipients.collect::<Vec<_>>(), recorded.suppressed.clone())
    };
    let strings = |texts: &[&str]| texts.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    use MatchedBy::{EnvelopeId, MessageId, Provider, ReturnAddress};
    for (rcpt_to, by, named, events, suppressed) in [
        (&[PERSON][..], Provider, PERSON, &[PERSON][..], &[PERSON][..]),
        (&[PERSON], Provider, "Jan2@CUSTOMER.example", &[PERSON], &[PERSON]),
        (&[PERSON], MessageId, PERSON, &[PERSON], &[PERSON]),
        (&[PERSON, OTHER], Provider, OTHER, &[OTHER], &[OTHER]),
        (&[PERSON, OTHER], ReturnAddress, OTHER, &[OTHER], &[OTHER]),
        (&[PERSON, OTHER], EnvelopeId, OTHER, &[OTHER], &[OTHER]),
        // Every recipient knows the Message-ID, and could say this of the other.
        (&[PERSON, OTHER], MessageId, OTHER, &[OTHER], &[]),
        // Shown with that address; nothing follows for any recipient.
        (&[PERSON], Provider, STRANGER, &[STRANGER], &[]),
        (&[PERSON], MessageId, STRANGER, &[STRANGER], &[]),
        (&[PERSON, OTHER], Provider, STRANGER, &[STRANGER], &[]),
        (&[PERSON, OTHER], ReturnAddress, "CEO@other-customer.example", &[STRANGER], &[]),
        // No address at all: a fact of the mail, or nothing that could be said of either.
        (&[PERSON], Provider, "", &[""], &[]),
        (&[PERSON, OTHER], Provider, "", &[], &[]),
    ] {
        let what = format!("{rcpt_to:?} {by:?} {named}");
        let mail = mail_to(&fixture, rcpt_to).await;
        let recorded = report(&fixture, mail, by, named).await;
        assert_eq!(of(&recorded), (strings(events), strings(suppressed)), "{what}");
        let stored = fixture.store.system().mail(mail).await.unwrap().events;
        assert_eq!(stored, recorded.events, "{what}");
        let all = fixture.store.suppressions(fixture.company.id).await.unwrap();
        let addresses: Vec<&str> = all.iter().map(|it| it.address.as_str()).collect();
        assert_eq!(addresses, suppressed, "{what}");
        assert!(all.iter().all(|it| it.mail == Some(mail.to_string())), "{what}: with its evidence");
        let again = report(&fixture, mail, by, named).await;
        assert_eq!(again.suppressed, Vec::<String>::new(), "{what}: again");
        assert_eq!(
            fixture.store.system().mail(mail).await.unwrap().events.len(),
            stored.len(),
            "{what}: again"
        );
        sqlx::query("delete from suppressions").execute(&fixture.store.pool).await.unwrap();
    }
    // A blind copy to ourselves that comes back says nothing of whom we may write to.
    let users = fixture.store.company_store(fixture.company.id).users().await.unwrap();
    for own in
        ["office@ateliernord.example", &fixture.account.address.to_string(), &users[0].address.to_string()]
    {
        let mail = mail_to(&fixture, &[PERSON, own]).await;
        let recorded = report(&fixture, mail, Provider, &own.to_uppercase()).await;
        assert_eq!(of(&recorded), (strings(&[own]), vec![]), "{own}");
        assert_eq!(fixture.store.suppressions(fixture.company.id).await.unwrap(), [], "{own}");
    }
    // Nothing goes past it: what an attempt or a pixel says of a stranger neither.
    let mail = mail_to(&fixture, &[PERSON, OTHER]).await;
    let by = |source: &str, fact: Event| Event { source: source.into(), ..fact };
    fixture.store.system().add_events(mail, &[by("pixel", fact("opened", STRANGER))]).await.unwrap();
    let attempt = fixture.attempt(mail).await;
    let done = completion(AttemptResult::Accepted);
    fixture.finish(attempt, &done, &[by("smtp", fact("accepted", STRANGER))]).await;
    assert_eq!(fixture.store.system().mail(mail).await.unwrap().events, []);
    // A person's answer is one only if a recipient gave it.
    let alone = mail_to(&fixture, &[PERSON]).await;
    let reply = |from: &str| Event { source: "reply".into(), ..fact("replied", from) };
    fixture.store.system().add_events(alone, &[reply(STRANGER)]).await.unwrap();
    assert_eq!(fixture.store.system().mail(alone).await.unwrap().events, []);
    fixture.store.system().add_events(alone, &[reply(PERSON)]).await.unwrap();
    assert_eq!(fixture.store.system().mail(alone).await.unwrap().events.len(), 1);
    // Another company's mail is none of a report's.
    let of =
        Reported { company: fixture.next_door.id, ..fixture.store.system().reported(alone).await.unwrap() };
    let facts = ReportedFacts { by: Provider, events: vec![fact("opened", PERSON)], suppressions: vec![] };
    let refused = fixture.store.system().record_report(&of, &facts).await.unwrap_err();
    assert_eq!(refused, StoreError::NoSuchMail(alone.to_string()));
}

/// Where the address of the person is, in whatever spelling.
async fn places(store: &Store) -> Vec<String> {
    let all = everything(store).await;
    let found = all.into_iter().filter(|(_, text)| text.to_lowercase().contains(PERSON));
    found.map(|(place, text)| format!("{place}: {text}")).collect()
}

/// Numbers that look like chance, the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

const SPELLINGS: &[&str] =
    &[PERSON, "Jan2@Customer.Example", "JAN2@CUSTOMER.EXAMPLE", " jan2@customer.example ", STRANGER, OTHER];

const WORDS: &[&str] = &[
    "<jan2@customer.example>: 550 5.1.1 no such user",
    "smtp; 550 to=JAN2@customer.example,els@customer.example unknown",
    "rfc822;jan2@customer.example",
    "'Jan2@Customer.example' complained.",
    "mailto:jan2@customer.example. Ask jan2@customer.example@@jan2@customer.example",
    "250 2.0.0 queued",
];

const KINDS: &[&str] =
    &["opened", "complaint", "bounced", "delivered", "replied", "auto-reply", "accepted", "expired"];
const SOURCES: &[&str] =
    &["webhook", "delivery-report", "reply", "disposition-report", "smtp", "api", "pixel", "host"];

/// What may still be reported after an erasure, by any source.
async fn something_late(
    fixture: &Fixture,
    dice: &mut Dice,
    mails: &[MailId],
    late: &[(MailId, AttemptId)],
    lease_owner: &LeaseOwner,
) {
    let store = &fixture.store;
    let mail = mails[usize::try_from(dice.below(mails.len() as u64)).unwrap()];
    let (named, words) = (dice.pick(SPELLINGS), dice.pick(WORDS).to_owned());
    let event_reported = Event {
        kind: dice.pick(KINDS).into(),
        source: dice.pick(SOURCES).into(),
        code: Some(dice.pick(&["5.1.1", PERSON]).to_owned()),
        words: Some(words.clone()),
        ..fact("opened", named)
    };
    match dice.below(9) {
        0..=2 => {
            let by =
                [MatchedBy::Provider, MatchedBy::MessageId, MatchedBy::ReturnAddress, MatchedBy::EnvelopeId]
                    [usize::try_from(dice.below(4)).unwrap()];
            let suppression =
                NewSuppression { code: Some(PERSON.into()), words: Some(words), ..complaint(named) };
            let facts = ReportedFacts { by, events: vec![event_reported], suppressions: vec![suppression] };
            store
                .system()
                .record_report(&store.system().reported(mail).await.unwrap(), &facts)
                .await
                .unwrap();
        }
        3 => store.system().add_events(mail, &[event_reported]).await.unwrap(),
        4 => {
            let (_, attempt) = late[usize::try_from(dice.below(late.len() as u64)).unwrap()];
            let done = Completion {
                detail: Some(words),
                ..completion(AttemptResult::InDoubt { interrupted: true })
            };
            // The ledger may refuse a result that comes too late; what it takes has no address.
            let _ =
                GroupCommitWriter::new(&store.system()).finish(attempt, &done, &[event_reported], None).await;
        }
        5 => {
            let (mail, attempt) = late[usize::try_from(dice.below(late.len() as u64)).unwrap()];
            let done = Completion { detail: Some(words.clone()), ..completion(AttemptResult::Permanent) };
            let failed = StateChange::of(lease_owner, QueueState::Failed { reason: words.clone() });
            let journal = GroupCommitWriter::new(&store.system());
            let _ = journal.finish(attempt, &done, &[event_reported], Some(failed)).await;
            let held = QueueState::Held { cause: WaitReason::User, reason: words };
            journal.change_state(mail, lease_owner, held).await.unwrap();
        }
        6 => {
            let expired = AccountState::NeedsSignIn { reason: words, since: now() };
            store.system().set_account_state(fixture.company.id, fixture.account.id, &expired).await.unwrap();
        }
        7 => {
            store
                .system()
                .lease_records(fixture.company.id, lease_owner, now(), Duration::from_secs(60))
                .await
                .unwrap();
            let pause = Pause::Until(now(), words);
            store.system().release_records(fixture.company.id, lease_owner, &pause).await.unwrap();
        }
        _ => {
            let due = store.system().notices_due(fixture.company.id, now(), 10).await.unwrap();
            let came: Vec<_> = due
                .into_iter()
                .map(|it| (it.notice.id, NotificationResult::Later(now(), words.clone())))
                .collect();
            store.system().record_notifications(fixture.company.id, &came).await.unwrap();
        }
    }
}

pub(super) async fn after_an_erasure_no_report_brings_the_address_back(store: Store) {
    let fixture = Fixture::open(store).await;
    fixture.store.lend_pseudonym_key(vec![7; 32].into());
    let place = RecordsPlace::Erp {
        url: parse("https://erp.example/postroom/"),
        allow_private: "10.0.0.0/8".parse().unwrap(),
        trusted_ca: None,
        timeout: None,
    };
    fixture.admin().set_records(Some(&place)).await.unwrap();
    let mut mails = vec![mail_to(&fixture, &[PERSON]).await, mail_to(&fixture, &[PERSON, OTHER]).await];
    // A mail to another person, whose server forwards to the person.
    mails.push(mail_to(&fixture, &[OTHER]).await);
    let (lease_owner, journal) = (LeaseOwner::new("worker"), GroupCommitWriter::new(&fixture.store.system()));
    let mut late = Vec::new();
    let before = now() - chrono::Duration::hours(1);
    fixture
        .store
        .claim(&lease_owner, fixture.account.id, Pace::default(), 9, before, Duration::from_secs(1))
        .await
        .unwrap();
    for mail in &mails {
        late.push((
            *mail,
            journal.begin(*mail, &new_attempt(fixture.account.id), &lease_owner).await.unwrap(),
        ));
    }
    // Of one the last bytes have left: what came of it is not known yet.
    journal.release(late[1].1, &lease_owner, before).await.unwrap();
    let notified = Notice {
        id: "n-1".into(),
        mail: Some(mails[2]),
        document: None,
        partner: None,
        recipient: Some(OTHER.into()),
        kind: NoticeKind::Status { status: "failed".into(), label: "Failed".into() },
        reason: None,
        at: now(),
    };
    assert!(fixture.store.system().notify(fixture.company.id, &notified).await.unwrap());
    fixture.store.system().add_events(mails[0], &[fact("opened", PERSON)]).await.unwrap();
    assert!(!places(&fixture.store).await.is_empty(), "the test can find it");
    let erased = fixture.admin().erase(&parse(PERSON), now()).await.unwrap();
    assert_eq!(erased.cancelled, [mails[0].to_string()], "what certainly had not left");
    assert_eq!(places(&fixture.store).await, Vec::<String>::new(), "right after it");

    let mut dice = Dice(4711);
    for round in 0..250 {
        something_late(&fixture, &mut dice, &mails, &late, &lease_owner).await;
        if round % 10 == 9 {
            assert_eq!(places(&fixture.store).await, Vec::<String>::new(), "after {round} reports");
        }
    }
    // The facts are there, under the pseudonym, and the address is still not written to.
    let stored = fixture.store.system().mail(mails[1]).await.unwrap();
    assert_eq!(stored.mail.message.rcpt_to, [erased.pseudonym.clone(), OTHER.to_owned()]);
    let of_person = stored.events.iter().filter(|it| it.recipient.as_ref() == Some(&erased.pseudonym));
    assert!(of_person.count() > 0, "{:?}", stored.events);
    let spelled = ["JAN2@customer.example".to_owned()];
    assert!(!fixture.store.suppressed(fixture.company.id, &spelled).await.unwrap().is_empty());
    // A later mail to the same person is another matter: its facts are about the address again, which they need.
    let again = mail_to(&fixture, &[PERSON]).await;
    fixture.store.system().add_events(again, &[fact("opened", "JAN2@customer.example")]).await.unwrap();
    assert_eq!(
        fixture.store.system().mail(again).await.unwrap().events[0].recipient.as_deref(),
        Some(PERSON)
    );
    // A program without the key writes no address rather than this one.
    let known: Store = (*fixture.store).clone();
    let ignorant = Store { pseudonyms: Default::default(), ..known }.system();
    fixture.admin().erase(&parse(PERSON), now()).await.unwrap();
    ignorant.add_events(mails[0], &[fact("opened", PERSON)]).await.unwrap();
    ignorant
        .add_events(mails[2], &[Event { words: Some(WORDS[0].into()), ..fact("bounced", OTHER) }])
        .await
        .unwrap();
    assert_eq!(places(&fixture.store).await, Vec::<String>::new(), "without the key");
}

pub(super) async fn every_text_column_is_erased_or_holds_nothing_of_a_person(store: Store) {
    let mut known = BTreeSet::new();
    for column in REWRITTEN {
        known.insert((column.table.to_owned(), column.column.to_owned()));
    }
    for (table, columns) in REPLACED_WHOLE.iter().chain(IMPERSONAL) {
        for column in *columns {
            // An account's address is rewritten once the account was removed.
            let is_new = known.insert(((*table).to_owned(), (*column).to_owned()));
            let twice = *table == "accounts" && matches!(*column, "address" | "display_name");
            assert!(is_new || twice, "{table}.{column} is listed twice");
        }
    }
    let there: BTreeSet<_> = text_columns(&store).await.into_iter().collect();
    let missing: Vec<_> = there.difference(&known).collect();
    assert!(
        missing.is_empty(),
        "say in store/personal.rs whether these hold something of a person: {missing:?}"
    );
    let gone: Vec<_> = known.difference(&there).collect();
    assert!(gone.is_empty(), "listed in store/personal.rs, and not in the schema: {gone:?}");
}

pub(super) async fn what_an_erasure_rewrites_it_rewrites_in_every_column(store: Store) {
    let fixture = Fixture::open(store).await;
    fixture.store.lend_pseudonym_key(vec![7; 32].into());
    let place = RecordsPlace::Folder { path: std::path::absolute("records").unwrap() };
    fixture.admin().set_records(Some(&place)).await.unwrap();
    let gone = fixture
        .admin()
        .add_account(&NewAccount { address: parse(PERSON), ..new_account("gone") })
        .await
        .unwrap();
    fixture.admin().remove_account(gone.id).await.unwrap();
    let mail = mail_to(&fixture, &[OTHER]).await;
    let attempt = fixture.attempt(mail).await;
    let store = &fixture.store;
    let sent = Some(StateChange::of(&fixture.lease_owner, QueueState::Sent));
    let accepted = completion(AttemptResult::Accepted);
    assert_eq!(fixture.journal.finish(attempt, &accepted, &[fact("accepted", OTHER)], sent).await, Ok(None));
    report(&fixture, mail, MatchedBy::Provider, OTHER).await;
    store.release(fixture.company.id, OTHER, "lotte", now()).await.unwrap();
    let expired = AccountState::NeedsSignIn { reason: "expired".into(), since: now() };
    store.system().set_account_state(fixture.company.id, fixture.account.id, &expired).await.unwrap();
    let pause = super::pauses::wrong_password(now());
    store.pause_account(fixture.company.id, fixture.account.id, &pause, now()).await.unwrap();
    let notified = Notice {
        id: "n-1".into(),
        mail: Some(mail),
        document: None,
        partner: Some("Jan".into()),
        recipient: Some("JAN2@customer.example".into()),
        kind: NoticeKind::Address { name: Some("Jan".into()) },
        reason: Some("new".into()),
        at: now(),
    };
    assert!(store.system().notify(fixture.company.id, &notified).await.unwrap());
    fixture.user_store().open_batch(fixture.account.id, &parse("november"), now()).await.unwrap();
    sqlx::query("update notices set state = 'delivered'").execute(&store.pool).await.unwrap();
    let mut mailbox = super::mailbox_fixture::Mailbox::of(&fixture).await;
    let (_, first) = mailbox.add(super::mailbox_fixture::message(1)).await;
    let document = DocumentLink {
        kind: "invoice".into(),
        number: "1".into(),
        partner: Some("Maes".into()),
        reason: "subject".into(),
        is_sure: true,
    };
    let linked = IndexedMessage {
        partners: vec!["Maes".into()],
        documents: vec![document],
        proposals: vec![Proposal { conversation: first, reason: "subject".into() }],
        ..super::mailbox_fixture::message(2)
    };
    let (message, _) = mailbox.add(linked).await;
    fixture.user_store().add_contact("Maes", &parse("els@customer.example"), Some("Els")).await.unwrap();
    fixture.user_store().bookmark(message, "a bookmark", true).await.unwrap();
    fixture.user_store().add_note(first, "a note", now()).await.unwrap();
    for (number, column) in REWRITTEN.iter().enumerate() {
        let (table, name) = (column.table, column.column);
        let planted = match name {
            "recipients" => format!("[{{\"field\":\"to\",\"name\":null,\"address\":\"{PERSON}\"}}]"),
            "rcpt_to" => format!("[\"{PERSON}\"]"),
            "provider_ids" => format!("[[\"message\",\"{PERSON}\"]]"),
            "address" | "from_address" | "mail_from" | "recipient" => "Jan2@Customer.Example".to_owned(),
            _ => format!("{number}: <JAN2@customer.example> said: jan2@customer.example."),
        };
        // An account that is ready has no words.
        let filled = if name == "state_words" { "and state_words is not null" } else { "" };
        let sql = format!("update {table} set {name} = $2 where {} {filled}", column.of_company);
        let done = sqlx::query(AssertSqlSafe(sql)).bind(fixture.company.id.to_string()).bind(planted);
        let done = done.execute(&store.pool).await.unwrap().rows_affected();
        assert!(done > 0, "{table}.{name}: the test has no row to plant something in");
    }
    let found = places(store).await;
    let before: BTreeSet<&str> = found.iter().filter_map(|it| Some(it.split_once(": ")?.0)).collect();
    assert!(before.len() >= REWRITTEN.len(), "{before:?}");
    fixture.admin().erase(&parse(PERSON), at("2026-11-29T10:00:00+01:00")).await.unwrap();
    assert_eq!(places(store).await, Vec::<String>::new());
}
