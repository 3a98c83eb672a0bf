//! Finding out whether a mail in doubt has left: it is looked for where it would be, and not sent again before, since the customer
//! would get the invoice twice.

use super::error::OutboxError;
use super::facts::{self, Time, stamp};
use super::outbox_handle::OutboxHandle;
use super::sender::sender_of;
use super::sent_copy::{sent_account, sent_error};
use super::step::{Made, Step};
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

/// A lookup that gave no answer is repeated after this.
const PAUSE: Duration = Duration::minutes(5);

/// An attempt without a result for so long has ended: with the usual time-outs none takes longer, not even that of the largest mail
/// on a slow line.
const LONGEST_ATTEMPT: Duration = Duration::minutes(15);

/// Finds the attempt in doubt: a mail has one at most, since no other begins before it is resolved.
fn in_doubt(mail: &Mail) -> Option<(&Attempt, &Completion)> {
    let mut with_outcome = mail.attempts.iter().rev().filter_map(|it| Some((it, it.completion.as_ref()?)));
    with_outcome.find(|(_, completion)| completion.result.is_in_doubt())
}

/// Finds the attempt in doubt whose owner lost its lease and has not reported a result.
fn interrupted(mail: &Mail) -> Option<(&Attempt, &Completion)> {
    in_doubt(mail).filter(|(_, completion)| completion.result == AttemptResult::InDoubt { interrupted: true })
}

/// Computes until when an interrupted attempt may still be under way; none once it must have ended. A lookup before that which
/// finds nothing proves nothing. Counts from when the attempt's last bytes left, or from when another owner took the mail over,
/// whichever is earlier: the former may be of a clock that was set back since.
pub(super) fn may_run_until(mail: &Mail, now: Time) -> Option<Time> {
    let (attempt, completion) = interrupted(mail)?;
    Some(attempt.released?.min(completion.finished) + LONGEST_ATTEMPT).filter(|until| now < *until)
}

/// Computes until when to wait for an interrupted attempt. If the recorded time of the interruption lies in the future (the clock
/// was set back), records it again as now.
pub(super) async fn wait_for_interrupted(
    outbox: &OutboxHandle,
    mail: &Mail,
    until: Time,
    now: Time,
) -> Result<Time, OutboxError> {
    if until <= now + LONGEST_ATTEMPT {
        return Ok(until);
    }
    if let Some((attempt, completion)) = interrupted(mail) {
        let stamped = Completion { finished: now, ..completion.clone() };
        decide(outbox, attempt, completion, &stamped, &[]).await?;
    }
    Ok(now + LONGEST_ATTEMPT)
}

/// Records for each recipient of an interrupted attempt that it is in doubt whether they got the mail. Returns false if that is
/// recorded already.
pub(super) async fn record_interruption(
    outbox: &OutboxHandle,
    company_plugin: &CompanyPlugin,
    mail: &Mail,
) -> Result<bool, OutboxError> {
    let Some((attempt, completion)) = interrupted(mail) else { return Ok(false) };
    let is_on_record = |event: &Event| event.kind == "in-doubt" && event.at >= completion.finished;
    if mail.events.iter().any(is_on_record) {
        return Ok(false);
    }
    let (to, known) = (&mail.mail.message.rcpt_to, facts::told_events(&mail.events));
    let (detail, noticed) = (completion.detail.as_deref(), stamp(completion.finished));
    let settled = company_plugin.settle_interruption(&Files::default(), to, &known, detail, &noticed).await?;
    let events =
        facts::events_at(&settled.map_err(|fault| facts::disagreement(&fault))?.events, completion.finished);
    if events.is_empty() {
        return Ok(false);
    }
    decide(outbox, attempt, completion, completion, &events).await?;
    Ok(true)
}

/// Records a new result of an attempt, unless its result changed since it was loaded.
async fn decide(
    outbox: &OutboxHandle,
    attempt: &Attempt,
    read: &Completion,
    completion: &Completion,
    events: &[Event],
) -> Result<(), OutboxError> {
    Ok(outbox.journal.decide(attempt.id, &outbox.lease_owner, read.result, completion, events).await?)
}

/// Tells whether a mail in doubt can be looked for: by a provider's API, or in a mailbox whose provider files sent mails itself.
/// Elsewhere this host files the copy, and its absence proves nothing.
pub(super) async fn can_look(
    company_plugin: &CompanyPlugin,
    own: &Account,
    mail: &Mail,
) -> Result<bool, OutboxError> {
    let Some((attempt, _)) = in_doubt(mail) else { return Ok(false) };
    match attempt.transport.as_str() {
        "gmail" | "graph" => Ok(true),
        "smtp" if own.mailbox.is_some() && attempt.account == own.id => {
            let of = sent_account(company_plugin, own, &attempt.transport).await?;
            Ok(company_plugin.plan_sent_copy(&Files::default(), &of, &[]).await? == FilingPlan::ByProvider)
        }
        _ => Ok(false),
    }
}

