//! STORE: adds and removes flags. Nothing here can delete a message.

use io_imap::types::IntoStatic;
use io_imap::types::command::CommandBody;
use io_imap::types::flag::{Flag, StoreResponse, StoreType};

use super::MOST_MESSAGES;
use super::connection::{Connection, SMALL};
use super::failure::MailboxError;
use super::fetch::sequence_set;
use super::selected::Access;

/// The most flags in one request.
const MOST_FLAGS: usize = 100;

impl Connection {
    pub(super) async fn set_flags(
        &mut self,
        folder: &str,
        uid_validity: u32,
        uids: &[u32],
        add: &[String],
        remove: &[String],
    ) -> Result<(), MailboxError> {
        let add = flags(add).map_err(|reason| self.server.ruled_out(reason))?;
        let remove = flags(remove).map_err(|reason| self.server.ruled_out(reason))?;
        if uids.len() > MOST_MESSAGES {
            let what = format!("more than {MOST_MESSAGES} messages in one question");
            return Err(self.server.ruled_out(what).into());
        }
        self.open_as(folder, uid_validity, Access::Write).await?;
        let mut uids = uids.to_vec();
        uids.sort_unstable();
        uids.dedup();
        let Some(set) = sequence_set(&uids) else { return Ok(()) };
        for (kind, flags) in [(StoreType::Add, add), (StoreType::Remove, remove)] {
            if flags.is_empty() {
                continue;
            }
            let body = CommandBody::Store {
                sequence_set: set.clone(),
                kind,
                response: StoreResponse::Silent,
                flags,
                uid: true,
                modifiers: Vec::new(),
            };
            let limit = self.timeouts.command;
            let response = self.run(body, SMALL, limit).await;
            let response =
                response.map_err(|error| self.unanswered("setting flags was not answered", &error))?;
            self.expect_ok(&response, "the server refused to set the flags")?;
        }
        Ok(())
    }
}

/// Parses flags, or returns which of them may not be set.
pub(super) fn flags(names: &[String]) -> Result<Vec<Flag<'static>>, String> {
    if names.len() > MOST_FLAGS {
        return Err(format!("more than {MOST_FLAGS} flags"));
    }
    let mut flags = Vec::new();
    for name in names {
        match Flag::try_from(name.as_str()).map(IntoStatic::into_static) {
            Ok(Flag::Deleted) => return Err("\\Deleted is not set from here: nothing is deleted".to_owned()),
            Ok(Flag::Extension(_)) => return Err(format!("{name} can't be set")),
            Ok(flag) => flags.push(flag),
            Err(_) => return Err(format!("\"{}\" is no flag", name.escape_debug())),
        }
    }
    Ok(flags)
}
