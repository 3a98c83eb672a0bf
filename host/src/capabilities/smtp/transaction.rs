//! One message on a connection: MAIL, RCPT for each recipient, DATA, the body, the answer.
//!
//! Where the server has PIPELINING the envelope is one write (RFC 2920); elsewhere each command waits for the
//! answer to the one before. The body waits for the 354 either way. The final dot leaves with the last bytes
//! of the body: as long as one byte of that write has not left, the server cannot have taken the message;
//! after it, only the server's answer says.

use std::time::{Duration, Instant};

use lettre::transport::smtp::commands::{Data, Rset};

use super::account::Timeouts;
use super::body::Stuffer;
use super::command::{Envelope, envelope};
use super::connection::Connection;
use super::reply::Reply;
use super::submission::{Acceptance, Failure, RecipientReply, Stage, Submission, Verdict};
use super::wire::{Sent, Trouble};
use crate::capabilities::attachments::{Base64Lines, Chunk, ReadError};

/// Bytes gathered before they are written.
const BLOCK: usize = 64 * 1024;

/// The service is closing, whatever was asked (RFC 5321 §3.8).
const CLOSING: u16 = 421;

/// How long answers are waited for that change nothing any more.
const PATIENCE: Duration = Duration::from_secs(2);

/// What stopped a body.
enum Stopped {
    /// A file could not be read.
    Unreadable(ReadError),
    /// The server answered before the end.
    Answered(Reply),
    /// The connection failed before the end.
    Lost(Trouble),
    /// The end was sent, its answer did not come.
    InDoubt(Trouble),
}

impl Connection {
    /// Submits one message. Afterwards `usable` says whether another may follow on this connection.
    pub(super) async fn transact(&mut self, submission: &Submission) -> Result<Acceptance, Failure> {
        let counted: u64 = submission.chunks.iter().map(Chunk::length).sum();
        let eight_bit =
            submission.chunks.iter().any(|chunk| matches!(chunk, Chunk::Text(text) if !text.is_ascii()));
        let envelope = envelope(submission, submission.size.max(counted), eight_bit, &self.offered)
            .map_err(|reason| self.place.failure(Stage::Prepare, Verdict::Permanent, reason))?;
        self.usable = false;
        self.transactions += 1;

        let recipients = if self.offered.pipelining {
            self.envelope_in_one_write(submission, &envelope).await?
        } else {
            self.envelope_in_lock_step(submission, &envelope).await?
        };
        let reply = match self.body(submission).await {
            Ok(reply) => reply,
            Err(stopped) => return Err(Failure { recipients, ..self.stopped(stopped) }),
        };
        self.last_used = Instant::now();
        self.usable = reply.code != CLOSING;
        match reply.code / 100 {
            2 => {
                let (server, dsn) = (self.place.host.clone(), self.offered.dsn);
                Ok(Acceptance { server, reply, recipients, dsn })
            }
            4 | 5 => {
                let failure = self.place.refused(Stage::Data, "the server refused the message", reply);
                Err(Failure { recipients, ..failure })
            }
            // No answer to the end of a message. What was done with it is anybody's guess.
            _ => {
                self.usable = false;
                let what =
                    format!("the answer to the message makes no sense, so it may have been taken: {reply}");
                let failure = self.place.failure(Stage::AfterDot, Verdict::InDoubt, what);
                Err(Failure { recipients, reply: Some(reply), ..failure })
            }
        }
    }