/// Resolves a doubt by reports that came in the meantime: a report about the mail proves that it left. Returns whether it did.
pub(super) async fn cleared_up(
    outbox: &OutboxHandle,
    company_plugin: &CompanyPlugin,
    mail: &Mail,
    now: Time,
) -> Result<bool, OutboxError> {
    if in_doubt(mail).is_none() {
        return Ok(false);
    }
    let timeline = super::status::folded(company_plugin, mail, &mail.events, now).await?;
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
    settle(outbox, company_plugin, mail, Lookup::Found, now).await?;
    Ok(true)
}

/// Looks for a mail in doubt, and records the result.
pub(super) async fn look(
    outbox: &OutboxHandle,
    company_plugin: &CompanyPlugin,
    account: &Account,
    fallback: Option<&Account>,
    mail: &Mail,
    now: Time,
) -> Result<Step, OutboxError> {
    let Some((attempt, _)) = in_doubt(mail) else { return Ok(Step::AskInDoubt) };
    let none = Files::default();
    let id = &mail.mail.message.message_id;
    if attempt.transport == "smtp" {
        let of = sent_account(company_plugin, account, &attempt.transport).await?;
        return match company_plugin.find_sent(&none, &of, std::slice::from_ref(id)).await? {
            Ok(found) if found.iter().any(Option::is_some) => {
                resolved(outbox, company_plugin, mail, Lookup::Found, now).await
            }
            Ok(_) => resolved(outbox, company_plugin, mail, Lookup::NotFound, now).await,
            Err(error) => Ok(Step::Hold(format!("its mailbox can't be looked at: {}", sent_error(error)))),
        };
    }
    let route = Route { account_name: attempt.account_name.clone(), transport: attempt.transport.clone() };
    let by = fallback.filter(|it| it.id == attempt.account).unwrap_or(account);
    let sender = sender_of(by, &mail.mail.from);
    let sender = sender.map(|it| types::Address { name: it.name, address: it.address });
    let began = stamp(attempt.started);
    let seen = company_plugin.look_in_sent(&none, id, &route, sender.as_ref(), &began, &stamp(now)).await?;
    match seen {
        LookupResult::Found(_) => resolved(outbox, company_plugin, mail, Lookup::Found, now).await,
        LookupResult::NotFound => resolved(outbox, company_plugin, mail, Lookup::NotFound, now).await,
        LookupResult::NotYet(seconds) => {
            Ok(Step::WaitUntil(Wait::for_the_first_try(now + Duration::seconds(seconds.into()))))
        }
        LookupResult::CannotTell(_) => Ok(Step::WaitUntil(Wait::for_the_first_try(now + PAUSE))),
        LookupResult::NeedsSignIn(words) => {
            Ok(Step::Hold(format!("the account \"{}\" needs a new sign-in: {words}", by.name)))
        }
    }
}

async fn resolved(
    outbox: &OutboxHandle,
    company_plugin: &CompanyPlugin,
    mail: &Mail,
    lookup: Lookup,
    now: Time,
) -> Result<Step, OutboxError> {
    Ok(Step::Made(Box::new(settle(outbox, company_plugin, mail, lookup, now).await?)))
}

/// Records the result of looking for a mail in doubt: found, or not found and to be sent again.
pub(super) async fn settle(
    outbox: &OutboxHandle,
    company_plugin: &CompanyPlugin,
    mail: &Mail,
    lookup: Lookup,
    now: Time,
) -> Result<Made, OutboxError> {
    let Some((attempt, before)) = in_doubt(mail) else {
        return Err(OutboxError::Plugin("no attempt of the mail is in doubt".to_owned()));
    };
    let (to, known) = (&mail.mail.message.rcpt_to, facts::told_events(&mail.events));
    let settled = company_plugin.settle_doubt(&Files::default(), lookup, to, &known, &stamp(now)).await?;
    let settled = settled.map_err(|fault| facts::disagreement(&fault))?;
    let events = facts::events_at(&settled.events, now);
    let completion = Completion { finished: now, result: facts::attempt_result(&settled), ..before.clone() };
    decide(outbox, attempt, before, &completion, &events).await?;
    Ok(Made {
        account: attempt.account_name.clone(),
        fallback: attempt.fallback,
        completion,
        error: None,
        copy: None,
        queue_state: None,
    })
}

/// Gives the recipients whom the attempt may have reached.
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
