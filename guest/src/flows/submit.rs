//! One attempt to hand a composed mail to a server, and the facts that come of it.

use crate::domain::address::Address;
use crate::domain::compose::Chunk;
use crate::domain::delivery::{AttemptResult, Route};
use crate::domain::status::{
    Acceptance, Event, Failure, Reply, ServerRole, Stage, events_of_acceptance, events_of_failure,
};
use chrono::{DateTime, FixedOffset};

/// Message submission as a named account: the plugin's only way to a server.
pub trait Smtp {
    /// Makes one transaction.
    ///
    /// # Errors
    /// The failure says where, whether a retry can help, and what is known of each recipient.
    fn submit(&mut self, submission: Submission) -> Result<Acceptance, Failure>;
}

/// One transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Account, by the host's name for it.
    pub account: String,
    /// Reverse-path; empty for the null one.
    pub mail_from: String,
    /// Forward-paths.
    pub recipients: Vec<String>,
    /// Conditions to report (RFC 3461).
    pub notify: &'static [&'static str],
    /// Comes back in reports.
    pub envelope_id: Option<String>,
    /// Ask for SMTPUTF8.
    pub smtputf8: bool,
    /// Bytes of the whole message.
    pub size: u64,
    /// The message.
    pub chunks: Vec<Chunk>,
}

/// A composed mail, ready to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Reverse-path; empty for the null one.
    pub mail_from: String,
    /// Forward-paths.
    pub recipients: Vec<String>,
    /// The message.
    pub chunks: Vec<Chunk>,
    /// Bytes of the whole message.
    pub size: u64,
    /// The server must support SMTPUTF8.
    pub needs_smtputf8: bool,
    /// Comes back in reports.
    pub envelope_id: Option<String>,
    /// Ask for reports of delivery too.
    pub notify_delivered: bool,
}

/// Why an attempt did not come to an acceptance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubmitError {
    /// Nobody to send to. Nothing was attempted.
    NoRecipient,
    /// The transport is not known. Nothing was attempted.
    UnknownTransport(String),
    /// The parcel is not what composing made. Nothing was attempted.
    Parcel {
        /// Which field.
        field: String,
        /// What is wrong.
        detail: String,
    },
    /// The transport failed.
    Failed(Failure),
}

/// What came of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Facts, one per recipient.
    pub events: Vec<Event>,
    /// Set when the mail was not accepted.
    pub error: Option<SubmitError>,
    /// The server's reply to the message, when it was.
    pub reply: Option<Reply>,
    /// What to remember of the attempt.
    pub result: AttemptResult,
    /// Where it failed.
    pub stage: Option<Stage>,
}

/// The transport that [`submit`] knows.
pub const TRANSPORT: &str = "smtp";

const REPORT_FAILURE: &[&str] = &["failure", "delay"];
const REPORT_ALL: &[&str] = &["success", "failure", "delay"];

/// Makes at most one submission.
pub fn submit(parcel: Parcel, route: &Route, at: DateTime<FixedOffset>, smtp: &mut dyn Smtp) -> Outcome {
    if let Some(error) = objection(&parcel, route) {
        return Outcome {
            events: Vec::new(),
            error: Some(error),
            reply: None,
            result: AttemptResult::Permanent,
            stage: Some(Stage::Prepare),
        };
    }
    let Parcel { mail_from, recipients, chunks, size, needs_smtputf8, envelope_id, notify_delivered } =
        parcel;
    let submission = Submission {
        account: route.account.clone(),
        mail_from,
        recipients: recipients.clone(),
        notify: if notify_delivered { REPORT_ALL } else { REPORT_FAILURE },
        envelope_id,
        smtputf8: needs_smtputf8,
        size,
        chunks,
    };
    match smtp.submit(submission) {
        Ok(accepted) => Outcome {
            events: events_of_acceptance(&accepted, ServerRole::Submission, at),
            error: None,
            result: AttemptResult::of_acceptance(&accepted),
            reply: Some(accepted.reply),
            stage: None,
        },
        Err(failure) => Outcome {
            events: events_of_failure(&recipients, &failure, at),
            result: AttemptResult::of_failure(&failure),
            reply: None,
            stage: Some(failure.stage),
            error: Some(SubmitError::Failed(failure)),
        },
    }
}