    async fn envelope_in_one_write(
        &mut self,
        submission: &Submission,
        envelope: &Envelope,
    ) -> Result<Vec<RecipientReply>, Failure> {
        let limits = self.timeouts;
        let reset = std::mem::take(&mut self.reset_first);
        let mut group = if reset { Rset.to_string() } else { String::new() };
        group.push_str(&envelope.mail);
        envelope.recipients.iter().for_each(|line| group.push_str(line));
        group.push_str(&Data.to_string());
        if let Err(trouble) = self.wire.send(group.as_bytes(), limits.sender).await {
            return Err(self.place.trouble(Stage::Sender, "the sender was not answered", &trouble));
        }
        if reset {
            self.reset_answer().await?;
        }
        let sender = self.sender_answer().await?;
        let mut replies = Vec::with_capacity(envelope.recipients.len());
        if !sender.is_positive() {
            // The others are answers to a sender that does not exist: they are read to stay in step.
            let rest = async {
                self.recipient_answers(submission, &mut replies).await?;
                self.data_answer().await
            };
            if let Ok(Ok(data)) = tokio::time::timeout(PATIENCE, rest).await {
                self.leave_refused(&data).await;
            }
            return Err(self.place.refused(Stage::Sender, "the server refused the sender", sender));
        }
        if let Err(failure) = self.recipient_answers(submission, &mut replies).await {
            return Err(Failure { recipients: replies, ..failure });
        }
        if !replies.iter().any(|answer| answer.reply.is_positive()) {
            if let Ok(Ok(data)) = tokio::time::timeout(PATIENCE, self.data_answer()).await {
                self.leave_refused(&data).await;
            }
            return Err(self.place.all_refused(replies));
        }
        match self.data_answer().await {
            Ok(data) => self.go_ahead(data, replies),
            Err(failure) => Err(Failure { recipients: replies, ..failure }),
        }
    }

    /// The answers to the RCPT commands of a group, in order.
    async fn recipient_answers(
        &mut self,
        submission: &Submission,
        replies: &mut Vec<RecipientReply>,
    ) -> Result<(), Failure> {
        for recipient in &submission.recipients {
            let reply = self.recipient_answer(&recipient.address).await?;
            replies.push(RecipientReply { address: recipient.address.clone(), reply });
        }
        Ok(())
    }

    async fn envelope_in_lock_step(
        &mut self,
        submission: &Submission,
        envelope: &Envelope,
    ) -> Result<Vec<RecipientReply>, Failure> {
        let limits = self.timeouts;
        if std::mem::take(&mut self.reset_first) {
            self.say(&Rset.to_string(), Stage::Sender, limits).await?;
            self.reset_answer().await?;
        }
        self.say(&envelope.mail, Stage::Sender, limits).await?;
        let sender = self.sender_answer().await?;
        if !sender.is_positive() {
            self.step_back();
            return Err(self.place.refused(Stage::Sender, "the server refused the sender", sender));
        }
        let mut replies = Vec::with_capacity(envelope.recipients.len());
        for (recipient, line) in submission.recipients.iter().zip(&envelope.recipients) {
            let answered = match self.say(line, Stage::Recipient, limits).await {
                Ok(()) => self.recipient_answer(&recipient.address).await,
                Err(failure) => Err(failure),
            };
            match answered {
                Ok(reply) => replies.push(RecipientReply { address: recipient.address.clone(), reply }),
                Err(failure) => return Err(Failure { recipients: replies, ..failure }),
            }
        }
        if !replies.iter().any(|answer| answer.reply.is_positive()) {
            self.step_back();
            return Err(self.place.all_refused(replies));
        }
        let answered = match self.say(&Data.to_string(), Stage::Data, limits).await {
            Ok(()) => self.data_answer().await,
            Err(failure) => Err(failure),
        };
        match answered {
            Ok(data) => self.go_ahead(data, replies),
            Err(failure) => Err(Failure { recipients: replies, ..failure }),
        }
    }

    async fn say(&mut self, line: &str, stage: Stage, limits: Timeouts) -> Result<(), Failure> {
        let limit = match stage {
            Stage::Recipient => limits.recipient,
            Stage::Data => limits.data,
            _ => limits.sender,
        };
        self.wire
            .send(line.as_bytes(), limit)
            .await
            .map_err(|trouble| self.place.trouble(stage, "the command could not be sent", &trouble))
    }

    /// Whatever is said to RSET but goodbye will do: what matters is what is said to MAIL.
    async fn reset_answer(&mut self) -> Result<(), Failure> {
        let what = "the reset before the sender was not answered";
        let reply = self.wire.reply(self.timeouts.sender).await;
        let reply = reply.map_err(|trouble| self.place.trouble(Stage::Sender, what, &trouble))?;
        if reply.code == CLOSING {
            return Err(self.place.refused(Stage::Sender, "the server is closing", reply));
        }
        Ok(())
    }

    async fn sender_answer(&mut self) -> Result<Reply, Failure> {
        let reply = self.wire.reply(self.timeouts.sender).await;
        let reply = reply
            .map_err(|trouble| self.place.trouble(Stage::Sender, "the sender was not answered", &trouble))?;
        if reply.code == CLOSING {
            return Err(self.place.refused(Stage::Sender, "the server is closing", reply));
        }
        Ok(reply)
    }

