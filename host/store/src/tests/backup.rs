//! A backup is whole though others write, and nothing that may have left since it was taken is sent when it comes back.

use super::office::{Office, new_attempt, new_mail};
use crate::*;
use postroom_model::AccountState;
use std::path::Path;

fn now() -> chrono::DateTime<chrono::FixedOffset> {
    chrono::Local::now().fixed_offset()
}

async fn opened(folder: &Path) -> Office {
    Office::open(Store::open(&Location::file(folder.join("store.db"))).await.unwrap()).await
}

/// The case that runs on PostgreSQL too: what came back is held, and only a person's word lets it go.
pub(super) async fn what_had_not_ended_is_held_until_a_person_speaks(store: Store) {
    let office = Office::open(store).await;
    let (waiting, held, doubtful, sent) =
        (office.mail().await.id, office.mail().await.id, office.mail().await.id, office.mail().await.id);
    let (lease_owner, journal) = (LeaseOwner::new("worker"), GroupCommitWriter::of(&office.store));
    let lease = std::time::Duration::from_secs(60);
    office.store.claim(&lease_owner, office.account.id, Pace::default(), 9, now(), lease).await.unwrap();
    let by_account = QueueState::Held { cause: WaitReason::Account, reason: "sign in".into() };
    for (mail, queue_state) in [
        (held, by_account),
        (doubtful, QueueState::InDoubt { reason: "who knows".into() }),
        (sent, QueueState::Sent),
    ] {
        journal.settle(mail, &lease_owner, queue_state).await.unwrap();
    }
    let attempt = journal.begin(waiting, &new_attempt(office.account.id), &lease_owner).await.unwrap();
    let taken = now();
    assert_eq!(office.store.mark_restored(taken, false).await.unwrap(), 3);
    // Neither an account that is put right nor the end of a lease nor news lets one of them go.
    office.admin().set_account_state(office.account.id, &AccountState::Ready).await.unwrap();
    office.store.add_events(doubtful, &[super::office::event("delayed")]).await.unwrap();
    journal.settle(waiting, &lease_owner, QueueState::Ready { due: now(), waits: None }).await.unwrap();
    let shut = journal.release(attempt, &lease_owner, now()).await.unwrap_err();
    assert_eq!(
        shut,
        StoreError::AttemptClosed(attempt.to_string()),
        "who began it before the backup has lost the mail"
    );
    for mail in [waiting, held, doubtful] {
        let row = office.store.outbox_row(mail).await.unwrap();
        let QueueState::Held { cause: WaitReason::User, reason } = &row.queue_state else {
            panic!("{row:?}")
        };
        assert!(reason.contains("backup of"), "{reason}");
        let refused = office.user_store().take(&LeaseOwner::new("command"), mail, now(), lease).await;
        assert!(matches!(refused, Err(StoreError::Restored { .. })), "{refused:?}");
    }
    let none = office.store.claim(&lease_owner, office.account.id, Pace::default(), 9, now(), lease).await;
    assert_eq!(none.unwrap(), []);
    assert_eq!(office.store.outbox_row(sent).await.unwrap().queue_state, QueueState::Sent);
    office.user_store().apply_command(waiting, MailCommand::Release, now()).await.unwrap();
    assert!(office.user_store().take(&lease_owner, waiting, now(), lease).await.unwrap().is_ok());
    office.user_store().apply_command(held, MailCommand::Cancel, now()).await.unwrap();
    let log = office.admin().audit(&AuditFilter { limit: 50, ..AuditFilter::default() }).await.unwrap();
    let restored = log.iter().find(|it| it.action == "restored").expect("a row about it");
    assert!(restored.detail.as_deref().is_some_and(|it| it.contains("3 mails held")), "{restored:?}");
    assert_eq!(office.store.mark_restored(taken, true).await.unwrap(), 0, "for whoever knows better");
}

#[tokio::test]
async fn a_backup_under_load_is_whole_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let office = opened(folder.path()).await;
    let writing = {
        let (store, user, account) = (office.store.clone(), office.lotte.clone(), office.account.id);
        tokio::spawn(async move {
            for _ in 0..200 {
                store.user_store(&user).enqueue(&[new_mail(account)], &Order::default()).await.unwrap();
            }
        })
    };
    let mut backups = Vec::new();
    for number in 0..5 {
        let to = folder.path().join(format!("backup-{number}"));
        let backup = office.store.back_up(&to).await.unwrap();
        assert_eq!(backup.bytes, std::fs::metadata(&to).unwrap().len());
        backups.push((to, backup));
    }
    writing.await.unwrap();
    let again = office.store.back_up(&backups[0].0).await.unwrap_err();
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
    let office = opened(folder.path()).await;
    office.mail().await;
    let (good, place) = (folder.path().join("good"), Location::file(folder.path().join("store.db")));
    office.store.back_up(&good).await.unwrap();
    let how = Restoring { replace: true, resume_all: false };
    let busy = place.restore(&good, how).await.unwrap_err();
    assert!(matches!(&busy, StoreError::Busy(words) if words.contains("stop it")), "{busy}");
    office.store.close().await;
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
