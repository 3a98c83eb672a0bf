//! The export `letters`: conversions around the use cases, no decisions.

use super::composing::{error_out, message_out};
use crate::component::bindings::exports::postroom::plugin::composing::{ComposeError, Message};
use crate::component::bindings::exports::postroom::plugin::letters as wit;
use crate::component::bindings::exports::postroom::plugin::reading::{AttachedFile, ReadableMessage};
use crate::component::bindings::postroom::plugin::types::{Address, ArgumentError};
use crate::component::convert::{address_out, argument_error, bytes_out, json_error, time_in};
use crate::component::imports::HostFiles;
use crate::component::{Component, call};
use crate::domain::address::Mailbox;
use crate::domain::attachment::{Attachment, Carried, ContentId, Role};
use crate::domain::compose::MessageId;
use crate::domain::inbound::Sender;
use crate::domain::letter::{CarriedPart, LetterKind, Original};
use crate::domain::reading;
use crate::flows::{self, DraftLetter, DraftRequest, InputError, Letter};

impl wit::Guest for Component {
    fn draft(request: wit::DraftRequest) -> Result<wit::DraftLetter, ArgumentError> {
        let _call = call::begin();
        let request = DraftRequest {
            kind: kind_in(request.kind),
            original: request.original.map(original_in).transpose()?,
            own_addresses: request.own_addresses,
            language: request.language,
            settings: request.settings,
        };
        flows::draft_letter(&request).map(draft_out).map_err(|error| match error {
            flows::ComposeError::Input(InputError::Settings(e)) => json_error("settings", e),
            flows::ComposeError::Job { field, detail } => argument_error(field, detail),
            other => argument_error("original", other.to_string()),
        })
    }

    fn compose(letter: wit::Letter) -> Result<Message, ComposeError> {
        let _call = call::begin();
        let added = letter.attachments.iter().map(|file| (file.handle, file.size));
        let sizes: Vec<_> = added.chain(letter.carried.iter().map(|file| (file.handle, file.size))).collect();
        let letter = letter_in(letter).map_err(ComposeError::Argument)?;
        let message = flows::compose_letter(&letter, &mut HostFiles).map_err(error_out)?;
        Ok(message_out(message, &sizes))
    }
}

fn kind_in(of: wit::LetterKind) -> LetterKind {
    match of {
        wit::LetterKind::New => LetterKind::New,
        wit::LetterKind::Reply => LetterKind::Reply,
        wit::LetterKind::ReplyAll => LetterKind::ReplyAll,
        wit::LetterKind::Forward => LetterKind::Forward,
    }
}

fn original_in(of: ReadableMessage) -> Result<Original, ArgumentError> {
    let date = of.date.as_deref().map(time_in).transpose();
    let senders = |list: Vec<Address>| {
        list.into_iter().map(|it| Sender { name: it.name, address: it.address }).collect()
    };
    Ok(Original {
        message_id: of.message_id,
        in_reply_to: of.in_reply_to,
        references: of.references,
        subject: of.subject,
        authors: senders(of.authors),
        to: senders(of.to),
        cc: senders(of.cc),
        reply_to: senders(of.reply_to),
        date: date.map_err(|detail| argument_error("original.date", detail))?,
        text: of.text,
        html: of.html,
        files: of.attachments.into_iter().map(file_in).collect(),
    })
}

fn file_in(of: AttachedFile) -> reading::AttachedFile {
    reading::AttachedFile {
        part: of.part,
        name: of.name,
        media_type: of.media_type,
        size: of.size.into(),
        is_inline: of.disposition == "inline",
        content_id: of.content_id,
        sha256: of.sha256,
    }
}

fn draft_out(of: DraftLetter) -> wit::DraftLetter {
    let addresses = |list: &[Mailbox]| list.iter().map(address_out).collect();
    wit::DraftLetter {
        to: addresses(&of.people.to),
        cc: addresses(&of.people.cc),
        bcc: addresses(&of.people.bcc),
        reply_to: addresses(&of.people.reply_to),
        subject: of.subject,
        in_reply_to: of.thread.in_reply_to.as_ref().map(MessageId::to_string),
        references: of.thread.references.iter().map(MessageId::to_string).collect(),
        quote: of.quote.text,
        quote_html: of.quote.html,
        language: of.language.locale.to_string(),
        carried: of.carried.into_iter().map(part_out).collect(),
    }
}

fn part_out(of: CarriedPart) -> wit::CarriedPart {
    wit::CarriedPart {
        part: of.part,
        file_name: of.file_name,
        media_type: of.media_type,
        size: bytes_out(of.size),
        content_id: of.content_id.map(|id| id.as_str().to_owned()),
    }
}

fn letter_in(of: wit::Letter) -> Result<Letter, ArgumentError> {
    let people = |list: Vec<Address>| list.into_iter().map(|it| (it.name, it.address)).collect();
    let attachments = of.attachments.into_iter().enumerate();
    let added = attachments.map(|(index, file)| {
        let role = Role::named(&file.role).ok_or_else(|| {
            let detail = format!("\"{}\" is no role of a letter's file: use added", file.role);
            argument_error(format!("attachments[{index}].role"), detail)
        })?;
        let (handle, size) = (file.handle, file.size.into());
        Ok(Attachment { handle, file_name: file.file_name, media_type: file.media_type, size, role })
    });
    let carried = of.carried.into_iter().enumerate().map(|(index, file)| {
        let content_id = file.content_id.as_deref().map(|text| {
            let path = format!("carried[{index}].content-id");
            ContentId::parse(text).ok_or_else(|| argument_error(path, "no Content-ID as `draft` gives one"))
        });
        let (handle, size, role) = (file.handle, file.size.into(), Role::Added);
        let file = Attachment { handle, file_name: file.file_name, media_type: file.media_type, size, role };
        Ok(Carried { file, content_id: content_id.transpose()? })
    });
    Ok(Letter {
        id: of.id,
        now: time_in(&of.now).map_err(|detail| argument_error("now", detail))?,
        kind: kind_in(of.kind),
        original: of.original.map(original_in).transpose()?,
        language: of.language,
        settings: of.settings,
        sender: (of.sender.name, of.sender.address),
        people: [people(of.to), people(of.cc), people(of.bcc), people(of.reply_to)],
        subject: of.subject,
        body: of.body,
        in_reply_to: of.in_reply_to,
        references: of.references,
        added: added.collect::<Result<_, ArgumentError>>()?,
        carried: carried.collect::<Result<_, ArgumentError>>()?,
    })
}
