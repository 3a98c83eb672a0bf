//! One transaction on a connection (RFC 5321 §3.3): MAIL, RCPT for each recipient, DATA, the body, the reply.
//!
//! To a server with PIPELINING the envelope is one write (RFC 2920), on its own or behind the body of the mail before;
//! to others each command waits for the reply to the one before. The body waits for the 354 either way.

use std::time::{Duration, Instant};

use lettre::transport::smtp::commands::{Data, Rset};

use super::account::Timeouts;
use super::command::{Envelope, Unsayable, envelope};
use super::connection::Connection;
use super::reply::Reply;
use super::submission::{Acceptance, Failure, RecipientReply, Stage, Submission};
use super::transfer::PipelineSource;
use crate::Verdict;
use crate::attachments::Chunk;

/// The server closes the connection, whatever the command was (RFC 5321 §3.8).
const CLOSING: u16 = 421;

/// The longest wait for replies that change nothing any more.
const PATIENCE: Duration = Duration::from_secs(2);

/// A transaction whose commands are to be sent.
#[derive(Debug)]
pub(super) struct OpenTransaction {
    envelope: Envelope,
    /// RSET is sent before it.
    pub(super) reset: bool,
}

impl OpenTransaction {
    /// Returns all commands up to DATA.
    pub(super) fn commands(&self) -> String {
        let mut commands = if self.reset { Rset.to_string() } else { String::new() };
        commands.push_str(&self.envelope.mail);
        self.envelope.recipients.iter().for_each(|line| commands.push_str(line));
        commands.push_str(&Data.to_string());
        commands
    }
}

/// Builds the reply of a server without SMTPUTF8 for each address that needs it (RFC 6531 §3.5).
fn beyond_ascii(submission: &Submission) -> Vec<RecipientReply> {
    let refused = submission.recipients.iter().filter(|it| !it.address.is_ascii());
    let words = "the server offers no SMTPUTF8, which this address needs";
    let reply = || Reply { code: 553, enhanced: Some("5.6.7".to_owned()), text: words.to_owned() };
    refused.map(|it| RecipientReply { address: it.address.clone(), reply: reply() }).collect()
}

impl Connection {
    /// Opens a transaction, or fails if this server cannot take the message. Counts as the beginning of one.
    pub(super) fn open_transaction(&mut self, submission: &Submission) -> Result<OpenTransaction, Failure> {
        let counted: u64 = submission.chunks.iter().map(Chunk::length).sum();
        let eight_bit = submission.chunks.iter().any(|chunk| match chunk {
            Chunk::Text(text) => !text.is_ascii(),
            Chunk::Attachment(_) => false,
            // Its bytes are not examined.
            Chunk::Raw(_) => true,
        });
        let envelope = envelope(submission, submission.size.max(counted), eight_bit, &self.offered).map_err(
            |reason| {
                let recipients = match reason {
                    Unsayable::NoSmtpUtf8 => beyond_ascii(submission),
                    _ => Vec::new(),
                };
                let failure = self.server.failure(Stage::Prepare, Verdict::Permanent, reason);
                Failure { recipients, ..failure }
            },
        )?;
        self.usable = false;
        self.transactions += 1;
        Ok(OpenTransaction { envelope, reset: std::mem::take(&mut self.reset_first) })
    }

    /// Submits one message, commands first. Sets `usable` if another may follow on this connection.
    pub(super) async fn submit_first(
        &mut self,
        submission: &Submission,
        opened: &OpenTransaction,
        source: &mut impl PipelineSource,
    ) -> Result<Acceptance, Failure> {
        if !self.offered.pipelining {
            let recipients = self.envelope_in_lock_step(submission, opened).await?;
            return self.message(submission, recipients, source).await;
        }
        if let Err(error) = self.wire.send(opened.commands().as_bytes(), self.timeouts.sender).await {
            return Err(self.server.lost(Stage::Sender, "the sender was not answered", &error));
        }
        self.submit_pipelined(submission, opened.reset, source).await
    }

