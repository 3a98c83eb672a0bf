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
use crate::{ACCOUNT, TestHost, sign_in};

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
        let host = TestHost::signed_in(manner).await;
        let first = host.grants.token(ACCOUNT, Resource::Api).await.unwrap();
        host.clock.advance(TimeDelta::minutes(58));
        assert_eq!(host.grants.token(ACCOUNT, Resource::Api).await.unwrap(), first, "{manner:?}");
        // A minute before its end it is not trusted any more.
        host.clock.advance(TimeDelta::minutes(1));
        let second = host.grants.token(ACCOUNT, Resource::Api).await.unwrap();
        assert_ne!(second, first, "{manner:?}");
        assert!(host.server.mailbox_owner(second.expose(), Resource::Api).is_some(), "{manner:?}");
        for _ in 0..100 {
            host.clock.advance(HOUR);
            let bearer = host.grants.token(ACCOUNT, Resource::Api).await.unwrap();
            assert!(host.server.mailbox_owner(bearer.expose(), Resource::Api).is_some(), "{manner:?}");
        }
        assert_eq!(host.server.refreshes(), 101, "{manner:?}");
    }
}

#[tokio::test]
async fn a_short_lived_token_is_not_refreshed_at_every_question() {
    let host = TestHost::new(Manner::Strict).await;
    host.server.behave(|behaviour| behaviour.access_seconds = 20);
    host.sign_in().await;
    let first = host.grants.token(ACCOUNT, Resource::Api).await.unwrap();
    host.clock.advance(TimeDelta::seconds(17));
    assert_eq!(host.grants.token(ACCOUNT, Resource::Api).await.unwrap(), first);
    host.clock.advance(TimeDelta::seconds(1));
    assert_ne!(host.grants.token(ACCOUNT, Resource::Api).await.unwrap(), first);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_callers_at_once_cause_one_refresh() {
    let host = TestHost::signed_in(Manner::Strict).await;
    host.clock.advance(HOUR);
    let gate = Arc::new(Semaphore::new(0));
    host.server.behave(|behaviour| behaviour.held = Some(Arc::clone(&gate)));
    let callers = vec![host.grants.clone(); 50];
    let asking = tokio::spawn(async move { ask_from(&callers).await });
    tokio::task::yield_now().await;
    gate.add_permits(50);
    let all = asking.await.unwrap();
    let first = all[0].clone().unwrap();
    assert!(all.iter().all(|one| one.as_ref() == Ok(&first)), "{all:?}");
    assert_eq!(host.server.refreshes(), 1);
    assert!(host.server.mailbox_owner(first.expose(), Resource::Api).is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_in_several_processes_cause_one_refresh() {
    let host = TestHost::signed_in(Manner::Strict).await;
    host.clock.advance(HOUR);
    let gate = Arc::new(Semaphore::new(0));
    host.server.behave(|behaviour| behaviour.held = Some(Arc::clone(&gate)));
    let process = || {
        let clock = Arc::new(PatientClock(host.clock.clone()));
        Grants::with_clock(host.store.clone(), host.store.clone(), clock)
    };
    let callers: Vec<Grants> = (0..5).flat_map(|_| vec![process(); 10]).collect();
    let asking = tokio::spawn(async move { ask_from(&callers).await });
    // Until one of them has claimed it.
    while host.store.load(ACCOUNT).await.unwrap().unwrap().version < 2 {
        tokio::task::yield_now().await;
    }
    gate.add_permits(50);
    let all = asking.await.unwrap();
    assert!(all.iter().all(|one| one.is_ok() && *one == all[0]), "{all:?}");
    assert_eq!(host.server.refreshes(), 1, "a second one would have revoked everything");
}

#[tokio::test]
async fn a_caller_who_goes_away_does_not_take_the_rotated_token_with_him() {
    let host = TestHost::signed_in(Manner::Strict).await;
    host.clock.advance(HOUR);
    let gate = Arc::new(Semaphore::new(0));
    host.server.behave(|behaviour| behaviour.held = Some(Arc::clone(&gate)));
    let grants = host.grants.clone();
    let asking = tokio::spawn(async move { grants.token(ACCOUNT, Resource::Api).await });
    while host.store.load(ACCOUNT).await.unwrap().unwrap().version < 2 {
        tokio::task::yield_now().await;
    }
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    gate.add_permits(10);
    let before = host.clock.now();
    assert!(host.grants.token(ACCOUNT, Resource::Api).await.is_ok());
    assert_eq!(host.server.refreshes(), 1);
    assert_eq!(host.clock.now(), before, "nobody had to wait for a claim that was left behind");
}

#[tokio::test]
async fn a_rotated_token_that_could_not_be_stored_is_stored_later_and_not_asked_for_again() {
    let host = TestHost::signed_in(Manner::Strict).await;
    let fragile = Fragile::over(host.store.clone());
    let grants = Grants::with_clock(fragile.clone(), host.store.clone(), Arc::new(host.clock.clone()));
    host.clock.advance(HOUR);
    // The claim can be written, what comes of it can't.
    fragile.writes_left.store(1, Ordering::SeqCst);
    let problem = grants.token(ACCOUNT, Resource::Api).await.unwrap_err();
    assert!(problem.is_transient() && problem.to_string().contains("the disk is full"), "{problem}");
    assert_eq!(host.server.refreshes(), 1);
    assert!(grants.token(ACCOUNT, Resource::Api).await.is_err(), "nothing is given out that is not stored");
    fragile.writes_left.store(9, Ordering::SeqCst);
    let bearer = grants.token(ACCOUNT, Resource::Api).await.unwrap();
    assert!(host.server.mailbox_owner(bearer.expose(), Resource::Api).is_some());
    assert_eq!(host.server.refreshes(), 1);
    host.clock.advance(HOUR);
    assert!(grants.token(ACCOUNT, Resource::Api).await.is_ok(), "the rotated refresh token is good");
}

#[tokio::test]
async fn a_crash_between_refresh_and_store_loses_nothing_that_could_be_kept() {
    for (manner, survives) in [(Manner::Google, true), (Manner::Microsoft, true), (Manner::Strict, false)] {
        let host = TestHost::signed_in(manner).await;
        let fragile = Fragile::over(host.store.clone());
        let crashing = Grants::with_clock(fragile.clone(), host.store.clone(), Arc::new(host.clock.clone()));
        host.clock.advance(HOUR);
        fragile.writes_left.store(1, Ordering::SeqCst);
        assert!(crashing.token(ACCOUNT, Resource::Api).await.is_err(), "{manner:?}");
        drop(crashing);
        // The next process waits until the claim of the dead one has run out.
        let before = host.clock.now();
        let next = host.other_process().token(ACCOUNT, Resource::Api).await;
        assert!(host.clock.now() - before > TimeDelta::seconds(30), "{manner:?}");
        match next {
            Ok(bearer) => {
                assert!(survives, "{manner:?}");
                assert!(host.server.mailbox_owner(bearer.expose(), Resource::Api).is_some(), "{manner:?}");
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
        let host = TestHost::signed_in(manner).await;
        host.clock.advance(HOUR);
        host.server.behave(|behaviour| behaviour.once.push_back(Once::HangUp));
        let problem = host.grants.token(ACCOUNT, Resource::Api).await.unwrap_err();
        assert!(problem.is_transient(), "{manner:?}: {problem}");
        assert!(host.grants.token(ACCOUNT, Resource::Api).await.is_ok(), "{manner:?}");
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
        let host = TestHost::signed_in(manner).await;
        host.server.withdraw();
        host.clock.advance(HOUR);
        for _ in 0..3 {
            let problem = host.grants.token(ACCOUNT, Resource::Api).await.unwrap_err();
            assert_eq!(problem, TokenError::NeedsSignIn(words.into()), "{manner:?}");
        }
        assert_eq!(host.server.refreshes(), 1, "{manner:?}: it is not asked again");
        assert_eq!(host.grants.grant_state(ACCOUNT).await.unwrap(), GrantState::NeedsSignIn(words.into()));
        let stored = host.store.load(ACCOUNT).await.unwrap().unwrap();
        assert_eq!(stored.grant.spent.as_deref(), Some(words), "{manner:?}: the store is told");
        host.sign_in().await;
        assert!(host.grants.token(ACCOUNT, Resource::Api).await.is_ok(), "{manner:?}");
        assert!(matches!(host.grants.grant_state(ACCOUNT).await.unwrap(), GrantState::SignedIn { .. }));
    }
}

#[tokio::test]
async fn trouble_that_passes_is_no_reason_to_sign_in_again() {
    let host = TestHost::signed_in(Manner::Google).await;
    host.clock.advance(HOUR);
    host.server.behave(|behaviour| behaviour.once.extend([Once::Busy(503, 30), Once::HangUp]));
    let detail = "127.0.0.1 answered 503 Service Unavailable: \"temporarily_unavailable: come back later\"";
    let problem = host.grants.token(ACCOUNT, Resource::Api).await.unwrap_err();
    assert_eq!(problem, TokenError::Transient { detail: detail.into(), retry_after: Some(30) });
    assert!(host.grants.token(ACCOUNT, Resource::Api).await.unwrap_err().is_transient());
    assert!(matches!(host.grants.grant_state(ACCOUNT).await.unwrap(), GrantState::SignedIn { .. }));
    assert!(host.grants.token(ACCOUNT, Resource::Api).await.is_ok());
}

#[tokio::test]
async fn a_store_that_can_not_be_read_is_trouble_that_passes() {
    let host = TestHost::signed_in(Manner::Google).await;
    let fragile = Fragile::over(host.store.clone());
    let grants = Grants::with_clock(fragile.clone(), host.store.clone(), Arc::new(host.clock.clone()));
    fragile.unreadable.store(true, Ordering::SeqCst);
    let problem = grants.token(ACCOUNT, Resource::Api).await.unwrap_err();
    assert!(problem.is_transient() && problem.to_string().contains("the disk is gone"), "{problem}");
}

#[tokio::test]
async fn a_refused_client_is_the_operators_matter_and_the_grant_stays() {
    let host = TestHost::signed_in(Manner::Microsoft).await;
    host.clock.advance(HOUR);
    let refusal = r#"{"error":"invalid_client","error_description":"AADSTS7000222: The provided client secret keys are expired."}"#;
    let once = Once::Respond(401, "application/json", refusal.into());
    host.server.behave(|behaviour| behaviour.once.push_back(once));
    let problem = host.grants.token(ACCOUNT, Resource::Api).await.unwrap_err();
    let TokenError::Permanent(words) = problem else { panic!("{problem}") };
    assert!(words.contains("AADSTS7000222: The provided client secret keys are expired."), "{words}");
    assert!(host.grants.token(ACCOUNT, Resource::Api).await.is_ok(), "once the operator has acted");
}

#[tokio::test]
async fn a_rejected_token_is_replaced_once_however_many_say_so() {
    let host = TestHost::signed_in(Manner::Strict).await;
    let bad = host.grants.token(ACCOUNT, Resource::Api).await.unwrap();
    host.server.forget_access_tokens();
    let saying: Vec<_> = (0..50)
        .map(|_| {
            let (grants, bad) = (host.grants.clone(), bad.clone());
            tokio::spawn(async move {
                grants.rejected(ACCOUNT, Resource::Api, &bad).await;
                grants.token(ACCOUNT, Resource::Api).await.unwrap()
            })
        })
        .collect();
    for one in saying {
        let bearer = one.await.unwrap();
        assert_ne!(bearer, bad);
        assert!(host.server.mailbox_owner(bearer.expose(), Resource::Api).is_some());
    }
    assert_eq!(host.server.refreshes(), 1);
}

#[tokio::test]
async fn nobody_signed_in_is_no_token_and_no_request() {
    let host = TestHost::new(Manner::Google).await;
    let problem = host.grants.token(ACCOUNT, Resource::Api).await.unwrap_err();
    assert_eq!(problem, TokenError::NeedsSignIn("nobody has signed in to this account".into()));
    assert_eq!(host.grants.grant_state(ACCOUNT).await.unwrap(), GrantState::SignedOut);
    host.grants.rejected(ACCOUNT, Resource::Api, &Bearer::new("x")).await;
    assert!(host.server.asked().is_empty());
}

#[tokio::test]
async fn a_grant_of_another_client_is_not_shown_to_this_one() {
    let host = TestHost::signed_in(Manner::Google).await;
    host.store.register(ACCOUNT, Client::new(host.server.provider(), "another", None));
    host.clock.advance(HOUR);
    let problem = host.grants.token(ACCOUNT, Resource::Api).await.unwrap_err();
    let words = "the sign-in was by the client postroom-under-test, the account's client is now another";
    assert_eq!(problem, TokenError::NeedsSignIn(words.into()));
    assert_eq!(host.server.refreshes(), 0);
}

#[tokio::test]
async fn a10_a_sign_in_for_sending_alone_gives_no_token_for_smtp_and_imap() {
    let host = TestHost::new(Manner::Microsoft).await;
    let granted = sign_in(&host.server.client(), Purpose::Send).await.0.unwrap();
    host.grants.install(ACCOUNT, granted).await.unwrap();
    let problem = host.grants.token(ACCOUNT, Resource::Mail).await.unwrap_err();
    assert!(matches!(problem, TokenError::NeedsSignIn(_)), "{problem}");
    assert!(host.grants.token(ACCOUNT, Resource::Api).await.is_ok());
    assert_eq!(host.server.refreshes(), 0);
}

#[tokio::test]
async fn a10_a_missing_consent_to_one_resource_does_not_spoil_the_other() {
    let host = TestHost::new(Manner::Microsoft).await;
    let outlook =
        ["IMAP.AccessAsUser.All", "SMTP.Send"].map(|end| format!("https://outlook.office.com/{end}"));
    host.server.behave(|behaviour| behaviour.withheld = outlook.to_vec());
    host.sign_in().await;
    let problem = host.grants.token(ACCOUNT, Resource::Mail).await.unwrap_err();
    let TokenError::NeedsSignIn(words) = problem else { panic!("{problem}") };
    assert!(words.contains("AADSTS65001"), "{words}");
    host.clock.advance(HOUR);
    assert!(host.grants.token(ACCOUNT, Resource::Api).await.is_ok());
    assert!(matches!(host.grants.grant_state(ACCOUNT).await.unwrap(), GrantState::SignedIn { .. }));
}

#[tokio::test]
async fn a9_a_grant_that_google_ends_is_announced_before_it_ends() {
    let host = TestHost::new(Manner::Google).await;
    host.server.behave(|behaviour| behaviour.refresh_seconds = Some(7 * 86_400));
    let signed_in = host.clock.now();
    host.sign_in().await;
    let ends = Deadline::Ends(signed_in + TimeDelta::days(7));
    let grant_state = host.grants.grant_state(ACCOUNT).await.unwrap();
    let address = Some("office@ateliernord.example.com".to_owned());
    assert_eq!(grant_state, GrantState::SignedIn { address, deadline: Some(ends) });
    assert_eq!(ends.to_string(), "a new sign-in is needed by 2026-11-30 09:00 UTC");
    host.clock.advance(TimeDelta::days(8));
    let problem = host.grants.token(ACCOUNT, Resource::Api).await.unwrap_err();
    assert!(matches!(problem, TokenError::NeedsSignIn(_)), "{problem}");
}

#[tokio::test]
async fn a10_an_account_that_nobody_uses_is_announced_and_using_it_helps() {
    let host = TestHost::signed_in(Manner::Microsoft).await;
    let deadline = async || match host.grants.grant_state(ACCOUNT).await.unwrap() {
        GrantState::SignedIn { deadline, .. } => deadline,
        other => panic!("{other:?}"),
    };
    let signed_in = host.clock.now();
    assert_eq!(deadline().await, Some(Deadline::UnlessUsed(signed_in + TimeDelta::days(90))));
    host.clock.advance(TimeDelta::days(89));
    assert!(host.grants.token(ACCOUNT, Resource::Api).await.is_ok());
    assert_eq!(deadline().await, Some(Deadline::UnlessUsed(host.clock.now() + TimeDelta::days(90))));
    host.clock.advance(TimeDelta::days(91));
    let problem = host.grants.token(ACCOUNT, Resource::Api).await.unwrap_err();
    let TokenError::NeedsSignIn(words) = problem else { panic!("{problem}") };
    assert!(words.starts_with("invalid_grant: AADSTS700082"), "{words}");
}

/// Starts a question, waits until it is on its way, does something, and lets it come back.
async fn meanwhile(host: &TestHost, act: impl AsyncFnOnce()) -> Result<Bearer, TokenError> {
    host.clock.advance(HOUR);
    let gate = Arc::new(Semaphore::new(0));
    let before = host.store.load(ACCOUNT).await.unwrap().unwrap().version;
    host.server.behave(|behaviour| behaviour.held = Some(Arc::clone(&gate)));
    let grants = host.grants.clone();
    let asking = tokio::spawn(async move { grants.token(ACCOUNT, Resource::Api).await });
    while host.store.load(ACCOUNT).await.unwrap().unwrap().version == before {
        tokio::task::yield_now().await;
    }
    act().await;
    host.server.behave(|behaviour| behaviour.held = None);
    gate.add_permits(50);
    asking.await.unwrap()
}

#[tokio::test]
async fn somebody_who_signs_in_anew_during_a_refresh_is_the_one_who_counts() {
    let host = TestHost::signed_in(Manner::Strict).await;
    let granted = sign_in(&host.server.client(), Purpose::Mailbox).await.0.unwrap();
    let bearer = meanwhile(&host, async || {
        host.other_process().install(ACCOUNT, granted).await.unwrap();
    })
    .await;
    assert!(host.server.mailbox_owner(bearer.unwrap().expose(), Resource::Api).is_some());
    host.clock.advance(HOUR);
    assert!(host.grants.token(ACCOUNT, Resource::Api).await.is_ok());
}

#[tokio::test]
async fn somebody_who_signs_out_during_a_refresh_is_signed_out() {
    let host = TestHost::signed_in(Manner::Strict).await;
    let bearer = meanwhile(&host, async || {
        // The server has not seen the old token's end when the new one is made: the worst order.
        let version = host.store.load(ACCOUNT).await.unwrap().unwrap().version;
        host.store.replace(ACCOUNT, Some(version), None).await.unwrap();
    })
    .await;
    assert_eq!(bearer, Err(TokenError::NeedsSignIn("nobody has signed in to this account".into())));
    assert_eq!(host.server.good_tokens(), 0, "what came of the refresh was revoked");
    assert!(host.store.load(ACCOUNT).await.unwrap().is_none());
}

#[tokio::test]
async fn secrets_are_in_the_sealed_grant_and_nowhere_else() {
    let host = TestHost::new(Manner::Microsoft).await;
    let client = host.server.client();
    let (granted, page) = sign_in(&client, Purpose::Mailbox).await;
    let granted = granted.unwrap();
    host.grants.install(ACCOUNT, granted.clone()).await.unwrap();
    host.grants.token(ACCOUNT, Resource::Mail).await.unwrap();
    let stored = host.store.load(ACCOUNT).await.unwrap().unwrap();
    let grant_state = host.grants.grant_state(ACCOUNT).await.unwrap();
    let shown = format!(
        "{client:?} {granted:?} {page:?} {stored:?} {grant_state:?} {:?} {:?}",
        host.store, host.grants
    );
    let sealed = stored.grant.seal().unwrap();
    let secrets = host.server.secrets();
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
