//! A connection that is logged in: one command at a time, what the server says to it, and which folder is
//! open.

use std::time::{Duration, Instant};

use io_imap::types::command::{CommandBody, SelectParameter};
use io_imap::types::mailbox::Mailbox;

use super::account::Timeouts;
use super::failure::{Failure, MailboxError, Server, Stage};
use super::request::Request;
use super::response::{Kind, Response, Status, Value, capabilities};
use super::utf7;
use super::wire::{Deadline, Expected, Trouble, Wire};
use super::{FolderState, Verdict};
use crate::budget::{OverBudget, Reservation, SERVERS};
use crate::pool::Reusable;

/// The most responses to one command.
const MOST_RESPONSES: usize = 100_000;
/// The most memory that the values of one answer take, and what is made of them.
pub(super) const MOST_MEMORY: usize = 24 << 20;
/// Responses that hold no text of a message, and no data that is of use.
pub(super) const SMALL: Expected = Expected { literal: 64 << 10, response: 1 << 20, data: &[] };

/// What a server said to a command.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) status: Status,
    pub(super) data: Vec<Vec<Value>>,
    /// Those with a code.
    pub(super) statuses: Vec<Status>,
    _memory: Reservation,
}

impl Said {
    /// The lines of data of this name: `* LIST …`.
    pub(super) fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [Value]> {
        self.data.iter().filter_map(move |line| match line.split_first() {
            Some((first, rest)) if first.is_atom(name) => Some(rest),
            _ => None,
        })
    }

    /// The items of the lines `* 12 FETCH (…)`.
    pub(super) fn fetched(&self) -> impl Iterator<Item = &[Value]> {
        self.data.iter().filter_map(|line| match line.as_slice() {
            [_, name, Value::List(items)] if name.is_atom("FETCH") => Some(items.as_slice()),
            _ => None,
        })
    }
}

/// The value after a name among items.
pub(super) fn item<'a>(items: &'a [Value], name: &str) -> Option<&'a Value> {
    items.iter().position(|value| value.is_atom(name)).and_then(|place| items.get(place + 1))
}

/// The folder that is open.
#[derive(Debug, Clone)]
struct Opened {
    folder: String,
    writable: bool,
    state: FolderState,
}

