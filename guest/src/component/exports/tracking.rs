//! `tracking`.

use crate::component::bindings::exports::postroom::plugin::tracking::{
    Event, EventError, Guest, RecipientStatus, Status, Timeline,
};
use crate::component::convert::{event_out, events_in, time_in};
use crate::component::{Component, call};
use crate::domain::language::Language;
use crate::domain::status;

impl Guest for Component {
    fn fold(recipients: Vec<String>, events: Vec<Event>, now: String) -> Result<Timeline, EventError> {
        let _call = call::begin();
        let count = u32::try_from(events.len()).unwrap_or(u32::MAX);
        let events = events_in(events)?;
        let now =
            time_in(&now).map_err(|detail| EventError { index: count, detail: format!("now: {detail}") })?;
        let timeline = status::fold(&recipients, &events, now);
        Ok(Timeline {
            status: status_out(timeline.status),
            reason: timeline.reason.detail,
            recipients: timeline.recipients.into_iter().map(recipient_out).collect(),
        })
    }

    fn label(status: Status) -> String {
        let _call = call::begin();
        status_in(status).label(Language::En).to_owned()
    }
}

fn recipient_out(of: status::RecipientStatus) -> RecipientStatus {
    RecipientStatus {
        recipient: of.recipient,
        status: status_out(of.status),
        evidence: of.evidence.map(event_out),
        reason: of.reason.detail,
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
