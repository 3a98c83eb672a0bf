//! Rows of the index made of envelopes: the plugin says which conversation a message belongs to and which documents it is about, the
//! store which partners its people are and which mails of ours it names.

use super::error::SyncError;
use super::folder::{Indexing, Origin};
use super::identity::identity;
use crate::engine::{CompanyPlugin, Files};
use chrono::{DateTime, FixedOffset, SecondsFormat, TimeDelta};
use postroom_contract::inbound::MessageContent;
use postroom_contract::mailbox as contract;
use postroom_contract::types::{Address, ArgumentError};
use postroom_model::{AccountId, CompanyId, ConversationId, IndexedMessageId};
use postroom_store::{
    Clue, ConversationChoice, Direction, DocumentLink, IndexedMessage, KnownMessage, MailboxLease,
    MessageFile, OwnMail, Person, PersonRole, Proposal, SystemStore,
};
use postroom_transport::BoxFuture;
use postroom_transport::imap::Part;
use postroom_transport::imap::SyncEnvelope;
use std::collections::{BTreeMap, BTreeSet};

/// Days of history whose messages are classified by what they hold. Older ones are classified by their header.
const CLASSIFIED_DAYS: i64 = 30;
/// Files of a message that the index names.
const FILES: usize = 100;
/// Kinds of clues whose values are compared with each other: a message names the Message-ID of another.
const OF_MESSAGE_IDS: [&str; 3] = ["message-id", "answers", "refers"];
/// The kind of the clue that many messages share.
const SUBJECT: &str = "subject";

/// Makes rows of the index for an account.
#[derive(Debug)]
pub struct Indexer<'a> {
    /// The index.
    pub store: &'a SystemStore,
    /// The lease of the mailbox.
    pub lease: &'a MailboxLease,
    /// The rules.
    pub plugin: &'a CompanyPlugin,
    /// The company.
    pub company: CompanyId,
    /// The account.
    pub account: AccountId,
    /// Addresses that the company's mail is sent from.
    pub own_addresses: &'a [String],
    /// The time of the look.
    pub now: DateTime<FixedOffset>,
}

impl Indexing for Indexer<'_> {
    fn prepare<'a>(
        &'a self,
        at: Origin<'a>,
        envelopes: &'a [SyncEnvelope],
        is_history: bool,
    ) -> BoxFuture<'a, Result<Vec<IndexedMessage>, SyncError>> {
        Box::pin(self.rows(at, envelopes, is_history))
    }

    fn text<'a>(&'a self, raw: Vec<u8>) -> BoxFuture<'a, Result<String, SyncError>> {
        Box::pin(async move {
            let (now, message) = (rfc3339(self.now), MessageContent::Bytes(raw));
            let read =
                self.plugin.read_message(&Files::default(), &message, self.own_addresses, &now).await?;
            // One that can't be read has no words to be found by.
            Ok(read.map(|read| read.text).unwrap_or_default())
        })
    }
}

