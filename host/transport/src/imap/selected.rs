//! EXAMINE and SELECT: the folder that is open on a connection, and its state (RFC 9051 §6.3.2).

use io_imap::types::command::{CommandBody, SelectParameter};
use io_imap::types::mailbox::Mailbox;

use super::connection::{CommandResponse, Connection, SMALL, item};
use super::failure::{Failure, MailboxError, Stage};
use super::request::Request;
use super::response::{Kind, Status};
use super::utf7;
use super::wire::{Expected, WireError};
use super::{FolderState, Verdict};

/// The folder that is selected.
#[derive(Debug, Clone)]
pub(super) struct SelectedFolder {
    pub(super) folder: String,
    writable: bool,
    pub(super) state: FolderState,
}

/// The access to a folder: by EXAMINE or by SELECT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// Why a folder is not open.
#[derive(Debug)]
pub(super) enum OpenError {
    /// There is no response, and the connection is of no more use.
    Lost(WireError),
    /// The server refused.
    Refused(Status),
    /// Any other reason.
    Failed(MailboxError),
}

impl From<Failure> for OpenError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure.into())
    }
}

impl Connection {
    /// Returns whether this folder is selected.
    pub(super) fn has_open(&self, folder: &str) -> bool {
        self.selected.as_ref().is_some_and(|selected| selected.folder == folder)
    }

    /// Selects a folder, unless it is selected already. `fresh`: selects it anew, for the newest state.
    pub(super) async fn open(
        &mut self,
        folder: &str,
        access: Access,
        fresh: bool,
    ) -> Result<FolderState, MailboxError> {
        if let Some(selected) = &self.selected
            && selected.folder == folder
            && !fresh
            && (selected.writable || access == Access::Read)
        {
            return Ok(selected.state);
        }
        // Without it, some servers do not send the highest modification sequence (RFC 7162 §3.1.8).
        let condstore = self.can("CONDSTORE") && !self.refuses_condstore;
        let parameter = condstore.then_some(SelectParameter::CondStore);
        let expected = Expected { data: &["EXISTS"], ..SMALL };
        match self.select(folder, access, parameter, expected).await {
            Ok((state, _)) => Ok(state),
            Err(error) => Err(self.open_error(folder, error)),
        }
    }

    /// Selects a folder with at most one parameter, and returns its state and the response, in which there may be more.
    pub(super) async fn select(
        &mut self,
        folder: &str,
        access: Access,
        parameter: Option<SelectParameter>,
        expected: Expected,
    ) -> Result<(FolderState, CommandResponse), OpenError> {
        let mailbox = self.mailbox(folder)?;
        let parameters = parameter.into_iter().collect();
        let body = match access {
            Access::Read => CommandBody::Examine { mailbox, parameters },
            Access::Write => CommandBody::Select { mailbox, parameters },
        };
        // A server closes the folder that was open before it looks for the other (RFC 3501 §6.3.1).
        let before = self.selected.take();
        let noticed = self.notices.as_mut().map(std::mem::take);
        let limit = self.timeouts.command;
        let response = self.run(body, expected, limit).await.map_err(OpenError::Lost)?;
        if !response.status.is_ok() {
            return Err(OpenError::Refused(response.status));
        }
        let codes = || response.statuses.iter().chain([&response.status]);
        let number = |name: &str| codes().find_map(|status| status.arguments(name)?.trim().parse().ok());
        let exists = response.data.iter().rev().find_map(|line| match line.as_slice() {
            [count, name] if name.is_atom("EXISTS") => count.number(),
            _ => None,
        });
        let modseq = codes().find_map(|status| status.arguments("HIGHESTMODSEQ")?.trim().parse().ok());
        let (Some(uid_validity), Some(messages)) = (number("UIDVALIDITY"), exists) else {
            let what = format!("the server opened the folder \"{folder}\" and did not say how it stands");
            return Err(self.server.failure(Stage::Folder, Verdict::Permanent, what).into());
        };
        let writable = access == Access::Write && !response.status.has_code("READ-ONLY");
        let uid_next = match number("UIDNEXT").filter(|next| *next > 0) {
            Some(next) => next,
            None => self.uid_after_last(messages).await?,
        };
        let state = FolderState { uid_validity, uid_next, messages, highest_modseq: modseq };
        let is_same =
            |known: &SelectedFolder| known.folder == folder && known.state.uid_validity == uid_validity;
        if before.as_ref().is_some_and(is_same)
            && let (Some(notices), Some(noticed)) = (&mut self.notices, noticed)
        {
            notices.join(noticed);
        }
        self.selected = Some(SelectedFolder { folder: folder.to_owned(), writable, state });
        if access == Access::Write && !writable {
            let what = format!("the folder \"{folder}\" may only be read");
            return Err(self.server.failure(Stage::Folder, Verdict::Permanent, what).into());
        }
        Ok((state, response))
    }

    /// Builds the error of a folder that is not open.
    pub(super) fn open_error(&self, folder: &str, error: OpenError) -> MailboxError {
        match error {
            OpenError::Lost(error) => {
                let what = format!("opening the folder \"{folder}\" failed");
                self.server.lost(Stage::Folder, &what, &error).into()
            }
            OpenError::Refused(status) => self.not_opened(folder, &status),
            OpenError::Failed(error) => error,
        }
    }

    /// Selects a folder, and fails if the uids that the caller has are not valid in it any more.
    pub(super) async fn open_as(
        &mut self,
        folder: &str,
        uid_validity: u32,
        access: Access,
    ) -> Result<(), MailboxError> {
        let state = self.open(folder, access, false).await?;
        if state.uid_validity == uid_validity {
            Ok(())
        } else {
            Err(MailboxError::UidValidityChanged(state.uid_validity))
        }
    }

    /// Computes UIDNEXT for a server that does not send it: one above the uid of the last message.
    async fn uid_after_last(&mut self, messages: u32) -> Result<u32, Failure> {
        if messages == 0 {
            return Ok(1);
        }
        let request = Request::fixed(self.tag(), "FETCH * (UID)");
        let limit = self.timeouts.command;
        let expected = Expected { data: &["FETCH"], ..SMALL };
        let response = self.run_request(&request, expected, limit).await;
        let response = response
            .map_err(|error| self.server.lost(Stage::Folder, "asking for the last message failed", &error))?;
        let last: u32 =
            response.fetched().filter_map(|items| item(items, "UID")?.number()).max().unwrap_or(0);
        Ok(last.saturating_add(1))
    }

    pub(super) fn mailbox(&self, folder: &str) -> Result<Mailbox<'static>, Failure> {
        let name = if self.can("UTF8=ONLY") { folder.to_owned() } else { utf7::encode(folder) };
        let unusable = |_| self.server.ruled_out(format!("\"{}\" is no name", folder.escape_debug()));
        if folder.is_empty() || folder.len() > 1_000 || folder.chars().any(char::is_control) {
            return Err(unusable(()));
        }
        Mailbox::try_from(name).map_err(|_| unusable(()))
    }

    /// Builds the error of a folder that the server refuses to select or to append to.
    pub(super) fn not_opened(&self, folder: &str, status: &Status) -> MailboxError {
        let absent = match &status.code {
            Some(code) => matches!(code.name.as_str(), "NONEXISTENT" | "TRYCREATE" | "CANNOT"),
            None => true,
        };
        let what = format!("the server does not open the folder \"{folder}\"");
        let failure = self.server.refused(Stage::Folder, &what, status);
        if status.kind == Kind::No && absent && failure.verdict == Verdict::Permanent {
            return MailboxError::NoSuchFolder;
        }
        failure.into()
    }
}
