//! The outbox under programs that meet: each step of two lease owners, a person's command and a clock that jumps, in every order. None
//! is trusted to be alone: a holder sleeps between any two steps for as long as it takes, and may never wake.
//!
//! What holds after every single step: no two attempts of a mail may have reached a server, and none leaves after the mail was
//! cancelled, held or erased.

use super::fixture::{Fixture, LEASE, completion, new_attempt, new_mail};
use crate::*;
use chrono::{DateTime, Duration, FixedOffset};

/// Orders that are tried, for one database and one kind of story: more of them by `POSTROOM_INTERLEAVINGS`, or `all`.
pub(super) fn tries() -> Tries {
    match std::env::var("POSTROOM_INTERLEAVINGS").ok().as_deref() {
        Some("all") => Tries::All,
        text => Tries::Some(text.and_then(|text| text.parse().ok()).unwrap_or(60)),
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Tries {
    All,
    Some(u64),
}

/// A step of a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Move {
    First,
    Second,
    Person,
    /// Past the end of every lease.
    Later,
    Earlier,
    /// The first holder says that it still works.
    Extend,
}

/// What a person says once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Say {
    Cancel,
    Hold,
    Release,
    Erase,
}

/// How the second holder comes to the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comes {
    /// A worker claims what is due.
    Claims,
    /// A command takes the mail by its id.
    Takes,
}

/// How far a holder has come. What it has read may be old by the time it acts on it.
#[derive(Debug)]
enum Stage {
    Idle,
    Has,
    Read(Box<Mail>),
    Begun(AttemptId),
    Released(AttemptId),
    Refused(AttemptId),
    Ended,
}

struct Program {
    lease_owner: LeaseOwner,
    comes: Comes,
    stage: Stage,
}

impl Program {
    fn new(comes: Comes) -> Self {
        Self { lease_owner: LeaseOwner::new("worker"), comes, stage: Stage::Idle }
    }
}

/// A mail, those who work at it, and what has truly left.
struct World<'a> {
    fixture: &'a Fixture,
    mail: MailId,
    now: DateTime<FixedOffset>,
    first: Program,
    second: Program,
    /// Attempts whose last bytes left.
    left: Vec<AttemptId>,
    /// A person was told that nothing leaves any more, when so many had left.
    ended: Option<usize>,
}

