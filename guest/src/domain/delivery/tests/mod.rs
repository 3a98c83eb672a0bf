//! Every branch of the decision, and what must hold whatever the facts are.

mod fallback;
mod fallback_pause;
mod reasons;
mod settle;

use super::AttemptResult as R;
use super::*;
use crate::domain::status::{Acceptance, Failure, RecipientReply, Reply, Stage as S, Verdict};
use chrono::{DateTime, FixedOffset, TimeDelta};
use proptest::prelude::*;

const HOUR: i64 = 3600;

fn at(seconds: i64) -> DateTime<FixedOffset> {
    let start: DateTime<FixedOffset> = "2026-11-22T09:30:00+01:00".parse().unwrap();
    start + TimeDelta::seconds(seconds)
}

fn decide(facts: &Facts, now: DateTime<FixedOffset>) -> Action {
    super::decide(facts, now).action
}

fn own() -> Route {
    Route { account: "office".into(), transport: "smtp".into() }
}

fn other() -> Route {
    Route { account: "relay".into(), transport: "sendgrid".into() }
}

fn facts(attempts: Vec<Attempt>) -> Facts {
    Facts {
        id: "inv-2026-001".into(),
        recipients: vec!["ann@example.com".into()],
        events: vec![],
        send_at: None,
        held: false,
        attempts,
        route: own(),
        fallback: None,
        fallback_policy: FallbackPolicy::Off,
        patience: 1800,
        compromised: false,
        pause: None,
        fallback_pause: None,
        can_look_in_sent: false,
    }
}

/// Why it is given up.
fn reason(action: Action) -> String {
    match action {
        Action::GiveUp(given_up) => given_up.reason,
        other => panic!("{other:?}"),
    }
}

fn tried(seconds: i64, result: R, stage: Option<S>) -> Attempt {
    Attempt { at: at(seconds), route: own(), result: Some(result), stage, detail: None }
}

fn relayed(seconds: i64, result: R, stage: Option<S>) -> Attempt {
    Attempt { route: other(), ..tried(seconds, result, stage) }
}

fn with_fallback(policy: FallbackPolicy, attempts: Vec<Attempt>) -> Facts {
    Facts { fallback: Some(other()), fallback_policy: policy, ..facts(attempts) }
}

#[test]
fn a_new_mail_leaves_at_once_by_the_accounts_own_route() {
    assert_eq!(decide(&facts(vec![]), at(0)), Action::Submit(own()));
    let late = decide(&facts(vec![]), at(100 * HOUR));
    assert_eq!(late, Action::Submit(own()), "a host that was off for days still tries once");
}

#[test]
fn not_before_the_time_the_user_chose() {
    let planned = Facts { send_at: Some(at(100 * HOUR)), ..facts(vec![]) };
    assert_eq!(decide(&planned, at(0)), Action::WaitUntil(at(100 * HOUR)));
    assert_eq!(decide(&planned, at(100 * HOUR)), Action::Submit(own()));
    let attempts = vec![tried(100 * HOUR, R::Transient(None), Some(S::Connect))];
    let planned = Facts { attempts, ..planned };
    assert_eq!(decide(&planned, at(101 * HOUR)), Action::Submit(own()));
}

#[test]
fn held_means_held_but_what_is_done_is_done() {
    let held = |attempts| Facts { held: true, ..facts(attempts) };
    assert_eq!(decide(&held(vec![]), at(0)), Action::Hold);
    assert_eq!(decide(&held(vec![tried(0, R::Transient(None), None)]), at(HOUR)), Action::Hold);
    assert_eq!(decide(&held(vec![tried(0, R::Accepted, None)]), at(HOUR)), Action::Done);
    assert_eq!(decide(&held(vec![tried(0, R::Found, None)]), at(HOUR)), Action::Done);
}

#[test]
fn waits_grow_from_a_minute_to_four_hours_and_end_after_48() {
    let mut attempts = Vec::new();
    let mut now = 0;
    for nominal in [60, 300, 900, 3600, 4 * HOUR, 4 * HOUR] {
        attempts.push(tried(now, R::Transient(None), Some(S::Connect)));
        let Action::WaitUntil(until) = decide(&facts(attempts.clone()), at(now)) else {
            panic!("after {} attempts", attempts.len());
        };
        let wait = (until - at(now)).num_seconds();
        assert!((wait - nominal).abs() <= nominal / 10, "{wait} after {} attempts", attempts.len());
        now += wait;
        assert_eq!(decide(&facts(attempts.clone()), at(now)), Action::Submit(own()));
    }
    let end = loop {
        attempts.push(tried(now, R::Transient(None), Some(S::Connect)));
        match decide(&facts(attempts.clone()), at(now)) {
            Action::WaitUntil(until) => now = (until - at(0)).num_seconds(),
            end => break end,
        }
    };
    assert_eq!(reason(end), "no server took it within 48 hours");
    assert_eq!(now, 48 * HOUR, "the last try is made when the time is over");
}

