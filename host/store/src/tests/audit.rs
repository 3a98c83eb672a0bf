//! Who did what is on record, once, by the name of the actor; and the record stays.

use super::fixture::{Fixture, at, new_mail};
use crate::schema::dialect::Dialect;
use crate::*;
use postroom_model::AccountState;
use sqlx::Connection as _;

/// Newest last: actor, action and detail.
async fn log(fixture: &Fixture) -> Vec<(String, String, String)> {
    let filter = AuditFilter { limit: 1_000, ..AuditFilter::default() };
    let mut entries = fixture.admin().audit(&filter).await.unwrap();
    entries.reverse();
    entries.into_iter().map(|it| (it.actor, it.action, it.detail.unwrap_or_default())).collect()
}

pub(super) async fn whoever_asks_holds_releases_or_cancels_is_on_record(store: Store) {
    let fixture = Fixture::open(store).await;
    let now = at("2026-11-27T10:00:00+01:00");
    let mail = NewMail { revision: Some("1".into()), ..new_mail(fixture.account.id) };
    fixture.enqueue(&mail).await.unwrap();
    let same = NewMail { id: MailId::new(), ..mail.clone() };
    assert_eq!(
        fixture.enqueue(&same).await.unwrap(),
        Enqueued::Existing(mail.id),
        "nothing was added, here neither"
    );
    let again = Order { again: true, ..Order::default() };
    fixture.user_store().enqueue(std::slice::from_ref(&same), &again).await.unwrap();
    fixture.user_store().apply_command(mail.id, MailCommand::Hold, now).await.unwrap();
    fixture.admin().grant(fixture.account.id, fixture.marc.id).await.unwrap();
    let marc = fixture.store.user_store(&fixture.marc);
    let twice = marc.apply_command(mail.id, MailCommand::Hold, now).await.unwrap();
    assert!(!twice.changed, "it is held already");
    marc.apply_command(mail.id, MailCommand::Release, now).await.unwrap();
    fixture.user_store().set_answer(mail.id, false).await.unwrap();
    fixture.user_store().apply_command(mail.id, MailCommand::Cancel, now).await.unwrap();
    fixture.user_store().note_sent_again(same.id, now).await.unwrap();
    fixture.admin().note_export().await.unwrap();
    let wanted = [
        ("lotte", "asked", "invoice F-2026-001, new"),
        ("lotte", "asked-again", "invoice F-2026-001, new"),
        ("lotte", "held", ""),
        ("marc", "released", ""),
        ("lotte", "answered-fallback", "no"),
        ("lotte", "cancelled", ""),
        ("lotte", "sent-again", ""),
        ("administrator", "exported", ""),
    ];
    let wanted = wanted.map(|(who, what, why)| (who.to_owned(), what.to_owned(), why.to_owned()));
    assert_eq!(log(&fixture).await, wanted);
    let of_marc =
        AuditFilter { actor: Some(fixture.marc.login.clone()), limit: 10, ..AuditFilter::default() };
    let found = fixture.admin().audit(&of_marc).await.unwrap();
    assert_eq!((found.len(), found[0].recipients, found[0].at), (1, Some(2), now));
    assert_eq!(found[0].mail, Some(mail.id.to_string()));
    let later = AuditFilter { since: Some(now + chrono::Duration::days(36_500)), limit: 10, actor: None };
    assert_eq!(fixture.admin().audit(&later).await.unwrap(), []);
    let theirs = fixture.store.company_store(fixture.next_door.id);
    assert_eq!(theirs.audit(&AuditFilter { limit: 10, ..AuditFilter::default() }).await.unwrap(), []);
}

