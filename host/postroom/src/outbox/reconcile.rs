//! A mail of which nobody knows whether it left: looked for where it would be, never sent again before.

use super::dispatch::{Dispatch, Made, Step};
use super::error::OutboxError;
use super::facts::{self, Time, stamp};
use super::sender::sender_of;
use super::sent_copy::{sent_account, sent_error};
use super::waiting::Wait;
use crate::engine::{CompanyPlugin, Files};
use chrono::Duration;
use postroom_contract::delivery::LookupResult;
use postroom_contract::schedule::{Lookup, Route};
use postroom_contract::sent::FilingPlan;
use postroom_contract::tracking::Status;
use postroom_contract::types;
use postroom_model::Account;
use postroom_store::{Attempt, AttemptResult, Completion, Event, Mail};

/// An answer that can't be had now is asked for again after this.
const PAUSE: Duration = Duration::minutes(5);

/// An attempt of which nothing was heard for so long has ended: with the usual time-outs it takes no longer, its largest mail
/// on a slow line included.
const LONGEST_ATTEMPT: Duration = Duration::minutes(15);

/// The attempt in doubt: a mail has one at most, since nothing is begun beside it.
fn lost(mail: &Mail) -> Option<(&Attempt, &Completion)> {
    let mut completed = mail.attempts.iter().rev().filter_map(|it| Some((it, it.completion.as_ref()?)));
    completed.find(|(_, completion)| completion.result.is_in_doubt())
}

/// The attempt in doubt whose mail was taken from its maker: nobody has reported what came of it.
fn interrupted(mail: &Mail) -> Option<(&Attempt, &Completion)> {
    lost(mail).filter(|(_, completion)| completion.result == AttemptResult::InDoubt { interrupted: true })
}

/// Until when an interrupted attempt may still be under way; none once it must have ended. Whoever looks before that and finds
/// nothing has learned nothing. Counted from when its last bytes left, or from when its mail was taken over, whichever is
/// earlier: the one may be of a clock that went back since.
pub(super) fn may_run_until(mail: &Mail, now: Time) -> Option<Time> {
    let (attempt, completion) = interrupted(mail)?;
    Some(attempt.released?.min(completion.finished) + LONGEST_ATTEMPT).filter(|until| now < *until)
}

/// Gives until when to wait for an interrupted attempt. If even the taking over is stamped with a time that is still to come, a
/// clock went back after it: it is stamped with the time that it is now, so that the wait is one from now.
pub(super) async fn wait_for_interrupted(
    dispatch: &Dispatch<'_>,
    mail: &Mail,
    until: Time,
    now: Time,
) -> Result<Time, OutboxError> {
    if until <= now + LONGEST_ATTEMPT {
        return Ok(until);
    }
    if let Some((attempt, completion)) = interrupted(mail) {
        let stamped = Completion { finished: now, ..completion.clone() };
        decide(dispatch, attempt, completion, &stamped, &[]).await?;
    }
    Ok(now + LONGEST_ATTEMPT)
}

/// Records for each recipient that it is in doubt whether they got the mail, where an attempt was interrupted. True where that was
/// not on record.
pub(super) async fn record_interruption(dispatch: &Dispatch<'_>, mail: &Mail) -> Result<bool, OutboxError> {
    let Some((attempt, completion)) = interrupted(mail) else { return Ok(false) };
    let is_on_record = |event: &Event| event.kind == "in-doubt" && event.at >= completion.finished;
    if mail.events.iter().any(is_on_record) {
        return Ok(false);
    }
    let (to, known) = (&mail.mail.message.rcpt_to, facts::told_events(&mail.events));
    let (detail, noticed) = (completion.detail.as_deref(), stamp(completion.finished));
    let settled =
        dispatch.company_plugin.settle_interruption(&Files::default(), to, &known, detail, &noticed).await?;
    let events =
        facts::events_at(&settled.map_err(|fault| facts::disagreement(&fault))?.events, completion.finished);
    if events.is_empty() {
        return Ok(false);
    }
    decide(dispatch, attempt, completion, completion, &events).await?;
    Ok(true)
}

/// Decides on an attempt that still has the result that was read.
async fn decide(
    dispatch: &Dispatch<'_>,
    attempt: &Attempt,
    read: &Completion,
    completion: &Completion,
    events: &[Event],
) -> Result<(), OutboxError> {
    let outbox = dispatch.outbox;
    Ok(outbox.journal.decide(attempt.id, &outbox.lease_owner, read.result, completion, events).await?)
}