#[test]
fn time_without_a_try_uses_up_none_of_the_48_hours() {
    let day = 24 * HOUR;
    // The worker was off, the mail was held, the clock was wrong: in each case nothing was tried.
    for pause in [2 * day, 3 * day, 365 * day] {
        let friday = facts(vec![tried(0, R::Transient(None), Some(S::Recipient))]);
        assert_eq!(decide(&friday, at(pause)), Action::Submit(own()));
        let attempts = vec![
            tried(0, R::Transient(None), Some(S::Recipient)),
            tried(pause, R::Transient(None), Some(S::Recipient)),
        ];
        let monday = decide(&facts(attempts), at(pause + 1));
        assert!(matches!(monday, Action::WaitUntil(until) if until <= at(pause + 330)), "{monday:?}");
    }
}

#[test]
fn a_mail_is_given_up_only_right_after_a_try() {
    let mut attempts: Vec<_> =
        (0..12).map(|n| tried(n * 4 * HOUR, R::Transient(None), Some(S::Connect))).collect();
    let before = decide(&facts(attempts.clone()), at(100 * HOUR));
    assert_eq!(before, Action::Submit(own()), "the program was off when its last try was due");
    attempts.push(tried(100 * HOUR, R::Transient(None), Some(S::Connect)));
    let after = decide(&facts(attempts), at(100 * HOUR));
    assert!(!matches!(after, Action::Submit(_)), "{after:?}");
}

#[test]
fn an_account_that_cannot_send_uses_up_none_of_the_48_hours_of_its_mails() {
    let unavailable = |n: i64| tried(n * HOUR, R::AccountUnavailable(Some(60)), Some(S::Login));
    let week: Vec<_> = (0..7 * 24).map(unavailable).collect();
    assert_eq!(decide(&facts(week), at(8 * 24 * HOUR)), Action::Submit(own()));
}

#[test]
fn what_was_said_of_the_account_after_its_login_comes_to_an_end_for_the_mail() {
    let mut attempts = Vec::new();
    let mut now = 0;
    let end = loop {
        attempts.push(tried(now, R::AccountUnavailable(Some(0)), Some(S::Recipient)));
        // The account's pause makes it wait for longer than it was asked to.
        now += 4 * HOUR;
        match decide(&facts(attempts.clone()), at(now)) {
            Action::Submit(_) => assert!(attempts.len() < 20, "it may have been about the mail after all"),
            end => break end,
        }
    };
    assert!(matches!(end, Action::GiveUp(_)), "{end:?}");
    assert_eq!(attempts.len(), 13);
}

#[test]
fn a_pause_that_ends_further_ahead_than_any_is_a_clock_that_was_ahead() {
    let pause = Pause { cause: PauseCause::Fault, since: at(0), until: at(10 * 365 * 24 * HOUR) };
    assert_eq!(decide(&Facts { pause: Some(pause), ..facts(vec![]) }, at(10)), Action::Submit(own()));
}

#[test]
fn while_an_account_is_paused_its_mails_wait_for_it() {
    for cause in PauseCause::ALL {
        let pause = Pause { cause: *cause, since: at(0), until: at(900) };
        let mail = |attempts| Facts { pause: Some(pause), ..facts(attempts) };
        assert_eq!(decide(&mail(vec![]), at(10)), Action::WaitUntil(at(900)), "{cause}");
        assert_eq!(decide(&mail(vec![]), at(900)), Action::Submit(own()), "{cause}");
        let tried_once = vec![tried(0, R::AccountUnavailable(None), Some(S::Login))];
        assert_eq!(decide(&mail(tried_once.clone()), at(10)), Action::WaitUntil(at(900)), "{cause}");
        assert_eq!(decide(&facts(tried_once), at(70)), Action::Submit(own()), "it was put right");
    }
}

#[test]
fn retries_of_different_mails_are_spread_and_those_of_one_mail_always_the_same() {
    let due = |id: &str| {
        let mail = Facts { id: id.into(), ..facts(vec![tried(0, R::Transient(None), None); 5]) };
        decide(&mail, at(0))
    };
    assert_eq!(due("a"), due("a"));
    let times: Vec<_> = (0..50).map(|n| due(&format!("inv-{n}"))).collect();
    let different = times.iter().filter(|time| **time != times[0]).count();
    assert!(different > 40, "{different}");
}

