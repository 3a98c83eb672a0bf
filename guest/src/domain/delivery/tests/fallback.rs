//! When a mail may leave by the company's fallback, and when it waits (rule A13).

use super::*;

#[test]
fn a13_a_refusal_is_final_and_never_a_reason_to_fall_back() {
    for stage in
        [Some(S::Prepare), Some(S::Sender), Some(S::Recipient), Some(S::Data), Some(S::AfterDot), None]
    {
        for policy in FallbackPolicy::ALL {
            // What the fallback can't carry is another matter.
            let by_fallback = Some(relayed(0, R::Permanent, stage)).filter(|_| stage != Some(S::Prepare));
            for attempt in [tried(0, R::Permanent, stage)].into_iter().chain(by_fallback) {
                let refused = with_fallback(*policy, vec![attempt]);
                let action = decide(&refused, at(10 * HOUR));
                assert!(matches!(action, Action::GiveUp(_)), "{stage:?} {policy}: {action:?}");
            }
        }
    }
    let refused = decide(&facts(vec![tried(0, R::Permanent, Some(S::Recipient))]), at(1));
    assert_eq!(reason(refused), "the mail was refused for good by \"office\", at the stage recipient");
}

#[test]
fn a13_a_broken_account_waits_asks_or_falls_back_by_the_companys_policy() {
    for stage in [S::Resolve, S::Connect, S::Tls, S::Greeting, S::Login] {
        let broken = vec![tried(0, R::Permanent, Some(stage))];
        let off = decide(&with_fallback(FallbackPolicy::Off, broken.clone()), at(1));
        assert_eq!(off, Action::Hold, "{stage}");
        assert_eq!(decide(&facts(broken.clone()), at(1000 * HOUR)), Action::Hold, "{stage}");
        let ask = with_fallback(FallbackPolicy::Ask, broken.clone());
        assert_eq!(decide(&ask, at(1)), Action::AskFallback(other()), "{stage}");
        let automatic = with_fallback(FallbackPolicy::Automatic, broken);
        assert_eq!(decide(&automatic, at(1)), Action::WaitUntil(at(1800)), "{stage}");
        assert_eq!(decide(&automatic, at(1800)), Action::Submit(other()), "{stage}");
    }
}

#[test]
fn a13_a_server_that_stays_down_is_left_after_the_patience() {
    let down = vec![
        tried(0, R::Transient(None), Some(S::Connect)),
        tried(60, R::Transient(None), Some(S::Greeting)),
        tried(400, R::Transient(None), Some(S::Recipient)),
        tried(1300, R::Transient(None), Some(S::Connect)),
    ];
    let automatic = with_fallback(FallbackPolicy::Automatic, down.clone());
    assert_eq!(decide(&automatic, at(1301)), Action::WaitUntil(at(1800)));
    assert_eq!(decide(&automatic, at(1800)), Action::Submit(other()));
    let ask = with_fallback(FallbackPolicy::Ask, down.clone());
    assert_eq!(decide(&ask, at(1301)), Action::WaitUntil(at(1800)));
    assert_eq!(decide(&ask, at(1800)), Action::AskFallback(other()));
    assert_eq!(decide(&ask, at(6000)), Action::Submit(own()), "it is tried on while the question is open");
    let off = with_fallback(FallbackPolicy::Off, down);
    assert!(matches!(decide(&off, at(1800)), Action::WaitUntil(until) if until > at(4000)));
}

#[test]
fn a_fallback_attempt_is_retried_on_its_own_count() {
    let mut attempts = vec![tried(0, R::Transient(None), None); 4];
    attempts.push(relayed(1800, R::Transient(None), Some(S::Connect)));
    let mail = with_fallback(FallbackPolicy::Automatic, attempts);
    assert!(matches!(decide(&mail, at(1801)), Action::WaitUntil(until) if until <= at(1866)));
    assert_eq!(decide(&mail, at(1866)), Action::Submit(other()));
}