impl World<'_> {
    async fn step(&mut self, step: Move, apply: Say) {
        match step {
            Move::First => {
                let mut program = std::mem::replace(&mut self.first, Program::new(Comes::Claims));
                self.work(&mut program).await;
                self.first = program;
            }
            Move::Second => {
                let mut program = std::mem::replace(&mut self.second, Program::new(Comes::Claims));
                self.work(&mut program).await;
                self.second = program;
            }
            Move::Person => self.apply_command(apply).await,
            Move::Later => self.now += Duration::hours(1),
            Move::Earlier => self.now -= Duration::hours(1),
            Move::Extend => {
                self.fixture.store.extend(&self.first.lease_owner, self.now, LEASE).await.unwrap()
            }
        }
        self.check().await;
    }

    /// One statement's worth of a program's work.
    async fn work(&mut self, program: &mut Program) {
        let Fixture { store, journal, account, .. } = self.fixture;
        let (id, lease_owner, now) = (self.mail, program.lease_owner.clone(), self.now);
        program.stage = match std::mem::replace(&mut program.stage, Stage::Ended) {
            Stage::Idle => {
                let has = match program.comes {
                    Comes::Claims => {
                        let claimed =
                            store.claim(&lease_owner, account.id, Pace::default(), 9, now, LEASE).await;
                        !claimed.unwrap().is_empty()
                    }
                    Comes::Takes => {
                        match self.fixture.user_store().take(&lease_owner, id, now, LEASE).await {
                            Ok(Ok(before)) => {
                                // Who resumes a mail that is held releases it.
                                if matches!(before.queue_state, QueueState::Held { .. }) {
                                    self.ended = None;
                                }
                                !before.queue_state.has_ended_for_good()
                            }
                            Ok(Err(_)) | Err(StoreError::Invalid { .. }) => false,
                            Err(error) => panic!("{error}"),
                        }
                    }
                };
                if has { Stage::Has } else { Stage::Idle }
            }
            Stage::Has => Stage::Read(Box::new(store.mail(id).await.unwrap())),
            Stage::Read(mail) => self.decide(&lease_owner, &mail).await,
            Stage::Begun(attempt) => match journal.release(attempt, &lease_owner, now).await {
                Ok(()) => {
                    self.left.push(attempt);
                    Stage::Released(attempt)
                }
                Err(StoreError::AttemptClosed(_)) => Stage::Refused(attempt),
                Err(error) => panic!("{error}"),
            },
            Stage::Released(attempt) => {
                let settled = Some(StateChange::of(&lease_owner, QueueState::Sent));
                let accepted = completion(AttemptResult::Accepted);
                let alarm = journal.finish(attempt, &accepted, &[], settled).await.unwrap();
                assert_eq!(alarm, None, "what a server said contradicts the ledger");
                Stage::Ended
            }
            Stage::Refused(attempt) => {
                let done = completion(AttemptResult::Transient(None));
                assert_eq!(journal.finish(attempt, &done, &[], None).await.unwrap(), None);
                journal
                    .change_state(id, &lease_owner, QueueState::Ready { due: now, waits: None })
                    .await
                    .unwrap();
                Stage::Ended
            }
            Stage::Ended => Stage::Ended,
        };
    }

    /// What a program does next with what it has read.
    async fn decide(&self, lease_owner: &LeaseOwner, mail: &Mail) -> Stage {
        let journal = &self.fixture.journal;
        let results: Vec<AttemptResult> =
            mail.attempts.iter().filter_map(|it| Some(it.completion.as_ref()?.result)).collect();
        let queue_state = if results.iter().any(|it| it.was_taken() == Some(true)) {
            QueueState::Sent
        } else if results.iter().any(|it| it.is_in_doubt()) {
            QueueState::InDoubt { reason: "nobody can look".into() }
        } else {
            return match journal.begin(self.mail, &new_attempt(self.fixture.account.id), lease_owner).await {
                Ok(attempt) => Stage::Begun(attempt),
                Err(StoreError::LeaseLost(_) | StoreError::AttemptOpen(_)) => Stage::Ended,
                Err(error) => panic!("{error}"),
            };
        };
        journal.change_state(self.mail, lease_owner, queue_state).await.unwrap();
        Stage::Ended
    }

    async fn apply_command(&mut self, apply: Say) {
        let word = match apply {
            Say::Cancel => MailCommand::Cancel,
            Say::Hold => MailCommand::Hold,
            Say::Release => MailCommand::Release,
            Say::Erase => {
                match self.fixture.admin().erase(&"e@example.com".parse().unwrap(), self.now).await {
                    // An erased mail has no content: nothing of it leaves any more, in doubt or not.
                    Ok(_) => self.ended = Some(self.left.len()),
                    Err(StoreError::Busy(_)) => {}
                    Err(error) => panic!("{error}"),
                }
                return;
            }
        };
        let in_doubt = matches!(self.row().await.queue_state, QueueState::InDoubt { .. });
        let result = self.fixture.user_store().apply_command(self.mail, word, self.now).await.unwrap();
        if result.changed && word != MailCommand::Release {
            assert!(in_doubt || self.left.is_empty(), "{word:?} of what has left");
            self.ended = Some(self.left.len());
        }
    }

    async fn row(&self) -> OutboxRow {
        self.fixture.store.outbox_row(self.mail).await.unwrap()
    }

    async fn check(&self) {
        let mail = self.fixture.store.mail(self.mail).await.unwrap();
        let result = |it: &Attempt| it.completion.as_ref().map(|completion| completion.result);
        let may_have_left = |it: &&Attempt| {
            it.released.is_some() && result(it).is_none_or(|result| result.was_taken() != Some(false))
        };
        assert!(mail.attempts.iter().filter(may_have_left).count() <= 1, "{:?}", mail.attempts);
        assert!(self.left.len() <= 1, "it left {} times: {:?}", self.left.len(), mail.attempts);
        assert!(self.ended.is_none_or(|before| self.left.len() == before), "it left after it was ended");
        let taken = mail.attempts.iter().any(|it| result(it) == Some(AttemptResult::Accepted));
        if taken || mail.outbox.queue_state == QueueState::Sent {
            assert_eq!(self.left.len(), 1, "said to have left: {mail:?}");
        }
    }

    /// The last program finds the mail, and nothing is lost.
    async fn drain(&mut self) {
        self.now += Duration::hours(3);
        let mut last = Program::new(Comes::Claims);
        for _ in 0..8 {
            self.work(&mut last).await;
            self.check().await;
        }
        let queue_state = self.row().await.queue_state;
        match (&queue_state, self.ended) {
            (QueueState::Sent | QueueState::InDoubt { .. }, _) => {
                assert_eq!(self.left.len(), 1, "{queue_state:?}")
            }
            (QueueState::Held { .. } | QueueState::Cancelled, Some(_)) => {}
            _ => panic!("it is neither sent nor ended: {queue_state:?}"),
        }
    }
}

