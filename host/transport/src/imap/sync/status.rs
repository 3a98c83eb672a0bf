//! STATUS: how a folder stands, without opening it (RFC 9051 §6.3.11).

use io_imap::types::command::CommandBody;
use io_imap::types::status::StatusDataItemName;

use super::super::connection::{CommandResponse, Connection, SMALL, item};
use super::super::failure::MailboxError;
use super::super::mailbox::FolderState;
use super::super::response::{Kind, Value};
use super::super::utf7;
use super::super::wire::Expected;

impl Connection {
    /// Asks for the state of a folder. None where the answer is of another folder, lacks something, or says 0 for it, and
    /// where the server does not take the question.
    pub(in crate::imap) async fn status(
        &mut self,
        folder: &str,
        condstore: bool,
    ) -> Result<Option<FolderState>, MailboxError> {
        let mailbox = self.mailbox(folder)?;
        let mut items =
            vec![StatusDataItemName::Messages, StatusDataItemName::UidNext, StatusDataItemName::UidValidity];
        if condstore {
            items.push(StatusDataItemName::HighestModSeq);
        }
        let body = CommandBody::Status { mailbox, item_names: items.into() };
        let limit = self.timeouts.command;
        let response = self.run(body, Expected { data: &["STATUS"], ..SMALL }, limit).await;
        let response = response.map_err(|error| self.unanswered("STATUS was not answered", &error))?;
        match response.status.kind {
            Kind::Ok => Ok(state(&response, folder)),
            Kind::Bad => Ok(None),
            _ => Err(self.not_opened(folder, &response.status)),
        }
    }
}

fn state(response: &CommandResponse, folder: &str) -> Option<FolderState> {
    let items = response.named("STATUS").find_map(|line| match line {
        [name, Value::List(items), ..] if is_named(name, folder) => Some(items),
        _ => None,
    })?;
    let number = |name: &str| item(items, name).and_then(Value::number);
    Some(FolderState {
        uid_validity: number("UIDVALIDITY").filter(|validity| *validity > 0)?,
        uid_next: number("UIDNEXT").filter(|next| *next > 0)?,
        messages: number("MESSAGES")?,
        highest_modseq: item(items, "HIGHESTMODSEQ").and_then(Value::number),
    })
}

fn is_named(name: &Value, folder: &str) -> bool {
    let Some(wire) = name.text() else { return false };
    let is_inbox = folder.eq_ignore_ascii_case("INBOX") && wire.eq_ignore_ascii_case("INBOX");
    is_inbox || wire == folder || utf7::decode(&wire).is_some_and(|name| name == folder)
}