/// How to open a folder.
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
    open: Option<Opened>,
    tags: u32,
    /// Both sides agree on where they are.
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
            open: None,
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

    /// Sends a command of the codec and reads what is said to it.
    pub(super) async fn run(
        &mut self,
        body: CommandBody<'_>,
        expected: Expected,
        limit: Duration,
    ) -> Result<Said, Trouble> {
        let request = Request::typed(self.tag(), body);
        self.ask(&request, expected, limit).await
    }

    /// Sends a command and reads what is said to it. If this fails the connection is of no more use.
    pub(super) async fn ask(
        &mut self,
        request: &Request,
        expected: Expected,
        limit: Duration,
    ) -> Result<Said, Trouble> {
        let deadline = Deadline::after(limit);
        self.usable = false;
        let mut said = None;
        for (number, piece) in request.pieces.iter().enumerate() {
            if number > 0
                && let Permission::Answered(early) = self.permission(&request.tag, expected, deadline).await?
            {
                said = Some(*early);
                break;
            }
            self.wire.send(piece, &mut 0, deadline).await?;
        }
        let said = match said {
            Some(said) => said,
            None => self.answer(&request.tag, expected, deadline).await?,
        };
        self.settle(&said);
        Ok(said)
    }

    /// The connection may be used again.
    pub(super) fn settle(&mut self, said: &Said) {
        self.wire.release();
        self.transactions += 1;
        self.last_used = Instant::now();
        self.usable = said.status.kind != Kind::Bye;
    }

    /// The connection may not be used again.
    pub(super) fn give_up(&mut self) {
        self.usable = false;
    }

    /// Waits for `+`.
    pub(super) async fn permission(
        &mut self,
        tag: &str,
        expected: Expected,
        deadline: Deadline,
    ) -> Result<Permission, Trouble> {
        self.listen(tag, expected, deadline, true).await
    }

    /// Reads up to the answer to a command.
    pub(super) async fn answer(
        &mut self,
        tag: &str,
        expected: Expected,
        deadline: Deadline,
    ) -> Result<Said, Trouble> {
        match self.listen(tag, expected, deadline, false).await? {
            Permission::Answered(said) => Ok(*said),
            Permission::Given(words) => Err(Trouble::Nonsense(format!("+ {words}"))),
        }
    }

    async fn listen(
        &mut self,
        tag: &str,
        expected: Expected,
        deadline: Deadline,
        permission: bool,
    ) -> Result<Permission, Trouble> {
        let most = expected.response.max(64 << 20);
        let mut left = most;
        let mut said = Heard::new();
        for _ in 0..MOST_RESPONSES {
            self.wire.receive(expected, deadline).await?;
            let response = self.wire.response();
            left = left.checked_sub(response.len()).ok_or(Trouble::TooLong(most))?;
            match Response::read(response, expected.data, &mut said.memory)? {
                Response::Tagged(answered, status) if answered == tag => {
                    self.learn(&status);
                    return Ok(Permission::Answered(Box::new(said.ended(status))));
                }
                Response::Tagged(other, status) => {
                    return Err(Trouble::Nonsense(format!("{other} {status}")));
                }
                Response::Status(status) if status.kind == Kind::Bye && tag != LOGOUT => {
                    return Ok(Permission::Answered(Box::new(said.ended(status))));
                }
                Response::Status(status) => {
                    self.learn(&status);
                    said.keep_status(status)?;
                }
                Response::Capability(names) => self.capabilities = names,
                Response::Data(line) => said.keep_data(line)?,
                Response::Continue(words) if permission => return Ok(Permission::Given(words)),
                // Somebody's idea of patience.
                Response::Continue(_) | Response::Unasked | Response::Unreadable => {}
            }
        }
        Err(Trouble::TooMany(MOST_RESPONSES))
    }

    fn learn(&mut self, status: &Status) {
        if let Some(names) = status.arguments("CAPABILITY") {
            self.capabilities = capabilities(names.as_bytes());
        }
    }

    /// Opens a folder, or makes sure that it is open. `fresh`: what arrived a moment ago counts too.
    pub(super) async fn open(
        &mut self,
        folder: &str,
        access: Access,
        fresh: bool,
    ) -> Result<FolderState, MailboxError> {
        if let Some(open) = &self.open
            && open.folder == folder
            && !fresh
            && (open.writable || access == Access::Read)
        {
            return Ok(open.state);
        }
        let mailbox = self.mailbox(folder)?;
        // Asked for, or some servers do not tell the highest modification sequence (RFC 7162 §3.1.8).
        let parameters = if self.can("CONDSTORE") { vec![SelectParameter::CondStore] } else { Vec::new() };
        let body = match access {
            Access::Read => CommandBody::Examine { mailbox, parameters },
            Access::Write => CommandBody::Select { mailbox, parameters },
        };
        // A server closes the folder that was open before it looks for the other (RFC 3501 §6.3.1).
        self.open = None;
        let limit = self.timeouts.command;
        let expected = Expected { data: &["EXISTS"], ..SMALL };
        let said = self.run(body, expected, limit).await.map_err(|trouble| {
            self.server.trouble(Stage::Folder, &format!("opening the folder \"{folder}\" failed"), &trouble)
        })?;
        if !said.status.is_ok() {
            return Err(self.not_opened(folder, &said.status));
        }
        let codes = || said.statuses.iter().chain([&said.status]);
        let number = |name: &str| codes().find_map(|status| status.arguments(name)?.trim().parse().ok());
        let exists = said.data.iter().rev().find_map(|line| match line.as_slice() {
            [count, name] if name.is_atom("EXISTS") => count.number(),
            _ => None,
        });
        let modseq = codes().find_map(|status| status.arguments("HIGHESTMODSEQ")?.trim().parse().ok());
        let (Some(uid_validity), Some(messages)) = (number("UIDVALIDITY"), exists) else {
            let what = format!("the server opened the folder \"{folder}\" and did not say how it stands");
            return Err(self.server.failure(Stage::Folder, Verdict::Permanent, what).into());
        };
        let writable = access == Access::Write && !said.status.has_code("READ-ONLY");
        let uid_next = match number("UIDNEXT") {
            Some(next) => next,
            None => self.uid_after_last(messages).await?,
        };
        let state = FolderState { uid_validity, uid_next, messages, highest_modseq: modseq };
        self.open = Some(Opened { folder: folder.to_owned(), writable, state });
        if access == Access::Write && !writable {
            let what = format!("the folder \"{folder}\" may only be read");
            return Err(self.server.failure(Stage::Folder, Verdict::Permanent, what).into());
        }
        Ok(state)
    }

    /// Opens a folder in which uids are known already.
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

    /// What an old server does not say: one above the uid of the last message.
    async fn uid_after_last(&mut self, messages: u32) -> Result<u32, Failure> {
        if messages == 0 {
            return Ok(1);
        }
        let request = Request::fixed(self.tag(), "FETCH * (UID)");
        let limit = self.timeouts.command;
        let expected = Expected { data: &["FETCH"], ..SMALL };
        let said = self.ask(&request, expected, limit).await;
        let said = said.map_err(|trouble| {
            self.server.trouble(Stage::Folder, "asking for the last message failed", &trouble)
        })?;
        let last: u32 = said.fetched().filter_map(|items| item(items, "UID")?.number()).max().unwrap_or(0);
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

    /// What a refusal to open a folder, or to file in it, means.
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

    /// A command that was not answered.
    pub(super) fn lost(&self, what: &str, trouble: &Trouble) -> MailboxError {
        self.server.trouble(Stage::Command, what, trouble).into()
    }

    /// Fails unless the server said OK.
    pub(super) fn expect_ok(&self, said: &Said, what: &str) -> Result<(), MailboxError> {
        if said.status.is_ok() {
            return Ok(());
        }
        Err(self.server.refused(Stage::Command, what, &said.status).into())
    }

    /// Whether a connection that waited still answers.
    pub(super) async fn is_alive(&mut self) -> bool {
        let limit = self.timeouts.command;
        self.run(CommandBody::Noop, SMALL, limit).await.is_ok_and(|said| said.status.is_ok())
    }

    /// Says goodbye and does not wait long for the answer.
    pub(super) async fn log_out(mut self) {
        let request = Request::typed(LOGOUT.to_owned(), CommandBody::Logout);
        let limit = self.timeouts.logout;
        let _ = self.ask(&request, SMALL, limit).await;
    }
}

