//! Staying signed in: refreshes, who makes them, and what is left when something breaks in the middle.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use chrono::TimeDelta;
use postroom::transport::oauth::{
    Client, Clock as _, Deadline, Grant, GrantState, GrantStore as _, Grants, Purpose,
};
use postroom::transport::tokens::{Bearer, Resource, TokenError, Tokens as _};
use tokio::sync::Semaphore;

use crate::server::{Manner, Once, PatientClock};
use crate::stores::Fragile;
use crate::{ACCOUNT, Office, sign_in};

const HOUR: TimeDelta = TimeDelta::hours(1);
const MANNERS: [Manner; 3] = [Manner::Google, Manner::Microsoft, Manner::Strict];

/// Asks from many tasks at once.
async fn ask_from(many: &[Grants]) -> Vec<Result<Bearer, TokenError>> {
    let asking: Vec<_> = many
        .iter()
        .cloned()
        .map(|grants| tokio::spawn(async move { grants.token(ACCOUNT, Resource::Api).await }))
        .collect();
    let mut all = Vec::new();
    for one in asking {
        all.push(one.await.unwrap());
    }
    all
}

#[tokio::test]
async fn a9_a10_a_token_is_kept_while_it_is_good_and_replaced_before_it_ends() {
    for manner in MANNERS {
        let office = Office::signed_in(manner).await;
        let first = office.grants.token(ACCOUNT, Resource::Api).await.unwrap();
        office.clock.advance(TimeDelta::minutes(58));
        assert_eq!(office.grants.token(ACCOUNT, Resource::Api).await.unwrap(), first, "{manner:?}");
        // A minute before its end it is not trusted any more.
        office.clock.advance(TimeDelta::minutes(1));
        let second = office.grants.token(ACCOUNT, Resource::Api).await.unwrap();
        assert_ne!(second, first, "{manner:?}");
        assert!(office.server.mailbox_owner(second.expose(), Resource::Api).is_some(), "{manner:?}");
        for _ in 0..100 {
            office.clock.advance(HOUR);
            let bearer = office.grants.token(ACCOUNT, Resource::Api).await.unwrap();
            assert!(office.server.mailbox_owner(bearer.expose(), Resource::Api).is_some(), "{manner:?}");
        }
        assert_eq!(office.server.refreshes(), 101, "{manner:?}");
    }
}

