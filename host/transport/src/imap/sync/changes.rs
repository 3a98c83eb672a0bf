//! What changed in a folder since it was looked at: by QRESYNC, by CONDSTORE, or not at all (RFC 7162).
//!
//! An extension that the server refuses is not used again by the session, and the next means is tried on a fresh connection: a
//! server that does not expect the parameter of SELECT may take the rest of it for a command.

use std::num::{NonZeroU32, NonZeroU64};

use io_imap::types::command::SelectParameter;

use super::super::connection::SMALL;
use super::super::failure::MailboxError;
use super::super::mailbox::FolderState;
use super::super::notices::Notices;
use super::super::response::{Kind, Status};
use super::super::selected::{Access, OpenError};
use super::super::wire::{Expected, WireError};
use super::fetching::changes;
use super::session::ImapSession;
use super::types::{ChangesBy, FlagChange, FolderChanges, KnownFolder};
use crate::session::StreamError;

/// What comes with a folder that is opened by QRESYNC.
const BY_QRESYNC: Expected = Expected { data: &["EXISTS", "FETCH"], ..SMALL };

/// The end of opening a folder by QRESYNC.
enum ByQresync {
    Opened(FolderState, Vec<FlagChange>),
    /// The server can't be asked so. The connection is a fresh one.
    Refused,
    /// There is more than one answer may hold. The connection is a fresh one.
    TooMuch,
}

impl ImapSession {
    pub(super) async fn find_changes(
        &mut self,
        folder: &str,
        known: Option<KnownFolder>,
    ) -> Result<FolderChanges, MailboxError> {
        let (state, mut flags, mut by) = self.open_for_changes(folder, known).await?;
        let mut state = self.followed(folder, state)?;
        let known = known.filter(|known| known.uid_validity == state.uid_validity);
        let since = known.and_then(|known| known.highest_modseq).and_then(NonZeroU64::new);
        match (since, state.highest_modseq) {
            // A sequence that is lower than before counts other changes.
            (Some(since), Some(highest)) if highest >= since.get() => {
                // The sequence moved, and nothing was reported: a server that ignores the parameter.
                let is_ignored = flags.is_empty() && !self.connection.has_notices();
                if by == ChangesBy::Qresync && highest > since.get() && is_ignored {
                    by = ChangesBy::Condstore;
                }
                if by == ChangesBy::Condstore && highest > since.get() {
                    match self.changed_flags(since).await? {
                        Some(changed) => flags = changed,
                        None => by = ChangesBy::StateAlone,
                    }
                    if !self.connection.has_open(folder) {
                        let opened = self.open_plainly(folder).await?;
                        state = self.followed(folder, opened)?;
                    }
                }
            }
            _ => by = ChangesBy::StateAlone,
        }
        if by == ChangesBy::StateAlone {
            flags.clear();
        }
        flags.sort_by_key(|change| change.uid);
        let noticed = self.connection.notices.as_mut().map(Notices::take).unwrap_or_default();
        Ok(FolderChanges { state, by, vanished: noticed.vanished, flags })
    }

    async fn open_for_changes(
        &mut self,
        folder: &str,
        known: Option<KnownFolder>,
    ) -> Result<(FolderState, Vec<FlagChange>, ChangesBy), MailboxError> {
        let parameter = known.filter(|_| self.uses.qresync).and_then(|known| {
            Some(SelectParameter::QResync {
                uid_validity: NonZeroU32::new(known.uid_validity)?,
                mod_sequence_value: NonZeroU64::new(known.highest_modseq?)?,
                known_uids: None,
                seq_match_data: None,
            })
        });
        let mut by = if self.uses.condstore { ChangesBy::Condstore } else { ChangesBy::StateAlone };
        let mut is_refused = false;
        if let Some(parameter) = parameter {
            match self.open_by_qresync(folder, parameter).await? {
                ByQresync::Opened(state, flags) => {
                    // A server reports nothing for another validity, and what it reports nevertheless is of other messages.
                    if known.is_none_or(|known| known.uid_validity != state.uid_validity) {
                        self.connection.notices.iter_mut().for_each(Notices::clear);
                    }
                    return Ok((state, flags, ChangesBy::Qresync));
                }
                ByQresync::Refused => is_refused = true,
                ByQresync::TooMuch => by = ChangesBy::StateAlone,
            }
        }
        let opened = self.open_plainly(folder).await;
        if opened.is_err() && is_refused {
            // The folder can't be opened at all: QRESYNC was not the reason.
            self.uses.qresync = true;
            self.enable_qresync().await?;
        }
        Ok((opened?, Vec::new(), by))
    }

