//! The ledger under programs that meet: each step of two holders, a person's word and a clock that jumps, in every order. Nobody
//! is trusted to be alone: a holder sleeps between any two steps for as long as it takes, and may never wake.
//!
//! What holds after every single step: no two attempts of a mail may have reached a server, and none leaves after the mail was
//! cancelled, held or erased.

use super::office::{LEASE, Office, new_attempt, new_mail, outcome};
use crate::store::*;
use chrono::{DateTime, Duration, FixedOffset};

/// Orders that are tried, for one database and one kind of story: more of them by `POSTROOM_INTERLEAVINGS`, or `all`.
fn tries() -> Tries {
    match std::env::var("POSTROOM_INTERLEAVINGS").ok().as_deref() {
        Some("all") => Tries::All,
        text => Tries::Some(text.and_then(|text| text.parse().ok()).unwrap_or(60)),
    }
}

#[derive(Debug, Clone, Copy)]
enum Tries {
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
    holder: Holder,
    comes: Comes,
    stage: Stage,
}

impl Program {
    fn new(comes: Comes) -> Self {
        Self { holder: Holder::new("worker"), comes, stage: Stage::Idle }
    }
}

/// A mail, those who work at it, and what has truly left.
struct World<'a> {
    office: &'a Office,
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
    async fn step(&mut self, step: Move, say: Say) {
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
            Move::Person => self.say(say).await,
            Move::Later => self.now += Duration::hours(1),
            Move::Earlier => self.now -= Duration::hours(1),
            Move::Extend => self.office.store.extend(&self.first.holder, self.now, LEASE).await.unwrap(),
        }
        self.check().await;
    }

    /// One statement's worth of a program's work.
    async fn work(&mut self, program: &mut Program) {
        let Office { store, journal, account, .. } = self.office;
        let (id, holder, now) = (self.mail, program.holder.clone(), self.now);
        program.stage = match std::mem::replace(&mut program.stage, Stage::Ended) {
            Stage::Idle => {
                let has = match program.comes {
                    Comes::Claims => {
                        let claimed = store.claim(&holder, account.id, Pace::default(), 9, now, LEASE).await;
                        !claimed.unwrap().is_empty()
                    }
                    Comes::Takes => match self.office.acting().take(&holder, id, now, LEASE).await {
                        Ok(Ok(before)) => {
                            // Who resumes a mail that is held releases it.
                            if matches!(before.standing, Standing::Held { .. }) {
                                self.ended = None;
                            }
                            before.standing != Standing::Cancelled
                        }
                        Ok(Err(_)) | Err(StoreError::Invalid { .. }) => false,
                        Err(error) => panic!("{error}"),
                    },
                };
                if has { Stage::Has } else { Stage::Idle }
            }
            Stage::Has => Stage::Read(Box::new(store.mail(id).await.unwrap())),
            Stage::Read(mail) => self.decide(&holder, &mail).await,
            Stage::Begun(attempt) => match journal.release(attempt, &holder, now).await {
                Ok(()) => {
                    self.left.push(attempt);
                    Stage::Released(attempt)
                }
                Err(StoreError::AttemptClosed(_)) => Stage::Refused(attempt),
                Err(error) => panic!("{error}"),
            },
            Stage::Released(attempt) => {
                let settled = Some(Settlement::of(&holder, Standing::Sent));
                let accepted = outcome(AttemptResult::Accepted);
                let alarm = journal.finish(attempt, &accepted, &[], settled).await.unwrap();
                assert_eq!(alarm, None, "what a server said contradicts the ledger");
                Stage::Ended
            }
            Stage::Refused(attempt) => {
                let done = outcome(AttemptResult::Transient(None));
                assert_eq!(journal.finish(attempt, &done, &[], None).await.unwrap(), None);
                journal.settle(id, &holder, Standing::Ready { due: now, waits: None }).await.unwrap();
                Stage::Ended
            }
            Stage::Ended => Stage::Ended,
        };
    }

    /// What a program does next with what it has read.
    async fn decide(&self, holder: &Holder, mail: &Mail) -> Stage {
        let journal = &self.office.journal;
        let results: Vec<AttemptResult> =
            mail.attempts.iter().filter_map(|it| Some(it.outcome.as_ref()?.result)).collect();
        let standing = if results.iter().any(|it| it.was_taken() == Some(true)) {
            Standing::Sent
        } else if results.iter().any(|it| it.is_in_doubt()) {
            Standing::InDoubt { reason: "nobody can look".into() }
        } else {
            return match journal.begin(self.mail, &new_attempt(self.office.account.id), holder).await {
                Ok(attempt) => Stage::Begun(attempt),
                Err(StoreError::LeaseLost(_) | StoreError::AttemptOpen(_)) => Stage::Ended,
                Err(error) => panic!("{error}"),
            };
        };
        journal.settle(self.mail, holder, standing).await.unwrap();
        Stage::Ended
    }

    async fn say(&mut self, say: Say) {
        let word = match say {
            Say::Cancel => Word::Cancel,
            Say::Hold => Word::Hold,
            Say::Release => Word::Release,
            Say::Erase => {
                match self.office.admin().erase(&"e@example.com".parse().unwrap(), self.now).await {
                    // An erased mail has no content: nothing of it leaves any more, in doubt or not.
                    Ok(_) => self.ended = Some(self.left.len()),
                    Err(StoreError::Busy(_)) => {}
                    Err(error) => panic!("{error}"),
                }
                return;
            }
        };
        let in_doubt = matches!(self.row().await.standing, Standing::InDoubt { .. });
        let said = self.office.acting().say(self.mail, word, self.now).await.unwrap();
        if said.changed && word != Word::Release {
            assert!(in_doubt || self.left.is_empty(), "{word:?} of what has left");
            self.ended = Some(self.left.len());
        }
    }

    async fn row(&self) -> OutboxRow {
        self.office.store.outbox_row(self.mail).await.unwrap()
    }

    async fn check(&self) {
        let mail = self.office.store.mail(self.mail).await.unwrap();
        let result = |it: &Attempt| it.outcome.as_ref().map(|outcome| outcome.result);
        let may_have_left = |it: &&Attempt| {
            it.released.is_some() && result(it).is_none_or(|result| result.was_taken() != Some(false))
        };
        assert!(mail.attempts.iter().filter(may_have_left).count() <= 1, "{:?}", mail.attempts);
        assert!(self.left.len() <= 1, "it left {} times: {:?}", self.left.len(), mail.attempts);
        assert!(self.ended.is_none_or(|before| self.left.len() == before), "it left after it was ended");
        let taken = mail.attempts.iter().any(|it| result(it) == Some(AttemptResult::Accepted));
        if taken || mail.outbox.standing == Standing::Sent {
            assert_eq!(self.left.len(), 1, "said to have left: {mail:?}");
        }
    }

    /// Whoever comes last finds the mail, and nothing is lost.
    async fn drain(&mut self) {
        self.now += Duration::hours(3);
        let mut last = Program::new(Comes::Claims);
        for _ in 0..8 {
            self.work(&mut last).await;
            self.check().await;
        }
        let standing = self.row().await.standing;
        match (&standing, self.ended) {
            (Standing::Sent | Standing::InDoubt { .. }, _) => assert_eq!(self.left.len(), 1, "{standing:?}"),
            (Standing::Held { .. } | Standing::Cancelled, Some(_)) => {}
            _ => panic!("it is neither sent nor ended: {standing:?}"),
        }
    }
}

