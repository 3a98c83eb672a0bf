//! The export `tracking`: conversions around the use cases, no decisions.

use crate::component::bindings::exports::postroom::plugin::tracking::{
    Event, Guest, RecipientStatus, Status, Timeline,
};
use crate::component::bindings::postroom::plugin::types::ArgumentError;
use crate::component::convert::{at_argument, event_out, events_in, language_in, reason_out, time_in};
use crate::component::{Component, call};
use crate::domain::status;

impl Guest for Component {
    fn fold(recipients: Vec<String>, events: Vec<Event>, now: String) -> Result<Timeline, ArgumentError> {
        let _call = call::begin();
        let events = events_in(events)?;
        let now = time_in(&now).map_err(at_argument("now"))?;
        let timeline = status::fold(&recipients, &events, now);
        Ok(Timeline {
            status: status_out(timeline.status),
            reason: reason_out(timeline.reason),
            recipients: timeline.recipients.into_iter().map(recipient_out).collect(),
        })
    }

    fn label(status: Status, language: String) -> String {
        let _call = call::begin();
        status_in(status).label(language_in(&language)).to_owned()
    }
}

fn recipient_out(of: status::RecipientStatus) -> RecipientStatus {
    RecipientStatus {
        recipient: of.recipient,
        status: status_out(of.status),
        evidence: of.evidence.map(event_out),
        reason: reason_out(of.reason),
        advice: of.advice.map(reason_out),
        complained: of.complained,
    }
}

fn status_out(status: status::Status) -> Status {
    match status {
        status::Status::Unknown => Status::Unknown,
        status::Status::InTransit => Status::InTransit,
        status::Status::Delivered => Status::Delivered,
        status::Status::Failed => Status::Failed,
        status::Status::Read => Status::Read,
    }
}

fn status_in(status: Status) -> status::Status {
    match status {
        Status::Unknown => status::Status::Unknown,
        Status::InTransit => status::Status::InTransit,
        Status::Delivered => status::Status::Delivered,
        Status::Failed => status::Status::Failed,
        Status::Read => status::Status::Read,
    }
}
