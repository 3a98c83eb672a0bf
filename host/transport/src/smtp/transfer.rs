//! Sends the body of a mail, and the commands of the next mail in the same write.
//!
//! A body waits for its 354. To a server with PIPELINING, the commands of the next mail are sent in one write with the
//! end of this one (RFC 2920): one round trip for each mail instead of two. How many bytes were sent decides about both
//! mails: before the final dot was sent the server cannot have accepted the first; after it only the reply decides; and
//! the second is not begun before its own body.

use std::future::Future;
use std::time::{Duration, Instant};

use super::body::Stuffer;
use super::connection::Connection;
use super::reply::Reply;
use super::submission::{Failure, Stage, Submission};
use super::wire::WireError;
use crate::Verdict;
use crate::attachments::{Base64Lines, Chunk, ReadError};
use crate::session::{Sent, StreamError};

/// Bytes gathered before they are written.
const BLOCK: usize = 64 * 1024;

/// Room for a block and the piece of text that completed it.
const ROOM: usize = 3 * BLOCK;

/// A source of mails to be pipelined behind the one that is being sent.
pub(super) trait PipelineSource: Send {
    /// Takes the next mail, and returns the commands that open it, if one waits and the connection may be used for it. The
    /// source then receives the replies, or sends the mail on another connection if this one is lost.
    fn next(&mut self, connection: &mut Connection) -> Option<String>;

    /// Waits until another mail may be there.
    fn changed(&self) -> impl Future<Output = ()> + Send;
}

/// Why a body was not accepted.
pub(super) enum BodyError {
    /// A file could not be read.
    Unreadable(ReadError),
    /// It could not be recorded that the last bytes are about to be sent: they were not sent.
    Unrecorded(String),
    /// The server replied before the end was sent.
    Replied(Reply),
    /// The connection failed before the end was sent.
    Lost(WireError),
    /// The end was sent, and no reply came.
    InDoubt(WireError),
}

impl Connection {
    /// Builds the failure of a body.
    pub(super) fn body_failure(&self, error: BodyError) -> Failure {
        match error {
            BodyError::Unreadable(error) => {
                let what = format!("an attachment could not be read, so the message was broken off: {error}");
                self.server.failure(Stage::Data, Verdict::Permanent, what)
            }
            BodyError::Unrecorded(why) => {
                let what = format!("the message was broken off, since it could not be recorded: {why}");
                self.server.failure(Stage::Data, Verdict::Transient, what)
            }
            BodyError::Replied(reply) => {
                self.server.refused(Stage::Data, "the server answered before the end of the message", reply)
            }
            BodyError::Lost(error) => self.server.lost(Stage::Data, "the message could not be sent", &error),
            BodyError::InDoubt(error) => {
                let what =
                    format!("the whole message was sent, and then: {error}; it may have been taken or not");
                self.server.failure(Stage::AfterDot, Verdict::InDoubt, what)
            }
        }
    }

    /// Sends the body and its dot, and receives the reply. Sets `pipelined_write_cut` if commands were pipelined behind the
    /// body and not all of them may have been sent.
    pub(super) async fn send_body(
        &mut self,
        submission: &Submission,
        source: &mut impl PipelineSource,
    ) -> Result<Reply, BodyError> {
        let mut out = std::mem::take(&mut self.buffer);
        out.clear();
        out.reserve(ROOM);
        let reply = self.send_body_from(submission, source, &mut out).await;
        self.buffer = out;
        reply
    }

    async fn send_body_from(
        &mut self,
        submission: &Submission,
        source: &mut impl PipelineSource,
        out: &mut Vec<u8>,
    ) -> Result<Reply, BodyError> {
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
                    let mut reader = source.open().await.map_err(BodyError::Unreadable)?;
                    let mut lines = Base64Lines::new();
                    while let Some(block) = reader.next().await.map_err(BodyError::Unreadable)? {
                        stuffer.before_base64(out);
                        lines.push(block, out);
                        self.send_full_block(out).await?;
                    }
                    lines.finish(out);
                }
                Chunk::Raw(source) => {
                    let mut reader = source.open().await.map_err(BodyError::Unreadable)?;
                    while let Some(block) = reader.next().await.map_err(BodyError::Unreadable)? {
                        stuffer.text(block, out);
                        self.send_full_block(out).await?;
                    }
                }
            }
        }
        if let Some(gate) = &submission.gate {
            gate.open().await.map_err(BodyError::Unrecorded)?;
        }
        stuffer.finish(out);
        let end = out.len();
        let mut pipelined = self.pipeline(source, out);

        let limit = self.timeouts.block;
        let mut left = 0;
        let sent = self.wire.send_body(out, end, &mut left, limit).await;
        let dot_left = left >= end;
        match sent {
            Ok(Sent::All) => {}
            Ok(Sent::Interrupted) if !dot_left => return Err(self.early_reply().await),
            Err(error) if !dot_left => return Err(BodyError::Lost(error)),
            // The reply may come all the same.
            Ok(Sent::Interrupted) => self.pipelined_write_cut = pipelined,
            Err(error) if error.is_timeout() => self.pipelined_write_cut = pipelined,
            Err(error) => return Err(BodyError::InDoubt(error)),
        }

        let begun = Instant::now();
        loop {
            let wait = self.timeouts.dot.saturating_sub(begun.elapsed());
            tokio::select! {
                biased;
                reply = self.wire.reply(wait) => {
                    return reply.map_err(|error| BodyError::InDoubt(in_all(error, self.timeouts.dot)));
                }
                () = source.changed(), if self.offered.pipelining && !pipelined => {}
            }
            out.clear();
            pipelined = self.pipeline(source, out);
            if pipelined {
                let sent = self.wire.send(out, self.timeouts.sender).await;
                self.pipelined_write_cut = !matches!(sent, Ok(Sent::All));
            }
        }
    }

    /// Appends the commands of the next mail, if there is one.
    fn pipeline(&mut self, source: &mut impl PipelineSource, out: &mut Vec<u8>) -> bool {
        self.pipelined_write_cut = false;
        if !self.offered.pipelining {
            return false;
        }
        let Some(commands) = source.next(self) else { return false };
        out.extend_from_slice(commands.as_bytes());
        true
    }

    async fn send_full_block(&mut self, out: &mut Vec<u8>) -> Result<(), BodyError> {
        if out.len() < BLOCK {
            return Ok(());
        }
        let limit = self.timeouts.block;
        match self.wire.send_body(out, out.len(), &mut 0, limit).await {
            Ok(Sent::All) => {
                out.clear();
                Ok(())
            }
            Ok(Sent::Interrupted) => Err(self.early_reply().await),
            Err(error) => Err(BodyError::Lost(error)),
        }
    }

    async fn early_reply(&mut self) -> BodyError {
        match self.wire.reply(self.timeouts.data).await {
            Ok(reply) => BodyError::Replied(reply),
            Err(error) => BodyError::Lost(error),
        }
    }
}

/// Reports the whole limit where the wait was divided into several.
fn in_all(error: WireError, limit: Duration) -> WireError {
    match error {
        WireError::Stream(StreamError::TimedOut(_)) => StreamError::TimedOut(limit).into(),
        other => other,
    }
}
