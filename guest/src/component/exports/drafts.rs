//! The export `drafts`: conversions around the use cases, no decisions.

use crate::component::Component;
use crate::component::bindings::exports::postroom::plugin::composing::Message;
use crate::component::bindings::exports::postroom::plugin::drafts as wit;
use crate::component::bindings::exports::postroom::plugin::recipients::{Entry, Field};
use crate::component::bindings::postroom::plugin::types::ArgumentError;
use crate::component::call;
use crate::component::convert::{argument_error, bytes_out, chunks_in, chunks_out};
use crate::domain::address::{Address, Mailbox};
use crate::domain::draft::{self, Addressees, MailtoFault};

impl wit::Guest for Component {
    fn draft(message: Message, recipients: Vec<Entry>) -> Result<wit::Unsent, ArgumentError> {
        let _call = call::begin();
        let to = addressees(recipients)?;
        let unsent = draft::unsent(
            chunks_in(message.mail.chunks),
            message.mail.size.into(),
            &message.subject,
            &to.bcc,
        );
        let unsent = unsent.ok_or_else(|| {
            argument_error("message.mail.chunks", "these are not those of a composed message")
        })?;
        let (file_name, size) = (unsent.file_name, bytes_out(unsent.size));
        Ok(wit::Unsent { file_name, chunks: chunks_out(unsent.chunks), size })
    }

    fn mailto(message: Message, recipients: Vec<Entry>) -> Result<String, wit::MailtoError> {
        let _call = call::begin();
        let to = addressees(recipients).map_err(wit::MailtoError::Argument)?;
        let link = draft::mailto(&to, &message.subject, &message.text, &chunks_in(message.mail.chunks));
        link.map_err(|fault| match fault {
            MailtoFault::HasAttachments => wit::MailtoError::HasAttachments,
            MailtoFault::TooLong(length) => {
                wit::MailtoError::TooLong(u32::try_from(length).unwrap_or(u32::MAX))
            }
        })
    }
}

fn addressees(entries: Vec<Entry>) -> Result<Addressees, ArgumentError> {
    let mut to = Addressees::default();
    for (index, entry) in entries.into_iter().enumerate() {
        let address = Address::parse(&entry.address.address).map_err(|e| {
            argument_error(format!("recipients[{index}]"), format!("\"{}\": {e}", entry.address.address))
        })?;
        let mailbox = Mailbox::new(entry.address.name.as_deref(), address);
        match entry.field {
            Field::To => to.to.push(mailbox),
            Field::Cc => to.cc.push(mailbox),
            Field::Bcc => to.bcc.push(mailbox),
            Field::ReplyTo => {}
        }
    }
    Ok(to)
}
