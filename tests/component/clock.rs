//! Workers and time: a full day waits for the next one, and a clock that goes back sends nothing twice and leaves nothing
//! waiting for ever.

use crate::test_worker::TestWorker;
use chrono::Duration;
use postroom::store::{LeaseOwner, MailId, Pace, QueueState, WaitReason};
use postroom::transport::BoxFuture;
use postroom::transport::smtp::{
    Acceptance, Account, Failure, MemorySubmitter, ProbeReport, RecipientReply, Reply, Stage, Submission,
    Submitter, Verdict,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// Takes a mail at its second attempt.
#[derive(Default)]
struct Greylist {
    seen: Mutex<BTreeSet<String>>,
    taken: MemorySubmitter,
}

impl Submitter for Greylist {
    fn submit<'a>(
        &'a self,
        account: &'a Account,
        submission: &'a Submission,
    ) -> BoxFuture<'a, Result<Acceptance, Failure>> {
        let to = submission.recipients[0].address.clone();
        if self.seen.lock().unwrap().insert(to) {
            let reply = Reply::new(451, Some("4.7.1"), "come back later");
            let failure = Failure {
                stage: Stage::Recipient,
                verdict: Verdict::Transient,
                detail: format!("{} answered \"{reply}\"", account.host),
                reply: Some(reply),
                retry_after: None,
                recipients: Vec::new(),
            };
            return Box::pin(async move { Err(failure) });
        }
        self.taken.submit(account, submission)
    }

    fn probe<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, ProbeReport> {
        self.taken.probe(account)
    }
}

/// How often each recipient has the mail.
fn times(taken: &MemorySubmitter) -> BTreeMap<String, usize> {
    let mut times = BTreeMap::new();
    for mail in taken.taken() {
        *times.entry(mail.recipients.join(",")).or_default() += 1;
    }
    times
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_day_slows_an_account_down_and_fails_nothing() {
    let worker = TestWorker::new().await;
    let pace = Pace { per_day: Some(5), ..Pace::default() };
    worker.store.company_store(worker.account.company).set_pace(worker.account.id, pace).await.unwrap();
    let mails = worker.queue(12).await;
    let memory = Arc::new(MemorySubmitter::new());
    let submitter: Arc<dyn Submitter> = memory.clone();
    for (day, sent) in [(0, 5), (1, 10), (2, 12)] {
        let tally = worker.work(&submitter).await;
        assert_eq!((memory.taken().len(), tally.failed()), (sent, 0), "day {day}: {:?}", worker.log());
        if sent < mails.len() {
            let (row, label) = worker.row(mails[sent]).await;
            let QueueState::Ready { due, waits: Some((WaitReason::Wait, why)) } = row.queue_state else {
                panic!("day {day}: {row:?}");
            };
            assert_eq!(
                (label, why.as_str()),
                ("waiting", "the account's daily limit of 5 recipients is reached")
            );
            let wait = due - worker.clock().now();
            assert!(wait > Duration::hours(23) && wait <= Duration::hours(24), "day {day}: {wait}");
        }
        worker.pass(Duration::hours(24) + Duration::minutes(1));
    }
    assert!(times(&memory).values().all(|times| *times == 1), "{:?}", times(&memory));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_goes_back_between_attempts_sends_nothing_twice_and_nothing_waits_for_ever() {
    for back in [Duration::hours(1), Duration::days(1), Duration::days(400)] {
        let worker = TestWorker::new().await;
        let mails = worker.queue(8).await;
        let greylist = Arc::new(Greylist::default());
        let submitter: Arc<dyn Submitter> = greylist.clone();
        worker.work(&submitter).await;
        assert_eq!(greylist.taken.taken().len(), 0, "all of them wait for their second attempt");
        worker.pass(-back);
        let begun = worker.clock().now();
        let limit = back.min(Duration::hours(49)) + Duration::hours(2);
        while greylist.taken.taken().len() < mails.len() && worker.clock().now() - begun < limit {
            worker.work(&submitter).await;
            worker.pass(if back > Duration::hours(1) { Duration::hours(1) } else { Duration::minutes(20) });
        }
        let times = times(&greylist.taken);
        assert_eq!(times.len(), mails.len(), "back by {back}: {:?}", worker.log());
        assert!(times.values().all(|times| *times == 1), "back by {back}: {times:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_went_back_while_a_worker_died_or_a_mail_was_asked_for_holds_up_neither() {
    for back in [Duration::hours(2), Duration::days(1), Duration::days(400)] {
        let worker = TestWorker::new().await;
        let mails = worker.queue(4).await;
        // Half of them are in the hands of a worker that is no more.
        let (dead, now) = (LeaseOwner::new("worker"), worker.clock().now());
        let lease = std::time::Duration::from_secs(60);
        let taken =
            worker.store.claim(&dead, worker.account.id, Pace::default(), 2, now, lease).await.unwrap();
        assert_eq!(taken, mails[..2]);
        worker.pass(-back);
        let memory = Arc::new(MemorySubmitter::new());
        let submitter: Arc<dyn Submitter> = memory.clone();
        let tally = worker.work(&submitter).await;
        assert_eq!((tally.sent(), times(&memory).len()), (4, 4), "back by {back}: {:?}", worker.log());
    }
}

/// Answers each recipient with a code of its own; all others are taken.
struct ByRecipient(&'static [(&'static str, u16)]);

impl Submitter for ByRecipient {
    fn submit<'a>(
        &'a self,
        account: &'a Account,
        submission: &'a Submission,
    ) -> BoxFuture<'a, Result<Acceptance, Failure>> {
        let reply = |address: &str| match self.0.iter().find(|(to, _)| *to == address) {
            Some((_, 450)) => Reply::new(450, Some("4.2.0"), "come back later"),
            Some((_, 550)) => Reply::new(550, Some("5.1.1"), "no such user here"),
            _ => Reply::new(250, Some("2.1.5"), "ok"),
        };
        let recipients: Vec<RecipientReply> = submission
            .recipients
            .iter()
            .map(|to| RecipientReply { address: to.address.clone(), reply: reply(&to.address) })
            .collect();
        let answer = if recipients.iter().any(|it| it.reply.is_positive()) {
            let reply = Reply::new(250, Some("2.0.0"), "queued");
            Ok(Acceptance { server: account.host.clone(), reply, recipients, dsn: false })
        } else {
            let all_for_good = recipients.iter().all(|it| it.reply.code == 550);
            Err(Failure {
                stage: Stage::Recipient,
                verdict: if all_for_good { Verdict::Permanent } else { Verdict::Transient },
                detail: "the server refused the recipient".to_owned(),
                reply: recipients.first().map(|it| it.reply.clone()),
                retry_after: None,
                recipients,
            })
        };
        Box::pin(async move { answer })
    }

    fn probe<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, ProbeReport> {
        Box::pin(async move { MemorySubmitter::new().probe(account).await })
    }
}