#[test]
fn the_servers_own_word_goes_first_and_is_never_undercut() {
    for (asked, least, most) in [(0, 60, 66), (30, 60, 66), (600, 600, 660), (7200, 7200, 7920)] {
        for result in [R::Transient(Some(asked)), R::PartlyAccepted(Some(asked))] {
            let Action::WaitUntil(until) = decide(&facts(vec![tried(0, result, Some(S::Data))]), at(1))
            else {
                panic!("{asked}");
            };
            let wait = (until - at(0)).num_seconds();
            assert!((least..=most).contains(&wait), "asked {asked}, waits {wait}");
        }
    }
    let for_ever = facts(vec![tried(0, R::Transient(Some(u32::MAX)), None)]);
    assert_eq!(decide(&for_ever, at(1)), Action::WaitUntil(at(48 * HOUR)));
}

#[test]
fn what_is_in_doubt_is_looked_for_or_asked_and_never_sent_again_blindly() {
    let lost = Attempt { result: None, ..tried(0, R::InDoubt, None) };
    for attempt in [lost, tried(0, R::InDoubt, Some(S::AfterDot))] {
        for now in [0, 60, 47 * HOUR, 1000 * HOUR] {
            let blind = facts(vec![attempt.clone()]);
            assert_eq!(decide(&blind, at(now)), Action::AskInDoubt, "{attempt:?}");
            let can_look = Facts { can_look_in_sent: true, ..blind };
            assert_eq!(decide(&can_look, at(now)), Action::LookInSent, "{attempt:?}");
            let compromised = Facts { compromised: true, ..can_look };
            assert_eq!(decide(&compromised, at(now)), Action::AskInDoubt, "{attempt:?}");
        }
    }
    assert_eq!(decide(&facts(vec![tried(0, R::Found, None)]), at(60)), Action::Done);
    assert_eq!(decide(&facts(vec![tried(0, R::NotFound, None)]), at(66)), Action::Submit(own()));
}

#[test]
fn a_partly_accepted_mail_is_tried_again_for_the_rest() {
    let partly = vec![tried(0, R::PartlyAccepted(None), None)];
    assert!(matches!(decide(&facts(partly.clone()), at(1)), Action::WaitUntil(_)));
    assert_eq!(decide(&facts(partly), at(66)), Action::Submit(own()));
}

#[test]
fn a_clock_that_went_back_neither_blocks_nor_hurries_a_mail() {
    let year = 365 * 24 * HOUR;
    let ahead = vec![tried(year, R::Transient(None), Some(S::Connect))];
    assert_eq!(decide(&facts(ahead.clone()), at(0)), Action::Submit(own()));
    assert_eq!(decide(&with_fallback(FallbackPolicy::Automatic, ahead), at(0)), Action::Submit(other()));
    let seconds_ahead = facts(vec![tried(5, R::Transient(None), Some(S::Connect))]);
    assert!(matches!(decide(&seconds_ahead, at(0)), Action::WaitUntil(until) if until <= at(71)));
}

#[test]
fn times_come_in_the_zone_of_now() {
    let utc = at(1).with_timezone(&FixedOffset::east_opt(0).unwrap());
    let Action::WaitUntil(until) = decide(&facts(vec![tried(0, R::Transient(None), None)]), utc) else {
        panic!("no wait");
    };
    assert_eq!(until.offset(), utc.offset());
}

#[test]
fn an_outcome_says_what_to_remember_of_the_attempt() {
    let reply = |code| Reply { code, enhanced: None, text: String::new() };
    let to = |code| RecipientReply { address: "a@x.be".into(), reply: reply(code) };
    let taken =
        |codes: &[u16]| Acceptance { reply: reply(250), recipients: codes.iter().map(|c| to(*c)).collect() };
    assert_eq!(R::of_acceptance(&taken(&[250, 550, 251])), R::Accepted);
    assert_eq!(R::of_acceptance(&taken(&[250, 451])), R::PartlyAccepted(None));
    let rows = [
        (S::Connect, Verdict::Transient, vec![], R::Transient(Some(9))),
        (S::Login, Verdict::Permanent, vec![], R::AccountUnavailable(Some(9))),
        (S::Login, Verdict::NeedsSignIn, vec![], R::NeedsSignIn),
        (S::AfterDot, Verdict::InDoubt, vec![to(250)], R::InDoubt),
        (S::Recipient, Verdict::Permanent, vec![to(550)], R::Permanent),
        (S::Recipient, Verdict::Permanent, vec![to(550), to(451)], R::Transient(Some(9))),
        (S::Data, Verdict::Permanent, vec![to(250), to(451)], R::Permanent),
    ];
    for (stage, verdict, recipients, expected) in rows {
        let failure =
            Failure { stage, verdict, reply: None, detail: String::new(), retry_after: Some(9), recipients };
        assert_eq!(R::of_failure(&failure), expected, "{stage} {verdict}");
    }
}