    /// Opens a folder with the one parameter QRESYNC.
    async fn open_by_qresync(
        &mut self,
        folder: &str,
        parameter: SelectParameter,
    ) -> Result<ByQresync, MailboxError> {
        let opened = self.connection.select(folder, Access::Read, Some(parameter), BY_QRESYNC).await;
        let is_garbled = self.connection.notices.as_ref().is_some_and(|notices| notices.garbled);
        match opened {
            Ok((state, response)) if !is_garbled => {
                return Ok(ByQresync::Opened(state, changes(&response).collect()));
            }
            Ok(_) | Err(OpenError::Lost(WireError::Stream(StreamError::Closed))) => {}
            Err(OpenError::Refused(status)) if is_refusal(&status) => {}
            Err(OpenError::Lost(error)) if !error.is_transient() => {
                self.open_anew().await?;
                self.enable_qresync().await?;
                return Ok(ByQresync::TooMuch);
            }
            Err(error) => return Err(self.connection.open_error(folder, error)),
        }
        self.uses.qresync = false;
        self.open_anew().await?;
        Ok(ByQresync::Refused)
    }

    /// Opens a folder for its state alone.
    async fn open_plainly(&mut self, folder: &str) -> Result<FolderState, MailboxError> {
        let asks = self.connection.can("CONDSTORE") && !self.connection.refuses_condstore;
        let parameter = asks.then_some(SelectParameter::CondStore);
        match self.connection.select(folder, Access::Read, parameter, BY_QRESYNC).await {
            Ok((state, _)) => Ok(state),
            Err(OpenError::Refused(status)) if asks && status.kind == Kind::Bad => {
                self.connection.refuses_condstore = true;
                self.open_anew().await?;
                self.enable_qresync().await?;
                self.connection.open(folder, Access::Read, true).await
            }
            Err(error) => Err(self.connection.open_error(folder, error)),
        }
    }

    /// Fetches the flags that changed since. None where the server does not give them, or too many; then the connection may
    /// be a fresh one, with no folder open.
    async fn changed_flags(&mut self, since: NonZeroU64) -> Result<Option<Vec<FlagChange>>, MailboxError> {
        match self.connection.changed_since(since).await {
            Ok(response) if response.status.is_ok() || response.status.has_code("EXPUNGEISSUED") => {
                Ok(Some(changes(&response).collect()))
            }
            Ok(response) if is_refusal(&response.status) => {
                self.uses.condstore = false;
                Ok(None)
            }
            Ok(response) => {
                self.connection.expect_ok(&response, "the server does not give the changed flags")?;
                Ok(None)
            }
            Err(error) if error.is_transient() => {
                Err(self.connection.unanswered("the changed flags could not be fetched", &error))
            }
            Err(_) => {
                self.open_anew().await?;
                self.enable_qresync().await?;
                Ok(None)
            }
        }
    }
}

/// Returns whether a server may refuse how it was asked, and not what.
fn is_refusal(status: &Status) -> bool {
    const OTHER: &[&str] =
        &["NONEXISTENT", "NOPERM", "UNAVAILABLE", "INUSE", "LIMIT", "THROTTLED", "SERVERBUG"];
    let is_of_another_kind = status.code.as_ref().is_some_and(|code| OTHER.contains(&code.name.as_str()));
    matches!(status.kind, Kind::No | Kind::Bad) && !is_of_another_kind
}