/// The tag of LOGOUT, to which BYE is no failure.
const LOGOUT: &str = "bye";

/// What came while `+` was waited for.
pub(super) enum Permission {
    /// `+` and what followed it.
    Given(String),
    /// The answer to the whole command.
    Answered(Box<Said>),
}

/// What was said so far, and the memory that it takes.
struct Heard {
    data: Vec<Vec<Value>>,
    statuses: Vec<Status>,
    memory: Reservation,
}

impl Heard {
    fn new() -> Self {
        Self { data: Vec::new(), statuses: Vec::new(), memory: SERVERS.reservation(MOST_MEMORY) }
    }

    /// Keeps a line, whose values are paid for already.
    fn keep_data(&mut self, line: Vec<Value>) -> Result<(), OverBudget> {
        self.memory.room_for_one(&mut self.data)?;
        self.data.push(line);
        Ok(())
    }

    /// Keeps a status with a code; of one without only the words would be left, and they answer nothing.
    fn keep_status(&mut self, status: Status) -> Result<(), OverBudget> {
        if status.code.is_some() {
            self.memory.hold(&status)?;
            self.memory.room_for_one(&mut self.statuses)?;
            self.statuses.push(status);
        }
        Ok(())
    }

    fn ended(self, status: Status) -> Said {
        Said { status, data: self.data, statuses: self.statuses, _memory: self.memory }
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
