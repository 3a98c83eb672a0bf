//! FETCH: always with PEEK, so that reading does not set `\Seen`.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use chrono::{DateTime, FixedOffset};
use io_imap::types::command::CommandBody;
use io_imap::types::core::{AString, Vec1};
use io_imap::types::fetch::{MacroOrMessageDataItemNames, MessageDataItemName, Part as Numbers, Section};
use io_imap::types::sequence::{Sequence, SequenceSet};

use super::connection::{CommandResponse, Connection, MOST_MEMORY, item};
use super::failure::{Failure, MailboxError};
use super::header::{self, OF_ENVELOPE};
use super::mailbox::{Address, Envelope, Headers, Part, Place};
use super::part::Decoder;
use super::request::Request;
use super::response::Value;
use super::selected::Access;
use super::structure::{Leaf, leaves};
use super::wire::Expected;
use super::{LARGEST_PART, LARGEST_SLICE, MOST_MESSAGES};
use crate::attachments::AttachmentSource;
use crate::budget::{HeapSize, OverBudget, SERVERS};

/// Messages in one command.
const BATCH: usize = 200;
/// Bytes of a header that are fetched.
const HEADER: NonZeroU32 = NonZeroU32::MIN.saturating_add((64 << 10) - 1);
/// The header and the structure of a message.
const WITHOUT_TEXT: Expected = Expected { literal: 64 << 10, response: 1 << 20, data: &["FETCH"] };
/// The most names of header fields in one question.
const MOST_NAMES: usize = 100;

impl Connection {
    pub(super) async fn fetch_envelopes(
        &mut self,
        folder: &str,
        uid_validity: u32,
        uids: &[u32],
    ) -> Result<Vec<Envelope>, MailboxError> {
        let items = [
            MessageDataItemName::Uid,
            MessageDataItemName::Flags,
            MessageDataItemName::InternalDate,
            MessageDataItemName::Rfc822Size,
            MessageDataItemName::BodyStructure,
            self.header_fields(OF_ENVELOPE)?,
        ];
        self.fetch_each(folder, uid_validity, uids, &items, None, |uid, items| {
            envelope(uid, items, &body(items).unwrap_or_default())
        })
        .await
    }

    pub(super) async fn fetch_headers(
        &mut self,
        folder: &str,
        uid_validity: u32,
        uids: &[u32],
        names: &[String],
    ) -> Result<Vec<Headers>, MailboxError> {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let items = [MessageDataItemName::Uid, self.header_fields(&names)?];
        self.fetch_each(folder, uid_validity, uids, &items, None, |uid, items| {
            let fields = header::fields(&body(items).unwrap_or_default());
            Headers { uid, fields }
        })
        .await
    }

