//! The notifier of the ERP with the real plugin: each status once, in order, and 25 days without a report are notified too.

use crate::logged;
use crate::stored_message::{Enqueued, now};
use crate::test_host::shipped;
use chrono::{DateTime, FixedOffset, TimeDelta};
use postroom::engine::Capabilities;
use postroom::model::{CompanyId, RecordsPlace};
use postroom::outbox::{Clock, Delivered, ErpNotifier, NotifierContext, OutboxHandle, RecordsAccess};
use postroom::records::{Document, Entry, FileRole, Partner, Records, RecordsError};
use postroom::store::{DocumentRef, Event, Notice, NoticeFilter, NoticeKind, NoticeState};
use postroom::transport::BoxFuture;
use std::path::Path;
use std::sync::{Arc, Mutex};

const ELS: &str = "els@customer.example";
const JAN: &str = "jan@customer.example";

/// Records in memory, which fail at some documents.
#[derive(Debug, Default)]
struct MemoryRecords {
    notices: Mutex<Vec<Notice>>,
    failing: Mutex<Vec<(&'static str, RecordsError)>>,
}

impl Records for MemoryRecords {
    fn probe(&self) -> BoxFuture<'_, Result<String, RecordsError>> {
        Box::pin(async { Ok(String::new()) })
    }

    fn partners<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Vec<Partner>, RecordsError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn documents<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Vec<Entry>, RecordsError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn document<'a>(&'a self, of: &'a Entry) -> BoxFuture<'a, Result<Document, RecordsError>> {
        Box::pin(async { Err(RecordsError::Missing(of.number.clone())) })
    }

    fn file<'a>(
        &'a self,
        _: &'a Entry,
        _: FileRole,
        _: &'a Path,
    ) -> BoxFuture<'a, Result<bool, RecordsError>> {
        Box::pin(async { Ok(false) })
    }

    fn notify<'a>(&'a self, notice: &'a Notice) -> BoxFuture<'a, Result<(), RecordsError>> {
        Box::pin(async move {
            let number = notice.document.as_ref().map(|it| it.number.as_str()).unwrap_or_default();
            let failing = self.failing.lock().unwrap();
            match failing.iter().find(|(of, _)| *of == number || *of == "all") {
                Some((_, error)) => Err(error.clone()),
                None => {
                    self.notices.lock().unwrap().push(notice.clone());
                    Ok(())
                }
            }
        })
    }
}

struct Access(Arc<MemoryRecords>);

impl RecordsAccess for Access {
    fn notifier_context(
        &self,
        company: CompanyId,
    ) -> BoxFuture<'_, Result<Option<NotifierContext>, RecordsError>> {
        Box::pin(async move {
            let company_plugin = shipped().company_plugin(company.to_string(), Capabilities::default());
            Ok(Some(NotifierContext { company_plugin, records: Arc::clone(&self.0) as Arc<dyn Records> }))
        })
    }
}

/// A store with one mail, its company's records, and a notifier whose clock the test moves.
struct TestNotifier {
    stored: Enqueued,
    records: Arc<MemoryRecords>,
    time: Arc<Mutex<DateTime<FixedOffset>>>,
    erp_notifier: ErpNotifier,
}

impl TestNotifier {
    async fn new() -> Self {
        Self::of(Enqueued::new(&[ELS, JAN]).await).await
    }

    async fn of(stored: Enqueued) -> Self {
        let place = RecordsPlace::Folder { path: "/nowhere".into() };
        stored.store.company_store(stored.company.id).set_records(Some(&place)).await.unwrap();
        let (records, time) = (Arc::new(MemoryRecords::default()), Arc::new(Mutex::new(now())));
        let clock = Arc::clone(&time);
        let outbox = OutboxHandle::open(&stored.store, "test", Clock::new(move || *clock.lock().unwrap()));
        logged::capture();
        let erp_notifier = ErpNotifier::new(&outbox, Arc::new(Access(Arc::clone(&records))));
        Self { stored, records, time, erp_notifier }
    }

    async fn happens(&self, kind: &str, recipient: Option<&str>, words: &str) {
        let event = Event {
            recipient: recipient.map(str::to_owned),
            kind: kind.into(),
            at: *self.time.lock().unwrap(),
            source: "smtp".into(),
            code: None,
            words: Some(words.into()),
        };
        self.stored.store.add_events(self.stored.mail, &[event]).await.unwrap();
    }

    fn pass(&self, time: TimeDelta) {
        *self.time.lock().unwrap() += time;
    }

    async fn round(&self) -> Delivered {
        self.erp_notifier.round().await.unwrap()
    }

    /// Takes the notices that the records got since the last call.
    fn taken(&self) -> Vec<String> {
        let taken = std::mem::take(&mut *self.records.notices.lock().unwrap());
        let line = |it: Notice| {
            let number = it.document.map(|it| it.number).unwrap_or_default();
            let of = it.recipient.unwrap_or_default();
            match it.kind {
                NoticeKind::Status { status, .. } => {
                    format!("{} {status}", if number.is_empty() { of } else { number })
                }
                other => format!("{number} {}", other.as_str()),
            }
        };
        taken.into_iter().map(line).collect()
    }
}

