//! Filing messages: streamed from their pieces, several in one command where the server can (RFC 3502).
//!
//! The end of the command leaves with the last bytes of the last message: as long as one byte of that write
//! has not left, the server cannot have filed anything; after it, only the server's answer says.

use io_imap::types::command::CommandBody;
use io_imap::types::core::Literal;
use io_imap::types::datetime::DateTime;
use io_imap::types::extensions::binary::LiteralOrLiteral8;
use io_imap::types::mailbox::Mailbox;

use super::connection::{Connection, Permission, SMALL, Said};
use super::failure::{Failure, MailboxError, Stage};
use super::flags::flags;
use super::mailbox::{Filed, Filing, Place};
use super::request::Request;
use super::response::{Kind, Status};
use super::wire::{Deadline, Trouble};
use super::{Chunk, Verdict};
use crate::attachments::MessageReader;

/// Bytes gathered before they are written.
const BLOCK: usize = 64 * 1024;
/// The most messages in one command.
const MOST_AT_ONCE: usize = 100;
/// The most bytes in one command, unless a single message has more.
const LARGEST_AT_ONCE: u64 = 32 << 20;
/// What LITERAL- allows without asking (RFC 7888).
const SMALL_LITERAL: u64 = 4_096;

/// What stopped a command before its end.
enum Stopped {
    /// The server answered early, and not with OK.
    Answered(Status),
    /// The connection failed before the end.
    Lost(Trouble),
    /// A file could not be read; the connection is in the middle of a literal and of no more use.
    Unreadable(String),
    /// The end was sent, its answer did not come.
    InDoubt(String),
}

impl From<Trouble> for Stopped {
    fn from(trouble: Trouble) -> Self {
        Self::Lost(trouble)
    }
}

impl Connection {
    /// Files messages, one result for each. The only error is that there is no such folder, or no such name.
    pub(super) async fn append(
        &mut self,
        folder: &str,
        messages: &[Filing],
    ) -> Result<Vec<Filed>, MailboxError> {
        let mailbox = self.mailbox(folder)?;
        let mut results: Vec<Option<Filed>> = Vec::new();
        for message in messages {
            results.push(self.ruled_out(message).await.map(Filed::Refused));
        }
        let mut broken: Option<Failure> = None;
        loop {
            let batch = self.next_batch(messages, &results);
            if batch.is_empty() {
                break;
            }
            let outcomes = match &broken {
                Some(failure) => vec![Filed::Refused(failure.clone()); batch.len()],
                None => {
                    let chosen: Vec<&Filing> =
                        batch.iter().filter_map(|place| messages.get(*place)).collect();
                    let outcome = self.file(&mailbox, &chosen).await;
                    if let Err(Stopped::Lost(_) | Stopped::InDoubt(_) | Stopped::Unreadable(_)) = &outcome {
                        let what = "not tried, since the connection was lost with the message before it";
                        broken = Some(self.server.failure(Stage::Command, Verdict::Transient, what));
                    }
                    self.outcomes(folder, batch.len(), outcome)?
                }
            };
            for (place, outcome) in batch.into_iter().zip(outcomes) {
                if let Some(result) = results.get_mut(place) {
                    *result = Some(outcome);
                }
            }
        }
        Ok(results.into_iter().flatten().collect())
    }

    /// What can be known of a message before it is sent.
    async fn ruled_out(&self, message: &Filing) -> Option<Failure> {
        let refuse = |reason: String| Some(self.server.ruled_out(reason));
        if let Err(reason) = flags(&message.flags) {
            return refuse(reason);
        }
        if date(message).is_none() {
            return refuse(format!("{} can't be a received date", message.received));
        }
        if let Some(reason) = unfit(&message.chunks) {
            return refuse(reason.to_owned());
        }
        for chunk in &message.chunks {
            if let Chunk::Attachment(source) | Chunk::Raw(source) = chunk
                && let Err(error) = source.open().await
            {
                return refuse(error.to_string());
            }
        }
        let size = message.size();
        let most = self.capabilities.iter().find_map(|name| name.strip_prefix("APPENDLIMIT=")?.parse().ok());
        let most: u64 = most.unwrap_or(u64::from(u32::MAX));
        if size > most {
            return refuse(format!("the message has {size} bytes, the server takes {most} at the most"));
        }
        None
    }