    /// Submits a message whose commands were sent in one write, with RSET before them or not.
    pub(super) async fn submit_pipelined(
        &mut self,
        submission: &Submission,
        reset: bool,
        source: &mut impl PipelineSource,
    ) -> Result<Acceptance, Failure> {
        self.usable = false;
        let recipients = self.receive_group(submission, reset).await?;
        self.message(submission, recipients, source).await
    }

    async fn message(
        &mut self,
        submission: &Submission,
        recipients: Vec<RecipientReply>,
        source: &mut impl PipelineSource,
    ) -> Result<Acceptance, Failure> {
        let reply = match self.send_body(submission, source).await {
            Ok(reply) => reply,
            Err(error) => return Err(Failure { recipients, ..self.body_failure(error) }),
        };
        self.last_used = Instant::now();
        self.usable = reply.code != CLOSING && !self.pipelined_write_cut;
        match reply.code / 100 {
            2 => {
                let (server, dsn) = (self.server.host.clone(), self.offered.dsn);
                Ok(Acceptance { server, reply, recipients, dsn })
            }
            4 | 5 => {
                let failure = self.server.refused(Stage::Data, "the server refused the message", reply);
                Err(Failure { recipients, ..failure })
            }
            // RFC 5321 has no such reply to the end of a message, which may have been accepted.
            _ => {
                self.usable = false;
                let what =
                    format!("the answer to the message makes no sense, so it may have been taken: {reply}");
                let failure = self.server.failure(Stage::AfterDot, Verdict::InDoubt, what);
                Err(Failure { recipients, reply: Some(reply), ..failure })
            }
        }
    }

    /// Receives the replies to MAIL, RCPT and DATA that were sent in one write.
    async fn receive_group(
        &mut self,
        submission: &Submission,
        reset: bool,
    ) -> Result<Vec<RecipientReply>, Failure> {
        if reset {
            self.reset_reply().await?;
        }
        let sender = self.sender_reply().await?;
        let mut replies = Vec::with_capacity(submission.recipients.len());
        if !sender.is_positive() {
            // The other replies belong to a transaction that has no sender: they are received to stay in step.
            let rest = async {
                self.recipient_replies(submission, &mut replies).await?;
                self.data_reply().await
            };
            if let Ok(Ok(data)) = tokio::time::timeout(PATIENCE, rest).await {
                self.leave_refused(&data).await;
            }
            return Err(self.server.refused_sender(sender));
        }
        if let Err(failure) = self.recipient_replies(submission, &mut replies).await {
            return Err(Failure { recipients: replies, ..failure });
        }
        if !replies.iter().any(|answer| answer.reply.is_positive()) {
            if let Ok(Ok(data)) = tokio::time::timeout(PATIENCE, self.data_reply()).await {
                self.leave_refused(&data).await;
            }
            return Err(self.server.all_refused(replies));
        }
        match self.data_reply().await {
            Ok(data) => self.go_ahead(data, replies),
            Err(failure) => Err(Failure { recipients: replies, ..failure }),
        }
    }

    /// Receives the replies to the RCPT commands of a group, in order.
    async fn recipient_replies(
        &mut self,
        submission: &Submission,
        replies: &mut Vec<RecipientReply>,
    ) -> Result<(), Failure> {
        for recipient in &submission.recipients {
            let reply = self.recipient_reply(&recipient.address).await?;
            replies.push(RecipientReply { address: recipient.address.clone(), reply });
        }
        Ok(())
    }

