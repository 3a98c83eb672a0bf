//! A backup is whole though others write, and nothing that may have left since it was taken is sent when it comes back.

use super::fixture::{Fixture, new_attempt, new_mail};
use crate::*;
use postroom_model::AccountState;
use std::path::Path;

fn now() -> chrono::DateTime<chrono::FixedOffset> {
    chrono::Local::now().fixed_offset()
}

async fn opened(folder: &Path) -> Fixture {
    Fixture::open(Store::open(&Location::file(folder.join("store.db"))).await.unwrap()).await
}

/// The case that runs on PostgreSQL too: what came back is held, and only a person's word lets it go.
pub(super) async fn what_had_not_ended_is_held_until_a_person_speaks(store: Store) {
    let fixture = Fixture::open(store).await;
    let (waiting, held, doubtful, sent) =
        (fixture.mail().await.id, fixture.mail().await.id, fixture.mail().await.id, fixture.mail().await.id);
    let (lease_owner, journal) = (LeaseOwner::new("worker"), GroupCommitWriter::new(&fixture.store));
    let lease = std::time::Duration::from_secs(60);
    fixture.store.claim(&lease_owner, fixture.account.id, Pace::default(), 9, now(), lease).await.unwrap();
    let by_account = QueueState::Held { cause: WaitReason::Account, reason: "sign in".into() };
    for (mail, queue_state) in [
        (held, by_account),
        (doubtful, QueueState::InDoubt { reason: "who knows".into() }),
        (sent, QueueState::Sent),
    ] {
        journal.change_state(mail, &lease_owner, queue_state).await.unwrap();
    }
    let attempt = journal.begin(waiting, &new_attempt(fixture.account.id), &lease_owner).await.unwrap();
    let taken = now();
    assert_eq!(fixture.store.mark_restored(taken, false).await.unwrap(), 3);
    // Neither an account that is put right nor the end of a lease nor news lets one of them go.
    fixture.admin().set_account_state(fixture.account.id, &AccountState::Ready).await.unwrap();
    fixture.store.add_events(doubtful, &[super::fixture::event("delayed")]).await.unwrap();
    journal.change_state(waiting, &lease_owner, QueueState::Ready { due: now(), waits: None }).await.unwrap();
    let shut = journal.release(attempt, &lease_owner, now()).await.unwrap_err();
    assert_eq!(
        shut,
        StoreError::AttemptClosed(attempt.to_string()),
        "who began it before the backup has lost the mail"
    );
    for mail in [waiting, held, doubtful] {
        let row = fixture.store.outbox_row(mail).await.unwrap();
        let QueueState::Held { cause: WaitReason::User, reason } = &row.queue_state else {
            panic!("{row:?}")
        };
        assert!(reason.contains("backup of"), "{reason}");
        let refused = fixture.user_store().take(&LeaseOwner::new("command"), mail, now(), lease).await;
        assert!(matches!(refused, Err(StoreError::Restored { .. })), "{refused:?}");
    }
    let none = fixture.store.claim(&lease_owner, fixture.account.id, Pace::default(), 9, now(), lease).await;
    assert_eq!(none.unwrap(), []);
    assert_eq!(fixture.store.outbox_row(sent).await.unwrap().queue_state, QueueState::Sent);
    fixture.user_store().apply_command(waiting, MailCommand::Release, now()).await.unwrap();
    assert!(fixture.user_store().take(&lease_owner, waiting, now(), lease).await.unwrap().is_ok());
    fixture.user_store().apply_command(held, MailCommand::Cancel, now()).await.unwrap();
    let log = fixture.admin().audit(&AuditFilter { limit: 50, ..AuditFilter::default() }).await.unwrap();
    let restored = log.iter().find(|it| it.action == "restored").expect("a row about it");
    assert!(restored.detail.as_deref().is_some_and(|it| it.contains("3 mails held")), "{restored:?}");
    assert_eq!(fixture.store.mark_restored(taken, true).await.unwrap(), 0, "for whoever knows better");
}