/// Whether the place where the mail would be can be looked at: a provider's API that tells, or a mailbox whose provider
/// files by itself what its server sends. Elsewhere the copy is ours to file, and its absence says nothing.
pub(super) async fn can_look(
    company_plugin: &CompanyPlugin,
    own: &Account,
    mail: &Mail,
) -> Result<bool, OutboxError> {
    let Some((attempt, _)) = lost(mail) else { return Ok(false) };
    match attempt.transport.as_str() {
        "gmail" | "graph" => Ok(true),
        "smtp" if own.mailbox.is_some() && attempt.account == own.id => {
            let of = sent_account(company_plugin, own, &attempt.transport).await?;
            Ok(company_plugin.plan_sent_copy(&Files::default(), &of, &[]).await? == FilingPlan::ByProvider)
        }
        _ => Ok(false),
    }
}

/// Whether evidence has come in the meantime: a report about the mail is a word that it left. Records that.
pub(super) async fn cleared_up(dispatch: &Dispatch<'_>, mail: &Mail, now: Time) -> Result<bool, OutboxError> {
    if lost(mail).is_none() {
        return Ok(false);
    }
    let timeline = super::status::folded(dispatch.company_plugin, mail, &mail.events, now).await?;
    let doubtful = doubtful(mail);
    let known = |address: &String| {
        timeline
            .recipients
            .iter()
            .any(|it| it.recipient.eq_ignore_ascii_case(address) && it.status != Status::Unknown)
    };
    if doubtful.is_empty() || !doubtful.iter().all(known) {
        return Ok(false);
    }
    settle(dispatch, mail, Lookup::Found, now).await?;
    Ok(true)
}

/// Looks, and records what was found.
pub(super) async fn look(dispatch: &Dispatch<'_>, mail: &Mail, now: Time) -> Result<Step, OutboxError> {
    let Some((attempt, _)) = lost(mail) else { return Ok(Step::AskInDoubt) };
    let (company_plugin, none) = (dispatch.company_plugin, Files::default());
    let id = &mail.mail.message.message_id;
    if attempt.transport == "smtp" {
        let of = sent_account(company_plugin, &dispatch.account, &attempt.transport).await?;
        return match company_plugin.find_sent(&none, &of, std::slice::from_ref(id)).await? {
            Ok(found) if found.iter().any(Option::is_some) => made(dispatch, mail, Lookup::Found, now).await,
            Ok(_) => made(dispatch, mail, Lookup::NotFound, now).await,
            Err(error) => Ok(Step::Hold(format!("its mailbox can't be looked at: {}", sent_error(error)))),
        };
    }
    let route = Route { account_name: attempt.account_name.clone(), transport: attempt.transport.clone() };
    let by = dispatch.fallback.as_ref().filter(|it| it.id == attempt.account).unwrap_or(&dispatch.account);
    let sender = sender_of(by, &mail.mail.from);
    let sender = sender.map(|it| types::Address { name: it.name, address: it.address });
    let began = stamp(attempt.started);
    let seen = company_plugin.look_in_sent(&none, id, &route, sender.as_ref(), &began, &stamp(now)).await?;
    match seen {
        LookupResult::Found(_) => made(dispatch, mail, Lookup::Found, now).await,
        LookupResult::NotFound => made(dispatch, mail, Lookup::NotFound, now).await,
        LookupResult::NotYet(seconds) => {
            Ok(Step::WaitUntil(Wait::for_the_first_try(now + Duration::seconds(seconds.into()))))
        }
        LookupResult::CannotTell(_) => Ok(Step::WaitUntil(Wait::for_the_first_try(now + PAUSE))),
        LookupResult::NeedsSignIn(words) => {
            Ok(Step::Hold(format!("the account \"{}\" needs a new sign-in: {words}", by.name)))
        }
    }
}

async fn made(dispatch: &Dispatch<'_>, mail: &Mail, lookup: Lookup, now: Time) -> Result<Step, OutboxError> {
    Ok(Step::Made(Box::new(settle(dispatch, mail, lookup, now).await?)))
}

