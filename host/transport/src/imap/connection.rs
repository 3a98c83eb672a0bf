//! A connection: one command at a time, the responses to it, and the folder that is selected.

use std::time::{Duration, Instant};

use io_imap::types::command::{CommandBody, SelectParameter};
use io_imap::types::mailbox::Mailbox;

use super::account::Timeouts;
use super::failure::{Failure, MailboxError, Server, Stage};
use super::request::Request;
use super::response::{Kind, Response, Status, Value, capabilities};
use super::utf7;
use super::wire::{Expected, Wire, WireError};
use super::{FolderState, Verdict};
use crate::budget::{OverBudget, Reservation, SERVERS};
use crate::session::{Deadline, Reusable};

/// The most responses to one command.
const MOST_RESPONSES: usize = 100_000;
/// The most memory for the values of all responses to a command, and for what is built from them.
pub(super) const MOST_MEMORY: usize = 24 << 20;
/// Limits of responses without text of a message, and without data to be parsed.
pub(super) const SMALL: Expected = Expected { literal: 64 << 10, response: 1 << 20, data: &[] };

/// The responses to a command.
#[derive(Debug)]
pub(super) struct CommandResponse {
    pub(super) status: Status,
    pub(super) data: Vec<Vec<Value>>,
    /// Untagged statuses with a response code.
    pub(super) statuses: Vec<Status>,
    _memory: Reservation,
}

impl CommandResponse {
    /// Returns the lines of data of this name: `* LIST …`.
    pub(super) fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [Value]> {
        self.data.iter().filter_map(move |line| match line.split_first() {
            Some((first, rest)) if first.is_atom(name) => Some(rest),
            _ => None,
        })
    }

    /// Returns the items of the lines `* 12 FETCH (…)`.
    pub(super) fn fetched(&self) -> impl Iterator<Item = &[Value]> {
        self.data.iter().filter_map(|line| match line.as_slice() {
            [_, name, Value::List(items)] if name.is_atom("FETCH") => Some(items.as_slice()),
            _ => None,
        })
    }
}

/// Returns the value behind a name among items.
pub(super) fn item<'a>(items: &'a [Value], name: &str) -> Option<&'a Value> {
    items.iter().position(|value| value.is_atom(name)).and_then(|place| items.get(place + 1))
}

/// The folder that is selected (RFC 9051 §6.3.2).
#[derive(Debug, Clone)]
struct SelectedFolder {
    folder: String,
    writable: bool,
    state: FolderState,
}

/// The access to a folder: by EXAMINE or by SELECT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// A connection to a server.
pub(super) struct Connection {
    pub(super) wire: Wire,
    pub(super) server: Server,
    /// In upper case.
    pub(super) capabilities: Vec<String>,
    pub(super) timeouts: Timeouts,
    selected: Option<SelectedFolder>,
    tags: u32,
    /// Both sides agree on the state of the protocol.
    usable: bool,
    transactions: u32,
    opened: Instant,
    last_used: Instant,
}

impl Connection {
    pub(super) fn new(wire: Wire, server: Server, timeouts: Timeouts) -> Self {
        let now = Instant::now();
        Self {
            wire,
            server,
            capabilities: Vec::new(),
            timeouts,
            selected: None,
            tags: 0,
            usable: true,
            transactions: 0,
            opened: now,
            last_used: now,
        }
    }

