//! Searching a mailbox: what the index finds at once, then what the server finds, folder by folder. That nothing was found is known only
//! when every folder has answered.

use super::MailboxAccess;
use crate::app::{AppError, StopSignal};
use postroom_model::AccountId;
use postroom_store::{MailboxFolder, MailboxMessage};
use postroom_transport::imap::{Criterion, Envelope, MailboxError, Mailboxes as _, Place};

/// Messages that one folder's search gives.
const HITS: u32 = 200;

/// A message that a server found and the index did not.
#[derive(Debug, Clone)]
pub struct ServerHit {
    /// Account.
    pub account: AccountId,
    /// Where it is.
    pub at: Place,
    /// Its envelope.
    pub envelope: Envelope,
}

/// The progress of a search on the servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchProgress<'a> {
    /// The folder that is asked now.
    pub folder: &'a str,
    /// Folders that were asked, and all.
    pub done: usize,
    /// All folders.
    pub of: usize,
}

/// The end of a search on the servers.
#[derive(Debug, Default)]
pub struct ServerSearch {
    /// What was found and the index had not, newest first in each folder.
    pub hits: Vec<ServerHit>,
    /// Folders that could not be asked, and why: what is in them is not known.
    pub unanswered: Vec<(String, String)>,
    /// It was stopped before every folder was asked.
    pub is_stopped: bool,
}

impl MailboxAccess {
    /// Searches the folders of accounts on their servers for text in headers or body. `known`: what the index found, which is left
    /// out; so is what the user may not see, before anything of it is fetched. Stops between two folders where it is asked to; what
    /// was found stays.
    pub async fn search_servers(
        &self,
        text: &str,
        accounts: &[AccountId],
        known: &[MailboxMessage],
        stop: &StopSignal,
        progress: &mut (dyn FnMut(SearchProgress<'_>) + Send),
    ) -> Result<ServerSearch, AppError> {
        let folders: Vec<MailboxFolder> =
            self.folders(accounts).await?.into_iter().filter(|it| it.folder.is_selectable).collect();
        let mut found = ServerSearch::default();
        let unanswered = |error: MailboxError| error.to_string();
        let mut server = None;
        for (done, folder) in folders.iter().enumerate() {
            if stop.was_asked() {
                found.is_stopped = true;
                break;
            }
            progress(SearchProgress { folder: &folder.folder.name, done, of: folders.len() });
            let account = match &server {
                Some((id, account)) if *id == folder.account => account,
                _ => &server.insert((folder.account, self.server(folder.account).await?)).1,
            };
            let asked = async {
                let criteria = [Criterion::Text(text.to_owned())];
                let name = &folder.folder.name;
                let imap = self.connections().imap();
                let matches = imap.search(account, name, &criteria, None, HITS).await.map_err(unanswered)?;
                let (validity, uids) = (matches.uid_validity, &matches.uids);
                let hidden = self.store().hidden_places(folder.account, folder.id, validity, uids).await;
                // Where it is not known what is hidden, all is.
                let hidden = hidden.map_err(|error| error.to_string())?;
                let is_known = |uid: &u32| {
                    known.iter().flat_map(|it| &it.places).any(|place| {
                        place.folder == folder.id
                            && place.uid_validity == matches.uid_validity
                            && place.uid == *uid
                    })
                };
                let new: Vec<u32> =
                    uids.iter().copied().filter(|uid| !is_known(uid) && !hidden.contains(uid)).collect();
                let envelopes = imap.fetch_envelopes(account, name, matches.uid_validity, &new).await;
                let envelopes = envelopes.map_err(unanswered)?;
                let hits = envelopes.into_iter().map(|envelope| ServerHit {
                    account: folder.account,
                    at: Place { folder: name.clone(), uid_validity: matches.uid_validity, uid: envelope.uid },
                    envelope,
                });
                Ok::<_, String>(hits.collect::<Vec<_>>())
            };
            let answer = tokio::select! {
                answer = asked => answer,
                () = stop.asked() => {
                    found.is_stopped = true;
                    break;
                }
            };
            match answer {
                Ok(hits) => found.hits.extend(hits),
                Err(error) => found.unanswered.push((folder.folder.name.clone(), error)),
            }
        }
        Ok(found)
    }
}