/// Tells a story with these steps, and then has whoever comes last pick up the mail.
async fn tell(office: &Office, steps: &[Move], say: Say, comes: Comes) {
    let mail =
        NewMail { created: super::office::at("2026-11-27T08:00:00+01:00"), ..new_mail(office.account.id) };
    office.keep(&mail).await.unwrap();
    let mut world = World {
        office,
        mail: mail.id,
        now: super::office::at("2026-11-27T10:00:00+01:00"),
        first: Program::new(Comes::Claims),
        second: Program::new(comes),
        left: Vec::new(),
        ended: None,
    };
    for step in steps {
        world.step(*step, say).await;
    }
    world.drain().await;
    // The next story's worker is to find its own mail alone.
    office.acting().say(mail.id, Word::Cancel, world.now).await.unwrap();
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
    // Anybody may fall silent for good: only a part of the story happens.
    steps.truncate(steps.len() - numbers.below(4));
    steps
}

const SAYS: [Say; 4] = [Say::Cancel, Say::Hold, Say::Release, Say::Erase];
const COMES: [Comes; 2] = [Comes::Claims, Comes::Takes];

/// A company for some hundred stories: erasing looks at all its mails.
struct Stories {
    store: Store,
    office: Option<Office>,
    told: u64,
}

impl Stories {
    fn new(store: Store) -> Self {
        store.lend_pseudonym_key(vec![7; 32].into());
        Self { store, office: None, told: 0 }
    }