pub(super) async fn what_the_machinery_does_to_mails_and_accounts_is_on_record(store: Store) {
    let fixture = Fixture::open(store).await;
    let mail = fixture.mail().await.id;
    let now = at("2026-11-27T10:00:00+01:00");
    let (lease_owner, journal) = (LeaseOwner::new("worker"), GroupCommitWriter::new(&fixture.store));
    let lease = std::time::Duration::from_secs(60);
    fixture.store.claim(&lease_owner, fixture.account.id, Pace::default(), 1, now, lease).await.unwrap();
    let queue_state =
        QueueState::Held { cause: WaitReason::Account, reason: "e@example.com can't be reached".into() };
    journal.change_state(mail, &lease_owner, queue_state.clone()).await.unwrap();
    journal.change_state(mail, &LeaseOwner::new("worker"), queue_state).await.unwrap();
    let expired = AccountState::NeedsSignIn { reason: "expired".into(), since: now };
    let (company, account) = (fixture.company.id, fixture.account.id);
    fixture.store.set_account_state(company, account, &expired).await.unwrap();
    fixture.store.set_account_state(company, account, &expired).await.unwrap();
    let compromised = AccountState::Compromised { by: "Lotte".into(), since: now };
    fixture.admin().set_account_state(account, &compromised).await.unwrap();
    fixture.store.set_account_state(company, account, &AccountState::Ready).await.unwrap();
    let found = log(&fixture).await;
    let wanted = [
        ("lotte", "asked", "invoice F-2026-001, new"),
        ("worker", "held", "account"),
        ("worker", "account-state", "office: ready, now needs-sign-in"),
        ("administrator", "account-state", "office: needs-sign-in, now compromised"),
    ];
    let wanted = wanted.map(|(who, what, why)| (who.to_owned(), what.to_owned(), why.to_owned()));
    assert_eq!(found, wanted);
    assert!(!format!("{found:?}").contains("e@example.com"), "no recipient is named: {found:?}");
}

/// Everything in the log and its heads, in order.
async fn dump(fixture: &Fixture) -> Vec<String> {
    let sql = "select id || ':' || company || ':' || actor || ':' || action || ':' || coalesce(detail, '') || ':' || \
               cast(number as text) || ':' || hash from audit order by company, number";
    let mut all: Vec<String> = sqlx::query_scalar(sql).fetch_all(&fixture.store.pool).await.unwrap();
    let sql = "select company || ':' || cast(number as text) || ':' || hash \
               from audit_heads order by company";
    all.extend(sqlx::query_scalar::<_, String>(sql).fetch_all(&fixture.store.pool).await.unwrap());
    all
}

/// Ways to change rows that do not look like one, in SQLite.
const OF_SQLITE: &[&str] = &[
    "replace into audit select id, company, at, 'eve', action, mail, recipients, detail, number, hash from audit",
    "insert or replace into audit select 'new-' || id, company, at, 'eve', action, mail, recipients, detail, number, hash \
     from audit",
    "insert or replace into audit select id, company, at, 'eve', action, mail, recipients, detail, number + 9, hash from audit",
    "update or replace audit set number = 1",
    "update or ignore audit set actor = 'eve'",
    "insert or ignore into audit select id, company, at, 'eve', action, mail, recipients, detail, number, hash from audit",
    "replace into audit_heads select company, 0, hash from audit_heads",
    "insert or replace into audit_heads select company, number, 'eve' from audit_heads",
];

/// The like in PostgreSQL.
const OF_POSTGRES: &[&str] = &[
    "truncate audit",
    "truncate companies cascade",
    "truncate audit, audit_heads restart identity",
    "truncate audit_heads",
    "set session_replication_role = replica; delete from audit",
    "set session_replication_role = replica; update audit set actor = 'eve'",
    "with gone as (delete from audit returning id) select count(*) from gone",
    "merge into audit using companies on companies.id = audit.company when matched then delete",
];

