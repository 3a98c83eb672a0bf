//! A conversation with a server whose part of it is written already.

use std::time::Instant;

use super::account::{Account, Login, Mechanism, Secret, Security};
use super::connection::{Connection, Place, Trail};
use super::extensions::Extensions;
use super::submission::{Recipient, Submission};
use super::transfer::Followers;
use super::wire::Wire;
use super::{Chunk, reply};
use crate::tcp::Stream;

struct Nobody;

impl Followers for Nobody {
    fn next(&mut self, _: &mut Connection) -> Option<String> {
        None
    }

    async fn stirred(&self) {
        std::future::pending().await
    }
}

/// Reads an answer to EHLO, logs in, and submits two mails of three recipients each.
pub async fn replies(said: &[u8]) {
    let _ = reply::parse_at_close(said);
    let secret = Secret::password("pw-4711-secret");
    let login = Login { user: "nora".to_owned(), secret, mechanism: Mechanism::Auto };
    let account = Account { login: Some(login), ..Account::new("fuzzed", "smtp.example", Security::Tls) };
    let mut wire = Wire::new(Stream::Said(std::io::Cursor::new(said.to_vec())));
    let Ok(hello) = wire.reply(account.timeouts.greeting).await else { return };
    let now = Instant::now();
    let mut connection = Connection {
        wire,
        place: Place::of(&account),
        offered: Extensions::read(&hello),
        timeouts: account.timeouts,
        reset_first: false,
        usable: true,
        severed: false,
        unheard: false,
        buffer: Vec::new(),
        transactions: 0,
        opened: now,
        last_used: now,
    };
    if !connection.offered.auth.is_empty()
        && connection.log_in(&account, &mut Trail::default()).await.is_err()
    {
        return;
    }
    let recipient = |name: &str| Recipient { address: format!("{name}@example.com"), notify: Vec::new() };
    let submission = Submission {
        mail_from: "office@example.com".to_owned(),
        recipients: ["a", "b", "c"].map(recipient).into(),
        envelope_id: None,
        smtputf8: false,
        size: 0,
        chunks: vec![Chunk::Text("Subject: x\r\n\r\nHello\r\n".to_owned())],
        gate: None,
    };
    for _ in 0..2 {
        let Ok(opened) = connection.open_transaction(&submission) else { return };
        let _ = connection.transact(&submission, &opened, &mut Nobody).await;
    }
}