    /// The next messages without a result that go into one command.
    fn next_batch(&self, messages: &[Filing], results: &[Option<Filed>]) -> Vec<usize> {
        let most = if self.can("MULTIAPPEND") { MOST_AT_ONCE } else { 1 };
        let mut batch = Vec::new();
        let mut size = 0;
        for (place, message) in messages.iter().enumerate() {
            if results.get(place).is_some_and(Option::is_some) {
                continue;
            }
            size += message.size();
            if batch.len() == most || (size > LARGEST_AT_ONCE && !batch.is_empty()) {
                break;
            }
            batch.push(place);
        }
        batch
    }

    /// One command.
    async fn file(&mut self, mailbox: &Mailbox<'static>, messages: &[&Filing]) -> Result<Said, Stopped> {
        let tag = self.tag();
        self.give_up();
        let (all_at_once, small_at_once) =
            (self.can("LITERAL+"), self.can("LITERAL-") || self.can("IMAP4REV2"));
        let mut out = Vec::with_capacity(2 * BLOCK);
        for (number, message) in messages.iter().enumerate() {
            let size = message.size();
            let at_once = all_at_once || (small_at_once && size <= SMALL_LITERAL);
            for piece in head(&tag, mailbox, message, number == 0) {
                if !out.is_empty() && number == 0 {
                    // The name of the folder is a literal.
                    self.send_waiting(&tag, &mut out).await?;
                }
                out.extend_from_slice(&piece);
            }
            out.extend_from_slice(format!("{{{size}{}}}\r\n", if at_once { "+" } else { "" }).as_bytes());
            if !at_once {
                self.send_waiting(&tag, &mut out).await?;
            }
            let mut reader = MessageReader::new(&message.chunks);
            loop {
                match reader.next(&mut out).await {
                    Ok(true) if out.len() >= BLOCK => self.send_block(&tag, &mut out).await?,
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => return Err(Stopped::Unreadable(error.to_string())),
                }
            }
        }
        out.extend_from_slice(b"\r\n");
        let mut left = 0;
        let sent = self.wire.send(&out, &mut left, Deadline::after(self.timeouts.block)).await;
        if left < out.len() {
            sent?;
            return Err(self.early_answer(&tag).await);
        }
        let answer = match sent {
            Ok(()) => self.answer(&tag, SMALL, Deadline::after(self.timeouts.filed)).await,
            Err(trouble) => Err(trouble),
        };
        match answer {
            Ok(said) if said.status.kind == Kind::Bye => Err(Stopped::InDoubt(said.status.to_string())),
            Ok(said) => {
                self.settle(&said);
                Ok(said)
            }
            Err(trouble) => Err(Stopped::InDoubt(trouble.to_string())),
        }
    }

    /// Sends what was gathered and waits for the server's permission to go on.
    async fn send_waiting(&mut self, tag: &str, out: &mut Vec<u8>) -> Result<(), Stopped> {
        let deadline = Deadline::after(self.timeouts.block);
        self.wire.send(out, &mut 0, deadline).await?;
        out.clear();
        match self.permission(tag, SMALL, deadline).await? {
            Permission::Given(_) => Ok(()),
            Permission::Answered(said) => {
                self.settle(&said);
                Err(Stopped::Answered(said.status))
            }
        }
    }

    async fn send_block(&mut self, tag: &str, out: &mut Vec<u8>) -> Result<(), Stopped> {
        let mut left = 0;
        self.wire.send(out, &mut left, Deadline::after(self.timeouts.block)).await?;
        if left < out.len() {
            return Err(self.early_answer(tag).await);
        }
        out.clear();
        Ok(())
    }

    /// The server hung up in the middle; its last words, if there are any.
    async fn early_answer(&mut self, tag: &str) -> Stopped {
        match self.answer(tag, SMALL, Deadline::after(self.timeouts.command)).await {
            Ok(said) => Stopped::Answered(said.status),
            Err(trouble) => Stopped::Lost(trouble),
        }
    }

