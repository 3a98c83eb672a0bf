//! APPEND: messages streamed from their chunks, several in one command to a server with MULTIAPPEND (RFC 3502).
//!
//! The end of the command is sent with the last bytes of the last message: before all of that write was sent the server
//! cannot have filed anything; after it only the response decides.

use io_imap::types::command::CommandBody;
use io_imap::types::core::Literal;
use io_imap::types::datetime::DateTime;
use io_imap::types::extensions::binary::LiteralOrLiteral8;
use io_imap::types::mailbox::Mailbox;

use super::connection::{CommandResponse, Connection, Continuation, SMALL};
use super::failure::{Failure, MailboxError, Stage};
use super::flags::flags;
use super::mailbox::{Filed, Filing, Place};
use super::request::Request;
use super::response::{Kind, Status};
use super::wire::WireError;
use super::{Chunk, Verdict};
use crate::attachments::MessageReader;
use crate::session::Deadline;

/// Bytes that are collected for one write.
const BLOCK: usize = 64 * 1024;
/// The most messages in one command.
const MOST_AT_ONCE: usize = 100;
/// The most bytes in one command, unless a single message has more.
const LARGEST_AT_ONCE: u64 = 32 << 20;
/// The largest literal that LITERAL- allows without a continuation request (RFC 7888).
const SMALL_LITERAL: u64 = 4_096;

/// Why a command was not completed.
enum AppendError {
    /// The server completed the command before its end was sent, and not with OK.
    Refused(Status),
    /// The connection failed before the end.
    Lost(WireError),
    /// A file could not be read; the connection is in the middle of a literal and of no more use.
    Unreadable(String),
    /// The end was sent, and no response came.
    InDoubt(String),
}

impl From<WireError> for AppendError {
    fn from(error: WireError) -> Self {
        Self::Lost(error)
    }
}

