//! `inbound`: what a message in hand is.

use crate::component::Component;
use crate::component::bindings::exports::postroom::plugin::inbound as wit;
use crate::component::bindings::exports::postroom::plugin::recipients::Mailbox;
use crate::component::call;
use crate::component::convert::{event_out, time_in};
use crate::component::imports::HostFiles;
use crate::domain::inbound::{self, Class, Hardness, RecipientReport, Report, limits};
use crate::flows::read_whole;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

impl wit::Guest for Component {
    fn classify(
        message: wit::Origin,
        own_addresses: Vec<String>,
        now: String,
    ) -> Result<wit::Report, wit::InboundError> {
        let _call = call::begin();
        let now = time_in(&now).map_err(wit::InboundError::Now)?;
        let raw = match message {
            wit::Origin::Bytes(raw) => raw,
            wit::Origin::Base64(text) => STANDARD.decode(text).map_err(|fault| {
                wit::InboundError::Unreadable(format!("the message is no base64: {fault}"))
            })?,
            wit::Origin::File(handle) => read_whole(&mut HostFiles, handle, limits::MESSAGE)
                .map_err(|fault| wit::InboundError::Unreadable(fault.to_string()))?,
        };
        let report = inbound::read(&raw, &own_addresses, now);
        report.map(report_out).map_err(|refused| wit::InboundError::Refused(refused.0))
    }

    fn judge(code: Option<String>, words: String) -> wit::Hardness {
        let _call = call::begin();
        hardness_out(inbound::hardness(code.as_deref(), &words))
    }
}

pub(super) fn report_out(of: Report) -> wit::Report {
    let tokens = of.tokens.into_iter();
    wit::Report {
        class: class_out(of.class),
        hardness: of.hardness.map(hardness_out),
        recipients: of.recipients.into_iter().map(recipient_out).collect(),
        message_id: of.message_id,
        about: of.about,
        tokens: tokens
            .map(|token| wit::Token { value: token.value, place: token.place.name().to_owned() })
            .collect(),
        sender: of.sender.map(|sender| Mailbox { name: sender.name, address: sender.address }),
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
        class: class_out(of.class),
        hardness: of.hardness.map(hardness_out),
        code: of.code,
        words: of.words,
        remote: of.remote,
    }
}

fn class_out(of: Class) -> wit::Class {
    match of {
        Class::Bounce => wit::Class::Bounce,
        Class::Delay => wit::Class::Delay,
        Class::Delivered => wit::Class::Delivered,
        Class::Relayed => wit::Class::Relayed,
        Class::Receipt => wit::Class::Receipt,
        Class::AutoReply => wit::Class::AutoReply,
        Class::Complaint => wit::Class::Complaint,
        Class::Ordinary => wit::Class::Ordinary,
    }
}

fn hardness_out(of: Hardness) -> wit::Hardness {
    match of {
        Hardness::Hard => wit::Hardness::Hard,
        Hardness::Soft => wit::Hardness::Soft,
    }
}
