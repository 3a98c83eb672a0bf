//! A connection: one command at a time, and the responses to it.

use std::time::{Duration, Instant};

use io_imap::types::command::CommandBody;

use super::account::Timeouts;
use super::failure::{MailboxError, Server, Stage};
use super::notices::{Notice, Notices};
use super::request::Request;
use super::response::{Kind, Response, Status, Value, capabilities};
use super::selected::SelectedFolder;
use super::wire::{Expected, Wire, WireError};
use crate::budget::{OverBudget, Reservation, SERVERS};
use crate::session::{Deadline, Reusable};

/// The most responses to one command.
pub(super) const MOST_RESPONSES: usize = 100_000;
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

/// A connection to a server.
pub(super) struct Connection {
    pub(super) wire: Wire,
    pub(super) server: Server,
    /// In upper case.
    pub(super) capabilities: Vec<String>,
    pub(super) timeouts: Timeouts,
    pub(super) selected: Option<SelectedFolder>,
    /// What is reported beside the answers, on a connection that follows a mailbox.
    pub(super) notices: Option<Notices>,
    /// The server refused to open a folder with the parameter CONDSTORE.
    pub(super) refuses_condstore: bool,
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
            notices: None,
            refuses_condstore: false,
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
        self.completed_by(&response.status);
    }

    /// Marks the connection as usable again after a command with this status.
    pub(super) fn completed_by(&mut self, status: &Status) {
        self.wire.release();
        self.transactions += 1;
        self.last_used = Instant::now();
        self.usable = status.kind != Kind::Bye;
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
                    // What came before it is of the folder that was open before (RFC 7162 §3.2.11).
                    if status.has_code("CLOSED") && self.selected.is_none() {
                        untagged.data.clear();
                        self.notices.iter_mut().for_each(Notices::clear);
                    }
                    self.store_capabilities(&status);
                    untagged.store_status(status)?;
                }
                Response::Capability(names) => self.capabilities = names,
                Response::Data(line) => untagged.store_data(line)?,
                Response::Notice(notice) => self.notice(notice),
                Response::Continue(words) if continuation => return Ok(Continuation::Requested(words)),
                // Some servers send `+` as a sign of life.
                Response::Continue(_) | Response::Unasked | Response::Unreadable => {}
            }
        }
        Err(WireError::TooMany(MOST_RESPONSES))
    }

    /// Stores what the server reports beside its answers, where the connection follows a mailbox.
    pub(super) fn notice(&mut self, notice: Notice) {
        if let Some(notices) = &mut self.notices {
            notices.store(notice);
        }
    }

    fn store_capabilities(&mut self, status: &Status) {
        if let Some(names) = status.arguments("CAPABILITY") {
            self.capabilities = capabilities(names.as_bytes());
        }
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