#[tokio::test]
async fn c5_each_status_is_told_once_when_it_changes_and_silence_is_told_as_well() {
    let notifier = TestNotifier::new().await;
    assert_eq!(notifier.round().await, Delivered::default(), "nothing is known yet");
    notifier.happens("accepted", None, "250 queued").await;
    assert_eq!(notifier.round().await.accepted, 2);
    assert_eq!(notifier.taken(), [format!("{ELS} in-transit"), format!("{JAN} in-transit")]);
    notifier.happens("delayed", Some(ELS), "451 later").await;
    assert_eq!(notifier.round().await.accepted, 0, "in transit still");
    notifier.pass(TimeDelta::hours(1));
    notifier.happens("delivered", Some(JAN), "250 saved").await;
    notifier.round().await;
    assert_eq!(notifier.taken(), [format!("{JAN} delivered")]);
    notifier.pass(TimeDelta::days(24));
    assert_eq!(notifier.round().await, Delivered::default());
    notifier.pass(TimeDelta::days(2));
    notifier.round().await;
    assert_eq!(notifier.taken(), [format!("{ELS} unknown")], "after 25 days");
    notifier.pass(TimeDelta::days(100));
    assert_eq!(notifier.round().await, Delivered::default(), "and that is all");
    notifier.happens("bounced", Some(ELS), "550 5.1.1 no such user").await;
    notifier.round().await;
    let last = notifier.records.notices.lock().unwrap().last().cloned().unwrap();
    assert!(last.reason.as_deref().is_some_and(|it| it.contains("no such user")), "{last:?}");
    assert_eq!((last.mail, last.at), (Some(notifier.stored.mail), *notifier.time.lock().unwrap()));
    assert_eq!(logged::messages(notifier.stored.company.id), [""; 0]);
}

/// Rule A3: an ERP keeps the status of a document, which the copy to the user who made the mail says nothing of.
#[tokio::test]
async fn what_becomes_of_the_blind_copy_to_ourselves_is_not_told() {
    const OWN: &str = "lotte@ateliernord.example";
    let notifier = TestNotifier::of(Enqueued::with_own_copy(&[ELS, OWN], Some(OWN)).await).await;
    notifier.happens("accepted", None, "250 queued").await;
    notifier.happens("bounced", Some(OWN), "550 5.4.4 no such domain").await;
    notifier.round().await;
    assert_eq!(notifier.taken(), [format!("{ELS} in-transit")]);
    notifier.happens("bounced", Some(ELS), "550 5.1.1 no such user").await;
    notifier.round().await;
    assert_eq!(notifier.taken(), [format!("{ELS} failed")]);
}

#[tokio::test]
async fn a_notice_that_fails_holds_up_its_document_and_no_other() {
    let notifier = TestNotifier::new().await;
    let company = notifier.stored.company.id;
    let notice = |id: &str, number: &str| Notice {
        id: id.to_owned(),
        mail: None,
        document: Some(DocumentRef { kind: "invoice".into(), number: number.into(), partner: String::new() }),
        partner: None,
        recipient: None,
        kind: NoticeKind::Payment { amount: "1.00".into(), currency: "EUR".into() },
        reason: None,
        at: now(),
    };
    for (id, number) in [("a1", "A"), ("b1", "B"), ("a2", "A"), ("b2", "B"), ("c1", "C")] {
        assert!(notifier.stored.store.notify(company, &notice(id, number)).await.unwrap(), "{id}");
    }
    let failed = RecordsError::Failed { status: 500, words: "oh".into(), retry_after: None };
    let refused = RecordsError::Refused { status: 422, words: "never".into() };
    *notifier.records.failing.lock().unwrap() = vec![("A", failed.clone()), ("C", refused)];
    let came = notifier.round().await;
    assert_eq!(came, Delivered { accepted: 2, refused: 1, later: 1 });
    assert_eq!(notifier.taken(), ["B payment", "B payment"]);
    assert_eq!(notifier.round().await, Delivered::default(), "A waits");
    notifier.records.failing.lock().unwrap().clear();
    notifier.pass(TimeDelta::seconds(2));
    assert_eq!(notifier.round().await.accepted, 2);
    assert_eq!(notifier.taken(), ["A payment", "A payment"]);

    // Down: everything waits, longer each time, and is told in the end.
    let down = RecordsError::Unavailable { detail: "no connection".into(), retry_after: None };
    *notifier.records.failing.lock().unwrap() = vec![("all", down)];
    for (id, number) in [("d1", "D"), ("e1", "E")] {
        notifier.stored.store.notify(company, &notice(id, number)).await.unwrap();
    }
    for (seconds, later) in [(0, 2), (1, 0), (1, 2), (2, 0), (2, 2)] {
        notifier.pass(TimeDelta::seconds(seconds));
        assert_eq!(notifier.round().await.later, later, "after {seconds} s more");
    }
    let logged = logged::messages(notifier.stored.company.id).pop().unwrap();
    assert!(logged.contains("Atelier Nord") && logged.contains("again in 8 s"), "{logged}");
    notifier.records.failing.lock().unwrap().clear();
    notifier.pass(TimeDelta::seconds(8));
    assert_eq!(notifier.round().await.accepted, 2);
    let admin = notifier.stored.store.company_store(company);
    let open = NoticeFilter { open: true, limit: 9, ..NoticeFilter::default() };
    let left = admin.notices(&open).await.unwrap();
    assert_eq!(left.iter().map(|it| it.state).collect::<Vec<_>>(), [NoticeState::Refused]);

    // So many that fail, and none that does not: nothing else would fare better.
    *notifier.records.failing.lock().unwrap() = vec![("all", failed)];
    for number in 0..40 {
        notifier
            .stored
            .store
            .notify(company, &notice(&format!("n{number}"), &format!("N{number}")))
            .await
            .unwrap();
    }
    let came = notifier.round().await;
    assert!((8..=16).contains(&came.later), "the others are not tried: {came:?}");
}