#[tokio::test]
async fn a_backup_under_load_is_whole_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let fixture = opened(folder.path()).await;
    let writing = {
        let (store, user, account) = (fixture.store.clone(), fixture.lotte.clone(), fixture.account.id);
        tokio::spawn(async move {
            for _ in 0..200 {
                store.user_store(&user).enqueue(&[new_mail(account)], &Order::default()).await.unwrap();
            }
        })
    };
    let mut backups = Vec::new();
    for number in 0..5 {
        let to = folder.path().join(format!("backup-{number}"));
        let backup = fixture.store.back_up(&to).await.unwrap();
        assert_eq!(backup.bytes, std::fs::metadata(&to).unwrap().len());
        backups.push((to, backup));
    }
    writing.await.unwrap();
    let again = fixture.store.back_up(&backups[0].0).await.unwrap_err();
    assert!(matches!(again, StoreError::Taken { .. }), "{again}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&backups[0].0).unwrap().permissions().mode() & 0o777, 0o600);
    }
    for (number, (from, backup)) in backups.iter().enumerate() {
        let place = Location::file(folder.path().join(format!("restored-{number}.db")));
        let restored = place.restore(from, Restoring::default()).await.unwrap();
        assert_eq!((restored.taken, restored.before), (backup.taken, None));
        let store = Store::open(&place).await.unwrap();
        let depths = store.depths().await.unwrap();
        assert_eq!(depths.get("held").copied().unwrap_or(0), restored.held, "{depths:?}");
        assert_eq!(depths.get("ready"), None, "{depths:?}");
        store.close().await;
        let there = place.restore(from, Restoring::default()).await.unwrap_err();
        assert!(matches!(there, StoreError::Taken { .. }), "{there}");
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(!left.iter().any(|it| it.to_string_lossy().contains(".part")), "{left:?}");
}

#[tokio::test]
async fn what_is_no_backup_is_refused_and_the_store_stays() {
    let folder = tempfile::tempdir().unwrap();
    let fixture = opened(folder.path()).await;
    fixture.mail().await;
    let (good, place) = (folder.path().join("good"), Location::file(folder.path().join("store.db")));
    fixture.store.back_up(&good).await.unwrap();
    let how = Restoring { replace: true, resume_all: false };
    let busy = place.restore(&good, how).await.unwrap_err();
    assert!(matches!(&busy, StoreError::Busy(words) if words.contains("stop it")), "{busy}");
    fixture.store.close().await;
    let bytes = std::fs::read(&good).unwrap();
    let mut damaged = bytes.clone();
    damaged[4096 * 3..4096 * 5].fill(0x5a);
    let copied = folder.path().join("store.db");
    for (what, content) in [
        ("nothing", Vec::new()),
        ("text", b"no database at all, although it is long enough to be one".repeat(40)),
        ("half of it", bytes[..bytes.len() / 2].to_vec()),
        ("damaged pages", damaged),
        ("a store, not a backup of one", std::fs::read(&copied).unwrap()),
    ] {
        let from = folder.path().join("bad");
        std::fs::write(&from, content).unwrap();
        let error = place.restore(&from, how).await.unwrap_err();
        assert!(!error.is_transient(), "{what}: {error}");
        let store = Store::open(&place).await.unwrap();
        assert_eq!(store.depths().await.unwrap().get("ready"), Some(&1), "{what}: the store is as it was");
        store.close().await;
    }
    let restored = place.restore(&good, how).await.unwrap();
    let before = restored.before.expect("the store that was there");
    let store = Store::open(&Location::file(before)).await.unwrap();
    assert_eq!(store.depths().await.unwrap().get("ready"), Some(&1));
    let back = Store::open(&place).await.unwrap();
    assert_eq!((back.depths().await.unwrap().get("held"), restored.held), (Some(&1), 1));
}
