//! The export `reading`: what a person sees of a message in hand.

use super::inbound::raw_message;
use crate::component::Component;
use crate::component::bindings::exports::postroom::plugin::inbound::{InboundError, MessageContent};
use crate::component::bindings::exports::postroom::plugin::reading as wit;
use crate::component::bindings::postroom::plugin::types::Address;
use crate::component::call;
use crate::component::convert::{at_argument, bytes_out, reason_out, time_in};
use crate::domain::folding::Folded;
use crate::domain::inbound::Sender;
use crate::domain::reading::{self, AttachedFile, Reading};

impl wit::Guest for Component {
    fn read(
        message: MessageContent,
        own_addresses: Vec<String>,
        now: String,
    ) -> Result<wit::ReadableMessage, InboundError> {
        let _call = call::begin();
        let now = time_in(&now).map_err(at_argument("now")).map_err(InboundError::Argument)?;
        let raw = raw_message(message)?;
        let found = reading::read(&raw, &own_addresses, now);
        found.map(message_out).map_err(|refused| InboundError::Refused(refused.0))
    }

    fn fold_text(text: String) -> wit::Folded {
        let _call = call::begin();
        folded_out(reading::fold_text(&text))
    }
}

fn message_out(of: Reading) -> wit::ReadableMessage {
    let people = |list: Vec<Sender>| list.into_iter().map(address_out).collect();
    wit::ReadableMessage {
        message_id: of.message_id,
        in_reply_to: of.in_reply_to,
        references: of.references,
        subject: of.subject,
        authors: people(of.from),
        sender: of.sender.map(address_out),
        to: people(of.to),
        cc: people(of.cc),
        reply_to: people(of.reply_to),
        date: of.date,
        kind: of.class.name().to_owned(),
        text: of.text,
        folded: folded_out(of.folded),
        html: of.html,
        remote_images: of.remote_images,
        attachments: of.files.into_iter().map(file_out).collect(),
        notes: of.notes.into_iter().map(reason_out).collect(),
    }
}

fn folded_out(of: Folded) -> wit::Folded {
    wit::Folded { reply: of.reply, quoted: of.quoted, signature: of.signature }
}

fn address_out(of: Sender) -> Address {
    Address { name: of.name, address: of.address }
}

fn file_out(of: AttachedFile) -> wit::AttachedFile {
    wit::AttachedFile {
        part: of.part,
        name: of.name,
        media_type: of.media_type,
        size: bytes_out(of.size),
        disposition: if of.is_inline { "inline" } else { "attachment" }.to_owned(),
        content_id: of.content_id,
        sha256: of.sha256,
    }
}