    /// Builds `BODY.PEEK[HEADER.FIELDS (…)]<0.65536>`.
    pub(super) fn header_fields(&self, names: &[&str]) -> Result<MessageDataItemName<'static>, Failure> {
        let unusable = |name: &str| {
            self.server.ruled_out(format!("\"{}\" is no name of a header field", name.escape_debug()))
        };
        if names.len() > MOST_NAMES {
            return Err(self.server.ruled_out(format!("more than {MOST_NAMES} header fields")));
        }
        let mut fields = Vec::new();
        for name in names {
            let fits = (1..=76).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':');
            let field = AString::try_from((*name).to_owned()).ok().filter(|_| fits);
            fields.push(field.ok_or_else(|| unusable(name))?);
        }
        let fields = Vec1::try_from(fields).map_err(|_| self.server.ruled_out("no header field is named"))?;
        Ok(MessageDataItemName::BodyExt {
            section: Some(Section::HeaderFields(None, fields)),
            partial: Some((0, HEADER)),
            peek: true,
        })
    }

    /// Fetches `items` of many messages, and one that the codec does not have, and reads each message's; in the order of
    /// `uids`.
    pub(super) async fn fetch_each<T: HeapSize>(
        &mut self,
        folder: &str,
        uid_validity: u32,
        uids: &[u32],
        items: &[MessageDataItemName<'static>],
        other: Option<&'static str>,
        mut read: impl FnMut(u32, &[Value]) -> T,
    ) -> Result<Vec<T>, MailboxError> {
        if uids.len() > MOST_MESSAGES {
            let what = format!("more than {MOST_MESSAGES} messages in one question");
            return Err(self.server.ruled_out(what).into());
        }
        self.open_as(folder, uid_validity, Access::Read).await?;
        let mut wanted: Vec<u32> = uids.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let mut found: BTreeMap<u32, T> = BTreeMap::new();
        let mut memory = SERVERS.reservation(MOST_MEMORY);
        for batch in wanted.chunks(BATCH) {
            let Some(set) = sequence_set(batch) else { continue };
            let response = self.fetch(set, items.to_vec(), other, WITHOUT_TEXT).await?;
            for items in response.fetched() {
                // A server may send data of other messages at any time: only complete responses to this request count.
                let uid = item(items, "UID").and_then(Value::number).filter(|uid| batch.contains(uid));
                if let Some(uid) = uid
                    && body(items).is_some()
                {
                    let one = read(uid, items);
                    memory.hold(&one).map_err(|over| self.over_budget(over))?;
                    found.insert(uid, one);
                }
            }
        }
        Ok(uids.iter().filter_map(|uid| found.remove(uid)).collect())
    }

    pub(super) async fn fetch_message(
        &mut self,
        at: &Place,
        offset: u64,
        length: u32,
    ) -> Result<Vec<u8>, MailboxError> {
        self.open_as(&at.folder, at.uid_validity, Access::Read).await?;
        self.slice(at.uid, None, offset, length.min(LARGEST_SLICE)).await
    }

    pub(super) async fn fetch_part(
        &mut self,
        at: &Place,
        section: &str,
    ) -> Result<AttachmentSource, MailboxError> {
        let numbers = section_numbers(section);
        let numbers = numbers
            .ok_or_else(|| self.server.ruled_out(format!("\"{}\" is no section", section.escape_debug())))?;
        self.open_as(&at.folder, at.uid_validity, Access::Read).await?;
        let leaf = self.leaf(at.uid, section).await?;
        let mut decoder = Decoder::of(&leaf.encoding);
        let (mut file, mut offset) = (Vec::new(), 0);
        // The file, and a slice of it that is being decoded.
        let mut memory = SERVERS.reservation(MOST_MEMORY + 2 * LARGEST_PART as usize);
        // The size in the structure may be wrong; a short slice shows the end of the part.
        loop {
            let slice = self.slice(at.uid, Some(&numbers), offset, LARGEST_SLICE).await?;
            offset += slice.len() as u64;
            memory.allocate(slice.len()).map_err(|over| self.over_budget(over))?;
            decoder.push(&slice, &mut file);
            if slice.len() < LARGEST_SLICE as usize {
                break;
            }
            if offset >= LARGEST_PART {
                let what = format!("the part {section} is larger than {LARGEST_PART} bytes");
                return Err(self.server.ruled_out(what).into());
            }
        }
        decoder.finish(&mut file);
        Ok(AttachmentSource::from_bytes(file))
    }

    async fn leaf(&mut self, uid: u32, section: &str) -> Result<Leaf, MailboxError> {
        let set = sequence_set(&[uid]).ok_or(MailboxError::NoSuchMessage)?;
        let items = vec![MessageDataItemName::Uid, MessageDataItemName::BodyStructure];
        let response = self.fetch(set, items, None, WITHOUT_TEXT).await?;
        let structure = response
            .fetched()
            .filter(|items| item(items, "UID").and_then(Value::number) == Some(uid))
            .find_map(|items| item(items, "BODYSTRUCTURE"))
            .ok_or(MailboxError::NoSuchMessage)?;
        let leaf = leaves(structure).into_iter().find(|leaf| leaf.part.section == section);
        leaf.ok_or_else(|| self.server.ruled_out(format!("the message has no part {section}")).into())
    }

    /// Bytes of a message, or of a part of it.
    async fn slice(
        &mut self,
        uid: u32,
        section: Option<&Numbers>,
        offset: u64,
        length: u32,
    ) -> Result<Vec<u8>, MailboxError> {
        let set = sequence_set(&[uid]).ok_or(MailboxError::NoSuchMessage)?;
        // No message is longer than what IMAP can count.
        let (Ok(offset), Some(bytes)) = (u32::try_from(offset), NonZeroU32::new(length)) else {
            return Ok(Vec::new());
        };
        let part = MessageDataItemName::BodyExt {
            section: section.map(|numbers| Section::Part(numbers.clone())),
            partial: Some((offset, bytes)),
            peek: true,
        };
        let response = length as usize + (64 << 10);
        let size = Expected { literal: length, response, data: &["FETCH"] };
        let response = self.fetch(set, vec![MessageDataItemName::Uid, part], None, size).await?;
        let mut parts =
            response.fetched().filter(|items| item(items, "UID").and_then(Value::number) == Some(uid));
        let bytes = parts.find_map(body).ok_or(MailboxError::NoSuchMessage)?;
        if bytes.len() > length as usize {
            self.give_up();
            let what = format!("the server gives {} bytes where {length} were asked for", bytes.len());
            return Err(self.server.ruled_out(what).into());
        }
        Ok(bytes)
    }

    /// Builds the error of responses beyond the memory budget; the rest of them is not received.
    pub(super) fn over_budget(&self, over: OverBudget) -> MailboxError {
        self.unanswered("the messages could not be fetched", &over.into())
    }

    pub(super) async fn fetch(
        &mut self,
        sequence_set: SequenceSet,
        items: Vec<MessageDataItemName<'static>>,
        other: Option<&'static str>,
        expected: Expected,
    ) -> Result<CommandResponse, MailboxError> {
        let body = CommandBody::Fetch {
            sequence_set,
            macro_or_item_names: MacroOrMessageDataItemNames::MessageDataItemNames(items),
            uid: true,
            modifiers: Vec::new(),
        };
        let mut request = Request::typed(self.tag(), body);
        if let Some(other) = other {
            request = request.within_last_list(other);
        }
        let limit = self.timeouts.fetch;
        let response = self.run_request(&request, expected, limit).await;
        let response =
            response.map_err(|error| self.unanswered("the messages could not be fetched", &error))?;
        // Expunged in the meantime: the data that was sent counts (RFC 2180 §4.1).
        if !response.status.has_code("EXPUNGEISSUED") {
            self.expect_ok(&response, "the server does not give the messages")?;
        }
        Ok(response)
    }
}