impl Connection {
    /// Appends messages to a folder, one result for each. Fails only if the folder does not exist or its name is invalid.
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
            let filed = match &broken {
                Some(failure) => vec![Filed::Refused(failure.clone()); batch.len()],
                None => {
                    let chosen: Vec<&Filing> =
                        batch.iter().filter_map(|index| messages.get(*index)).collect();
                    let result = self.file(&mailbox, &chosen).await;
                    if let Err(AppendError::Lost(_) | AppendError::InDoubt(_) | AppendError::Unreadable(_)) =
                        &result
                    {
                        let what = "not tried, since the connection was lost with the message before it";
                        broken = Some(self.server.failure(Stage::Command, Verdict::Transient, what));
                    }
                    self.filed(folder, batch.len(), result)?
                }
            };
            for (index, filed) in batch.into_iter().zip(filed) {
                if let Some(result) = results.get_mut(index) {
                    *result = Some(filed);
                }
            }
        }
        Ok(results.into_iter().flatten().collect())
    }

    /// Returns why a message can't be filed, as far as that is known before it is sent.
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

    /// Returns the next messages without a result that fit into one command.
    fn next_batch(&self, messages: &[Filing], results: &[Option<Filed>]) -> Vec<usize> {
        let most = if self.can("MULTIAPPEND") { MOST_AT_ONCE } else { 1 };
        let mut batch = Vec::new();
        let mut size = 0;
        for (index, message) in messages.iter().enumerate() {
            if results.get(index).is_some_and(Option::is_some) {
                continue;
            }
            size += message.size();
            if batch.len() == most || (size > LARGEST_AT_ONCE && !batch.is_empty()) {
                break;
            }
            batch.push(index);
        }
        batch
    }

    /// Files messages by one command.
    async fn file(
        &mut self,
        mailbox: &Mailbox<'static>,
        messages: &[&Filing],
    ) -> Result<CommandResponse, AppendError> {
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
                    Err(error) => return Err(AppendError::Unreadable(error.to_string())),
                }
            }
        }
        out.extend_from_slice(b"\r\n");
        let mut left = 0;
        let sent = self.wire.send(&out, &mut left, Deadline::after(self.timeouts.block)).await;
        if left < out.len() {
            sent?;
            return Err(self.early_response(&tag).await);
        }
        let response = match sent {
            Ok(()) => self.response(&tag, SMALL, Deadline::after(self.timeouts.filed)).await,
            Err(error) => Err(error),
        };
        match response {
            Ok(response) if response.status.kind == Kind::Bye => {
                Err(AppendError::InDoubt(response.status.to_string()))
            }
            Ok(response) => {
                self.complete(&response);
                Ok(response)
            }
            Err(error) => Err(AppendError::InDoubt(error.to_string())),
        }
    }

    /// Sends what was collected, and waits for the continuation request.
    async fn send_waiting(&mut self, tag: &str, out: &mut Vec<u8>) -> Result<(), AppendError> {
        let deadline = Deadline::after(self.timeouts.block);
        self.wire.send(out, &mut 0, deadline).await?;
        out.clear();
        match self.continuation(tag, SMALL, deadline).await? {
            Continuation::Requested(_) => Ok(()),
            Continuation::Completed(response) => {
                self.complete(&response);
                Err(AppendError::Refused(response.status))
            }
        }
    }

    async fn send_block(&mut self, tag: &str, out: &mut Vec<u8>) -> Result<(), AppendError> {
        let mut left = 0;
        self.wire.send(out, &mut left, Deadline::after(self.timeouts.block)).await?;
        if left < out.len() {
            return Err(self.early_response(tag).await);
        }
        out.clear();
        Ok(())
    }

    /// Receives the response of a server that closed the connection before the end.
    async fn early_response(&mut self, tag: &str) -> AppendError {
        match self.response(tag, SMALL, Deadline::after(self.timeouts.command)).await {
            Ok(response) => AppendError::Refused(response.status),
            Err(error) => AppendError::Lost(error),
        }
    }

    /// Builds the result of each message of a command.
    fn filed(
        &mut self,
        folder: &str,
        count: usize,
        result: Result<CommandResponse, AppendError>,
    ) -> Result<Vec<Filed>, MailboxError> {
        let refused = |connection: &Self, status: &Status| {
            if status.has_code("TRYCREATE") || status.has_code("NONEXISTENT") {
                return Err(MailboxError::NoSuchFolder);
            }
            let what = format!("the server does not file the message in \"{folder}\"");
            Ok(Filed::Refused(connection.server.refused(Stage::Command, &what, status)))
        };
        let same = match result {
            Ok(response) if response.status.is_ok() => return Ok(stored(folder, &response.status, count)),
            Ok(CommandResponse { status, .. }) | Err(AppendError::Refused(status)) => refused(self, &status)?,
            Err(AppendError::Lost(error)) => {
                let what = "the message could not be sent, and is not filed";
                Filed::Refused(self.server.lost(Stage::Command, what, &error))
            }
            Err(AppendError::Unreadable(error)) => {
                let what = format!("an attachment could not be read, so filing was broken off: {error}");
                Filed::Refused(self.server.failure(Stage::Command, Verdict::Permanent, what))
            }
            Err(AppendError::InDoubt(why)) => {
                let what = format!("the whole message was sent, and then: {why}; it may be filed or not");
                Filed::InDoubt(self.server.failure(Stage::Command, Verdict::InDoubt, what))
            }
        };
        Ok(vec![same; count])
    }
}

/// Encodes the command up to the literal's announcement; without the command's name for all but the first message.
fn head(tag: &str, mailbox: &Mailbox<'static>, message: &Filing, first: bool) -> Vec<Vec<u8>> {
    let body = CommandBody::Append {
        mailbox: if first { mailbox.clone() } else { Mailbox::Inbox },
        flags: flags(&message.flags).unwrap_or_default(),
        date: date(message),
        // A placeholder: the message itself is streamed.
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

/// Builds the results of messages that were filed, with their uids where the status has them:
/// `APPENDUID 38505 3955:3957` (RFC 4315).
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

/// Returns why a message's text can't be filed as it is: servers count lines differently where they do not end in CRLF,
/// and a literal holds no NUL.
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
