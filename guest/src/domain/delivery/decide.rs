//! The decision. Read top to bottom it is the rule: done, held, in doubt, too early, refused, waiting for a
//! sign-in, tried for long enough, then which route may be used and when.
//!
//! What is wrong with an account is no fault of its mails: they wait for it, and none is given up for it. A fallback answers for an account
//! that does not work and can't be mended at once. A grant that ran out is not that: its user has only to sign in again, and a customer
//! should not get the mail from another address for it. An account marked compromised is another matter: it is left at once, whatever its
//! last attempt came to.

use super::facts::{
    Action, Attempt, AttemptResult, Facts, FallbackPolicy, GivingUp, LONGEST_PAUSE, Pause, PauseCause, Route,
};
use super::schedule::{WINDOW, due, later, tried};
use super::settle::own_fact;
use super::why::{Decision, Why};
use crate::domain::reason::Reason;
use crate::domain::status::{EventKind, Stage, outstanding};
use chrono::{DateTime, FixedOffset};

type Time = DateTime<FixedOffset>;

/// Decides what to do next, and why. The answer follows from the arguments alone.
pub fn decide(facts: &Facts, now: Time) -> Decision {
    if facts.attempts.iter().any(|attempt| AttemptResult::is_done(attempt.result)) {
        return Decision::new(Action::Done, Why::Left);
    }
    if facts.held {
        return Decision::new(Action::Hold, why_held(facts));
    }
    if let Some(lost) = facts.attempts.iter().rev().find(|it| AttemptResult::is_in_doubt(it.result)) {
        return resolve_doubt(facts, lost);
    }
    if let Some(send_at) = facts.send_at.filter(|send_at| *send_at > now) {
        return wait_until(send_at, Why::ChosenTime, now);
    }
    if let Some(attempt) = facts.attempts.last().filter(|it| it.result == Some(AttemptResult::NotAttempted)) {
        return not_attempted(attempt);
    }
    let routes = RouteStates::of(facts);
    if let Some(refused) = facts.attempts.iter().find(|it| routes.is_refusal(it)) {
        let stage = refused.stage.map_or("unknown", Stage::name);
        let account = &refused.route.account;
        let detail = format!("the mail was refused for good by \"{account}\", at the stage {stage}");
        return give_up(facts, Reason { code: Why::RefusedForGood.code(), detail }, now);
    }
    if let Some(why) = routes.wait_for_sign_in() {
        return Decision::new(Action::Hold, why);
    }
    if tried(facts) >= WINDOW {
        let detail = format!("no server took it within {} hours", WINDOW / 3600);
        return give_up(facts, Reason { code: Why::WindowOver.code(), detail }, now);
    }
    routes.choose(now)
}

/// Holds a mail whose attempt never began, until the program that sends it has been put right.
fn not_attempted(attempt: &Attempt) -> Decision {
    let mut reason = Reason::from(Why::NotAttempted);
    if let Some(detail) = &attempt.detail {
        reason.detail.push_str(&format!(": {detail}"));
    }
    Decision { action: Action::Hold, reason }
}

/// Ends the attempts, with the last server's reason beside our own: it is the one that helps.
fn give_up(facts: &Facts, mut why: Reason, now: Time) -> Decision {
    let last = facts.attempts.iter().rev().find_map(|attempt| attempt.detail.as_deref());
    if let Some(detail) = last {
        why.detail.push_str(&format!("; the last try: {detail}"));
    }
    let left = outstanding(&facts.recipients, &facts.events);
    let expired = |to: &String| own_fact(to, EventKind::Expired, now, Some(&why.detail));
    let events = left.iter().map(expired).collect();
    Decision { action: Action::GiveUp(GivingUp { reason: why.detail.clone(), events }), reason: why }
}

/// Returns why the host holds a mail: for its user, or because its account waits for a sign-in; the last attempt shows which.
fn why_held(facts: &Facts) -> Why {
    let routes = RouteStates::of(facts);
    if !facts.compromised && needs_sign_in(&routes.own) { Why::NeedsSignIn } else { Why::Held }
}

/// Decides what finds out whether a mail left; it is never sent again blindly. A compromised account's credentials are not used for looking
/// either.
fn resolve_doubt(facts: &Facts, lost: &Attempt) -> Decision {
    let may_look = facts.can_look_in_sent && !(facts.compromised && lost.route == facts.route);
    match may_look {
        true => Decision::new(Action::LookInSent, Why::LookupPossible),
        false => Decision::new(Action::AskInDoubt, Why::LookupImpossible),
    }
}

/// True for a failure of the account itself that waiting alone does not mend.
fn is_broken(attempt: &Attempt) -> bool {
    attempt.result == Some(AttemptResult::Permanent) && attempt.is_about_the_account_alone()
}

