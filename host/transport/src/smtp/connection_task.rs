//! The task of a connection: opened because mails wait, it sends one after the other, is idle, and is closed.
//!
//! A connection has a task of its own instead of running in the calls that queue mails: a call that is dropped
//! half-way would leave the connection in the middle of a reply. The task sends the mail to its end.

use std::time::Instant;

use tokio::sync::oneshot;

use super::account_queue::{AccountQueue, Job, SubmitResult, Wake};
use super::connection::Connection;
use super::connection_slot::{ConnectionSlot, Next};
use super::submission::{Failure, Stage};
use super::transaction::OpenTransaction;
use super::transfer::PipelineSource;
use crate::Verdict;
use crate::session::ProbeLog;

/// Opens a connection, and another one where that is lost and mails wait.
pub(super) async fn run(mut slot: ConnectionSlot) {
    let mut in_hand = None;
    loop {
        let queue = &slot.queue;
        let connection = match Connection::open(&queue.account, &queue.tls, &mut ProbeLog::default()).await {
            Ok(connection) => connection,
            Err(failure) => return slot.refused(&failure, in_hand),
        };
        match serve(&mut slot, connection, in_hand.take()).await {
            End::Closed => return,
            End::OpenAnother(job) => in_hand = job,
        }
    }
}

/// How the service of a connection ended.
enum End {
    /// No other connection is needed.
    Closed,
    /// Another is to be opened, for this mail or for those that wait.
    OpenAnother(Option<Job>),
}

/// A mail with its result, before it is reported: the connection is free first, so that the caller's next mail can use
/// it.
type Finished = Option<(Job, SubmitResult)>;

fn report(finished: Finished) {
    if let Some((job, result)) = finished {
        job.report(result);
    }
}

async fn serve(slot: &mut ConnectionSlot, mut connection: Connection, mut in_hand: Option<Job>) -> End {
    let mut finished: Finished = None;
    loop {
        let job = match in_hand.take() {
            Some(job) => job,
            None => match wait_for_mail(slot, &mut connection, finished.take()).await {
                Woken::Send(job) => job,
                Woken::Lost => {
                    return if slot.keep_for_another(false) { End::OpenAnother(None) } else { End::Closed };
                }
                Woken::Close(report) => {
                    connection.quit().await;
                    drop(report);
                    return End::Closed;
                }
            },
        };
        // The server may have closed an idle connection.
        if connection.transactions > 0 && !connection.wire.is_quiet().await {
            slot.keep_for_another(true);
            return End::OpenAnother(Some(job));
        }
        match send(&slot.queue, &mut connection, job).await {
            SendEnd::Free(job, result) if slot.queue.may_be_used_again(&connection) => {
                finished = Some((job, result));
            }
            SendEnd::Free(job, result) => {
                tokio::spawn(connection.quit());
                let another = slot.keep_for_another(false);
                job.report(result);
                return if another { End::OpenAnother(None) } else { End::Closed };
            }
            SendEnd::Broken(finished, again) => {
                let another = slot.keep_for_another(again.is_some());
                report(finished);
                return if another { End::OpenAnother(again) } else { End::Closed };
            }
        }
    }
}

/// Why a free connection stopped being idle.
enum Woken {
    /// A mail is to be sent.
    Send(Job),
    /// The server sent something or closed the connection, which is of no more use.
    Lost,
    /// The connection is to be closed, and this dropped afterwards.
    Close(Option<oneshot::Sender<()>>),
}