    async fn recipient_answer(&mut self, address: &str) -> Result<Reply, Failure> {
        let reply = self.wire.reply(self.timeouts.recipient).await;
        let what = format!("the recipient {address} was not answered");
        let reply = reply.map_err(|trouble| self.place.trouble(Stage::Recipient, &what, &trouble))?;
        if reply.code == CLOSING {
            return Err(self.place.refused(Stage::Recipient, "the server is closing", reply));
        }
        Ok(reply)
    }

    async fn data_answer(&mut self) -> Result<Reply, Failure> {
        let reply = self.wire.reply(self.timeouts.data).await;
        reply.map_err(|trouble| self.place.trouble(Stage::Data, "DATA was not answered", &trouble))
    }

    fn go_ahead(
        &mut self,
        data: Reply,
        replies: Vec<RecipientReply>,
    ) -> Result<Vec<RecipientReply>, Failure> {
        if data.code == 354 {
            return Ok(replies);
        }
        if (data.is_transient() || data.is_permanent()) && data.code != CLOSING {
            self.step_back();
        }
        let failure = self.place.refused(Stage::Data, "the server does not want the message", data);
        Err(Failure { recipients: replies, ..failure })
    }

    /// The connection may be used again, after a RSET.
    fn step_back(&mut self) {
        self.reset_first = true;
        self.usable = true;
        self.last_used = Instant::now();
    }

    /// A group whose sender or every recipient was refused. A server that says 354 all the same gets the dot
    /// and nothing else (RFC 2920 §3.1); one that then accepts what nobody is to receive is left.
    async fn leave_refused(&mut self, data: &Reply) {
        if data.code == 354 {
            let limit = self.timeouts.data;
            if self.wire.send(b".\r\n", limit).await.is_err() {
                return;
            }
            match self.wire.reply(limit).await {
                Ok(reply) if !reply.is_positive() && reply.code != CLOSING => self.step_back(),
                _ => {}
            }
        } else if data.code != CLOSING {
            self.step_back();
        }
    }

    fn stopped(&self, stopped: Stopped) -> Failure {
        match stopped {
            Stopped::Unreadable(error) => {
                let what = format!("an attachment could not be read, so the message was broken off: {error}");
                self.place.failure(Stage::Data, Verdict::Permanent, what)
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

    async fn body(&mut self, submission: &Submission) -> Result<Reply, Stopped> {
        let mut stuffer = Stuffer::new();
        let mut out = Vec::with_capacity(2 * BLOCK);
        for chunk in &submission.chunks {
            match chunk {
                Chunk::Text(text) => {
                    for piece in text.as_bytes().chunks(BLOCK) {
                        stuffer.text(piece, &mut out);
                        self.send_full_block(&mut out).await?;
                    }
                }
                Chunk::Attachment(source) => {
                    let mut reader = source.open().await.map_err(Stopped::Unreadable)?;
                    let mut lines = Base64Lines::new();
                    while let Some(block) = reader.next().await.map_err(Stopped::Unreadable)? {
                        stuffer.before_base64(&mut out);
                        lines.push(block, &mut out);
                        self.send_full_block(&mut out).await?;
                    }
                    lines.finish(&mut out);
                }
            }
        }
        stuffer.finish(&mut out);

        let limit = self.timeouts.block;
        let mut left = 0;
        let sent = self.wire.send_body(&out, &mut left, limit).await;
        let all_left = left == out.len();
        match sent {
            Ok(Sent::Interrupted) if !all_left => return Err(self.early_answer().await),
            Err(trouble) if !all_left => return Err(Stopped::Lost(trouble)),
            Err(trouble) => return Err(Stopped::InDoubt(trouble)),
            Ok(_) => {}
        }
        self.wire.reply(self.timeouts.dot).await.map_err(Stopped::InDoubt)
    }

    async fn send_full_block(&mut self, out: &mut Vec<u8>) -> Result<(), Stopped> {
        if out.len() < BLOCK {
            return Ok(());
        }
        let limit = self.timeouts.block;
        match self.wire.send_body(out, &mut 0, limit).await {
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