impl Indexer<'_> {
    async fn rows(
        &self,
        at: Origin<'_>,
        envelopes: &[SyncEnvelope],
        is_history: bool,
    ) -> Result<Vec<IndexedMessage>, SyncError> {
        if envelopes.is_empty() {
            return Ok(Vec::new());
        }
        let own_mails = self.own_mails(envelopes).await?;
        let messages: Vec<contract::MailboxMessage> =
            envelopes.iter().zip(&own_mails).map(|(of, own)| message(of, own.as_ref())).collect();
        let files = Files::default();
        let mut described =
            self.plugin.describe_messages(&files, &messages, self.own_addresses).await?.map_err(broken)?;
        let is_sent = at.folder.folder.special_use.iter().any(|known| known == "sent");
        for ((description, of), own) in described.iter_mut().zip(envelopes).zip(&own_mails) {
            // Anyone can write our address into From. What lies in Sent we wrote, and what has the Message-ID of a mail of ours.
            let is_ours = is_sent || is_mail(of, own.as_ref());
            if !is_ours {
                description.direction = contract::Direction::Incoming;
            }
        }
        let addresses: BTreeSet<String> = described.iter().flat_map(|of| of.people.iter().cloned()).collect();
        let addresses: Vec<String> = addresses.into_iter().collect();
        let partners_of = self.store.partners_of(self.company, self.account, &addresses).await?;
        let partners: Vec<Vec<String>> = described
            .iter()
            .zip(&own_mails)
            .map(|(of, own)| {
                let mut all: BTreeSet<&String> =
                    of.people.iter().filter_map(|address| partners_of.get(address)).flatten().collect();
                all.extend(own.as_ref().and_then(|own| Some(&own.document.as_ref()?.partner)));
                all.into_iter().cloned().collect()
            })
            .collect();
        let known = self.known(&described).await?;
        let documented = Documented::of(&known);
        let new: Vec<contract::NewMessage> = described
            .iter()
            .zip(&partners)
            .map(|(of, partners)| contract::NewMessage {
                description: of.clone(),
                partners: partners.clone(),
                // Which of its numbers are documents of ours: those of the mails that its conversation is about.
                documents: documented.among(of),
            })
            .collect();
        let known_messages: Vec<contract::KnownMessage> = known.iter().map(known_message).collect();
        let placed = self.plugin.place_messages(&files, &new, &known_messages).await?.map_err(broken)?;
        for (from, into) in &placed.merged {
            let (Ok(from), Ok(into)) = (from.parse(), into.parse()) else { continue };
            self.store.merge_conversations(self.lease, from, into).await?;
        }
        let mut rows = Vec::with_capacity(envelopes.len());
        for (number, placement) in placed.placements.into_iter().enumerate() {
            let (Some(of), Some(description)) = (envelopes.get(number), described.get(number)) else {
                continue;
            };
            let own = own_mails.get(number).and_then(Option::as_ref);
            let partners = partners.get(number).cloned().unwrap_or_default();
            let documents = self
                .documents(
                    description,
                    &partners,
                    own,
                    is_mail(of, own),
                    &documented,
                    &placement.conversation,
                )
                .await?;
            rows.push(self.row(at, of, description, placement, partners, documents, own, is_history));
        }
        Ok(rows)
    }

    /// Finds for each message our mail that it is, or that it answers.
    async fn own_mails(&self, envelopes: &[SyncEnvelope]) -> Result<Vec<Option<OwnMail>>, SyncError> {
        let ids_of = |of: &SyncEnvelope| {
            let envelope = &of.envelope;
            let answered = envelope.in_reply_to.iter().chain(envelope.references.iter().rev());
            envelope.message_id.iter().chain(answered).take(20).cloned().collect::<Vec<_>>()
        };
        let ids: BTreeSet<String> = envelopes.iter().flat_map(ids_of).collect();
        let ids: Vec<String> = ids.into_iter().collect();
        let known = self.store.mail_of_message_id(self.company, self.account, &ids).await?;
        let own = envelopes
            .iter()
            .map(|of| ids_of(of).iter().filter_map(|id| known.get(id)).flatten().next().cloned());
        Ok(own.collect())
    }

    /// Finds the messages of the index that share a clue with one of these. Subjects are asked for by themselves, and only where one may
    /// tell something: those that recur every month would else take the place of what a message answers.
    async fn known(&self, described: &[contract::Description]) -> Result<Vec<KnownMessage>, SyncError> {
        let (mut links, mut subjects) = (BTreeSet::new(), BTreeSet::new());
        for of in described {
            let names_none = !of.clues.iter().any(|clue| ["answers", "refers"].contains(&clue.kind.as_str()));
            let asks_for_subject = of.is_answer && names_none || !of.numbers.is_empty();
            for clue in &of.clues {
                let is_id = OF_MESSAGE_IDS.contains(&clue.kind.as_str()) || clue.kind == "passes-on";
                let kinds = if is_id { OF_MESSAGE_IDS.to_vec() } else { vec![clue.kind.as_str()] };
                let clues =
                    kinds.into_iter().map(|kind| Clue { kind: kind.to_owned(), value: clue.value.clone() });
                match clue.kind == SUBJECT {
                    true if asks_for_subject => subjects.extend(clues),
                    true => {}
                    false => links.extend(clues),
                }
            }
        }
        let (links, subjects): (Vec<Clue>, Vec<Clue>) =
            (links.into_iter().collect(), subjects.into_iter().collect());
        let mut known = self.store.related(self.account, &links).await?;
        let places: BTreeMap<IndexedMessageId, usize> =
            known.iter().enumerate().map(|(place, message)| (message.id, place)).collect();
        for message in self.store.related(self.account, &subjects).await? {
            match places.get(&message.id).and_then(|place| known.get_mut(*place)) {
                Some(known) => known.clues.extend(message.clues),
                None => known.push(message),
            }
        }
        Ok(known)
    }

    async fn documents(
        &self,
        description: &contract::Description,
        partners: &[String],
        own: Option<&OwnMail>,
        is_own_mail: bool,
        known: &Documented<'_>,
        conversation: &contract::ConversationChoice,
    ) -> Result<Vec<DocumentLink>, SyncError> {
        let mut candidates: Vec<contract::DocumentCandidate> = Vec::new();
        let mut add = |kind: &str, number: &str, partner: Option<&String>, found_by: &str| {
            candidates.push(contract::DocumentCandidate {
                kind: kind.to_owned(),
                number: number.to_owned(),
                partner: partner.cloned(),
                found_by: found_by.to_owned(),
            });
        };
        if let Some(document) = own.and_then(|own| own.document.as_ref()) {
            add(
                &document.kind,
                &document.number,
                Some(&document.partner),
                if is_own_mail { "own-mail" } else { "answered-mail" },
            );
        }
        for (of, document) in &known.0 {
            if description.numbers.contains(&document.number) {
                add(&document.kind, &document.number, document.partner.as_ref(), "number");
            }
            if matches!(conversation, contract::ConversationChoice::Known(id) if id == of) {
                add(&document.kind, &document.number, document.partner.as_ref(), "conversation");
            }
        }
        if candidates.is_empty() {
            return Ok(Vec::new());
        }
        let links = self.plugin.link_message(&Files::default(), description, partners, &candidates).await?;
        let links = links.map_err(broken)?.into_iter().filter_map(|link| {
            let of = candidates.get(usize::try_from(link.candidate).ok()?)?;
            Some(DocumentLink {
                kind: of.kind.clone(),
                number: of.number.clone(),
                partner: of.partner.clone(),
                reason: link.reason.code,
                is_sure: link.is_sure,
            })
        });
        Ok(links.collect())
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a row, each from its own rule")]
    fn row(
        &self,
        at: Origin<'_>,
        of: &SyncEnvelope,
        description: &contract::Description,
        placement: contract::Placement,
        partners: Vec<String>,
        documents: Vec<DocumentLink>,
        own: Option<&OwnMail>,
        is_history: bool,
    ) -> IndexedMessage {
        let envelope = &of.envelope;
        let is_outgoing = description.direction == contract::Direction::Outgoing;
        let is_recent = self.now.signed_duration_since(envelope.received) < TimeDelta::days(CLASSIFIED_DAYS);
        let is_program = of.is_report || of.auto_submitted || envelope.from.is_empty();
        // What a message holds is read once where it may be incoming; what is old and a person's by its header is ordinary.
        let is_read = !is_outgoing && (!is_history || is_recent || is_program || own.is_some());
        IndexedMessage {
            uid: envelope.uid,
            flags: envelope.flags.clone(),
            identity: identity(of, at.folder.id, at.uid_validity),
            message_id: envelope.message_id.clone().unwrap_or_default(),
            subject: envelope.subject.clone(),
            base_subject: description.base_subject.clone(),
            people: people(of),
            date: envelope.date,
            received: envelope.received,
            size: envelope.size,
            direction: if is_outgoing { Direction::Outgoing } else { Direction::Incoming },
            kind: (!is_read).then(|| "ordinary".to_owned()),
            is_quiet: is_outgoing || of.is_report,
            files: envelope.parts.iter().filter_map(file).take(FILES).collect(),
            thread_index: of.thread_index.clone(),
            gmail_thread: of.gmail_thread,
            clues: description
                .clues
                .iter()
                .map(|clue| Clue { kind: clue.kind.clone(), value: clue.value.clone() })
                .collect(),
            conversation: match &placement.conversation {
                contract::ConversationChoice::Known(id) => match id.parse() {
                    Ok(id) => ConversationChoice::Existing(id),
                    Err(_) => ConversationChoice::New(u32::MAX - envelope.uid),
                },
                contract::ConversationChoice::New(number) => ConversationChoice::New(*number),
            },
            reason: Some(placement.reason.code),
            is_sure: placement.is_sure,
            partners,
            documents,
            proposals: placement.proposals.into_iter().filter_map(proposal).collect(),
            mail: own.map(|own| own.mail),
            body_text: None,
        }
    }
}