/// Records what became of the attempt in doubt: found, or not and to be sent again.
pub(super) async fn settle(
    dispatch: &Dispatch<'_>,
    mail: &Mail,
    lookup: Lookup,
    now: Time,
) -> Result<Made, OutboxError> {
    let Some((attempt, before)) = lost(mail) else {
        return Err(OutboxError::Plugin("no attempt of the mail is in doubt".to_owned()));
    };
    let (to, known) = (&mail.mail.message.rcpt_to, facts::told_events(&mail.events));
    let settled =
        dispatch.company_plugin.settle_doubt(&Files::default(), lookup, to, &known, &stamp(now)).await?;
    let settled = settled.map_err(|fault| facts::disagreement(&fault))?;
    let events = facts::events_at(&settled.events, now);
    let completion = Completion { finished: now, result: facts::kept(&settled), ..before.clone() };
    decide(dispatch, attempt, before, &completion, &events).await?;
    Ok(Made {
        account: attempt.account_name.clone(),
        fallback: attempt.fallback,
        completion,
        error: None,
        copy: None,
        queue_state: None,
    })
}

/// Whom the attempt may have reached.
fn doubtful(mail: &Mail) -> Vec<String> {
    let to = &mail.mail.message.rcpt_to;
    let named = |address: &String| {
        mail.events.iter().filter(|event| event.kind == "in-doubt").any(|event| {
            event.recipient.as_ref().is_none_or(|recipient| recipient.eq_ignore_ascii_case(address))
        })
    };
    to.iter().filter(|address| named(address)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use postroom_store::{
        AttemptId, MailId, Message, NewMail, OpenCheck, OutboxRow, Party, QueueState, SendOptions, WaitReason,
    };

    /// A mail whose attempt was interrupted: its last bytes left at one time, and the mail was taken over at another.
    fn silent(released: Time, noticed: Time) -> Mail {
        let party = Party { name: None, address: "office@ateliernord.example".to_owned() };
        let attempt = Attempt {
            id: AttemptId::new(),
            started: released,
            account: postroom_model::AccountId::new(),
            account_name: "office".to_owned(),
            transport: "gmail".to_owned(),
            fallback: false,
            released: Some(released),
            completion: Some(Completion {
                finished: noticed,
                result: AttemptResult::InDoubt { interrupted: true },
                stage: Some("after-dot".to_owned()),
                detail: None,
                provider_ids: Vec::new(),
            }),
        };
        let message = Message {
            message_id: "<1@ateliernord.example>".to_owned(),
            mail_from: party.address.clone(),
            rcpt_to: vec!["els@customer.example".to_owned()],
            pieces: Vec::new(),
            size: 0,
            needs_smtputf8: false,
            html: String::new(),
            text: String::new(),
        };
        let mail = NewMail {
            id: MailId::new(),
            account: attempt.account,
            created: released,
            document: None,
            use_case: "new".to_owned(),
            subject: String::new(),
            from: party,
            recipients: Vec::new(),
            message,
            files: Vec::new(),
            revision: None,
            options: SendOptions::default(),
            open_check: OpenCheck::Off,
        };
        let queue_state =
            QueueState::Ready { due: released, waits: Some((WaitReason::Wait, "it may run".to_owned())) };
        let outbox =
            OutboxRow { queue_state, lease_owner: None, send_at: None, answer: None, restored: None };
        Mail {
            mail,
            company: postroom_model::CompanyId::new(),
            user: None,
            attempts: vec![attempt],
            events: Vec::new(),
            resend: 0,
            outbox,
        }
    }

    #[test]
    fn an_interrupted_attempt_is_waited_for_once_whatever_the_clock_did() {
        let now: Time = "2026-11-27T10:00:00+01:00".parse().unwrap();
        let (minutes, day) = (Duration::minutes, Duration::days(1));
        for (what, released, noticed, until) in [
            ("just now", now, now, Some(now + minutes(15))),
            ("noticed later", now - minutes(10), now, Some(now + minutes(5))),
            ("long ago", now - minutes(16), now - minutes(14), None),
            ("the clock went back before it was noticed", now + day, now, Some(now + minutes(15))),
            ("and that was a while ago", now + day, now - minutes(15), None),
        ] {
            assert_eq!(may_run_until(&silent(released, noticed), now), until, "{what}");
        }
        let mut reported = silent(now, now);
        for attempt in &mut reported.attempts {
            attempt.completion.as_mut().unwrap().result = AttemptResult::InDoubt { interrupted: false };
        }
        assert_eq!(may_run_until(&reported, now), None, "its maker has reported that it ended");
        let ahead = may_run_until(&silent(now + day, now + day), now);
        assert!(
            ahead.is_some_and(|until| until > now + minutes(15)),
            "noticed anew by whoever waits: {ahead:?}"
        );
    }
}