    async fn envelope_in_lock_step(
        &mut self,
        submission: &Submission,
        opened: &OpenTransaction,
    ) -> Result<Vec<RecipientReply>, Failure> {
        let (limits, envelope) = (self.timeouts, &opened.envelope);
        if opened.reset {
            self.send_command(&Rset.to_string(), Stage::Sender, limits).await?;
            self.reset_reply().await?;
        }
        self.send_command(&envelope.mail, Stage::Sender, limits).await?;
        let sender = self.sender_reply().await?;
        if !sender.is_positive() {
            self.step_back();
            return Err(self.server.refused_sender(sender));
        }
        let mut replies = Vec::with_capacity(envelope.recipients.len());
        for (recipient, line) in submission.recipients.iter().zip(&envelope.recipients) {
            let answered = match self.send_command(line, Stage::Recipient, limits).await {
                Ok(()) => self.recipient_reply(&recipient.address).await,
                Err(failure) => Err(failure),
            };
            match answered {
                Ok(reply) => replies.push(RecipientReply { address: recipient.address.clone(), reply }),
                Err(failure) => return Err(Failure { recipients: replies, ..failure }),
            }
        }
        if !replies.iter().any(|answer| answer.reply.is_positive()) {
            self.step_back();
            return Err(self.server.all_refused(replies));
        }
        let answered = match self.send_command(&Data.to_string(), Stage::Data, limits).await {
            Ok(()) => self.data_reply().await,
            Err(failure) => Err(failure),
        };
        match answered {
            Ok(data) => self.go_ahead(data, replies),
            Err(failure) => Err(Failure { recipients: replies, ..failure }),
        }
    }

    async fn send_command(&mut self, line: &str, stage: Stage, limits: Timeouts) -> Result<(), Failure> {
        let limit = match stage {
            Stage::Recipient => limits.recipient,
            Stage::Data => limits.data,
            _ => limits.sender,
        };
        self.wire
            .send(line.as_bytes(), limit)
            .await
            .map(|_| ())
            .map_err(|error| self.server.lost(stage, "the command could not be sent", &error))
    }

    /// Receives the reply to RSET. Every reply but 421 will do, since the reply to MAIL decides.
    async fn reset_reply(&mut self) -> Result<(), Failure> {
        let what = "the reset before the sender was not answered";
        let reply = self.wire.reply(self.timeouts.sender).await;
        let reply = reply.map_err(|error| self.server.lost(Stage::Sender, what, &error))?;
        if reply.code == CLOSING {
            return Err(self.server.refused(Stage::Sender, "the server is closing", reply));
        }
        Ok(())
    }

    async fn sender_reply(&mut self) -> Result<Reply, Failure> {
        let reply = self.wire.reply(self.timeouts.sender).await;
        self.pipelined_reply_timed_out = matches!(reply, Err(ref error) if error.is_timeout());
        let reply =
            reply.map_err(|error| self.server.lost(Stage::Sender, "the sender was not answered", &error))?;
        if reply.code == CLOSING {
            return Err(self.server.refused(Stage::Sender, "the server is closing", reply));
        }
        Ok(reply)
    }

    async fn recipient_reply(&mut self, address: &str) -> Result<Reply, Failure> {
        let reply = self.wire.reply(self.timeouts.recipient).await;
        let what = format!("the recipient {address} was not answered");
        let reply = reply.map_err(|error| self.server.lost(Stage::Recipient, &what, &error))?;
        if reply.code == CLOSING {
            return Err(self.server.refused(Stage::Recipient, "the server is closing", reply));
        }
        Ok(reply)
    }

    async fn data_reply(&mut self) -> Result<Reply, Failure> {
        let reply = self.wire.reply(self.timeouts.data).await;
        reply.map_err(|error| self.server.lost(Stage::Data, "DATA was not answered", &error))
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
        let failure = self.server.refused(Stage::Data, "the server does not want the message", data);
        Err(Failure { recipients: replies, ..failure })
    }

    /// Marks the connection as usable again, after a RSET.
    fn step_back(&mut self) {
        self.reset_first = true;
        self.usable = true;
        self.last_used = Instant::now();
    }

    /// Ends a group whose sender or every recipient was refused. A server that replies 354 all the same gets the dot and
    /// nothing else (RFC 2920 §3.1); the connection to one that then accepts a mail without recipients is closed.
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
}
