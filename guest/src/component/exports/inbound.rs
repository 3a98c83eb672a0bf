//! The export `inbound`: what a message in hand is.

use crate::component::Component;
use crate::component::bindings::exports::postroom::plugin::inbound as wit;
use crate::component::bindings::postroom::plugin::types::Address;
use crate::component::call;
use crate::component::convert::{at_argument, event_out, time_in};
use crate::component::imports::HostFiles;
use crate::domain::inbound::{self, BounceType, RecipientReport, Report, limits};
use crate::flows::read_whole;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

impl wit::Guest for Component {
    fn classify(
        message: wit::MessageContent,
        own_addresses: Vec<String>,
        now: String,
    ) -> Result<wit::Report, wit::InboundError> {
        let _call = call::begin();
        let now = time_in(&now).map_err(at_argument("now")).map_err(wit::InboundError::Argument)?;
        let raw = raw_message(message)?;
        let report = inbound::read(&raw, &own_addresses, now);
        report.map(report_out).map_err(|refused| wit::InboundError::Refused(refused.0))
    }

    fn bounce_type_of(code: Option<String>, words: String) -> wit::BounceType {
        let _call = call::begin();
        bounce_type_out(inbound::bounce_type(code.as_deref(), &words))
    }
}

/// Takes a message over, in whatever form it is given.
pub(super) fn raw_message(message: wit::MessageContent) -> Result<Vec<u8>, wit::InboundError> {
    match message {
        wit::MessageContent::Bytes(raw) => Ok(raw),
        wit::MessageContent::Base64(text) => STANDARD
            .decode(text)
            .map_err(|fault| wit::InboundError::Unreadable(format!("the message is no base64: {fault}"))),
        wit::MessageContent::File(handle) => read_whole(&mut HostFiles, handle, limits::MESSAGE)
            .map_err(|fault| wit::InboundError::Unreadable(fault.to_string())),
    }
}

pub(super) fn report_out(of: Report) -> wit::Report {
    let tokens = of.tokens.into_iter();
    wit::Report {
        kind: of.class.name().to_owned(),
        bounce_type: of.bounce_type.map(bounce_type_out),
        recipients: of.recipients.into_iter().map(recipient_out).collect(),
        message_id: of.message_id,
        about: of.about,
        tokens: tokens
            .map(|token| wit::Token { value: token.value, place: token.place.name().to_owned() })
            .collect(),
        sender: of.sender.map(|sender| Address { name: sender.name, address: sender.address }),
        date: of.date,
        subject: of.subject,
        answer: of.answer.map(|answer| wit::Answer { text: answer.text, quoted: answer.quoted }),
        events: of.events.into_iter().map(event_out).collect(),
    }
}

fn recipient_out(of: RecipientReport) -> wit::RecipientReport {
    wit::RecipientReport {
        recipient: of.recipient,
        final_recipient: of.final_recipient,
        kind: of.class.name().to_owned(),
        bounce_type: of.bounce_type.map(bounce_type_out),
        code: of.code,
        words: of.words,
        remote: of.remote,
    }
}

fn bounce_type_out(of: BounceType) -> wit::BounceType {
    match of {
        BounceType::Hard => wit::BounceType::Hard,
        BounceType::Soft => wit::BounceType::Soft,
    }
}
