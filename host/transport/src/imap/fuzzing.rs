//! IMAP with a server whose responses were written beforehand, for the fuzzers.

use std::num::NonZeroU64;
use std::time::Duration;

use super::account::Account;
use super::connection::Connection;
use super::failure::Server;
use super::mailbox::Place;
use super::selected::Access;
use super::wire::Wire;
use super::{Login, Mechanism, Secret, Security};
use crate::session::{ByteStream, ProbeLog, Socket};

/// Runs the command that `question` selects, and parses the responses to it.
pub async fn answer(question: u8, script: &[u8]) {
    let secret = Secret::password("pw-4711-secret".to_owned());
    let login = Login { user: "nora".to_owned(), secret, mechanism: Mechanism::Auto };
    let account = Account::new("fuzzed", "imap.example", Security::Tls, login);
    let wire = Wire::new(ByteStream::new(Socket::Scripted(std::io::Cursor::new(script.to_vec()))));
    let mut connection = Connection::new(wire, Server::of(&account), account.timeouts);
    if question & 0x80 != 0 {
        let all = "CONDSTORE ESEARCH SPECIAL-USE LIST-EXTENDED SASL-IR AUTH=PLAIN UTF8=ONLY";
        connection.capabilities = all.split(' ').map(str::to_owned).collect();
    }
    let at = Place { folder: "INBOX".to_owned(), uid_validity: 7, uid: 3 };
    let uids = [1, 2, 3];
    connection.follow();
    match question % 16 {
        0 => drop(connection.folders().await),
        1 => drop(connection.open("INBOX", Access::Read, true).await),
        2 => drop(connection.search("INBOX", &[], None, 1_000).await),
        3 => drop(connection.fetch_envelopes("INBOX", 7, &uids).await),
        4 => drop(connection.fetch_headers("INBOX", 7, &uids, &["Subject".to_owned()]).await),
        5 => drop(connection.fetch_message(&at, 0, 1_000).await),
        6 => drop(connection.fetch_part(&at, "1").await),
        7 => drop(connection.set_flags("INBOX", 7, &uids, &["\\Seen".to_owned()], &[]).await),
        8 => drop(connection.log_in(&account.login, &mut ProbeLog::default()).await),
        9 => drop(connection.status("INBOX", true).await),
        10 => drop(connection.existing("INBOX", 7, 1..=u32::MAX).await),
        11 => drop(connection.sync_envelopes("INBOX", 7, &uids, true).await),
        12 => drop(connection.sync_flags("INBOX", 7, 1..=u32::MAX).await),
        13 => drop(connection.idle(Duration::from_millis(1)).await),
        14 => {
            drop(connection.open("INBOX", Access::Read, true).await);
            drop(connection.changed_since(NonZeroU64::MIN).await);
        }
        _ => drop(connection.search("INBOX", &[], Some(1_000), 10).await),
    }
}
