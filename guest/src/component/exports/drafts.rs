//! `drafts`.

use crate::component::Component;
use crate::component::bindings::exports::postroom::plugin::composing::Message;
use crate::component::bindings::exports::postroom::plugin::drafts as wit;
use crate::component::bindings::exports::postroom::plugin::recipients::{Entry, Field};
use crate::component::call;
use crate::component::convert::{chunks_in, chunks_out};
use crate::domain::address::{Address, Mailbox};
use crate::domain::draft::{self, Addressees, MailtoFault};

impl wit::Guest for Component {
    fn draft(message: Message, recipients: Vec<Entry>) -> Result<wit::Unsent, (String, String)> {
        let _call = call::begin();
        let to = addressees(recipients)?;
        let unsent = draft::unsent(chunks_in(message.chunks), message.size, &message.subject, &to.bcc);
        let unsent = unsent.ok_or_else(|| {
            ("message.chunks".to_owned(), "these are not those of a composed message".to_owned())
        })?;
        let (file_name, size) = (unsent.file_name, unsent.size);
        Ok(wit::Unsent { file_name, chunks: chunks_out(unsent.chunks), size })
    }

    fn mailto(message: Message, recipients: Vec<Entry>) -> Result<String, wit::MailtoError> {
        let _call = call::begin();
        let to = addressees(recipients).map_err(wit::MailtoError::Argument)?;
        let link = draft::mailto(&to, &message.subject, &message.text, &chunks_in(message.chunks));
        link.map_err(|fault| match fault {
            MailtoFault::HasAttachments => wit::MailtoError::HasAttachments,
            MailtoFault::TooLong(length) => {
                wit::MailtoError::TooLong(u32::try_from(length).unwrap_or(u32::MAX))
            }
        })
    }
}

fn addressees(entries: Vec<Entry>) -> Result<Addressees, (String, String)> {
    let mut to = Addressees::default();
    for (index, entry) in entries.into_iter().enumerate() {
        let address = Address::parse(&entry.mailbox.address)
            .map_err(|e| (format!("recipients[{index}]"), format!("\"{}\": {e}", entry.mailbox.address)))?;
        let mailbox = Mailbox::new(entry.mailbox.name.as_deref(), address);
        match entry.field {
            Field::To => to.to.push(mailbox),
            Field::Cc => to.cc.push(mailbox),
            Field::Bcc => to.bcc.push(mailbox),
            Field::ReplyTo => {}
        }
    }
    Ok(to)
}