/// Tells a story with these steps, and then has the last program pick up the mail.
async fn report(fixture: &Fixture, steps: &[Move], apply: Say, comes: Comes) {
    let mail =
        NewMail { created: super::fixture::at("2026-11-27T08:00:00+01:00"), ..new_mail(fixture.account.id) };
    fixture.enqueue(&mail).await.unwrap();
    let mut world = World {
        fixture,
        mail: mail.id,
        now: super::fixture::at("2026-11-27T10:00:00+01:00"),
        first: Program::new(Comes::Claims),
        second: Program::new(comes),
        left: Vec::new(),
        ended: None,
    };
    for step in steps {
        world.step(*step, apply).await;
    }
    world.drain().await;
    // The next story's worker is to find its own mail alone.
    fixture.user_store().apply_command(mail.id, MailCommand::Cancel, world.now).await.unwrap();
}

/// The next order of these steps; false after the last.
fn next_order(steps: &mut [Move]) -> bool {
    let Some(pivot) = (1..steps.len()).rev().find(|place| steps[place - 1] < steps[*place]) else {
        return false;
    };
    let swap = (pivot..steps.len()).rev().find(|place| steps[*place] > steps[pivot - 1]).unwrap_or(pivot);
    steps.swap(pivot - 1, swap);
    steps[pivot..].reverse();
    true
}

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut state = self.0;
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((state ^ (state >> 31)) % end as u64).unwrap_or(0)
    }
}

fn shuffled(numbers: &mut Numbers, mut steps: Vec<Move>) -> Vec<Move> {
    for place in (1..steps.len()).rev() {
        steps.swap(place, numbers.below(place + 1));
    }
    // Any program may fall silent for good: only a part of the story happens.
    steps.truncate(steps.len() - numbers.below(4));
    steps
}

const SAYS: [Say; 4] = [Say::Cancel, Say::Hold, Say::Release, Say::Erase];
const COMES: [Comes; 2] = [Comes::Claims, Comes::Takes];

/// A company for some hundred stories: erasing looks at all its mails.
struct Stories {
    store: Store,
    fixture: Option<Fixture>,
    reported: u64,
}

impl Stories {
    fn new(store: Store) -> Self {
        store.lend_pseudonym_key(vec![7; 32].into());
        Self { store, fixture: None, reported: 0 }
    }

    async fn report(&mut self, steps: &[Move], apply: Say, comes: Comes) {
        if self.reported.is_multiple_of(100) {
            if let Some(fixture) = self.fixture.take() {
                self.store.remove_company(fixture.company.id).await.unwrap();
                self.store.remove_company(fixture.next_door.id).await.unwrap();
            }
            self.fixture = Some(Fixture::open(self.store.clone()).await);
        }
        self.reported += 1;
        let fixture = self.fixture.as_ref().expect("a company");
        let reported = report(fixture, steps, apply, comes);
        let reported = std::panic::AssertUnwindSafe(reported);
        if let Err(panic) = futures_catch(reported).await {
            eprintln!("the story: {steps:?}, a person says {apply:?}, the second {comes:?}");
            std::panic::resume_unwind(panic);
        }
    }
}

/// Runs a story, and gives its panic, so that the story can be told with it.
async fn futures_catch<F: Future<Output = ()>>(
    story: std::panic::AssertUnwindSafe<F>,
) -> Result<(), Box<dyn std::any::Any + Send>> {
    let mut story = Box::pin(story.0);
    std::future::poll_fn(move |context| {
        let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| story.as_mut().poll(context)));
        match polled {
            Ok(polled) => polled.map(Ok),
            Err(panic) => std::task::Poll::Ready(Err(panic)),
        }
    })
    .await
}

pub(super) async fn two_holders_a_person_and_a_clock_in_every_order(store: Store) {
    let mut stories = Stories::new(store);
    let whole = [vec![Move::First; 5], vec![Move::Second; 5], vec![Move::Person, Move::Later]].concat();
    match tries() {
        Tries::All => {
            for (apply, comes) in SAYS.into_iter().flat_map(|apply| COMES.map(|comes| (apply, comes))) {
                let mut steps = whole.clone();
                steps.sort_unstable();
                stories.report(&steps, apply, comes).await;
                while next_order(&mut steps) {
                    stories.report(&steps, apply, comes).await;
                }
            }
        }
        Tries::Some(count) => {
            let mut numbers = Numbers(4711);
            let more =
                [whole, vec![Move::First, Move::Second, Move::Earlier, Move::Extend, Move::Later]].concat();
            for _ in 0..count {
                let steps = shuffled(&mut numbers, more.clone());
                let (apply, comes) = (SAYS[numbers.below(4)], COMES[numbers.below(2)]);
                stories.report(&steps, apply, comes).await;
            }
        }
    }
    eprintln!("{} stories", stories.reported);
}
