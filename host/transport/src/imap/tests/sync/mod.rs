//! Sessions that follow a mailbox, against scripted servers that report too little, too much or something else, and in memory.

mod changes;
mod fetching;
mod hostile;
mod listing;
mod memory;
mod states;
mod uid_sets;
mod waiting;

use super::super::{FolderState, ImapClient, KnownFolder, Security, SyncMailboxes, SyncSession, UidSet};
use super::{account, answer, logged_in};
use crate::tests::server::Peer;

/// Everything that a session uses but Gmail's extension.
const ALL: &str = "ENABLE CONDSTORE QRESYNC ESEARCH IDLE";

const KNOWN: Option<KnownFolder> = Some(KnownFolder { uid_validity: 7, highest_modseq: Some(60) });

/// Opens a session with a scripted server.
async fn session(port: u16) -> Box<dyn SyncSession> {
    ImapClient::default().sync_session(&account(port, Security::None)).await.expect("a session")
}

/// Lets a client log in to a server with QRESYNC, and switch it on.
async fn with_qresync(peer: &mut Peer) {
    logged_in(peer, ALL).await;
    answer(peer, "ENABLE QRESYNC", &["ENABLED QRESYNC"], "OK enabled").await;
}

/// Lets a folder with three messages be opened, with further lines.
async fn opened_with(peer: &mut Peer, how: &str, lines: &[&str]) -> String {
    let mut untagged = vec!["3 EXISTS", "OK [UIDVALIDITY 7] ok", "OK [UIDNEXT 12] ok"];
    untagged.extend(lines);
    answer(peer, how, &untagged, "OK [READ-ONLY] opened").await
}

/// Lets a folder that is open be brought up to date.
async fn up_to_date(peer: &mut Peer) {
    answer(peer, "NOOP", &[], "OK").await;
}

/// The state that `opened_with` reports.
fn state(highest_modseq: Option<u64>) -> FolderState {
    FolderState { uid_validity: 7, uid_next: 12, messages: 3, highest_modseq }
}

fn uids(set: &str) -> UidSet {
    UidSet::parse(set).expect("a set")
}