/// The routes of an intent, and how each of them fared.
struct RouteStates<'a> {
    facts: &'a Facts,
    /// Attempts by the account's own route: all that were not by the fallback.
    own: Vec<&'a Attempt>,
    /// The fallback, where the policy allows one and it has not proven useless; and its attempts.
    fallback: Option<(&'a Route, Vec<&'a Attempt>)>,
    /// The fallback, too, needs its user first.
    fallback_needs_sign_in: bool,
}

impl<'a> RouteStates<'a> {
    fn of(facts: &'a Facts) -> Self {
        let other = other_route(facts);
        let (by_other, own): (Vec<_>, Vec<_>) =
            facts.attempts.iter().partition(|attempt| Some(&attempt.route) == other);
        let allowed = facts.fallback_policy != FallbackPolicy::Off;
        let needs_sign_in = needs_sign_in(&by_other);
        // A fallback that can't send at present is waited for where the own route is out of use.
        let own_is_out = is_out(facts, &own);
        let leaves =
            |last: &Attempt| is_broken(last) || is_unfit(last) || (last.is_for_the_account() && !own_is_out);
        let useless = needs_sign_in || by_other.last().copied().is_some_and(leaves);
        Self {
            facts,
            own,
            fallback: other.filter(|_| allowed && !useless).map(|route| (route, by_other)),
            fallback_needs_sign_in: allowed && needs_sign_in,
        }
    }

    /// True for a permanent failure that is not the account's: of the sender, a recipient, the message. What the fallback can't carry, the
    /// account's own route still may.
    fn is_refusal(&self, attempt: &Attempt) -> bool {
        let by_fallback = Some(&attempt.route) == other_route(self.facts);
        attempt.result == Some(AttemptResult::Permanent)
            && !is_broken(attempt)
            && !(by_fallback && is_unfit(attempt))
    }

    /// Waits until a user has signed in. A mail that is already on its way by the fallback stays there.
    fn wait_for_sign_in(&self) -> Option<Why> {
        if self.fallback.as_ref().is_some_and(|(_, tried)| !tried.is_empty()) {
            return None;
        }
        if !self.facts.compromised && needs_sign_in(&self.own) {
            return Some(Why::NeedsSignIn);
        }
        (self.fallback_needs_sign_in && self.own_is_out()).then_some(Why::FallbackNeedsSignIn)
    }

    /// True if the own route can't work before a person acts.
    fn own_is_out(&self) -> bool {
        is_out(self.facts, &self.own)
    }