#[test]
fn a_broken_fallback_leaves_the_accounts_own_route() {
    let mail = |first: R| {
        let attempts = vec![tried(0, first, Some(S::Login)), relayed(1800, R::Permanent, Some(S::Login))];
        with_fallback(FallbackPolicy::Automatic, attempts)
    };
    assert_eq!(decide(&mail(R::Transient(None)), at(1900)), Action::Submit(own()));
    assert_eq!(decide(&mail(R::Permanent), at(1900)), Action::Hold);
    let paused = vec![
        tried(0, R::Transient(None), Some(S::Connect)),
        relayed(1800, R::AccountUnavailable(None), Some(S::Login)),
    ];
    let paused = with_fallback(FallbackPolicy::Automatic, paused);
    assert_eq!(decide(&paused, at(1900)), Action::Submit(own()), "it can't send either");
    let marked = Facts { compromised: true, ..paused };
    assert!(
        matches!(decide(&marked, at(1801)), Action::WaitUntil(_)),
        "there is no other way: it is waited for"
    );
}

#[test]
fn a13_a_paused_account_asks_or_falls_back_by_the_companys_policy() {
    let paused = |cause, policy, attempts| {
        let pause = Pause { cause, since: at(0), until: at(4 * HOUR) };
        Facts { pause: Some(pause), ..with_fallback(policy, attempts) }
    };
    for attempts in [vec![], vec![tried(0, R::AccountUnavailable(Some(900)), Some(S::Sender))]] {
        for cause in PauseCause::ALL {
            let off = paused(*cause, FallbackPolicy::Off, attempts.clone());
            assert_eq!(decide(&off, at(10)), Action::WaitUntil(at(4 * HOUR)), "{cause}");
            let automatic = paused(*cause, FallbackPolicy::Automatic, attempts.clone());
            assert_eq!(decide(&automatic, at(10)), Action::WaitUntil(at(1800)), "{cause}");
            let short = Pause { cause: *cause, since: at(0), until: at(60) };
            let short = Facts { pause: Some(short), ..with_fallback(FallbackPolicy::Automatic, vec![]) };
            assert_eq!(
                decide(&short, at(10)),
                Action::WaitUntil(at(60)),
                "{cause}: its own server is tried first"
            );
            assert_eq!(decide(&automatic, at(1800)), Action::Submit(other()), "{cause}");
        }
        let fault = paused(PauseCause::Fault, FallbackPolicy::Ask, attempts.clone());
        assert_eq!(decide(&fault, at(10)), Action::AskFallback(other()));
        let quota = paused(PauseCause::Quota, FallbackPolicy::Ask, attempts);
        assert_eq!(decide(&quota, at(10)), Action::WaitUntil(at(1800)), "a quota mends itself");
        assert_eq!(decide(&quota, at(1800)), Action::AskFallback(other()));
    }
    let over = Facts {
        pause: Some(Pause { cause: PauseCause::Fault, since: at(0), until: at(600) }),
        ..with_fallback(FallbackPolicy::Automatic, vec![])
    };
    assert_eq!(decide(&over, at(6000)), Action::Submit(own()), "it is tried again");
}

#[test]
fn a13_a_compromised_account_is_never_tried_and_not_waited_for() {
    let marked = |policy, attempts| Facts { compromised: true, ..with_fallback(policy, attempts) };
    for attempts in [vec![], vec![tried(0, R::Transient(None), Some(S::Connect))]] {
        let automatic = marked(FallbackPolicy::Automatic, attempts.clone());
        assert_eq!(decide(&automatic, at(1)), Action::Submit(other()));
        assert_eq!(
            decide(&marked(FallbackPolicy::Ask, attempts.clone()), at(1)),
            Action::AskFallback(other())
        );
        let off = marked(FallbackPolicy::Off, attempts);
        assert_eq!(decide(&off, at(1)), Action::Hold);
        assert_eq!(decide(&off, at(1000 * HOUR)), Action::Hold, "nothing is given up without a try");
    }
}

#[test]
fn a13_a_grant_that_ran_out_holds_the_mail_and_is_no_reason_to_fall_back() {
    let waiting =
        || vec![tried(0, R::Transient(None), Some(S::Connect)), tried(60, R::NeedsSignIn, Some(S::Login))];
    for policy in FallbackPolicy::ALL {
        for now in [61, 1800, 47 * HOUR, 1000 * HOUR] {
            assert_eq!(decide(&with_fallback(*policy, waiting()), at(now)), Action::Hold, "{policy} {now}");
            assert_eq!(decide(&facts(waiting()), at(now)), Action::Hold, "{now}");
        }
    }
    let mut signed_in = waiting();
    signed_in[1].result = Some(R::Transient(None));
    let released = Facts { send_at: Some(at(50 * HOUR)), ..facts(signed_in) };
    assert_eq!(decide(&released, at(50 * HOUR)), Action::Submit(own()));
    let compromised = Facts { compromised: true, ..with_fallback(FallbackPolicy::Automatic, waiting()) };
    assert_eq!(
        decide(&compromised, at(61)),
        Action::Submit(other()),
        "its sign-in is of no interest any more"
    );
    let refused = vec![tried(0, R::Permanent, Some(S::Data)), tried(60, R::NeedsSignIn, Some(S::Login))];
    assert!(matches!(decide(&facts(refused), at(61)), Action::GiveUp(_)));
    let lost = vec![tried(0, R::InDoubt, Some(S::AfterDot)), tried(60, R::NeedsSignIn, Some(S::Login))];
    assert_eq!(decide(&facts(lost), at(61)), Action::AskInDoubt);
}