    async fn tell(&mut self, steps: &[Move], say: Say, comes: Comes) {
        if self.told.is_multiple_of(100) {
            if let Some(office) = self.office.take() {
                self.store.remove_company(office.company.id).await.unwrap();
                self.store.remove_company(office.next_door.id).await.unwrap();
            }
            self.office = Some(Office::open(self.store.clone()).await);
        }
        self.told += 1;
        let office = self.office.as_ref().expect("a company");
        let told = tell(office, steps, say, comes);
        let told = std::panic::AssertUnwindSafe(told);
        if let Err(panic) = futures_catch(told).await {
            eprintln!("the story: {steps:?}, a person says {say:?}, the second {comes:?}");
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
            for (say, comes) in SAYS.into_iter().flat_map(|say| COMES.map(|comes| (say, comes))) {
                let mut steps = whole.clone();
                steps.sort_unstable();
                stories.tell(&steps, say, comes).await;
                while next_order(&mut steps) {
                    stories.tell(&steps, say, comes).await;
                }
            }
        }
        Tries::Some(count) => {
            let mut numbers = Numbers(4711);
            let more =
                [whole, vec![Move::First, Move::Second, Move::Earlier, Move::Extend, Move::Later]].concat();
            for _ in 0..count {
                let steps = shuffled(&mut numbers, more.clone());
                let (say, comes) = (SAYS[numbers.below(4)], COMES[numbers.below(2)]);
                stories.tell(&steps, say, comes).await;
            }
        }
    }
    eprintln!("{} stories", stories.told);
}

/// What ends a holder's work at the very moment at which its last bytes are to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    Claim,
    Take,
    Cancel,
    Hold,
    Erase,
    RemoveAccount,
}

/// Statements that meet in the database, not in turn: on PostgreSQL both are under way at once.
pub(super) async fn who_takes_and_who_releases_at_the_same_moment_agree_on_what_left(store: Store) {
    store.lend_pseudonym_key(vec![7; 32].into());
    let rounds = match tries() {
        Tries::All => 200,
        Tries::Some(count) => count / 10,
    };
    let all = [Ends::Claim, Ends::Take, Ends::Cancel, Ends::Hold, Ends::Erase, Ends::RemoveAccount];
    for ends in all {
        for round in 0..rounds {
            let office = Office::open(store.clone()).await;
            meet(&office, ends, round).await;
            store.remove_company(office.company.id).await.unwrap();
            store.remove_company(office.next_door.id).await.unwrap();
        }
    }
}

async fn meet(office: &Office, ends: Ends, round: u64) {
    let mail = office.mail().await.id;
    let attempt = office.attempt(mail).await;
    let later = chrono::Local::now().fixed_offset() + Duration::seconds(61);
    let Office { store, journal, holder, account, .. } = office;
    let other = Holder::new("worker");
    let ending = async {
        // Now one is a little earlier, now the other.
        tokio::time::sleep(std::time::Duration::from_micros(round * 97 % 1_500)).await;
        match ends {
            // On PostgreSQL a row that somebody else writes at this moment is left for the next look.
            Ends::Claim => {
                while store
                    .claim(&other, account.id, Pace::default(), 9, later, LEASE)
                    .await
                    .unwrap()
                    .is_empty()
                {}
            }
            Ends::Take => drop(office.acting().take(&other, mail, later, LEASE).await.unwrap().unwrap()),
            Ends::Cancel => drop(office.acting().say(mail, Word::Cancel, later).await.unwrap()),
            Ends::Hold => drop(office.acting().say(mail, Word::Hold, later).await.unwrap()),
            Ends::Erase => {
                drop(office.admin().erase(&"e@example.com".parse().unwrap(), later).await.unwrap());
            }
            Ends::RemoveAccount => drop(office.admin().remove_account(account.id).await.unwrap()),
        }
    };
    let releasing = async {
        tokio::time::sleep(std::time::Duration::from_micros(round * 61 % 1_500)).await;
        journal.release(attempt, holder, later).await
    };
    let ((), released) = tokio::join!(ending, releasing);
    let result =
        |of: &Mail| of.attempts.iter().map(|it| it.outcome.as_ref().map(|it| it.result)).next().flatten();
    let before = store.mail(mail).await.unwrap();
    match &released {
        Ok(()) => assert_eq!(
            result(&before),
            Some(AttemptResult::InDoubt { interrupted: true }),
            "{ends:?}, {round}"
        ),
        Err(StoreError::AttemptClosed(_)) => {
            assert_eq!(result(&before), Some(AttemptResult::Withdrawn), "{ends:?}, {round}");
        }
        Err(error) => panic!("{ends:?}, {round}: {error}"),
    }
    let doubtful = matches!(before.outbox.standing, Standing::InDoubt { .. });
    match ends {
        Ends::Cancel | Ends::Hold | Ends::RemoveAccount => {
            assert_eq!(doubtful, released.is_ok(), "{before:?}")
        }
        Ends::Claim | Ends::Take => assert_eq!(before.outbox.holder.as_deref(), Some(other.as_str())),
        Ends::Erase => assert_eq!(before.outbox.standing, Standing::Cancelled),
    }
    // The former holder's word, when it wakes: a server took the mail, or it was not let.
    let settled = Some(Settlement::of(holder, Standing::Sent));
    let (reported, settled) = match released {
        Ok(()) => (AttemptResult::Accepted, settled),
        Err(_) => (AttemptResult::Transient(None), None),
    };
    let alarm = journal.finish(attempt, &outcome(reported), &[], settled).await.unwrap();
    assert_eq!(alarm, None, "{ends:?}, {round}");
    let after = store.mail(mail).await.unwrap();
    if reported == AttemptResult::Accepted {
        assert_eq!(after.outbox.standing, Standing::Sent, "{ends:?}, {round}");
        assert_eq!(result(&after), Some(AttemptResult::Accepted));
    } else {
        assert_eq!(after.outbox.standing, before.outbox.standing, "{ends:?}, {round}");
    }
}