    /// Returns the pause that the account is in.
    fn pause(&self, now: Time) -> Option<&'a Pause> {
        under_way(self.facts.pause.as_ref(), now)
    }

    /// Chooses what to do, but lets nothing leave by the fallback while its account is in a pause: then the own route goes on being tried,
    /// where it may be.
    fn choose(&self, now: Time) -> Decision {
        let chosen = self.choose_unpaused(now);
        let by_fallback = |route: &Route| self.fallback.as_ref().is_some_and(|(other, _)| *other == route);
        match (under_way(self.facts.fallback_pause.as_ref(), now), &chosen.action) {
            (Some(pause), Action::Submit(route)) if by_fallback(route) => {
                let was_tried = self.fallback.as_ref().is_some_and(|(_, tried)| !tried.is_empty());
                if was_tried || self.facts.compromised || self.own_is_out() {
                    wait_until(pause.until, why_paused(pause), now)
                } else {
                    at_the_latest(self.own_when_due(now), Some(pause.until))
                }
            }
            _ => chosen,
        }
    }

    fn choose_unpaused(&self, now: Time) -> Decision {
        match &self.fallback {
            Some((route, tried)) if !tried.is_empty() => self.submit_when_due(route, tried, now),
            Some((route, _)) => self.own_or_fallback(route, now),
            None if self.facts.compromised => Decision::new(Action::Hold, Why::AccountCompromised),
            None if self.own_is_out() => Decision::new(Action::Hold, Why::AccountBroken),
            None => self.own_when_due(now),
        }
    }

    /// Decides between the own route and a fallback that was not tried yet.
    fn own_or_fallback(&self, route: &Route, now: Time) -> Decision {
        let patience = i64::from(self.facts.patience);
        let pause = self.pause(now);
        let first = self.own.iter().map(|attempt| attempt.at).chain(pause.map(|pause| pause.since)).min();
        // A first attempt beyond reach in the future is a clock set back, which is no reason to wait.
        let patient_until = first.map(|at| if at > later(now, patience) { now } else { later(at, patience) });
        let patience_is_over = self.facts.compromised || patient_until.is_some_and(|until| now >= until);
        let out = self.own_is_out() || pause.is_some_and(|pause| pause.cause == PauseCause::Fault);
        let ask = |why| Decision::new(Action::AskFallback(route.clone()), why);
        match (self.facts.fallback_policy, patient_until) {
            (FallbackPolicy::Automatic, _) if patience_is_over => self.submit(route),
            (FallbackPolicy::Automatic, Some(until)) if out => match pause {
                Some(pause) if pause.until < until => wait_until(pause.until, why_paused(pause), now),
                _ => wait_until(until, Why::BeforeFallback, now),
            },
            (FallbackPolicy::Automatic, _) => at_the_latest(self.own_when_due(now), patient_until),
            _ if out => ask(Why::FallbackForAccount),
            // While the question is open, the account's own route goes on being tried.
            _ => match self.own_when_due(now) {
                Decision { action: Action::WaitUntil(_), .. } if patience_is_over => {
                    ask(Why::FallbackForDelay)
                }
                own => at_the_latest(own, patient_until),
            },
        }
    }

    /// Submits by the own route, not before the end of its account's pause.
    fn own_when_due(&self, now: Time) -> Decision {
        let own = self.submit_when_due(&self.facts.route, &self.own, now);
        match (self.pause(now), &own.action) {
            (Some(pause), Action::WaitUntil(due)) if *due > pause.until => own,
            (Some(pause), _) => wait_until(pause.until, why_paused(pause), now),
            (None, _) => own,
        }
    }

    /// Submits when the mail is due; the last attempt is made when its time is over, whenever the next would be due.
    fn submit_when_due(&self, route: &Route, attempts: &[&Attempt], now: Time) -> Decision {
        let rest = WINDOW.saturating_sub(tried(self.facts));
        let end = self.facts.attempts.last().map(|last| later(last.at, rest));
        match due(&self.facts.id, attempts, now) {
            Some(due) if due > now => match end.filter(|end| *end < due) {
                Some(end) if end <= now => self.submit(route),
                end => wait_until(end.unwrap_or(due), why_waited(attempts), now),
            },
            _ => self.submit(route),
        }
    }

    fn submit(&self, route: &Route) -> Decision {
        let why = match self.facts.attempts.last() {
            Some(last) if last.leaves_some() && last.route == *route => Why::RemainingRecipients,
            _ if *route != self.facts.route => Why::ByFallback,
            Some(_) => Why::NextAttempt,
            None => Why::FirstAttempt,
        };
        Decision::new(Action::Submit(route.clone()), why)
    }
}

/// Returns a pause that is not over. One that ends further ahead than any is of a clock that was ahead.
fn under_way(pause: Option<&Pause>, now: Time) -> Option<&Pause> {
    let longest = i64::from(LONGEST_PAUSE) + 3600;
    pause.filter(|pause| pause.until > now && pause.until <= later(now, longest))
}

fn wait_until(time: Time, why: Why, now: Time) -> Decision {
    Decision::new(Action::WaitUntil(time.with_timezone(now.offset())), why)
}

fn why_paused(pause: &Pause) -> Why {
    match pause.cause {
        PauseCause::Quota => Why::AccountQuota,
        PauseCause::Fault => Why::AccountFault,
    }
}

/// Returns why the next attempt by a route is not due yet.
fn why_waited(attempts: &[&Attempt]) -> Why {
    match attempts.last() {
        Some(last) if last.asked().is_some() => Why::ServerAskedToWait,
        Some(last) if last.is_for_the_account() => Why::AccountFault,
        _ => Why::RetryPause,
    }
}

/// Returns the fallback, unless it is the account's own route.
fn other_route(facts: &Facts) -> Option<&Route> {
    facts.fallback.as_ref().filter(|route| **route != facts.route)
}

/// Waits no longer than for the end of the patience.
fn at_the_latest(decision: Decision, patient_until: Option<Time>) -> Decision {
    match (&decision.action, patient_until) {
        (Action::WaitUntil(due), Some(until)) if until < *due => {
            let action = Action::WaitUntil(until.with_timezone(due.offset()));
            Decision { action, reason: decision.reason }
        }
        _ => decision,
    }
}

/// True if the mail can't leave by this route: it is too large, or has an address that the route can't carry. No server has decided about
/// it.
fn is_unfit(attempt: &Attempt) -> bool {
    attempt.result == Some(AttemptResult::Permanent) && attempt.stage == Some(Stage::Prepare)
}

fn needs_sign_in(attempts: &[&Attempt]) -> bool {
    attempts.last().is_some_and(|last| last.result == Some(AttemptResult::NeedsSignIn))
}

/// True if the own route, with these attempts, can't work before a person acts.
fn is_out(facts: &Facts, own: &[&Attempt]) -> bool {
    facts.compromised || is_last_broken(own)
}

fn is_last_broken(attempts: &[&Attempt]) -> bool {
    attempts.last().is_some_and(|last| is_broken(last))
}
