//! IDLE (RFC 2177): a wait for the next change in the folder that is open.

use std::time::Duration;

use super::super::connection::{Connection, Continuation, MOST_RESPONSES, SMALL};
use super::super::notices::Notices;
use super::super::request::Request;
use super::super::response::{Kind, Response, Status};
use super::super::wire::WireError;
use crate::budget::SERVERS;
use crate::session::{Deadline, StreamError};

/// The end of IDLE.
pub(in crate::imap) enum Idled {
    /// The server reported a change, or ended IDLE by itself.
    Changed,
    /// The time passed.
    Nothing,
    /// The server refused, or says goodbye.
    Refused(Status),
}

impl Connection {
    /// Returns whether the server reported a change that was not taken yet.
    pub(super) fn has_notices(&self) -> bool {
        self.notices.as_ref().is_some_and(|notices| !notices.is_empty())
    }

    /// Waits until the server reports a change, or `limit` passed, and ends IDLE by DONE. A line that comes before `+`, or
    /// with the answer to DONE, is a change, too.
    pub(in crate::imap) async fn idle(&mut self, limit: Duration) -> Result<Idled, WireError> {
        let opening = Deadline::after(self.timeouts.command);
        let end = Deadline::after(limit);
        let request = Request::fixed(self.tag(), "IDLE");
        self.give_up();
        for piece in &request.pieces {
            self.wire.send(piece, &mut 0, opening).await?;
        }
        if let Continuation::Completed(response) = self.continuation(&request.tag, SMALL, opening).await? {
            self.complete(&response);
            return Ok(Idled::Refused(response.status));
        }
        let mut responses = 0;
        while !self.has_notices() {
            match self.wire.receive(SMALL, end).await {
                // Some servers are silent from here on, whatever happens: the answer to DONE shows whether they are there.
                Err(WireError::Stream(StreamError::TimedOut(_))) => break,
                received => received?,
            }
            responses += 1;
            if responses == MOST_RESPONSES {
                return Err(WireError::TooMany(MOST_RESPONSES));
            }
            let mut memory = SERVERS.reservation(SMALL.response);
            match Response::read(self.wire.response(), &[], &mut memory)? {
                Response::Notice(notice) => self.notice(notice),
                Response::Status(status) if status.kind == Kind::Bye => return Ok(Idled::Refused(status)),
                Response::Tagged(tag, status) if tag == request.tag => {
                    self.completed_by(&status);
                    return Ok(if status.is_ok() { Idled::Changed } else { Idled::Refused(status) });
                }
                Response::Tagged(tag, status) => return Err(WireError::NotImap(format!("{tag} {status}"))),
                _ => {}
            }
        }
        let closing = Deadline::after(self.timeouts.command);
        self.wire.send(b"DONE\r\n", &mut 0, closing).await?;
        let response = self.response(&request.tag, SMALL, closing).await?;
        self.complete(&response);
        if response.status.kind == Kind::Bye {
            return Ok(Idled::Refused(response.status));
        }
        Ok(if self.has_notices() { Idled::Changed } else { Idled::Nothing })
    }

    /// Collects what the server reports beside its answers.
    pub(in crate::imap) fn follow(&mut self) {
        self.notices = Some(Notices::default());
    }
}