pub(super) async fn a_report_that_contradicts_the_ledger_is_an_alarm_and_changes_nothing(store: Store) {
    let office = Office::open(store).await;
    let taken = AttemptResult::Accepted;
    let refused = AttemptResult::Permanent;
    for (decided, reported, is_alarm) in [
        (AttemptResult::Withdrawn, taken, true),
        (AttemptResult::Withdrawn, refused, false),
        (AttemptResult::Withdrawn, AttemptResult::InDoubt { interrupted: false }, false),
        (AttemptResult::NotFound, taken, true),
        (AttemptResult::NotFound, AttemptResult::Transient(Some(7)), false),
        (AttemptResult::Found, refused, true),
        (AttemptResult::Found, taken, false),
        (AttemptResult::Accepted, refused, true),
        (AttemptResult::Permanent, AttemptResult::PartlyAccepted(None), true),
    ] {
        let mail = office.mail().await.id;
        let attempt = office.attempt(mail).await;
        office.finish(attempt, &outcome(decided), &[]).await;
        let settled = Some(Settlement::of(&office.holder, Standing::Sent));
        let said = office.journal.finish(attempt, &outcome(reported), &[], settled).await.unwrap();
        let alarm = Contradiction { mail, attempt, decided, reported };
        assert_eq!(said, is_alarm.then_some(alarm), "{decided}, then {reported}");
        let kept = office.store.mail(mail).await.unwrap();
        assert_eq!(kept.attempts[0].outcome.as_ref().map(|it| it.result), Some(decided));
        let log = office.admin().audit(&AuditFilter { limit: 9, ..AuditFilter::default() }).await.unwrap();
        let noted =
            log.iter().any(|it| it.action == "contradicted" && it.mail.as_deref() == Some(&mail.to_string()));
        assert_eq!(noted, is_alarm, "{decided}, then {reported}: {log:?}");
        if is_alarm {
            assert_ne!(kept.outbox.standing, Standing::Sent, "{decided}, then {reported}");
        }
        office.acting().say(mail, Word::Cancel, kept.mail.created).await.unwrap();
    }
}

pub(super) async fn a_decision_is_about_the_result_that_was_read(store: Store) {
    let office = Office::open(store).await;
    let Office { journal, holder, .. } = &office;
    let doubt = AttemptResult::InDoubt { interrupted: false };
    let mail = office.mail().await.id;
    let attempt = office.attempt(mail).await;
    office.finish(attempt, &outcome(doubt), &[]).await;
    let found = outcome(AttemptResult::Found);
    let stale = StoreError::AttemptDecided(attempt.to_string());
    for (what, who, from) in [
        ("another result", holder.clone(), AttemptResult::NeedsSignIn),
        ("another doubt", holder.clone(), AttemptResult::InDoubt { interrupted: true }),
        ("another holder", Holder::new("command"), doubt),
    ] {
        let refused = journal.decide(attempt, &who, from, &found, &[]).await;
        assert_eq!(refused, Err(stale.clone()), "{what}");
    }
    let open = journal.begin(mail, &new_attempt(office.account.id), holder).await;
    assert_eq!(open, Err(StoreError::AttemptOpen(mail.to_string())), "nothing begins beside a doubt");
    journal.decide(attempt, holder, doubt, &found, &[]).await.unwrap();
    assert_eq!(journal.decide(attempt, holder, doubt, &found, &[]).await, Err(stale), "it is decided");
}