/// Returns true if a message is that mail of ours, not an answer to it.
fn is_mail(of: &SyncEnvelope, own: Option<&OwnMail>) -> bool {
    own.is_some_and(|own| of.envelope.message_id.as_ref() == Some(&own.message_id))
}

/// The plugin does not take what it was given: it broke the contract, or this program did.
fn broken(error: ArgumentError) -> SyncError {
    SyncError::Plugin(error.sentence())
}

fn rfc3339(time: DateTime<FixedOffset>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, false)
}

fn message(of: &SyncEnvelope, own: Option<&OwnMail>) -> contract::MailboxMessage {
    let envelope = &of.envelope;
    let addresses = |list: &[postroom_transport::imap::Address]| {
        list.iter()
            .map(|it| Address { name: it.name.clone(), address: it.address.clone() })
            .collect::<Vec<_>>()
    };
    let recipients = [&envelope.to, &envelope.cc, &envelope.bcc].into_iter().flat_map(|list| addresses(list));
    contract::MailboxMessage {
        message_id: envelope.message_id.clone(),
        in_reply_to: envelope.in_reply_to.clone(),
        references: envelope.references.clone(),
        subject: envelope.subject.clone(),
        authors: addresses(&envelope.from),
        recipients: recipients.collect(),
        date: rfc3339(envelope.date.unwrap_or(envelope.received)),
        gmail_thread: of.gmail_thread.map(|thread| thread.to_string()),
        thread_index: of.thread_index.clone(),
        file_names: envelope.parts.iter().filter_map(|part| part.file_name.clone()).take(FILES).collect(),
        own_mail: own.map(|own| own.mail.to_string()),
    }
}

