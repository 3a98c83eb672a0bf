//! A mailbox to test with: one folder, and what a synchronisation stores of it.

use super::fixture::{Fixture, at};
use crate::*;
use postroom_model::*;
use std::time::Duration;

pub(super) const LEASE: Duration = Duration::from_secs(60);

pub(super) fn now() -> chrono::DateTime<chrono::FixedOffset> {
    chrono::Local::now().fixed_offset()
}

pub(super) struct Mailbox {
    pub(super) store: SystemStore,
    pub(super) lease: MailboxLease,
    pub(super) inbox: FolderId,
    pub(super) archive: FolderId,
    /// Of the folder `INBOX`.
    pub(super) cursor: Option<FolderCursor>,
}

pub(super) fn seen(name: &str) -> FolderSeen {
    FolderSeen {
        name: name.into(),
        special_use: Vec::new(),
        delimiter: Some("/".into()),
        is_selectable: true,
    }
}

pub(super) fn cursor(uid_next: u32) -> FolderCursor {
    FolderCursor { uid_validity: 7, uid_next, floor: 1, highest_modseq: Some(u64::from(uid_next) * 10) }
}

pub(super) fn person(role: PersonRole, name: &str, address: &str) -> Person {
    Person { role, name: (!name.is_empty()).then(|| name.to_owned()), address: address.into() }
}

pub(super) fn clue(value: &str) -> Clue {
    Clue { kind: "message-id".into(), value: value.into() }
}

/// A message from Els to the office, in a conversation of its own.
pub(super) fn message(uid: u32) -> IndexedMessage {
    let received = at("2026-11-01T10:00:00+01:00") + chrono::Duration::minutes(i64::from(uid));
    let mut identity = [0; 32];
    identity[..4].copy_from_slice(&uid.to_be_bytes());
    IndexedMessage {
        uid,
        flags: Vec::new(),
        identity,
        message_id: format!("<{uid}@customer.example>"),
        subject: format!("Re: Question {uid}"),
        base_subject: format!("Question {uid}"),
        people: vec![
            person(PersonRole::From, "Els Maes", "els@customer.example"),
            person(PersonRole::To, "", "office@ateliernord.example"),
        ],
        date: Some(received),
        received,
        size: 1_000,
        direction: Direction::Incoming,
        kind: Some("message".into()),
        is_quiet: false,
        files: Vec::new(),
        thread_index: None,
        gmail_thread: None,
        clues: vec![clue(&format!("<{uid}@customer.example>"))],
        conversation: ConversationChoice::New(uid),
        reason: None,
        is_sure: true,
        partners: Vec::new(),
        documents: Vec::new(),
        proposals: Vec::new(),
        mail: None,
        body_text: None,
    }
}

impl Mailbox {
    /// Leases the mailbox of an account, and lists its folders.
    pub(super) async fn open(store: &SystemStore, account: AccountId) -> Self {
        let lease =
            store.claim_mailbox(&LeaseOwner::new("sync"), account, now(), LEASE).await.unwrap().unwrap();
        let folders =
            store.set_mailbox_folders(&lease, &[seen("INBOX"), seen("Archive")], now()).await.unwrap();
        let id = |name: &str| folders.iter().find(|it| it.folder.name == name).unwrap().id;
        Self { store: store.clone(), lease, inbox: id("INBOX"), archive: id("Archive"), cursor: None }
    }

    pub(super) async fn of(fixture: &Fixture) -> Self {
        Self::open(&fixture.store, fixture.account.id).await
    }

    /// Stores messages of `INBOX`.
    pub(super) async fn record(&mut self, messages: &[IndexedMessage]) -> RecordedMessages {
        let last = messages.iter().map(|it| it.uid).max().unwrap_or_default();
        let next = self.cursor.map_or(1, |it| it.uid_next).max(last + 1);
        let after = cursor(next);
        let recorded =
            self.store.record_messages(&self.lease, self.inbox, self.cursor, after, messages).await.unwrap();
        self.cursor = Some(after);
        recorded
    }

    /// Stores one message, and returns its ids.
    pub(super) async fn add(&mut self, message: IndexedMessage) -> (IndexedMessageId, ConversationId) {
        self.record(&[message]).await.messages[0].unwrap()
    }

    /// Deletes the places of these uids of `INBOX`.
    pub(super) async fn vanish(&mut self, uids: std::ops::RangeInclusive<u32>) -> RecordedChanges {
        let at = self.cursor.unwrap();
        self.store.record_changes(&self.lease, self.inbox, at, at, &[], &[uids], now()).await.unwrap()
    }
}

pub(super) fn all() -> ConversationFilter {
    ConversationFilter { limit: 100, ..ConversationFilter::default() }
}

pub(super) fn searching(text: &str) -> SearchFilter {
    SearchFilter { text: text.into(), limit: 100, ..SearchFilter::default() }
}
