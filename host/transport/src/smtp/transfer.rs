//! The body of a mail on its way, and what follows it in the same write.
//!
//! A body waits for its 354. Where the server has PIPELINING, the commands of the next mail leave in one write
//! with the end of this one (RFC 2920): a round trip for each mail instead of two. What is known of which mail
//! follows from one number, how many bytes left: as long as the final dot has not left, the server cannot have
//! taken the mail; once it has, only the server's answer says; and the mail that follows is not begun before its
//! own body.

use std::future::Future;
use std::time::{Duration, Instant};

use super::body::Stuffer;
use super::connection::Connection;
use super::reply::Reply;
use super::submission::{Failure, Stage, Submission, Verdict};
use super::wire::{Sent, Trouble};
use crate::attachments::{Base64Lines, Chunk, ReadError};

/// Bytes gathered before they are written.
const BLOCK: usize = 64 * 1024;

/// Room for a block and what the last piece put on top of it.
const ROOM: usize = 3 * BLOCK;

/// Mails that may follow on the same connection before the one in hand was answered.
pub(super) trait Followers: Send {
    /// The commands that open the next mail, if one waits and the connection may carry it. Whoever gave them
    /// has to see to the answers, or to the mail if the connection is lost.
    fn next(&mut self, connection: &mut Connection) -> Option<String>;

    /// Returns when it is worth asking again.
    fn stirred(&self) -> impl Future<Output = ()> + Send;
}

/// What stopped a body.
pub(super) enum Stopped {
    /// A file could not be read.
    Unreadable(ReadError),
    /// That the last bytes are about to leave could not be recorded: they did not leave.
    Unrecorded(String),
    /// The server answered before the end.
    Answered(Reply),
    /// The connection failed before the end.
    Lost(Trouble),
    /// The end was sent, its answer did not come.
    InDoubt(Trouble),
}

impl Connection {
    /// What a stopped body means.
    pub(super) fn stopped(&self, stopped: Stopped) -> Failure {
        match stopped {
            Stopped::Unreadable(error) => {
                let what = format!("an attachment could not be read, so the message was broken off: {error}");
                self.place.failure(Stage::Data, Verdict::Permanent, what)
            }
            Stopped::Unrecorded(why) => {
                let what = format!("the message was broken off, since it could not be recorded: {why}");
                self.place.failure(Stage::Data, Verdict::Transient, what)
            }
            Stopped::Answered(reply) => {
                self.place.refused(Stage::Data, "the server answered before the end of the message", reply)
            }
            Stopped::Lost(trouble) => {
                self.place.trouble(Stage::Data, "the message could not be sent", &trouble)
            }
            Stopped::InDoubt(trouble) => {
                let what =
                    format!("the whole message was sent, and then: {trouble}; it may have been taken or not");
                self.place.failure(Stage::AfterDot, Verdict::InDoubt, what)
            }
        }
    }

    /// Sends the body and its dot, and waits for the answer. Afterwards `severed` says whether commands that
    /// followed may have been cut off.
    pub(super) async fn body(
        &mut self,
        submission: &Submission,
        followers: &mut impl Followers,
    ) -> Result<Reply, Stopped> {
        let mut out = std::mem::take(&mut self.buffer);
        out.clear();
        out.reserve(ROOM);
        let answer = self.body_from(submission, followers, &mut out).await;
        self.buffer = out;
        answer
    }

    async fn body_from(
        &mut self,
        submission: &Submission,
        followers: &mut impl Followers,
        out: &mut Vec<u8>,
    ) -> Result<Reply, Stopped> {
        let mut stuffer = Stuffer::new();
        for chunk in &submission.chunks {
            match chunk {
                Chunk::Text(text) => {
                    for piece in text.as_bytes().chunks(BLOCK) {
                        stuffer.text(piece, out);
                        self.send_full_block(out).await?;
                    }
                }
                Chunk::Attachment(source) => {
                    let mut reader = source.open().await.map_err(Stopped::Unreadable)?;
                    let mut lines = Base64Lines::new();
                    while let Some(block) = reader.next().await.map_err(Stopped::Unreadable)? {
                        stuffer.before_base64(out);
                        lines.push(block, out);
                        self.send_full_block(out).await?;
                    }
                    lines.finish(out);
                }
                Chunk::Raw(source) => {
                    let mut reader = source.open().await.map_err(Stopped::Unreadable)?;
                    while let Some(block) = reader.next().await.map_err(Stopped::Unreadable)? {
                        stuffer.text(block, out);
                        self.send_full_block(out).await?;
                    }
                }
            }
        }
        if let Some(gate) = &submission.gate {
            gate.open().await.map_err(Stopped::Unrecorded)?;
        }
        stuffer.finish(out);
        let end = out.len();
        let mut followed = self.follow(followers, out);

        let limit = self.timeouts.block;
        let mut left = 0;
        let sent = self.wire.send_body(out, end, &mut left, limit).await;
        let dot_left = left >= end;
        match sent {
            Ok(Sent::All) => {}
            Ok(Sent::Interrupted) if !dot_left => return Err(self.early_answer().await),
            Err(trouble) if !dot_left => return Err(Stopped::Lost(trouble)),
            // The answer may come all the same.
            Ok(Sent::Interrupted) | Err(Trouble::TimedOut(_)) => self.severed = followed,
            Err(trouble) => return Err(Stopped::InDoubt(trouble)),
        }

        let begun = Instant::now();
        loop {
            let wait = self.timeouts.dot.saturating_sub(begun.elapsed());
            tokio::select! {
                biased;
                reply = self.wire.reply(wait) => return reply.map_err(|it| Stopped::InDoubt(in_all(it, self.timeouts.dot))),
                () = followers.stirred(), if self.offered.pipelining && !followed => {}
            }
            out.clear();
            followed = self.follow(followers, out);
            if followed {
                let sent = self.wire.send(out, self.timeouts.sender).await;
                self.severed = !matches!(sent, Ok(Sent::All));
            }
        }
    }

    /// Appends the commands of the next mail, if there is one.
    fn follow(&mut self, followers: &mut impl Followers, out: &mut Vec<u8>) -> bool {
        self.severed = false;
        if !self.offered.pipelining {
            return false;
        }
        let Some(commands) = followers.next(self) else { return false };
        out.extend_from_slice(commands.as_bytes());
        true
    }

    async fn send_full_block(&mut self, out: &mut Vec<u8>) -> Result<(), Stopped> {
        if out.len() < BLOCK {
            return Ok(());
        }
        let limit = self.timeouts.block;
        match self.wire.send_body(out, out.len(), &mut 0, limit).await {
            Ok(Sent::All) => {
                out.clear();
                Ok(())
            }
            Ok(Sent::Interrupted) => Err(self.early_answer().await),
            Err(trouble) => Err(Stopped::Lost(trouble)),
        }
    }

    async fn early_answer(&mut self) -> Stopped {
        match self.wire.reply(self.timeouts.data).await {
            Ok(reply) => Stopped::Answered(reply),
            Err(trouble) => Stopped::Lost(trouble),
        }
    }
}

/// A wait that was cut in pieces took as long as all of them.
fn in_all(trouble: Trouble, limit: Duration) -> Trouble {
    match trouble {
        Trouble::TimedOut(_) => Trouble::TimedOut(limit),
        other => other,
    }
}