/// What the plugin needs of a message that has a place: the clues that it shares with those to be placed.
fn known_message(of: &KnownMessage) -> contract::KnownMessage {
    contract::KnownMessage {
        description: contract::Description {
            direction: match of.direction {
                Direction::Incoming => contract::Direction::Incoming,
                Direction::Outgoing => contract::Direction::Outgoing,
            },
            base_subject: of.base_subject.clone(),
            is_answer: false,
            is_forward: false,
            people: of.people.iter().map(|person| person.address.to_lowercase()).collect(),
            date: rfc3339(of.date),
            clues: of
                .clues
                .iter()
                .map(|clue| contract::Clue { kind: clue.kind.clone(), value: clue.value.clone() })
                .collect(),
            numbers: Vec::new(),
        },
        partners: of.partners.clone(),
        conversation: of.conversation.to_string(),
        by_hand: of.by_hand,
    }
}

/// The documents that known messages are about, each with that message's conversation.
struct Documented<'a>(Vec<(String, &'a DocumentLink)>);

impl<'a> Documented<'a> {
    fn of(known: &'a [KnownMessage]) -> Self {
        let of = |it: &'a KnownMessage| {
            it.documents.iter().map(move |document| (it.conversation.to_string(), document))
        };
        Self(known.iter().flat_map(of).collect())
    }

    /// Returns those numbers of a message that are numbers of these documents.
    fn among(&self, of: &contract::Description) -> Vec<String> {
        let is_known = |number: &&String| self.0.iter().any(|(_, document)| document.number == **number);
        of.numbers.iter().filter(is_known).cloned().collect()
    }
}

fn people(of: &SyncEnvelope) -> Vec<Person> {
    let envelope = &of.envelope;
    let fields = [
        (PersonRole::From, &envelope.from),
        (PersonRole::To, &envelope.to),
        (PersonRole::Cc, &envelope.cc),
        (PersonRole::Bcc, &envelope.bcc),
        (PersonRole::ReplyTo, &envelope.reply_to),
    ];
    let all = fields.into_iter().flat_map(|(role, list)| {
        list.iter().map(move |it| Person { role, name: it.name.clone(), address: it.address.clone() })
    });
    all.collect()
}

/// A part that is a file of the message: it has a name, or is no text to be read.
fn file(part: &Part) -> Option<MessageFile> {
    let is_attached = part.disposition.as_deref() == Some("attachment");
    let is_text = part.media_type.starts_with("text/");
    if part.file_name.is_none() && (is_text || !is_attached) {
        return None;
    }
    Some(MessageFile {
        name: part.file_name.clone().unwrap_or_default(),
        media_type: part.media_type.clone(),
        size: part.size,
        section: part.section.clone(),
    })
}

fn proposal(of: contract::Proposal) -> Option<Proposal> {
    // One that is new itself has no id yet.
    let contract::ConversationChoice::Known(id) = of.conversation else { return None };
    let conversation: ConversationId = id.parse().ok()?;
    Some(Proposal { conversation, reason: of.reason.code })
}