    /// What became of each message of a command.
    fn outcomes(
        &mut self,
        folder: &str,
        count: usize,
        outcome: Result<Said, Stopped>,
    ) -> Result<Vec<Filed>, MailboxError> {
        let refused = |connection: &Self, status: &Status| {
            if status.has_code("TRYCREATE") || status.has_code("NONEXISTENT") {
                return Err(MailboxError::NoSuchFolder);
            }
            let what = format!("the server does not file the message in \"{folder}\"");
            Ok(Filed::Refused(connection.server.refused(Stage::Command, &what, status)))
        };
        let same = match outcome {
            Ok(said) if said.status.is_ok() => return Ok(stored(folder, &said.status, count)),
            Ok(Said { status, .. }) | Err(Stopped::Answered(status)) => refused(self, &status)?,
            Err(Stopped::Lost(trouble)) => {
                let what = "the message could not be sent, and is not filed";
                Filed::Refused(self.server.trouble(Stage::Command, what, &trouble))
            }
            Err(Stopped::Unreadable(error)) => {
                let what = format!("an attachment could not be read, so filing was broken off: {error}");
                Filed::Refused(self.server.failure(Stage::Command, Verdict::Permanent, what))
            }
            Err(Stopped::InDoubt(why)) => {
                let what = format!("the whole message was sent, and then: {why}; it may be filed or not");
                Filed::InDoubt(self.server.failure(Stage::Command, Verdict::InDoubt, what))
            }
        };
        Ok(vec![same; count])
    }
}

/// The command up to the literal's announcement; without the command's name for all but the first message.
fn head(tag: &str, mailbox: &Mailbox<'static>, message: &Filing, first: bool) -> Vec<Vec<u8>> {
    let body = CommandBody::Append {
        mailbox: if first { mailbox.clone() } else { Mailbox::Inbox },
        flags: flags(&message.flags).unwrap_or_default(),
        date: date(message),
        // In place of the message, which does not go through memory as a whole.
        message: LiteralOrLiteral8::Literal(Literal::unvalidated_non_sync(Vec::new())),
    };
    let mut pieces = Request::typed(tag.to_owned(), body).pieces;
    if let Some(last) = pieces.last_mut() {
        let end = last.len().saturating_sub(b"{0+}\r\n\r\n".len());
        last.truncate(end);
    }
    if !first && let Some(only) = pieces.first_mut() {
        // The space before the flags stays.
        only.drain(..(tag.len() + " APPEND INBOX".len()).min(only.len()));
    }
    pieces
}

fn date(message: &Filing) -> Option<DateTime> {
    use chrono::SubsecRound;
    DateTime::try_from(message.received.trunc_subsecs(0)).ok()
}

/// The messages are there; where, if the server said so: `APPENDUID 38505 3955:3957`.
fn stored(folder: &str, status: &Status, count: usize) -> Vec<Filed> {
    let places = status.arguments("APPENDUID").and_then(|arguments| {
        let (validity, set) = arguments.trim().split_once(' ')?;
        let uid_validity: u32 = validity.parse().ok()?;
        let mut uids: Vec<u32> = Vec::new();
        for range in set.split(',') {
            let (first, last) = range.split_once(':').unwrap_or((range, range));
            let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
            uids.extend((first..=last).take(count + 1));
            if uids.len() > count {
                return None;
            }
        }
        (uids.len() == count).then_some((uid_validity, uids))
    });
    match places {
        Some((uid_validity, uids)) => uids
            .into_iter()
            .map(|uid| Filed::Stored(Some(Place { folder: folder.to_owned(), uid_validity, uid })))
            .collect(),
        None => vec![Filed::Stored(None); count],
    }
}

/// Why a message's text can't be filed as it is: servers count lines differently where they do not end in
/// CRLF, and a literal holds no NUL.
fn unfit(chunks: &[Chunk]) -> Option<&'static str> {
    const LINES: &str = "a line of the message does not end in CRLF";
    let mut after_cr = false;
    for chunk in chunks {
        let Chunk::Text(text) = chunk else {
            if after_cr {
                return Some(LINES);
            }
            continue;
        };
        for byte in text.bytes() {
            match byte {
                0 => return Some("the message holds a NUL"),
                b'\n' if !after_cr => return Some(LINES),
                b'\n' => {}
                _ if after_cr => return Some(LINES),
                _ => {}
            }
            after_cr = byte == b'\r';
        }
    }
    after_cr.then_some(LINES)
}