    pub(super) fn can(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|known| known == capability)
    }

    pub(super) fn tag(&mut self) -> String {
        self.tags += 1;
        format!("p{}", self.tags)
    }

    /// Sends a command of the codec, and receives the responses to it.
    pub(super) async fn run(
        &mut self,
        body: CommandBody<'_>,
        expected: Expected,
        limit: Duration,
    ) -> Result<CommandResponse, WireError> {
        let request = Request::typed(self.tag(), body);
        self.run_request(&request, expected, limit).await
    }

    /// Sends a command, and receives the responses to it. If this fails the connection is of no more use.
    pub(super) async fn run_request(
        &mut self,
        request: &Request,
        expected: Expected,
        limit: Duration,
    ) -> Result<CommandResponse, WireError> {
        let deadline = Deadline::after(limit);
        self.usable = false;
        let mut response = None;
        for (number, piece) in request.pieces.iter().enumerate() {
            if number > 0
                && let Continuation::Completed(early) =
                    self.continuation(&request.tag, expected, deadline).await?
            {
                response = Some(*early);
                break;
            }
            self.wire.send(piece, &mut 0, deadline).await?;
        }
        let response = match response {
            Some(response) => response,
            None => self.response(&request.tag, expected, deadline).await?,
        };
        self.complete(&response);
        Ok(response)
    }

    /// Marks the connection as usable again.
    pub(super) fn complete(&mut self, response: &CommandResponse) {
        self.wire.release();
        self.transactions += 1;
        self.last_used = Instant::now();
        self.usable = response.status.kind != Kind::Bye;
    }

    /// Marks the connection as unusable, until a command is completed.
    pub(super) fn give_up(&mut self) {
        self.usable = false;
    }

    /// Waits for a continuation request.
    pub(super) async fn continuation(
        &mut self,
        tag: &str,
        expected: Expected,
        deadline: Deadline,
    ) -> Result<Continuation, WireError> {
        self.receive_responses(tag, expected, deadline, true).await
    }

    /// Receives the responses to a command.
    pub(super) async fn response(
        &mut self,
        tag: &str,
        expected: Expected,
        deadline: Deadline,
    ) -> Result<CommandResponse, WireError> {
        match self.receive_responses(tag, expected, deadline, false).await? {
            Continuation::Completed(response) => Ok(*response),
            Continuation::Requested(words) => Err(WireError::NotImap(format!("+ {words}"))),
        }
    }

    async fn receive_responses(
        &mut self,
        tag: &str,
        expected: Expected,
        deadline: Deadline,
        continuation: bool,
    ) -> Result<Continuation, WireError> {
        let most = expected.response.max(64 << 20);
        let mut left = most;
        let mut untagged = Untagged::new();
        for _ in 0..MOST_RESPONSES {
            self.wire.receive(expected, deadline).await?;
            let response = self.wire.response();
            left = left.checked_sub(response.len()).ok_or(WireError::TooLong(most))?;
            match Response::read(response, expected.data, &mut untagged.memory)? {
                Response::Tagged(answered, status) if answered == tag => {
                    self.store_capabilities(&status);
                    return Ok(Continuation::Completed(Box::new(untagged.completed(status))));
                }
                Response::Tagged(other, status) => {
                    return Err(WireError::NotImap(format!("{other} {status}")));
                }
                Response::Status(status) if status.kind == Kind::Bye && tag != LOGOUT => {
                    return Ok(Continuation::Completed(Box::new(untagged.completed(status))));
                }
                Response::Status(status) => {
                    self.store_capabilities(&status);
                    untagged.store_status(status)?;
                }
                Response::Capability(names) => self.capabilities = names,
                Response::Data(line) => untagged.store_data(line)?,
                Response::Continue(words) if continuation => return Ok(Continuation::Requested(words)),
                // Some servers send `+` as a sign of life.
                Response::Continue(_) | Response::Unasked | Response::Unreadable => {}
            }
        }
        Err(WireError::TooMany(MOST_RESPONSES))
    }

    fn store_capabilities(&mut self, status: &Status) {
        if let Some(names) = status.arguments("CAPABILITY") {
            self.capabilities = capabilities(names.as_bytes());
        }
    }

    /// Selects a folder, unless it is selected already. `fresh`: selects it anew, for the newest state.
    pub(super) async fn open(
        &mut self,
        folder: &str,
        access: Access,
        fresh: bool,
    ) -> Result<FolderState, MailboxError> {
        if let Some(selected) = &self.selected
            && selected.folder == folder
            && !fresh
            && (selected.writable || access == Access::Read)
        {
            return Ok(selected.state);
        }
        let mailbox = self.mailbox(folder)?;
        // Without it, some servers do not send the highest modification sequence (RFC 7162 §3.1.8).
        let parameters = if self.can("CONDSTORE") { vec![SelectParameter::CondStore] } else { Vec::new() };
        let body = match access {
            Access::Read => CommandBody::Examine { mailbox, parameters },
            Access::Write => CommandBody::Select { mailbox, parameters },
        };
        // A server closes the folder that was open before it looks for the other (RFC 3501 §6.3.1).
        self.selected = None;
        let limit = self.timeouts.command;
        let expected = Expected { data: &["EXISTS"], ..SMALL };
        let response = self.run(body, expected, limit).await.map_err(|error| {
            self.server.lost(Stage::Folder, &format!("opening the folder \"{folder}\" failed"), &error)
        })?;
        if !response.status.is_ok() {
            return Err(self.not_opened(folder, &response.status));
        }
        let codes = || response.statuses.iter().chain([&response.status]);
        let number = |name: &str| codes().find_map(|status| status.arguments(name)?.trim().parse().ok());
        let exists = response.data.iter().rev().find_map(|line| match line.as_slice() {
            [count, name] if name.is_atom("EXISTS") => count.number(),
            _ => None,
        });
        let modseq = codes().find_map(|status| status.arguments("HIGHESTMODSEQ")?.trim().parse().ok());
        let (Some(uid_validity), Some(messages)) = (number("UIDVALIDITY"), exists) else {
            let what = format!("the server opened the folder \"{folder}\" and did not say how it stands");
            return Err(self.server.failure(Stage::Folder, Verdict::Permanent, what).into());
        };
        let writable = access == Access::Write && !response.status.has_code("READ-ONLY");
        let uid_next = match number("UIDNEXT") {
            Some(next) => next,
            None => self.uid_after_last(messages).await?,
        };
        let state = FolderState { uid_validity, uid_next, messages, highest_modseq: modseq };
        self.selected = Some(SelectedFolder { folder: folder.to_owned(), writable, state });
        if access == Access::Write && !writable {
            let what = format!("the folder \"{folder}\" may only be read");
            return Err(self.server.failure(Stage::Folder, Verdict::Permanent, what).into());
        }
        Ok(state)
    }

    /// Selects a folder, and fails if the uids that the caller has are not valid in it any more.
    pub(super) async fn open_as(
        &mut self,
        folder: &str,
        uid_validity: u32,
        access: Access,
    ) -> Result<(), MailboxError> {
        let state = self.open(folder, access, false).await?;
        if state.uid_validity == uid_validity {
            Ok(())
        } else {
            Err(MailboxError::UidValidityChanged(state.uid_validity))
        }
    }

    /// Computes UIDNEXT for a server that does not send it: one above the uid of the last message.
    async fn uid_after_last(&mut self, messages: u32) -> Result<u32, Failure> {
        if messages == 0 {
            return Ok(1);
        }
        let request = Request::fixed(self.tag(), "FETCH * (UID)");
        let limit = self.timeouts.command;
        let expected = Expected { data: &["FETCH"], ..SMALL };
        let response = self.run_request(&request, expected, limit).await;
        let response = response
            .map_err(|error| self.server.lost(Stage::Folder, "asking for the last message failed", &error))?;
        let last: u32 =
            response.fetched().filter_map(|items| item(items, "UID")?.number()).max().unwrap_or(0);
        Ok(last.saturating_add(1))
    }

    pub(super) fn mailbox(&self, folder: &str) -> Result<Mailbox<'static>, Failure> {
        let name = if self.can("UTF8=ONLY") { folder.to_owned() } else { utf7::encode(folder) };
        let unusable = |_| self.server.ruled_out(format!("\"{}\" is no name", folder.escape_debug()));
        if folder.is_empty() || folder.len() > 1_000 || folder.chars().any(char::is_control) {
            return Err(unusable(()));
        }
        Mailbox::try_from(name).map_err(|_| unusable(()))
    }

    /// Builds the error of a folder that the server refuses to select or to append to.
    pub(super) fn not_opened(&self, folder: &str, status: &Status) -> MailboxError {
        let absent = match &status.code {
            Some(code) => matches!(code.name.as_str(), "NONEXISTENT" | "TRYCREATE" | "CANNOT"),
            None => true,
        };
        let what = format!("the server does not open the folder \"{folder}\"");
        let failure = self.server.refused(Stage::Folder, &what, status);
        if status.kind == Kind::No && absent && failure.verdict == Verdict::Permanent {
            return MailboxError::NoSuchFolder;
        }
        failure.into()
    }

    /// Builds the error of a command without a response.
    pub(super) fn unanswered(&self, what: &str, error: &WireError) -> MailboxError {
        self.server.lost(Stage::Command, what, error).into()
    }

    /// Fails unless the status is OK.
    pub(super) fn expect_ok(&self, response: &CommandResponse, what: &str) -> Result<(), MailboxError> {
        if response.status.is_ok() {
            return Ok(());
        }
        Err(self.server.refused(Stage::Command, what, &response.status).into())
    }

    /// Returns whether an idle connection still answers.
    pub(super) async fn is_alive(&mut self) -> bool {
        let limit = self.timeouts.command;
        self.run(CommandBody::Noop, SMALL, limit).await.is_ok_and(|response| response.status.is_ok())
    }

    /// Sends LOGOUT, and does not wait long for the response.
    pub(super) async fn log_out(mut self) {
        let request = Request::typed(LOGOUT.to_owned(), CommandBody::Logout);
        let limit = self.timeouts.logout;
        let _ = self.run_request(&request, SMALL, limit).await;
    }
}

