//! SMTP with a server whose replies were written beforehand, for the fuzzers.

use super::account::Account;
use super::connection::Connection;
use super::extensions::Extensions;
use super::server::Server;
use super::submission::{Recipient, Submission};
use super::transfer::PipelineSource;
use super::wire::Wire;
use super::{Chunk, Login, Mechanism, Secret, Security, reply};
use crate::session::{ByteStream, ProbeLog, Socket};

struct NoPipeline;

impl PipelineSource for NoPipeline {
    fn next(&mut self, _: &mut Connection) -> Option<String> {
        None
    }

    async fn changed(&self) {
        std::future::pending().await
    }
}

/// Parses a reply to EHLO, logs in, and submits two mails of three recipients each.
pub async fn replies(script: &[u8]) {
    let _ = reply::parse_at_close(script);
    let secret = Secret::password("pw-4711-secret");
    let login = Login { user: "nora".to_owned(), secret, mechanism: Mechanism::Auto };
    let account = Account { login: Some(login), ..Account::new("fuzzed", "smtp.example", Security::Tls) };
    let mut wire = Wire::new(ByteStream::new(Socket::Scripted(std::io::Cursor::new(script.to_vec()))));
    let Ok(hello) = wire.reply(account.timeouts.opening.greeting).await else { return };
    let offered = Extensions::read(&hello);
    let mut connection = Connection::new(wire, Server::of(&account), offered, account.timeouts);
    if !connection.offered.auth.is_empty()
        && connection.log_in(&account, &mut ProbeLog::default()).await.is_err()
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
        let _ = connection.submit_first(&submission, &opened, &mut NoPipeline).await;
    }
}