#[test]
fn a13_a_fallback_that_needs_a_sign_in_is_waited_for_only_where_nothing_else_is_left() {
    let mail = |own: R, policy| {
        let attempts = vec![tried(0, own, Some(S::Login)), relayed(1800, R::NeedsSignIn, Some(S::Login))];
        with_fallback(policy, attempts)
    };
    assert_eq!(decide(&mail(R::Transient(None), FallbackPolicy::Automatic), at(1900)), Action::Submit(own()));
    assert_eq!(decide(&mail(R::Permanent, FallbackPolicy::Automatic), at(1900)), Action::Hold);
    assert_eq!(decide(&mail(R::NeedsSignIn, FallbackPolicy::Automatic), at(1900)), Action::Hold);
    assert_eq!(decide(&mail(R::Permanent, FallbackPolicy::Off), at(1900)), Action::Hold);
    let compromised = Facts { compromised: true, ..mail(R::Transient(None), FallbackPolicy::Automatic) };
    assert_eq!(decide(&compromised, at(1900)), Action::Hold);
    let under_way = vec![
        tried(0, R::Transient(None), Some(S::Connect)),
        relayed(1800, R::Transient(None), Some(S::Data)),
        tried(1860, R::NeedsSignIn, Some(S::Login)),
    ];
    let under_way = with_fallback(FallbackPolicy::Automatic, under_way);
    assert_eq!(
        decide(&under_way, at(1900)),
        Action::Submit(other()),
        "what leaves by the fallback stays there"
    );
}

#[test]
fn a13_a_mail_that_the_fallback_can_not_carry_goes_on_by_the_accounts_own_route() {
    let too_large = relayed(1800, R::Permanent, Some(S::Prepare));
    for policy in FallbackPolicy::ALL {
        let down = vec![tried(0, R::Transient(None), Some(S::Connect)), too_large.clone()];
        assert_eq!(decide(&with_fallback(*policy, down), at(1900)), Action::Submit(own()), "{policy}");
        let broken = vec![tried(0, R::Permanent, Some(S::Login)), too_large.clone()];
        assert_eq!(decide(&with_fallback(*policy, broken), at(1900)), Action::Hold, "{policy}");
    }
}

#[test]
fn a13_an_api_account_falls_back_by_the_same_rules_as_a_server() {
    let gmail = || Route { account: "office".into(), transport: "gmail".into() };
    let mail = |result, stage| {
        let attempt = Attempt { route: gmail(), ..tried(0, result, stage) };
        Facts { route: gmail(), ..with_fallback(FallbackPolicy::Automatic, vec![attempt]) }
    };
    for (result, stage, expected) in [
        (R::Transient(None), Some(S::Data), Action::Submit(other())),
        (R::Transient(None), Some(S::Connect), Action::Submit(other())),
        (R::Permanent, Some(S::Login), Action::Submit(other())),
        (R::NeedsSignIn, Some(S::Login), Action::Hold),
        (R::InDoubt, Some(S::AfterDot), Action::AskInDoubt),
    ] {
        assert_eq!(decide(&mail(result, stage), at(1800)), expected, "{result:?} {stage:?}");
    }
    for stage in [S::Data, S::Recipient, S::Sender, S::Prepare] {
        let action = decide(&mail(R::Permanent, Some(stage)), at(1800));
        assert!(matches!(action, Action::GiveUp(_)), "{stage}: {action:?}");
    }
}

#[test]
fn a_fallback_that_is_the_route_itself_is_none() {
    let attempts = vec![tried(0, R::Permanent, Some(S::Login))];
    let same = Facts { fallback: Some(own()), ..with_fallback(FallbackPolicy::Automatic, attempts) };
    assert_eq!(decide(&same, at(2000)), Action::Hold);
}