/// Those that both know.
const OF_BOTH: &[&str] = &[
    "update audit set actor = 'eve'",
    "update audit set detail = null",
    "update audit set number = number + 1",
    "delete from audit",
    "delete from audit where number = 1",
    "insert into audit select id, company, at, 'eve', action, mail, recipients, detail, number, hash from audit where true \
     on conflict (id) do update set actor = excluded.actor",
    "insert into audit select 'new-' || id, company, at, 'eve', action, mail, recipients, detail, number, hash from audit \
     where true on conflict (company, number) do update set actor = excluded.actor",
    "insert into audit (id, company, at, actor, action) select 'new', id, 0, 'eve', 'asked' from companies",
    "update audit_heads set number = number - 1",
    "update audit_heads set company = company || '0'",
    "delete from audit_heads",
];

pub(super) async fn no_statement_changes_what_is_on_record(store: Store) {
    let fixture = Fixture::open(store).await;
    fixture.mail().await;
    fixture.mail().await;
    let before = dump(&fixture).await;
    let own = match fixture.store.dialect {
        Dialect::Sqlite => OF_SQLITE,
        Dialect::Postgres => OF_POSTGRES,
    };
    for sql in OF_BOTH.iter().chain(own) {
        // A connection of its own: what it said of its session ends with it.
        let mut connection = fixture.store.pool.acquire().await.unwrap().detach();
        let refused = sqlx::raw_sql(*sql).execute(&mut connection).await;
        let refused = refused.expect_err(&format!("{sql} was done")).to_string();
        let is_ours = refused.contains("only added to") || refused.contains("only moves on");
        let is_unchained = refused.to_lowercase().contains("null") && refused.contains("number");
        assert!(is_ours || is_unchained, "{sql}: {refused}");
        connection.close().await.unwrap();
        assert_eq!(dump(&fixture).await, before, "{sql}");
    }
    assert_eq!(fixture.admin().verify_audit(None).await.unwrap().broken, None);
}

pub(super) async fn a_failed_change_leaves_no_record_and_a_company_takes_its_own_with_it(store: Store) {
    let fixture = Fixture::open(store).await;
    fixture.mail().await;
    let good = new_mail(fixture.account.id);
    let twice = [good.clone(), good];
    fixture.user_store().enqueue(&twice, &Order::default()).await.unwrap_err();
    assert_eq!(log(&fixture).await.len(), 1, "all or none, and of none no record");
    fixture.store.remove_company(fixture.company.id).await.unwrap();
    assert_eq!(dump(&fixture).await, Vec::<String>::new());
}

/// Takes the guards away, as the owner of the database can.
async fn unguard(store: &Store) {
    let guards: &[&str] = match store.dialect {
        Dialect::Sqlite => &[
            "drop trigger audit_is_not_changed",
            "drop trigger audit_is_not_shortened",
            "drop trigger audit_is_not_replaced",
            "drop trigger audit_head_moves_on",
            "drop trigger audit_head_stays",
        ],
        Dialect::Postgres => {
            &["alter table audit disable trigger user", "alter table audit_heads disable trigger user"]
        }
    };
    for sql in guards {
        sqlx::query(*sql).execute(&store.pool).await.unwrap();
    }
}