fn objection(parcel: &Parcel, route: &Route) -> Option<SubmitError> {
    if route.transport != TRANSPORT {
        return Some(SubmitError::UnknownTransport(route.transport.clone()));
    }
    if parcel.recipients.is_empty() {
        return Some(SubmitError::NoRecipient);
    }
    let fault = |field: String, detail: String| Some(SubmitError::Parcel { field, detail });
    if !parcel.mail_from.is_empty()
        && let Err(e) = Address::parse(&parcel.mail_from)
    {
        return fault("envelope.mail-from".into(), e.to_string());
    }
    for (index, recipient) in parcel.recipients.iter().enumerate() {
        if let Err(e) = Address::parse(recipient) {
            return fault(format!("envelope.recipients[{index}]"), e.to_string());
        }
    }
    if parcel.chunks.is_empty() || parcel.size == 0 {
        return fault("chunks".into(), "the message is empty".into());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::status::{EventKind, RecipientReply, Verdict};

    struct Scripted {
        answer: Option<Result<Acceptance, Failure>>,
        calls: usize,
    }

    impl Smtp for Scripted {
        fn submit(&mut self, _: Submission) -> Result<Acceptance, Failure> {
            self.calls += 1;
            self.answer.take().expect("a second submission")
        }
    }

    fn reply(code: u16, enhanced: &str, text: &str) -> Reply {
        Reply { code, enhanced: Some(enhanced.into()), text: text.into() }
    }

    fn parcel(recipients: &[&str]) -> Parcel {
        Parcel {
            mail_from: "office@example.com".into(),
            recipients: recipients.iter().map(|r| (*r).to_owned()).collect(),
            chunks: vec![Chunk::Text("Subject: x\r\n\r\nx\r\n".into())],
            size: 17,
            needs_smtputf8: false,
            envelope_id: None,
            notify_delivered: false,
        }
    }

    fn smtp_route() -> Route {
        Route { account: "office".into(), transport: "smtp".into() }
    }

    fn now() -> DateTime<FixedOffset> {
        "2026-11-22T09:30:00+01:00".parse().unwrap()
    }

    #[test]
    fn a_refused_recipient_does_not_hold_back_the_others() {
        let answers =
            [("a@example.com", reply(250, "2.1.5", "ok")), ("b@example.com", reply(550, "5.1.1", "who?"))];
        let recipients = answers.map(|(address, reply)| RecipientReply { address: address.into(), reply });
        let accepted =
            Acceptance { reply: reply(250, "2.0.0", "queued as 1"), recipients: recipients.to_vec() };
        let mut smtp = Scripted { answer: Some(Ok(accepted)), calls: 0 };
        let outcome = submit(parcel(&["a@example.com", "b@example.com"]), &smtp_route(), now(), &mut smtp);
        assert_eq!(outcome.error, None);
        let kinds: Vec<_> = outcome.events.iter().map(|e| e.kind).collect();
        assert_eq!(kinds, [EventKind::Accepted, EventKind::Refused]);
        assert_eq!(outcome.events[1].words.as_deref(), Some("who?"));
        assert_eq!(smtp.calls, 1);
    }

    #[test]
    fn a_connection_lost_after_the_final_dot_is_in_doubt_for_everyone() {
        let failure = Failure {
            stage: Stage::AfterDot,
            verdict: Verdict::InDoubt,
            reply: None,
            detail: "mail.example.com closed the connection after the final dot".into(),
            retry_after: None,
            recipients: Vec::new(),
        };
        let mut smtp = Scripted { answer: Some(Err(failure)), calls: 0 };
        let outcome = submit(parcel(&["a@example.com", "b@example.com"]), &smtp_route(), now(), &mut smtp);
        assert_eq!(outcome.result, AttemptResult::InDoubt);
        assert!(outcome.events.iter().all(|e| e.kind == EventKind::InDoubt));
        assert_eq!(outcome.events.len(), 2);
    }

    #[test]
    fn a_parcel_that_can_not_be_sent_reaches_no_server() {
        let unknown = Route { account: "office".into(), transport: "pigeon".into() };
        let cases = [
            (parcel(&[]), smtp_route(), SubmitError::NoRecipient),
            (parcel(&["a@example.com"]), unknown, SubmitError::UnknownTransport("pigeon".into())),
        ];
        for (parcel, route, expected) in cases {
            let mut smtp = Scripted { answer: None, calls: 0 };
            let outcome = submit(parcel, &route, now(), &mut smtp);
            assert_eq!(outcome.error, Some(expected));
            assert_eq!(smtp.calls, 0);
        }
        let mut smtp = Scripted { answer: None, calls: 0 };
        let outcome = submit(parcel(&["a@example.com>\r\nDATA"]), &smtp_route(), now(), &mut smtp);
        assert!(
            matches!(outcome.error, Some(SubmitError::Parcel { ref field, .. }) if field == "envelope.recipients[0]")
        );
        assert_eq!(smtp.calls, 0);
    }
}