async fn wait_for_mail(
    slot: &mut ConnectionSlot,
    connection: &mut Connection,
    mut finished: Finished,
) -> Woken {
    loop {
        let next = slot.next();
        report(finished.take());
        let (id, mut woken) = match next {
            Next::Send(job) => return Woken::Send(job),
            Next::Close => return Woken::Close(None),
            Next::Wait(id, woken) => (id, woken),
        };
        connection.buffer = Vec::new();
        let rest = slot.queue.idle_deadline(connection).saturating_duration_since(Instant::now());
        let changed = tokio::select! {
            biased;
            wake = &mut woken => match wake {
                Ok(Wake::Work) => {
                    slot.woken();
                    continue;
                }
                Ok(Wake::Close(report)) => {
                    slot.leave();
                    return Woken::Close(Some(report));
                }
                Err(_) => {
                    slot.leave();
                    return Woken::Close(None);
                }
            },
            () = connection.wire.changed() => true,
            () = tokio::time::sleep(rest) => false,
        };
        if slot.queue.withdraw(id) {
            if changed {
                return Woken::Lost;
            }
            slot.leave();
            return Woken::Close(None);
        }
        // The connection was woken at the same moment.
        match woken.await {
            Ok(Wake::Work) => {
                slot.woken();
                if changed || !slot.queue.may_be_used_again(connection) {
                    return Woken::Lost;
                }
            }
            Ok(Wake::Close(report)) => {
                slot.leave();
                return Woken::Close(Some(report));
            }
            Err(_) => {
                slot.leave();
                return Woken::Close(None);
            }
        }
    }
}

/// The state of a connection after a mail and those pipelined behind it.
enum SendEnd {
    /// Ready for the next mail.
    Free(Job, SubmitResult),
    /// Of no more use. With the mail whose result this is, and one to begin again on another connection.
    Broken(Finished, Option<Job>),
}

/// Sends a mail and those that are pipelined behind it.
async fn send(queue: &AccountQueue, connection: &mut Connection, mut job: Job) -> SendEnd {
    let opened = match connection.open_transaction(&job.submission) {
        Ok(opened) => opened,
        // This server can't take the message; nothing was sent.
        Err(failure) => return SendEnd::Free(job, Err(failure)),
    };
    let mut pipeline = Pipeline { queue, next: None };
    let mut result = connection.submit_first(&job.submission, &opened, &mut pipeline).await;
    loop {
        match pipeline.next.take() {
            None if connection.is_free() => return SendEnd::Free(job, result),
            None => return broken(connection, job, result),
            Some((mut next, _)) if !connection.usable => {
                // No more than its commands can have been sent.
                next.retried = true;
                return SendEnd::Broken(Some((job, result)), Some(next));
            }
            Some((next, opened)) => {
                job.report(result);
                job = next;
                result = connection.submit_pipelined(&job.submission, opened.reset, &mut pipeline).await;
                if connection.pipelined_reply_timed_out {
                    queue.stop_pipelining();
                }
            }
        }
    }
}

fn broken(connection: &Connection, mut job: Job, result: SubmitResult) -> SendEnd {
    let used = connection.transactions > 1;
    if used && !job.retried && !connection.usable && result.as_ref().is_err_and(is_stale) {
        job.retried = true;
        return SendEnd::Broken(None, Some(job));
    }
    SendEnd::Broken(Some((job, result)), None)
}

/// Returns whether a connection had been closed without being noticed: it broke before the reply to MAIL. Nothing of
/// the message was sent, so another connection may be tried once.
fn is_stale(failure: &Failure) -> bool {
    failure.stage == Stage::Sender
        && failure.verdict == Verdict::Transient
        && failure.reply.as_ref().is_none_or(|reply| reply.code == 421)
}

/// The account's queue as the source of pipelined mails.
struct Pipeline<'a> {
    queue: &'a AccountQueue,
    next: Option<(Job, OpenTransaction)>,
}

impl PipelineSource for Pipeline<'_> {
    fn next(&mut self, connection: &mut Connection) -> Option<String> {
        while self.next.is_none() && self.queue.may_be_used_again(connection) {
            let job = self.queue.pop_pipelined()?;
            match connection.open_transaction(&job.submission) {
                Ok(opened) => {
                    let commands = opened.commands();
                    self.next = Some((job, opened));
                    return Some(commands);
                }
                Err(failure) => job.report(Err(failure)),
            }
        }
        None
    }

    async fn changed(&self) {
        self.queue.arrival().await;
    }
}