/// Works until a mail has ended, for days if it must.
async fn ended(worker: &TestWorker, mail: MailId, submitter: &Arc<dyn Submitter>) -> QueueState {
    for _ in 0..80 {
        worker.work(submitter).await;
        match worker.row(mail).await.0.queue_state {
            QueueState::Ready { .. } => worker.pass(Duration::minutes(250)),
            ended => return ended,
        }
    }
    panic!("{mail} does not end");
}

/// Rule A3: a mail has left when they have it whom it was written to, and failed when none of them got it, whatever became of the
/// copy to whom it is from.
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_ends_as_it_ended_for_those_whom_it_was_written_to() {
    const OWN: &str = "lotte@ateliernord.example";
    const ELS: &str = "els@customer.example";
    for (answers, has_left) in [
        (&[][..], true),
        (&[(OWN, 450)], true),
        (&[(OWN, 550)], true),
        (&[(ELS, 450)], false),
        (&[(ELS, 550)], false),
        (&[(ELS, 550), (OWN, 450)], false),
        (&[(ELS, 450), (OWN, 550)], false),
        (&[(ELS, 550), (OWN, 550)], false),
    ] {
        for copy in [true, false] {
            let worker = TestWorker::new().await;
            let mail = match copy {
                true => worker.queue_with_own_copy(ELS, OWN).await,
                false => worker.queue_to(ELS).await,
            };
            let submitter: Arc<dyn Submitter> = Arc::new(ByRecipient(answers));
            let queue_state = ended(&worker, mail, &submitter).await;
            let what = format!("{answers:?}, copy: {copy}: {queue_state:?}");
            match has_left {
                true => assert_eq!(queue_state, QueueState::Sent, "{what}"),
                false => assert!(matches!(queue_state, QueueState::Failed { .. }), "{what}"),
            }
            let events = worker.store.mail(mail).await.unwrap().events;
            let expired: Vec<_> = events
                .iter()
                .filter(|it| it.kind == "expired")
                .filter_map(|it| it.recipient.as_deref())
                .collect();
            let waited: Vec<_> =
                answers.iter().filter(|(to, code)| *code == 450 && (copy || *to != OWN)).collect();
            assert_eq!(expired, waited.iter().map(|(to, _)| *to).collect::<Vec<_>>(), "{what}");
        }
    }
}
