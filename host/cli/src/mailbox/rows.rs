//! Conversations and messages as rows of a table and as JSON, with names in place of the store's ids.

use chrono::{DateTime, FixedOffset};
use postroom::app::{ConversationRow, MailboxAccess, MailboxMessage};
use postroom::app::{DocumentLink, MessageFile, Person, PersonRole, Proposal};
use postroom_model::{AccountId, UserId};
use serde::Serialize;
use std::collections::BTreeMap;

use super::Failure;

/// Characters of a subject in a table.
const SUBJECT: usize = 60;

/// Names of accounts and users, by their ids.
pub(super) struct Names {
    accounts: BTreeMap<AccountId, String>,
    users: BTreeMap<UserId, String>,
}

impl Names {
    /// Reads the names of the accounts that the user may use, and of the company's users.
    pub(super) async fn read(mailboxes: &MailboxAccess) -> Result<Self, Failure> {
        let accounts = mailboxes.accounts(&[]).await?.into_iter();
        let users = mailboxes.colleagues().await?.into_iter();
        Ok(Self {
            accounts: accounts.map(|account| (account.id, account.name.to_string())).collect(),
            users: users.map(|user| (user.id, user.login.to_string())).collect(),
        })
    }

    pub(super) fn account(&self, id: AccountId) -> String {
        self.accounts.get(&id).cloned().unwrap_or_default()
    }

    pub(super) fn user(&self, id: UserId) -> String {
        self.users.get(&id).cloned().unwrap_or_else(|| "a user who was removed".to_owned())
    }
}

/// A conversation in JSON.
#[derive(Debug, Serialize)]
pub(super) struct ConversationJson {
    pub(super) id: String,
    account: String,
    subject: String,
    latest: DateTime<FixedOffset>,
    messages: u64,
    unread: u64,
    people: Vec<PersonJson>,
    partners: Vec<String>,
    documents: Vec<DocumentLink>,
    done: bool,
    assignee: Option<String>,
    private: bool,
    notes: u64,
}

/// A person in JSON.
#[derive(Debug, Serialize)]
pub(super) struct PersonJson {
    name: Option<String>,
    address: String,
}

/// A message in JSON.
#[derive(Debug, Serialize)]
pub(super) struct MessageJson {
    id: String,
    account: String,
    conversation: String,
    message_id: String,
    direction: postroom::app::Direction,
    date: DateTime<FixedOffset>,
    subject: String,
    from: Vec<PersonJson>,
    to: Vec<PersonJson>,
    cc: Vec<PersonJson>,
    /// What it is, as `postroom track` says; none: it was not read yet.
    class: Option<String>,
    unread: bool,
    private: bool,
    files: Vec<MessageFile>,
    folders: Vec<String>,
    /// Why it is in its conversation, a code of `postroom schema --vocabulary`; and whether that is certain.
    reason: Option<String>,
    sure: bool,
    by_hand: bool,
    proposals: Vec<Proposal>,
    documents: Vec<DocumentLink>,
    /// Our mail that it is, or that it answers.
    mail: Option<String>,
}

fn person(of: &Person) -> PersonJson {
    PersonJson { name: of.name.clone(), address: of.address.clone() }
}

fn people(of: &MailboxMessage, role: PersonRole) -> Vec<PersonJson> {
    of.people.iter().filter(|it| it.role == role).map(person).collect()
}

pub(super) fn conversation_json(of: &ConversationRow, names: &Names) -> ConversationJson {
    ConversationJson {
        id: of.id.to_string(),
        account: names.account(of.account),
        subject: of.subject.clone(),
        latest: of.latest,
        messages: of.messages,
        unread: of.unread,
        people: of.people.iter().map(person).collect(),
        partners: of.partners.clone(),
        documents: of.documents.clone(),
        done: of.is_done,
        assignee: of.assignee.map(|user| names.user(user)),
        private: of.is_private,
        notes: of.notes,
    }
}

pub(super) fn message_json(of: &MailboxMessage, names: &Names) -> MessageJson {
    MessageJson {
        id: of.id.to_string(),
        account: names.account(of.account),
        conversation: of.conversation.to_string(),
        message_id: of.message_id.clone(),
        direction: of.direction,
        date: of.date,
        subject: of.subject.clone(),
        from: people(of, PersonRole::From),
        to: people(of, PersonRole::To),
        cc: people(of, PersonRole::Cc),
        class: of.kind.clone(),
        unread: of.is_unread,
        private: of.is_private,
        files: of.files.clone(),
        folders: of.places.iter().map(|place| place.name.clone()).collect(),
        reason: of.reason.clone(),
        sure: of.is_sure,
        by_hand: of.by_hand,
        proposals: of.proposals.clone(),
        documents: of.documents.clone(),
        mail: of.mail.map(|mail| mail.to_string()),
    }
}

/// Shows a time of a list.
pub(super) fn shown_time(time: DateTime<FixedOffset>) -> String {
    time.with_timezone(&chrono::Local).format("%Y-%m-%d %H:%M").to_string()
}

/// Shortens a subject to what a table has room for.
pub(super) fn short(text: &str) -> String {
    let mut short: String = text.chars().take(SUBJECT).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    if short.is_empty() { "(no subject)".to_owned() } else { short }
}

/// Shows a person by name, or by address.
pub(super) fn shown_person(of: &Person) -> String {
    of.name.clone().filter(|name| !name.trim().is_empty()).unwrap_or_else(|| of.address.clone())
}

/// Shows the documents of a conversation or a message; a guess has a question mark.
pub(super) fn shown_documents(of: &[DocumentLink]) -> String {
    let shown =
        of.iter().take(3).map(|link| format!("{}{}", link.number, if link.is_sure { "" } else { "?" }));
    shown.collect::<Vec<_>>().join(", ")
}