#[tokio::test]
async fn a_short_lived_token_is_not_refreshed_at_every_question() {
    let office = Office::new(Manner::Strict).await;
    office.server.behave(|behaviour| behaviour.access_seconds = 20);
    office.sign_in().await;
    let first = office.grants.token(ACCOUNT, Resource::Api).await.unwrap();
    office.clock.advance(TimeDelta::seconds(17));
    assert_eq!(office.grants.token(ACCOUNT, Resource::Api).await.unwrap(), first);
    office.clock.advance(TimeDelta::seconds(1));
    assert_ne!(office.grants.token(ACCOUNT, Resource::Api).await.unwrap(), first);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_callers_at_once_cause_one_refresh() {
    let office = Office::signed_in(Manner::Strict).await;
    office.clock.advance(HOUR);
    let gate = Arc::new(Semaphore::new(0));
    office.server.behave(|behaviour| behaviour.held = Some(Arc::clone(&gate)));
    let callers = vec![office.grants.clone(); 50];
    let asking = tokio::spawn(async move { ask_from(&callers).await });
    tokio::task::yield_now().await;
    gate.add_permits(50);
    let all = asking.await.unwrap();
    let first = all[0].clone().unwrap();
    assert!(all.iter().all(|one| one.as_ref() == Ok(&first)), "{all:?}");
    assert_eq!(office.server.refreshes(), 1);
    assert!(office.server.mailbox_owner(first.expose(), Resource::Api).is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_in_several_processes_cause_one_refresh() {
    let office = Office::signed_in(Manner::Strict).await;
    office.clock.advance(HOUR);
    let gate = Arc::new(Semaphore::new(0));
    office.server.behave(|behaviour| behaviour.held = Some(Arc::clone(&gate)));
    let process = || {
        let clock = Arc::new(PatientClock(office.clock.clone()));
        Grants::with_clock(office.store.clone(), office.store.clone(), clock)
    };
    let callers: Vec<Grants> = (0..5).flat_map(|_| vec![process(); 10]).collect();
    let asking = tokio::spawn(async move { ask_from(&callers).await });
    // Until one of them has claimed it.
    while office.store.load(ACCOUNT).await.unwrap().unwrap().version < 2 {
        tokio::task::yield_now().await;
    }
    gate.add_permits(50);
    let all = asking.await.unwrap();
    assert!(all.iter().all(|one| one.is_ok() && *one == all[0]), "{all:?}");
    assert_eq!(office.server.refreshes(), 1, "a second one would have revoked everything");
}

#[tokio::test]
async fn a_caller_who_goes_away_does_not_take_the_rotated_token_with_him() {
    let office = Office::signed_in(Manner::Strict).await;
    office.clock.advance(HOUR);
    let gate = Arc::new(Semaphore::new(0));
    office.server.behave(|behaviour| behaviour.held = Some(Arc::clone(&gate)));
    let grants = office.grants.clone();
    let asking = tokio::spawn(async move { grants.token(ACCOUNT, Resource::Api).await });
    while office.store.load(ACCOUNT).await.unwrap().unwrap().version < 2 {
        tokio::task::yield_now().await;
    }
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    gate.add_permits(10);
    let before = office.clock.now();
    assert!(office.grants.token(ACCOUNT, Resource::Api).await.is_ok());
    assert_eq!(office.server.refreshes(), 1);
    assert_eq!(office.clock.now(), before, "nobody had to wait for a claim that was left behind");
}

#[tokio::test]
async fn a_rotated_token_that_could_not_be_stored_is_stored_later_and_not_asked_for_again() {
    let office = Office::signed_in(Manner::Strict).await;
    let fragile = Fragile::over(office.store.clone());
    let grants = Grants::with_clock(fragile.clone(), office.store.clone(), Arc::new(office.clock.clone()));
    office.clock.advance(HOUR);
    // The claim can be written, what comes of it can't.
    fragile.writes_left.store(1, Ordering::SeqCst);
    let problem = grants.token(ACCOUNT, Resource::Api).await.unwrap_err();
    assert!(problem.is_transient() && problem.to_string().contains("the disk is full"), "{problem}");
    assert_eq!(office.server.refreshes(), 1);
    assert!(grants.token(ACCOUNT, Resource::Api).await.is_err(), "nothing is given out that is not stored");
    fragile.writes_left.store(9, Ordering::SeqCst);
    let bearer = grants.token(ACCOUNT, Resource::Api).await.unwrap();
    assert!(office.server.mailbox_owner(bearer.expose(), Resource::Api).is_some());
    assert_eq!(office.server.refreshes(), 1);
    office.clock.advance(HOUR);
    assert!(grants.token(ACCOUNT, Resource::Api).await.is_ok(), "the rotated refresh token is good");
}

#[tokio::test]
async fn a_crash_between_refresh_and_store_loses_nothing_that_could_be_kept() {
    for (manner, survives) in [(Manner::Google, true), (Manner::Microsoft, true), (Manner::Strict, false)] {
        let office = Office::signed_in(manner).await;
        let fragile = Fragile::over(office.store.clone());
        let crashing =
            Grants::with_clock(fragile.clone(), office.store.clone(), Arc::new(office.clock.clone()));
        office.clock.advance(HOUR);
        fragile.writes_left.store(1, Ordering::SeqCst);
        assert!(crashing.token(ACCOUNT, Resource::Api).await.is_err(), "{manner:?}");
        drop(crashing);
        // The next process waits until the claim of the dead one has run out.
        let before = office.clock.now();
        let next = office.other_process().token(ACCOUNT, Resource::Api).await;
        assert!(office.clock.now() - before > TimeDelta::seconds(30), "{manner:?}");
        match next {
            Ok(bearer) => {
                assert!(survives, "{manner:?}");
                assert!(office.server.mailbox_owner(bearer.expose(), Resource::Api).is_some(), "{manner:?}");
            }
            // The server saw the old token twice: nothing could be kept, and the user is told.
            Err(TokenError::NeedsSignIn(_)) => assert!(!survives, "{manner:?}"),
            Err(other) => panic!("{manner:?}: {other}"),
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_on_the_way_is_asked_for_again() {
    for manner in [Manner::Google, Manner::Microsoft] {
        let office = Office::signed_in(manner).await;
        office.clock.advance(HOUR);
        office.server.behave(|behaviour| behaviour.once.push_back(Once::HangUp));
        let problem = office.grants.token(ACCOUNT, Resource::Api).await.unwrap_err();
        assert!(problem.is_transient(), "{manner:?}: {problem}");
        assert!(office.grants.token(ACCOUNT, Resource::Api).await.is_ok(), "{manner:?}");
    }
}

#[tokio::test]
async fn a9_a10_a_withdrawn_grant_means_a_new_sign_in_in_the_providers_words_and_is_asked_once() {
    let rows = [
        (Manner::Google, "invalid_grant: Token has been expired or revoked."),
        (
            Manner::Microsoft,
            "invalid_grant: AADSTS50173: Token has been expired or revoked. Trace ID: \
             0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9 Correlation ID: 0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9 \
             Timestamp: 2026-11-23 09:00:00Z",
        ),
    ];
    for (manner, words) in rows {
        let office = Office::signed_in(manner).await;
        office.server.withdraw();
        office.clock.advance(HOUR);
        for _ in 0..3 {
            let problem = office.grants.token(ACCOUNT, Resource::Api).await.unwrap_err();
            assert_eq!(problem, TokenError::NeedsSignIn(words.into()), "{manner:?}");
        }
        assert_eq!(office.server.refreshes(), 1, "{manner:?}: it is not asked again");
        assert_eq!(office.grants.grant_state(ACCOUNT).await.unwrap(), GrantState::NeedsSignIn(words.into()));
        let stored = office.store.load(ACCOUNT).await.unwrap().unwrap();
        assert_eq!(stored.grant.spent.as_deref(), Some(words), "{manner:?}: the store is told");
        office.sign_in().await;
        assert!(office.grants.token(ACCOUNT, Resource::Api).await.is_ok(), "{manner:?}");
        assert!(matches!(office.grants.grant_state(ACCOUNT).await.unwrap(), GrantState::SignedIn { .. }));
    }
}

#[tokio::test]
async fn trouble_that_passes_is_no_reason_to_sign_in_again() {
    let office = Office::signed_in(Manner::Google).await;
    office.clock.advance(HOUR);
    office.server.behave(|behaviour| behaviour.once.extend([Once::Busy(503, 30), Once::HangUp]));
    let detail = "127.0.0.1 answered 503 Service Unavailable: \"temporarily_unavailable: come back later\"";
    let problem = office.grants.token(ACCOUNT, Resource::Api).await.unwrap_err();
    assert_eq!(problem, TokenError::Transient { detail: detail.into(), retry_after: Some(30) });
    assert!(office.grants.token(ACCOUNT, Resource::Api).await.unwrap_err().is_transient());
    assert!(matches!(office.grants.grant_state(ACCOUNT).await.unwrap(), GrantState::SignedIn { .. }));
    assert!(office.grants.token(ACCOUNT, Resource::Api).await.is_ok());
}

#[tokio::test]
async fn a_store_that_can_not_be_read_is_trouble_that_passes() {
    let office = Office::signed_in(Manner::Google).await;
    let fragile = Fragile::over(office.store.clone());
    let grants = Grants::with_clock(fragile.clone(), office.store.clone(), Arc::new(office.clock.clone()));
    fragile.unreadable.store(true, Ordering::SeqCst);
    let problem = grants.token(ACCOUNT, Resource::Api).await.unwrap_err();
    assert!(problem.is_transient() && problem.to_string().contains("the disk is gone"), "{problem}");
}

#[tokio::test]
async fn a_refused_client_is_the_operators_matter_and_the_grant_stays() {
    let office = Office::signed_in(Manner::Microsoft).await;
    office.clock.advance(HOUR);
    let refusal = r#"{"error":"invalid_client","error_description":"AADSTS7000222: The provided client secret keys are expired."}"#;
    let once = Once::Say(401, "application/json", refusal.into());
    office.server.behave(|behaviour| behaviour.once.push_back(once));
    let problem = office.grants.token(ACCOUNT, Resource::Api).await.unwrap_err();
    let TokenError::Permanent(words) = problem else { panic!("{problem}") };
    assert!(words.contains("AADSTS7000222: The provided client secret keys are expired."), "{words}");
    assert!(office.grants.token(ACCOUNT, Resource::Api).await.is_ok(), "once the operator has acted");
}

#[tokio::test]
async fn a_rejected_token_is_replaced_once_however_many_say_so() {
    let office = Office::signed_in(Manner::Strict).await;
    let bad = office.grants.token(ACCOUNT, Resource::Api).await.unwrap();
    office.server.forget_access_tokens();
    let saying: Vec<_> = (0..50)
        .map(|_| {
            let (grants, bad) = (office.grants.clone(), bad.clone());
            tokio::spawn(async move {
                grants.rejected(ACCOUNT, Resource::Api, &bad).await;
                grants.token(ACCOUNT, Resource::Api).await.unwrap()
            })
        })
        .collect();
    for one in saying {
        let bearer = one.await.unwrap();
        assert_ne!(bearer, bad);
        assert!(office.server.mailbox_owner(bearer.expose(), Resource::Api).is_some());
    }
    assert_eq!(office.server.refreshes(), 1);
}

#[tokio::test]
async fn nobody_signed_in_is_no_token_and_no_request() {
    let office = Office::new(Manner::Google).await;
    let problem = office.grants.token(ACCOUNT, Resource::Api).await.unwrap_err();
    assert_eq!(problem, TokenError::NeedsSignIn("nobody has signed in to this account".into()));
    assert_eq!(office.grants.grant_state(ACCOUNT).await.unwrap(), GrantState::SignedOut);
    office.grants.rejected(ACCOUNT, Resource::Api, &Bearer::new("x")).await;
    assert!(office.server.asked().is_empty());
}

#[tokio::test]
async fn a_grant_of_another_client_is_not_shown_to_this_one() {
    let office = Office::signed_in(Manner::Google).await;
    office.store.register(ACCOUNT, Client::new(office.server.provider(), "another", None));
    office.clock.advance(HOUR);
    let problem = office.grants.token(ACCOUNT, Resource::Api).await.unwrap_err();
    let words = "the sign-in was by the client postroom-under-test, the account's client is now another";
    assert_eq!(problem, TokenError::NeedsSignIn(words.into()));
    assert_eq!(office.server.refreshes(), 0);
}

#[tokio::test]
async fn a10_a_sign_in_for_sending_alone_gives_no_token_for_smtp_and_imap() {
    let office = Office::new(Manner::Microsoft).await;
    let granted = sign_in(&office.server.client(), Purpose::Send).await.0.unwrap();
    office.grants.install(ACCOUNT, granted).await.unwrap();
    let problem = office.grants.token(ACCOUNT, Resource::Mail).await.unwrap_err();
    assert!(matches!(problem, TokenError::NeedsSignIn(_)), "{problem}");
    assert!(office.grants.token(ACCOUNT, Resource::Api).await.is_ok());
    assert_eq!(office.server.refreshes(), 0);
}

#[tokio::test]
async fn a10_a_missing_consent_to_one_resource_does_not_spoil_the_other() {
    let office = Office::new(Manner::Microsoft).await;
    let outlook =
        ["IMAP.AccessAsUser.All", "SMTP.Send"].map(|end| format!("https://outlook.office.com/{end}"));
    office.server.behave(|behaviour| behaviour.withheld = outlook.to_vec());
    office.sign_in().await;
    let problem = office.grants.token(ACCOUNT, Resource::Mail).await.unwrap_err();
    let TokenError::NeedsSignIn(words) = problem else { panic!("{problem}") };
    assert!(words.contains("AADSTS65001"), "{words}");
    office.clock.advance(HOUR);
    assert!(office.grants.token(ACCOUNT, Resource::Api).await.is_ok());
    assert!(matches!(office.grants.grant_state(ACCOUNT).await.unwrap(), GrantState::SignedIn { .. }));
}

#[tokio::test]
async fn a9_a_grant_that_google_ends_is_announced_before_it_ends() {
    let office = Office::new(Manner::Google).await;
    office.server.behave(|behaviour| behaviour.refresh_seconds = Some(7 * 86_400));
    let signed_in = office.clock.now();
    office.sign_in().await;
    let ends = Deadline::Ends(signed_in + TimeDelta::days(7));
    let grant_state = office.grants.grant_state(ACCOUNT).await.unwrap();
    let address = Some("office@ateliernord.example.com".to_owned());
    assert_eq!(grant_state, GrantState::SignedIn { address, deadline: Some(ends) });
    assert_eq!(ends.to_string(), "a new sign-in is needed by 2026-11-30 09:00 UTC");
    office.clock.advance(TimeDelta::days(8));
    let problem = office.grants.token(ACCOUNT, Resource::Api).await.unwrap_err();
    assert!(matches!(problem, TokenError::NeedsSignIn(_)), "{problem}");
}

#[tokio::test]
async fn a10_an_account_that_nobody_uses_is_announced_and_using_it_helps() {
    let office = Office::signed_in(Manner::Microsoft).await;
    let deadline = async || match office.grants.grant_state(ACCOUNT).await.unwrap() {
        GrantState::SignedIn { deadline, .. } => deadline,
        other => panic!("{other:?}"),
    };
    let signed_in = office.clock.now();
    assert_eq!(deadline().await, Some(Deadline::UnlessUsed(signed_in + TimeDelta::days(90))));
    office.clock.advance(TimeDelta::days(89));
    assert!(office.grants.token(ACCOUNT, Resource::Api).await.is_ok());
    assert_eq!(deadline().await, Some(Deadline::UnlessUsed(office.clock.now() + TimeDelta::days(90))));
    office.clock.advance(TimeDelta::days(91));
    let problem = office.grants.token(ACCOUNT, Resource::Api).await.unwrap_err();
    let TokenError::NeedsSignIn(words) = problem else { panic!("{problem}") };
    assert!(words.starts_with("invalid_grant: AADSTS700082"), "{words}");
}

/// Starts a question, waits until it is on its way, does something, and lets it come back.
async fn meanwhile(office: &Office, act: impl AsyncFnOnce()) -> Result<Bearer, TokenError> {
    office.clock.advance(HOUR);
    let gate = Arc::new(Semaphore::new(0));
    let before = office.store.load(ACCOUNT).await.unwrap().unwrap().version;
    office.server.behave(|behaviour| behaviour.held = Some(Arc::clone(&gate)));
    let grants = office.grants.clone();
    let asking = tokio::spawn(async move { grants.token(ACCOUNT, Resource::Api).await });
    while office.store.load(ACCOUNT).await.unwrap().unwrap().version == before {
        tokio::task::yield_now().await;
    }
    act().await;
    office.server.behave(|behaviour| behaviour.held = None);
    gate.add_permits(50);
    asking.await.unwrap()
}

#[tokio::test]
async fn somebody_who_signs_in_anew_during_a_refresh_is_the_one_who_counts() {
    let office = Office::signed_in(Manner::Strict).await;
    let granted = sign_in(&office.server.client(), Purpose::Mailbox).await.0.unwrap();
    let bearer = meanwhile(&office, async || {
        office.other_process().install(ACCOUNT, granted).await.unwrap();
    })
    .await;
    assert!(office.server.mailbox_owner(bearer.unwrap().expose(), Resource::Api).is_some());
    office.clock.advance(HOUR);
    assert!(office.grants.token(ACCOUNT, Resource::Api).await.is_ok());
}

#[tokio::test]
async fn somebody_who_signs_out_during_a_refresh_is_signed_out() {
    let office = Office::signed_in(Manner::Strict).await;
    let bearer = meanwhile(&office, async || {
        // The server has not seen the old token's end when the new one is made: the worst order.
        let version = office.store.load(ACCOUNT).await.unwrap().unwrap().version;
        office.store.replace(ACCOUNT, Some(version), None).await.unwrap();
    })
    .await;
    assert_eq!(bearer, Err(TokenError::NeedsSignIn("nobody has signed in to this account".into())));
    assert_eq!(office.server.good_tokens(), 0, "what came of the refresh was revoked");
    assert!(office.store.load(ACCOUNT).await.unwrap().is_none());
}

#[tokio::test]
async fn secrets_are_in_the_sealed_grant_and_nowhere_else() {
    let office = Office::new(Manner::Microsoft).await;
    let client = office.server.client();
    let (granted, page) = sign_in(&client, Purpose::Mailbox).await;
    let granted = granted.unwrap();
    office.grants.install(ACCOUNT, granted.clone()).await.unwrap();
    office.grants.token(ACCOUNT, Resource::Mail).await.unwrap();
    let stored = office.store.load(ACCOUNT).await.unwrap().unwrap();
    let grant_state = office.grants.grant_state(ACCOUNT).await.unwrap();
    let shown = format!(
        "{client:?} {granted:?} {page:?} {stored:?} {grant_state:?} {:?} {:?}",
        office.store, office.grants
    );
    let sealed = stored.grant.seal().unwrap();
    let secrets = office.server.secrets();
    assert!(secrets.len() > 5);
    // The page's URL holds the code, which was redeemed; a browser's history is not ours.
    let shown = shown.replace(page.url.as_str(), "");
    for secret in &secrets {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    let text = secrecy::ExposeSecret::expose_secret(&sealed);
    assert!(secrets.iter().filter(|secret| text.contains(*secret)).count() >= 3, "the vault gets them");
    assert!(!format!("{sealed:?}").contains(&secrets[0]));
    let unsealed = Grant::unseal(&sealed).unwrap();
    assert_eq!(secrecy::ExposeSecret::expose_secret(&unsealed.seal().unwrap()), text);
    let garbage =
        ["", "{}", "null", &text[..text.len() - 1]].map(|text| Grant::unseal(&text.into()).unwrap_err());
    for error in garbage {
        assert_eq!(error.to_string(), "the stored grant can't be read; sign in again");
    }
}
