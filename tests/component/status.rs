//! `postroom status` and `timeline`: a row for a document, and what was known at a time.

use crate::stored_message::{Enqueued, message};
use crate::track::expect;
use chrono::{DateTime, Duration, FixedOffset, Local};
use postroom::store::{
    AttemptResult, Completion, DocumentRef, Event, GroupCommitWriter, LeaseOwner, MailId, NewAttempt,
    NewMail, OpenCheck, Order, Party, QueueState, Recipient, SendOptions, StateChange,
};
use serde_json::Value;

const ELS: &str = "els@customer.example";

/// Days before now.
fn ago(days: i64) -> DateTime<FixedOffset> {
    Local::now().fixed_offset() - Duration::days(days)
}

fn fact(kind: &str, days: i64, words: &str) -> Event {
    Event {
        recipient: Some(ELS.to_owned()),
        kind: kind.to_owned(),
        at: ago(days),
        source: "smtp".to_owned(),
        code: None,
        words: Some(words.to_owned()),
    }
}

/// Keeps a mail about an invoice that was made so many days ago, tried at once, and ended like this.
async fn mail(stored: &Enqueued, number: &str, days: i64, ended: QueueState, facts: &[Event]) -> MailId {
    let admin = stored.store.company_store(stored.company.id);
    let (users, accounts) = (admin.users().await.unwrap(), admin.accounts().await.unwrap());
    let party = |address: &str| Party { name: None, address: address.to_owned() };
    let id = MailId::new();
    let mail = NewMail {
        id,
        account: accounts[0].id,
        created: ago(days),
        document: Some(DocumentRef {
            kind: "invoice".into(),
            number: number.into(),
            partner: "Bakkerij".into(),
        }),
        use_case: "new".into(),
        subject: format!("Invoice {number}"),
        from: party("office@ateliernord.example"),
        recipients: vec![Recipient::new("to", party(ELS))],
        message: message(&format!("<{id}@ateliernord.example>"), "office@ateliernord.example", &[ELS]),
        files: vec![],
        revision: Some(id.to_string()),
        options: SendOptions::default(),
        open_check: OpenCheck::Off,
    };
    let lease_owner = LeaseOwner::new("worker");
    let lease = Some((lease_owner.clone(), ago(0) + Duration::minutes(1)));
    let user_store = stored.store.user_store(&users[0]);
    user_store.enqueue(std::slice::from_ref(&mail), &Order { lease, ..Order::default() }).await.unwrap();
    let journal = GroupCommitWriter::new(&stored.store);
    let started =
        NewAttempt { started: ago(days), account: accounts[0].id, transport: "smtp".into(), fallback: false };
    let attempt = journal.begin(id, &started, &lease_owner).await.unwrap();
    let result = if ended == QueueState::Sent { AttemptResult::Accepted } else { AttemptResult::Permanent };
    let result = Completion { finished: ago(days), result, stage: None, detail: None, provider_ids: vec![] };
    journal.finish(attempt, &result, facts, Some(StateChange::of(&lease_owner, ended))).await.unwrap();
    id
}

fn gave_up() -> QueueState {
    QueueState::Failed { reason: "the server refused it".into() }
}

/// Runs a command in JSON, at the store.
fn rows(stored: &Enqueued, home: &tempfile::TempDir, words: &[&str]) -> Vec<Value> {
    let (store, key) = (stored.path().display().to_string(), home.path().join("key").display().to_string());
    let options = ["--json", "--store", &store, "--key", &key];
    let (printed, _) = expect(home.path(), 0, &[words, &options[..]].concat());
    serde_json::from_str(&printed).unwrap()
}

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().filter_map(|row| row["mail"].as_str().or(row["id"].as_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_failed_and_was_sent_again_is_one_row_and_two_mails_on_the_timeline() {
    let stored = Enqueued::new(&[ELS]).await;
    let home = tempfile::tempdir().unwrap();
    let failed = mail(&stored, "F-1", 3, gave_up(), &[fact("refused", 3, "550 no")]).await;
    let sent = mail(&stored, "F-1", 2, QueueState::Sent, &[fact("accepted", 2, "250 ok")]).await;
    let other = mail(&stored, "F-2", 2, gave_up(), &[fact("refused", 2, "550 no")]).await;
    for words in [&["status", "F-1"][..], &["status", "Bakkerij"], &["status"]] {
        let rows = rows(&stored, &home, words);
        let of_document: Vec<&Value> = rows.iter().filter(|row| row.to_string().contains("F-1")).collect();
        assert_eq!(of_document.len(), 1, "{words:?}: {rows:?}");
        assert_eq!(of_document[0]["label"], "In transit", "{words:?}");
        assert!(of_document[0].to_string().contains(&sent.to_string()), "{words:?}");
        assert_eq!(
            rows.iter().any(|row| row.to_string().contains(&other.to_string())),
            words[words.len() - 1] != "F-1"
        );
    }
    let whole = rows(&stored, &home, &["timeline", "F-1"]);
    assert_eq!(ids(&whole), [failed.to_string(), sent.to_string()], "{whole:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn as_of_a_time_neither_mails_nor_facts_nor_attempts_are_known_that_came_later() {
    let stored = Enqueued::new(&[ELS]).await;
    let home = tempfile::tempdir().unwrap();
    let facts = [fact("accepted", 6, "250 ok"), fact("bounced", 4, "550 5.1.1 no such user")];
    let first = mail(&stored, "F-1", 6, QueueState::Sent, &facts).await;
    let second = mail(&stored, "F-1", 2, QueueState::Sent, &[fact("accepted", 2, "250 ok")]).await;
    for (days, known, label, events) in [
        (7, &[][..], "", 0),
        (5, &[first], "In transit", 1),
        (3, &[first], "Failed", 2),
        (1, &[first, second], "In transit", 1),
    ] {
        let time = ago(days).to_rfc3339();
        let timeline = rows(&stored, &home, &["timeline", "F-1", "--as-of", &time]);
        let known: Vec<String> = known.iter().map(ToString::to_string).collect();
        assert_eq!(ids(&timeline), known, "{days} days ago: {timeline:?}");
        let status = rows(&stored, &home, &["status", "F-1", "--as-of", &time]);
        assert_eq!(status.len(), usize::from(!known.is_empty()), "{days} days ago: {status:?}");
        let Some(last) = timeline.last() else { continue };
        assert_eq!(
            (status[0]["label"].as_str(), last["label"].as_str()),
            (Some(label), Some(label)),
            "{days}: {last}"
        );
        assert_eq!(last["events"].as_array().unwrap().len(), events, "{days}: {last}");
        assert_eq!(last["attempts"].as_array().unwrap().len(), 1, "{days}: {last}");
        if label == "In transit" {
            assert!(
                !timeline.iter().take(1).any(|row| days == 5 && row.to_string().contains("no such user"))
            );
        }
    }
}