/// The tag of LOGOUT, after which BYE is no failure.
const LOGOUT: &str = "bye";

/// The end of a wait for a continuation request (RFC 9051 §7.6).
pub(super) enum Continuation {
    /// The server sent `+`, with this text.
    Requested(String),
    /// The server completed the command.
    Completed(Box<CommandResponse>),
}

/// The untagged responses so far, and the memory that they take.
struct Untagged {
    data: Vec<Vec<Value>>,
    statuses: Vec<Status>,
    memory: Reservation,
}

impl Untagged {
    fn new() -> Self {
        Self { data: Vec::new(), statuses: Vec::new(), memory: SERVERS.reservation(MOST_MEMORY) }
    }

    /// Stores a line, whose values are counted already.
    fn store_data(&mut self, line: Vec<Value>) -> Result<(), OverBudget> {
        self.memory.room_for_one(&mut self.data)?;
        self.data.push(line);
        Ok(())
    }

    /// Stores a status with a response code; the text of one without answers nothing.
    fn store_status(&mut self, status: Status) -> Result<(), OverBudget> {
        if status.code.is_some() {
            self.memory.hold(&status)?;
            self.memory.room_for_one(&mut self.statuses)?;
            self.statuses.push(status);
        }
        Ok(())
    }

    fn completed(self, status: Status) -> CommandResponse {
        CommandResponse { status, data: self.data, statuses: self.statuses, _memory: self.memory }
    }
}

impl Reusable for Connection {
    fn is_usable(&self) -> bool {
        self.usable
    }

    fn opened(&self) -> Instant {
        self.opened
    }

    fn last_used(&self) -> Instant {
        self.last_used
    }

    fn transactions(&self) -> u32 {
        self.transactions
    }

    async fn is_quiet(&mut self) -> bool {
        self.wire.is_quiet().await
    }
}