pub(super) async fn a_log_that_was_changed_behind_the_program_shows_where(store: Store) {
    let fixture = Fixture::open(store).await;
    for _ in 0..5 {
        fixture.admin().note_export().await.unwrap();
    }
    let (admin, company) = (fixture.admin(), fixture.company.id.to_string());
    let whole = admin.verify_audit(None).await.unwrap();
    assert_eq!((whole.head.entry, &whole.broken), (5, &None));
    assert_eq!(whole.head, admin.audit_head().await.unwrap());
    assert_eq!(whole.head.to_string().parse::<AuditHead>().unwrap(), whole.head);
    for text in ["", "5", "5:", "5:xyz", ":00", "-1:00"] {
        assert!(text.parse::<AuditHead>().is_err(), "{text}");
    }
    unguard(&fixture.store).await;
    let copy = "create table kept_audit as select * from audit";
    sqlx::query(copy).execute(&fixture.store.pool).await.unwrap();
    for (what, sql, entry) in [
        ("an actor", "update audit set actor = 'eve' where number = 2", Some(2)),
        ("a time", "update audit set at = at + 1 where number = 4", Some(4)),
        ("a detail", "update audit set detail = '' where number = 1", Some(1)),
        ("an id", "update audit set id = 'other' where number = 3", Some(3)),
        ("a hash", "update audit set hash = '00' where number = 5", Some(5)),
        ("the first is gone", "delete from audit where number = 1", Some(1)),
        ("one is gone", "delete from audit where number = 3", Some(3)),
        ("the last is gone", "delete from audit where number = 5", Some(5)),
        ("all are gone", "delete from audit", Some(1)),
        (
            "one was added",
            "insert into audit select 'new', company, at, actor, action, mail, recipients, detail, 6, hash from audit \
             where number = 5",
            Some(6),
        ),
        ("nothing", "update audit set actor = actor", None),
    ] {
        sqlx::query(sql).execute(&fixture.store.pool).await.unwrap();
        let broken = admin.verify_audit(None).await.unwrap().broken;
        assert_eq!(broken.as_ref().map(|it| it.entry), entry, "{what}: {broken:?}");
        for sql in ["delete from audit", "insert into audit select * from kept_audit"] {
            sqlx::query(sql).execute(&fixture.store.pool).await.unwrap();
        }
    }
    // A shorter log with its head set back is whole in itself; a head that was kept elsewhere tells.
    let fourth: String = sqlx::query_scalar("select hash from audit where number = 4")
        .fetch_one(&fixture.store.pool)
        .await
        .unwrap();
    sqlx::query("delete from audit where number = 5").execute(&fixture.store.pool).await.unwrap();
    sqlx::query("update audit_heads set number = 4, hash = $1 where company = $2")
        .bind(fourth)
        .bind(company)
        .execute(&fixture.store.pool)
        .await
        .unwrap();
    assert_eq!(admin.verify_audit(None).await.unwrap().broken, None);
    let broken = admin.verify_audit(Some(&whole.head)).await.unwrap().broken;
    assert_eq!(broken.as_ref().map(|it| it.entry), Some(5), "{broken:?}");
    // And goes on, with another entry in that place.
    admin.note_export().await.unwrap();
    let broken = admin.verify_audit(Some(&whole.head)).await.unwrap().broken;
    assert_eq!(broken.as_ref().map(|it| it.entry), Some(5), "{broken:?}");
    assert_eq!(admin.verify_audit(None).await.unwrap().broken, None);
}

pub(super) async fn many_who_write_at_once_make_one_chain_for_each_company(store: Store) {
    let fixture = Fixture::open(store).await;
    let (store, company, next_door) = (fixture.store.clone(), fixture.company.id, fixture.next_door.id);
    let tasks = (0..40).map(|number| {
        let store = store.clone();
        let (account, lotte) = (fixture.account.id, fixture.lotte.clone());
        tokio::spawn(async move {
            match number % 4 {
                0 => store.company_store(company).note_export().await.unwrap(),
                1 => store.company_store(next_door).note_export().await.unwrap(),
                2 => {
                    let mails: Vec<NewMail> = (0..10).map(|_| new_mail(account)).collect();
                    store.user_store(&lotte).enqueue(&mails, &Order::default()).await.unwrap();
                }
                _ => {
                    let state = match number % 8 {
                        3 => AccountState::NeedsSignIn {
                            reason: "expired".into(),
                            since: at("2026-11-27T10:00:00+01:00"),
                        },
                        _ => AccountState::Ready,
                    };
                    store.set_account_state(company, account, &state).await.unwrap();
                }
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    for (company, least) in [(company, 110), (next_door, 10)] {
        let verdict = store.company_store(company).verify_audit(None).await.unwrap();
        assert_eq!(verdict.broken, None, "{company}");
        assert!(verdict.head.entry >= least, "{company}: {verdict:?}");
    }
    let heads = store.audit_heads().await.unwrap();
    assert_eq!(heads.len(), 2, "{heads:?}");
}
