//! One message on a connection: MAIL, RCPT for each recipient, DATA, the body, the answer.
//!
//! Where the server has PIPELINING the envelope is one write (RFC 2920), on its own or behind the body of the mail
//! before; elsewhere each command waits for the answer to the one before. The body waits for the 354 either way.

use std::time::{Duration, Instant};

use lettre::transport::smtp::commands::{Data, Rset};

use super::account::Timeouts;
use super::command::{Envelope, Unsayable, envelope};
use super::connection::Connection;
use super::reply::Reply;
use super::submission::{Acceptance, Failure, RecipientReply, Stage, Submission, Verdict};
use super::transfer::Followers;
use super::wire::Trouble;
use crate::attachments::Chunk;

/// The service is closing, whatever was asked (RFC 5321 §3.8).
const CLOSING: u16 = 421;

/// How long answers are waited for that change nothing any more.
const PATIENCE: Duration = Duration::from_secs(2);

/// A transaction that was opened: its commands are to be sent.
#[derive(Debug)]
pub(super) struct Opened {
    envelope: Envelope,
    /// RSET goes before it.
    pub(super) reset: bool,
}

impl Opened {
    /// All commands up to DATA.
    pub(super) fn commands(&self) -> String {
        let mut commands = if self.reset { Rset.to_string() } else { String::new() };
        commands.push_str(&self.envelope.mail);
        self.envelope.recipients.iter().for_each(|line| commands.push_str(line));
        commands.push_str(&Data.to_string());
        commands
    }
}

/// The answer that a server without SMTPUTF8 would give about the addresses that need it (RFC 6531 §3.5), and about no other.
fn beyond_ascii(submission: &Submission) -> Vec<RecipientReply> {
    let refused = submission.recipients.iter().filter(|it| !it.address.is_ascii());
    let words = "the server offers no SMTPUTF8, which this address needs";
    let reply = || Reply { code: 553, enhanced: Some("5.6.7".to_owned()), text: words.to_owned() };
    refused.map(|it| RecipientReply { address: it.address.clone(), reply: reply() }).collect()
}

impl Connection {
    /// The commands that open a transaction, or why this server cannot take the message. Counts as the
    /// beginning of one.
    pub(super) fn open_transaction(&mut self, submission: &Submission) -> Result<Opened, Failure> {
        let counted: u64 = submission.chunks.iter().map(Chunk::length).sum();
        let eight_bit = submission.chunks.iter().any(|chunk| match chunk {
            Chunk::Text(text) => !text.is_ascii(),
            Chunk::Attachment(_) => false,
            // Nobody looks into it.
            Chunk::Raw(_) => true,
        });
        let envelope = envelope(submission, submission.size.max(counted), eight_bit, &self.offered).map_err(
            |reason| {
                let recipients = match reason {
                    Unsayable::NoSmtpUtf8 => beyond_ascii(submission),
                    _ => Vec::new(),
                };
                let failure = self.place.failure(Stage::Prepare, Verdict::Permanent, reason);
                Failure { recipients, ..failure }
            },
        )?;
        self.usable = false;
        self.transactions += 1;
        Ok(Opened { envelope, reset: std::mem::take(&mut self.reset_first) })
    }

    /// Submits one message whose commands have not left yet. Afterwards `usable` says whether another may
    /// follow on this connection.
    pub(super) async fn transact(
        &mut self,
        submission: &Submission,
        opened: &Opened,
        followers: &mut impl Followers,
    ) -> Result<Acceptance, Failure> {
        if !self.offered.pipelining {
            let recipients = self.envelope_in_lock_step(submission, opened).await?;
            return self.message(submission, recipients, followers).await;
        }
        if let Err(trouble) = self.wire.send(opened.commands().as_bytes(), self.timeouts.sender).await {
            return Err(self.place.trouble(Stage::Sender, "the sender was not answered", &trouble));
        }
        self.go_on(submission, opened.reset, followers).await
    }

    /// The same for a message whose commands left in one write, with a reset before them or not.
    pub(super) async fn go_on(
        &mut self,
        submission: &Submission,
        reset: bool,
        followers: &mut impl Followers,
    ) -> Result<Acceptance, Failure> {
        self.usable = false;
        let recipients = self.group_answers(submission, reset).await?;
        self.message(submission, recipients, followers).await
    }

    async fn message(
        &mut self,
        submission: &Submission,
        recipients: Vec<RecipientReply>,
        followers: &mut impl Followers,
    ) -> Result<Acceptance, Failure> {
        let answer = self.body(submission, followers).await;
        let reply = match answer {
            Ok(reply) => reply,
            Err(stopped) => return Err(Failure { recipients, ..self.stopped(stopped) }),
        };
        self.last_used = Instant::now();
        self.usable = reply.code != CLOSING && !self.severed;
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

    /// The answers to MAIL, RCPT and DATA that left in one write.
    async fn group_answers(
        &mut self,
        submission: &Submission,
        reset: bool,
    ) -> Result<Vec<RecipientReply>, Failure> {
        if reset {
            self.reset_answer().await?;
        }
        let sender = self.sender_answer().await?;
        let mut replies = Vec::with_capacity(submission.recipients.len());
        if !sender.is_positive() {
            // The others are answers to a sender that does not exist: they are read to stay in step.
            let rest = async {
                self.recipient_answers(submission, &mut replies).await?;
                self.data_answer().await
            };
            if let Ok(Ok(data)) = tokio::time::timeout(PATIENCE, rest).await {
                self.leave_refused(&data).await;
            }
            return Err(self.place.refused_sender(sender));
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
        opened: &Opened,
    ) -> Result<Vec<RecipientReply>, Failure> {
        let (limits, envelope) = (self.timeouts, &opened.envelope);
        if opened.reset {
            self.say(&Rset.to_string(), Stage::Sender, limits).await?;
            self.reset_answer().await?;
        }
        self.say(&envelope.mail, Stage::Sender, limits).await?;
        let sender = self.sender_answer().await?;
        if !sender.is_positive() {
            self.step_back();
            return Err(self.place.refused_sender(sender));
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
            .map(|_| ())
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
        self.unheard = matches!(reply, Err(Trouble::TimedOut(_)));
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
}
