//! That each decision has a reason, and that each reason in the list is given by one.

use super::*;
use std::collections::BTreeSet;

fn pause(cause: PauseCause, until: i64) -> Option<Pause> {
    Some(Pause { cause, since: at(0), until: at(until) })
}

/// Facts, seconds after the first attempt, and the reason.
fn table() -> Vec<(&'static str, Facts, i64, Why)> {
    use FallbackPolicy::{Ask, Automatic};
    let transient = || tried(0, R::Transient(None), Some(S::Data));
    let broken = || tried(0, R::Permanent, Some(S::Login));
    let signed_out = || tried(0, R::NeedsSignIn, Some(S::Login));
    let compromised = |of: Facts| Facts { compromised: true, ..of };
    let held = |of: Facts| Facts { held: true, ..of };
    let paused = |cause, until, of: Facts| Facts { pause: pause(cause, until), ..of };
    let partly = tried(0, R::PartlyAccepted(None), None);
    let lost = || tried(0, R::InDoubt, Some(S::AfterDot));
    let looking = Facts { can_look_in_sent: true, ..facts(vec![lost()]) };
    vec![
        ("new", facts(vec![]), 0, Why::FirstAttempt),
        (
            "a wrong argument",
            facts(vec![tried(0, R::NotAttempted, Some(S::Prepare))]),
            100,
            Why::NotAttempted,
        ),
        ("retried", facts(vec![transient()]), 100, Why::NextAttempt),
        ("not found, sent again", facts(vec![tried(0, R::NotFound, None)]), 100, Why::NextAttempt),
        ("for the others", facts(vec![partly.clone()]), 100, Why::RemainingRecipients),
        ("for the others, later", facts(vec![partly.clone()]), 1, Why::RetryPause),
        ("fallen back", with_fallback(Automatic, vec![transient()]), 1801, Why::ByFallback),
        (
            "fallen back, tried again",
            with_fallback(Automatic, vec![transient(), relayed(1801, R::Transient(None), None)]),
            2000,
            Why::ByFallback,
        ),
        ("the others by the fallback", with_fallback(Automatic, vec![partly]), 1801, Why::ByFallback),
        ("chosen", Facts { send_at: Some(at(60)), ..facts(vec![]) }, 0, Why::ChosenTime),
        ("too early", facts(vec![transient()]), 1, Why::RetryPause),
        ("asked", facts(vec![tried(0, R::Transient(Some(600)), None)]), 1, Why::ServerAskedToWait),
        (
            "account unavailable",
            facts(vec![tried(0, R::AccountUnavailable(None), None)]),
            1,
            Why::AccountFault,
        ),
        ("used up", paused(PauseCause::Quota, 900, facts(vec![])), 1, Why::AccountQuota),
        (
            "used up, retried later",
            paused(PauseCause::Quota, 5, facts(vec![transient()])),
            1,
            Why::RetryPause,
        ),
        ("paused", paused(PauseCause::Fault, 900, facts(vec![])), 1, Why::AccountFault),
        (
            "paused, patient",
            paused(PauseCause::Fault, 900, with_fallback(Automatic, vec![])),
            1,
            Why::AccountFault,
        ),
        (
            "paused for long",
            paused(PauseCause::Fault, 9000, with_fallback(Automatic, vec![])),
            1,
            Why::BeforeFallback,
        ),
        ("broken, patient", with_fallback(Automatic, vec![broken()]), 1, Why::BeforeFallback),
        ("held", held(facts(vec![])), 0, Why::Held),
        ("held after a failure", held(facts(vec![transient()])), 0, Why::Held),
        ("held, signed out", held(facts(vec![signed_out()])), 0, Why::NeedsSignIn),
        ("held, signed in since", held(facts(vec![signed_out(), transient()])), 0, Why::Held),
        ("held, compromised", held(compromised(facts(vec![signed_out()]))), 0, Why::Held),
        (
            "held, signed out and by the fallback since",
            held(with_fallback(Automatic, vec![signed_out(), relayed(9, R::Transient(None), None)])),
            0,
            Why::NeedsSignIn,
        ),
        ("signed out", facts(vec![signed_out()]), 100, Why::NeedsSignIn),
        (
            "fallback signed out",
            with_fallback(Automatic, vec![broken(), relayed(1801, R::NeedsSignIn, Some(S::Login))]),
            2000,
            Why::FallbackNeedsSignIn,
        ),
        ("compromised", compromised(facts(vec![])), 0, Why::AccountCompromised),
        ("compromised and broken", compromised(facts(vec![broken()])), 100, Why::AccountCompromised),
        ("broken", facts(vec![broken()]), 100, Why::AccountBroken),
        ("broken, ask", with_fallback(Ask, vec![broken()]), 1, Why::FallbackForAccount),
        ("compromised, ask", compromised(with_fallback(Ask, vec![])), 0, Why::FallbackForAccount),
        (
            "down for long, ask",
            with_fallback(Ask, vec![tried(0, R::Transient(Some(7200)), None)]),
            1801,
            Why::FallbackForDelay,
        ),
        ("in doubt", looking.clone(), 1, Why::LookupPossible),
        ("in doubt, not to be looked for", facts(vec![lost()]), 1, Why::LookupImpossible),
        ("in doubt, compromised", compromised(looking), 1, Why::LookupImpossible),
        ("done", facts(vec![tried(0, R::Accepted, None)]), 1, Why::Left),
        ("refused", facts(vec![tried(0, R::Permanent, Some(S::Data))]), 1, Why::RefusedForGood),
        (
            "tried for long",
            facts((0..20).map(|n| tried(n * 4 * HOUR, R::Transient(None), None)).collect()),
            80 * HOUR,
            Why::WindowOver,
        ),
    ]
}

#[test]
fn each_decision_says_why_by_a_code_and_in_english() {
    let mut given = BTreeSet::new();
    for (what, facts, seconds, why) in table() {
        let decision = super::super::decide(&facts, at(seconds));
        assert_eq!(decision.reason.code, why.code(), "{what}: {decision:?}");
        assert!(!decision.reason.detail.is_empty(), "{what}");
        if let Action::GiveUp(given_up) = &decision.action {
            assert_eq!(decision.reason.detail, given_up.reason, "{what}");
        }
        given.insert(why.code());
    }
    assert_eq!(given, REASONS.iter().copied().collect(), "a reason is never given");
}

#[test]
fn a_reason_goes_with_one_sort_of_action() {
    let mut sort_of = std::collections::BTreeMap::new();
    for (what, facts, seconds, _) in table() {
        let decision = super::super::decide(&facts, at(seconds));
        let sort = std::mem::discriminant(&decision.action);
        let other = sort_of.insert(decision.reason.code, sort);
        assert!(other.is_none_or(|other| other == sort), "{what}: {decision:?}");
    }
}