fn any_result() -> impl Strategy<Value = Option<R>> {
    prop_oneof![
        Just(None),
        Just(Some(R::Accepted)),
        Just(Some(R::Permanent)),
        Just(Some(R::NotAttempted)),
        Just(Some(R::NeedsSignIn)),
        Just(Some(R::InDoubt)),
        Just(Some(R::Found)),
        Just(Some(R::NotFound)),
        Just(Some(R::AccountUnavailable(None))),
        proptest::option::of(any::<u32>()).prop_map(|asked| Some(R::Transient(asked))),
        proptest::option::of(0u32..9000).prop_map(|asked| Some(R::PartlyAccepted(asked))),
    ]
}

prop_compose! {
    fn any_attempt()(
        seconds in -400_000i64..400_000,
        by_other in any::<bool>(),
        result in any_result(),
        stage in proptest::option::of(proptest::sample::select(S::ALL)),
    ) -> Attempt {
        Attempt { at: at(seconds), route: if by_other { other() } else { own() }, result, stage, detail: None }
    }
}

prop_compose! {
    fn any_facts(attempts: std::ops::Range<usize>)(
        attempts in prop::collection::vec(any_attempt(), attempts),
        id in "[a-z0-9-]{0,12}",
        pause in proptest::option::of((
            proptest::sample::select(PauseCause::ALL), -400_000i64..400_000, -400_000i64..400_000,
        )),
        fallback_pause in proptest::option::of((
            proptest::sample::select(PauseCause::ALL), -400_000i64..400_000, -400_000i64..400_000,
        )),
        send_at in proptest::option::of(-400_000i64..400_000),
        held in prop::bool::weighted(0.1),
        has_fallback in any::<bool>(),
        fallback_policy in proptest::sample::select(FallbackPolicy::ALL),
        patience in prop_oneof![Just(0), 0u32..100_000, Just(u32::MAX)],
        compromised in prop::bool::weighted(0.2),
        can_look_in_sent in any::<bool>(),
    ) -> Facts {
        Facts {
            id, attempts, held, fallback_policy, patience, compromised, can_look_in_sent,
            recipients: vec!["ann@example.com".into()],
            events: vec![],
            pause: pause.map(|(cause, since, until)| Pause { cause, since: at(since), until: at(until) }),
            fallback_pause: fallback_pause
                .map(|(cause, since, until)| Pause { cause, since: at(since), until: at(until) }),
            send_at: send_at.map(at),
            route: own(),
            fallback: Some(other()).filter(|_| has_fallback),
        }
    }
}

proptest! {
    #[test]
    fn nothing_is_submitted_while_a_mail_is_taken_or_in_doubt(facts in any_facts(1..6), now in -500_000i64..500_000) {
        let settled = facts.attempts.iter().any(|attempt| {
            matches!(attempt.result, None | Some(R::InDoubt | R::Accepted | R::Found))
        });
        let action = decide(&facts, at(now));
        prop_assert_eq!(&action, &decide(&facts, at(now)));
        if settled {
            prop_assert!(!matches!(action, Action::Submit(_) | Action::AskFallback(_) | Action::WaitUntil(_)));
        }
        if facts.compromised {
            prop_assert_ne!(&action, &Action::Submit(own()));
        }
        if facts.fallback_policy == FallbackPolicy::Off {
            prop_assert_ne!(&action, &Action::Submit(other()));
        }
        if let Action::WaitUntil(until) = action {
            prop_assert!(until > at(now), "waits for the past: {}", until);
        }
    }

    /// Follows the decisions with a server that never takes the mail and a clock that is set back once.
    #[test]
    fn a_mail_that_nobody_takes_comes_to_an_end(
        mut facts in any_facts(0..4),
        start in -500_000i64..500_000,
        back_at in 0usize..40,
        back_by in 0i64..2_000_000,
    ) {
        facts.attempts.retain(|attempt| !matches!(attempt.result, None | Some(R::InDoubt)));
        let mut now = at(start);
        let mut submissions = 0;
        for step in 0..2000 {
            if step == back_at {
                now -= TimeDelta::seconds(back_by);
            }
            match decide(&facts, now) {
                Action::Submit(route) => {
                    submissions += 1;
                    let result = Some(R::Transient(None));
                    facts.attempts.push(Attempt { at: now, route, result, stage: Some(S::Connect), detail: None });
                }
                Action::WaitUntil(until) => now = until,
                // With its own route out of use the user is asked until they answer.
                Action::AskFallback(_) if step < 1000 => now += TimeDelta::hours(1),
                _ => {
                    prop_assert!(submissions <= 80, "{} submissions", submissions);
                    return Ok(());
                }
            }
        }
        prop_assert!(false, "no end: {:?} at {}", facts, now);
    }
}
