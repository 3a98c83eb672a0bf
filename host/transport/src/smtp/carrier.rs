//! The life of a connection: opened because mails wait, it carries one after the other, waits for more, and says
//! goodbye.
//!
//! It lives in a task of its own, not in the calls that hand mails in: a call that is dropped half-way leaves the
//! conversation where the protocol wants it, not in the middle of a reply. The mail is then finished in its order.

use std::time::Instant;

use tokio::sync::oneshot;

use super::connection::{Connection, Trail};
use super::lane::{Job, Lane, Next, Outcome, Seat, Wake};
use super::submission::{Failure, Stage, Verdict};
use super::transaction::Opened;
use super::transfer::Followers;

/// Opens a connection, and another one where that is lost and mails wait.
pub(super) async fn run(mut seat: Seat) {
    let mut in_hand = None;
    loop {
        let lane = &seat.lane;
        let connection = match Connection::open(&lane.account, &lane.tls, &mut Trail::default()).await {
            Ok(connection) => connection,
            Err(failure) => return seat.refused(&failure, in_hand),
        };
        match serve(&mut seat, connection, in_hand.take()).await {
            End::Left => return,
            End::Again(job) => in_hand = job,
        }
    }
}

/// How the service of a connection ended.
enum End {
    /// For good.
    Left,
    /// Another is to be opened, for this mail or for those that wait.
    Again(Option<Job>),
}

/// A mail that was dealt with, its owner not yet told: first the connection is free again, so that the owner
/// finds it so.
type Told = Option<(Job, Outcome)>;

fn tell(told: Told) {
    if let Some((job, outcome)) = told {
        job.settle(outcome);
    }
}

async fn serve(seat: &mut Seat, mut connection: Connection, mut in_hand: Option<Job>) -> End {
    let mut told: Told = None;
    loop {
        let job = match in_hand.take() {
            Some(job) => job,
            None => match next(seat, &mut connection, told.take()).await {
                Ready::Carry(job) => job,
                Ready::Lost => return if seat.stays(false) { End::Again(None) } else { End::Left },
                Ready::Leave(said) => {
                    connection.quit().await;
                    drop(said);
                    return End::Left;
                }
            },
        };
        // A waiting connection may have died without being asked.
        if connection.transactions > 0 && !connection.wire.is_quiet().await {
            seat.stays(true);
            return End::Again(Some(job));
        }
        match carry(&seat.lane, &mut connection, job).await {
            Carried::Free(job, outcome) if seat.lane.may_go_on(&connection) => told = Some((job, outcome)),
            Carried::Free(job, outcome) => {
                tokio::spawn(connection.quit());
                let stays = seat.stays(false);
                job.settle(outcome);
                return if stays { End::Again(None) } else { End::Left };
            }
            Carried::Broken(told, again) => {
                let stays = seat.stays(again.is_some());
                tell(told);
                return if stays { End::Again(again) } else { End::Left };
            }
        }
    }
}

/// What a free connection was woken for.
enum Ready {
    Carry(Job),
    /// The server spoke or hung up: not a connection any more.
    Lost,
    /// Time to go; whoever waits for the goodbye.
    Leave(Option<oneshot::Sender<()>>),
}

async fn next(seat: &mut Seat, connection: &mut Connection, mut told: Told) -> Ready {
    loop {
        let next = seat.next();
        tell(told.take());
        let (id, mut woken) = match next {
            Next::Carry(job) => return Ready::Carry(job),
            Next::Leave => return Ready::Leave(None),
            Next::Wait(id, woken) => (id, woken),
        };
        connection.buffer = Vec::new();
        let rest = seat.lane.rests_until(connection).saturating_duration_since(Instant::now());
        let spoken_to = tokio::select! {
            biased;
            wake = &mut woken => match wake {
                Ok(Wake::Work) => {
                    seat.woken();
                    continue;
                }
                Ok(Wake::Leave(said)) => {
                    seat.leave();
                    return Ready::Leave(Some(said));
                }
                Err(_) => {
                    seat.leave();
                    return Ready::Leave(None);
                }
            },
            () = connection.wire.stirred() => true,
            () = tokio::time::sleep(rest) => false,
        };
        if seat.lane.withdraw(id) {
            if spoken_to {
                return Ready::Lost;
            }
            seat.leave();
            return Ready::Leave(None);
        }
        // Somebody called at the same moment.
        match woken.await {
            Ok(Wake::Work) => {
                seat.woken();
                if spoken_to || !seat.lane.may_go_on(connection) {
                    return Ready::Lost;
                }
            }
            Ok(Wake::Leave(said)) => {
                seat.leave();
                return Ready::Leave(Some(said));
            }
            Err(_) => {
                seat.leave();
                return Ready::Leave(None);
            }
        }
    }
}

/// Where carrying left the connection.
enum Carried {
    /// Ready for the next mail.
    Free(Job, Outcome),
    /// Gone. The mail that this is the outcome of, and one to begin again on a fresh connection.
    Broken(Told, Option<Job>),
}

/// Carries a mail and those that follow it closely.
async fn carry(lane: &Lane, connection: &mut Connection, mut job: Job) -> Carried {
    let opened = match connection.open_transaction(&job.submission) {
        Ok(opened) => opened,
        // Not for this server; the connection is as it was.
        Err(failure) => return Carried::Free(job, Err(failure)),
    };
    let mut queue = Queue { lane, next: None };
    let mut outcome = connection.transact(&job.submission, &opened, &mut queue).await;
    loop {
        match queue.next.take() {
            None if connection.is_free() => return Carried::Free(job, outcome),
            None => return broken(connection, job, outcome),
            Some((mut follower, _)) if !connection.usable => {
                // Of this one no more than its commands can have left.
                follower.retried = true;
                return Carried::Broken(Some((job, outcome)), Some(follower));
            }
            Some((follower, opened)) => {
                job.settle(outcome);
                job = follower;
                outcome = connection.go_on(&job.submission, opened.reset, &mut queue).await;
                if connection.unheard {
                    lane.without_followers();
                }
            }
        }
    }
}

fn broken(connection: &Connection, mut job: Job, outcome: Outcome) -> Carried {
    let used = connection.transactions > 1;
    if used && !job.retried && !connection.usable && outcome.as_ref().is_err_and(is_stale) {
        job.retried = true;
        return Carried::Broken(None, Some(job));
    }
    Carried::Broken(Some((job, outcome)), None)
}

/// A connection that had died without being noticed: it broke before the server said anything about the sender.
/// Nothing of the message had left, so a fresh connection may be tried once.
fn is_stale(failure: &Failure) -> bool {
    failure.stage == Stage::Sender
        && failure.verdict == Verdict::Transient
        && failure.reply.as_ref().is_none_or(|reply| reply.code == 421)
}

/// The lane as the source of what follows.
struct Queue<'a> {
    lane: &'a Lane,
    next: Option<(Job, Opened)>,
}

impl Followers for Queue<'_> {
    fn next(&mut self, connection: &mut Connection) -> Option<String> {
        while self.next.is_none() && self.lane.may_go_on(connection) {
            let job = self.lane.follower()?;
            match connection.open_transaction(&job.submission) {
                Ok(opened) => {
                    let commands = opened.commands();
                    self.next = Some((job, opened));
                    return Some(commands);
                }
                Err(failure) => job.settle(Err(failure)),
            }
        }
        None
    }

    async fn stirred(&self) {
        self.lane.arrival().await;
    }
}
