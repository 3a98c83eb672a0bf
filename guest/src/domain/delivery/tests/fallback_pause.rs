//! A fallback whose account can't send at present: nothing leaves by it before the end of its pause.

use super::*;

fn paused(of: Facts, until: i64) -> Facts {
    let pause = Pause { cause: PauseCause::Quota, since: at(0), until: at(until) };
    Facts { fallback_pause: Some(pause), ..of }
}

#[test]
fn a_mail_of_a_compromised_account_waits_for_the_fallback() {
    let facts = with_fallback(FallbackPolicy::Automatic, vec![]);
    let facts = paused(Facts { compromised: true, ..facts }, 600);
    assert_eq!(decide(&facts, at(0)), Action::WaitUntil(at(600)));
    assert_eq!(decide(&facts, at(600)), Action::Submit(other()));
}

#[test]
fn the_own_route_goes_on_being_tried_meanwhile() {
    let tried = vec![tried(0, R::Transient(None), Some(S::Connect))];
    let facts = paused(with_fallback(FallbackPolicy::Automatic, tried), 7200);
    assert_eq!(
        decide(&facts, at(2000)),
        Action::Submit(own()),
        "its patience is over, and the fallback can't send"
    );
}

#[test]
fn a_mail_that_is_on_its_way_by_the_fallback_stays_there() {
    let tried = vec![
        tried(0, R::Transient(None), Some(S::Connect)),
        relayed(1801, R::Transient(None), Some(S::Connect)),
    ];
    let facts = paused(with_fallback(FallbackPolicy::Automatic, tried), 7200);
    assert_eq!(decide(&facts, at(3600)), Action::WaitUntil(at(7200)));
}

#[test]
fn a_pause_without_end_is_of_a_clock_that_was_ahead() {
    let facts = with_fallback(FallbackPolicy::Automatic, vec![]);
    let facts = paused(Facts { compromised: true, ..facts }, 365 * 24 * 3600);
    assert_eq!(decide(&facts, at(0)), Action::Submit(other()));
}