impl HeapSize for Envelope {
    fn heap_size(&self) -> usize {
        let addresses = [&self.from, &self.reply_to, &self.to, &self.cc, &self.bcc];
        addresses.iter().map(|list| list.heap_size()).sum::<usize>()
            + [&self.flags, &self.in_reply_to, &self.references]
                .iter()
                .map(|list| list.heap_size())
                .sum::<usize>()
            + self.subject.heap_size()
            + self.message_id.heap_size()
            + self.parts.heap_size()
    }
}

impl HeapSize for Address {
    fn heap_size(&self) -> usize {
        self.name.heap_size() + self.address.heap_size()
    }
}

impl HeapSize for Part {
    fn heap_size(&self) -> usize {
        let names = [&self.file_name, &self.disposition, &self.content_id];
        names.iter().map(|name| name.heap_size()).sum::<usize>()
            + self.section.heap_size()
            + self.media_type.heap_size()
    }
}

impl HeapSize for Headers {
    fn heap_size(&self) -> usize {
        self.fields.heap_size()
    }
}

/// Reads an envelope from the items of a message and its header.
pub(super) fn envelope(uid: u32, items: &[Value], header: &[u8]) -> Envelope {
    let received = item(items, "INTERNALDATE").and_then(Value::text).as_deref().and_then(internal_date);
    let mut envelope = header::envelope(uid, received.unwrap_or_default(), header);
    if received.is_none() {
        envelope.received = envelope.date.unwrap_or_default();
    }
    envelope.flags = flags(items);
    envelope.size = item(items, "RFC822.SIZE").and_then(Value::number).unwrap_or(0);
    let structure = item(items, "BODYSTRUCTURE").map(leaves).unwrap_or_default();
    envelope.parts = structure.into_iter().map(|leaf| leaf.part).collect();
    envelope
}

/// Uids as a set, runs as ranges; none for no uid at all.
pub(super) fn sequence_set(sorted: &[u32]) -> Option<SequenceSet> {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for uid in sorted.iter().copied().filter(|uid| *uid > 0) {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(uid) => *last = uid,
            _ => ranges.push((uid, uid)),
        }
    }
    let sequence = |(first, last): (u32, u32)| {
        let text = if first == last { first.to_string() } else { format!("{first}:{last}") };
        Sequence::try_from(text.as_str()).ok()
    };
    SequenceSet::try_from(ranges.into_iter().filter_map(sequence).collect::<Vec<_>>()).ok()
}

fn section_numbers(section: &str) -> Option<Numbers> {
    if section.len() > 200 {
        return None;
    }
    let numbers: Option<Vec<NonZeroU32>> = section.split('.').map(|number| number.parse().ok()).collect();
    Vec1::try_from(numbers?).ok().map(Numbers)
}

/// Returns the bytes of the one `BODY[…]` among items; NIL is none.
pub(super) fn body(items: &[Value]) -> Option<Vec<u8>> {
    let place = items.iter().position(|value| {
        value.atom().and_then(|atom| atom.get(..5)).is_some_and(|start| start.eq_ignore_ascii_case("BODY["))
    })?;
    match items.get(place + 1)? {
        Value::Nil => Some(Vec::new()),
        value => value.bytes().map(<[u8]>::to_vec),
    }
}

pub(super) fn flags(items: &[Value]) -> Vec<String> {
    let flags = item(items, "FLAGS").and_then(Value::list).unwrap_or_default();
    flags.iter().filter_map(Value::atom).take(200).map(|flag| flag.chars().take(200).collect()).collect()
}

/// `" 7-Jul-1996 02:44:25 -0700"`
fn internal_date(text: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_str(text.trim(), "%d-%b-%Y %H:%M:%S %z").ok()
}
