//! IMAP's part of opening a connection: the greeting, CAPABILITY and STARTTLS (RFC 9051 §6.1.1, §6.2.1, §7.1).

use io_imap::types::command::CommandBody;

use super::account::Account;
use super::connection::{Connection, MOST_MEMORY, SMALL};
use super::failure::{Failure, MailboxError, Server, Stage};
use super::response::{Kind, Response};
use super::wire::{Wire, WireError};
use super::{Security, Verdict};
use crate::budget::SERVERS;
use crate::session::{self, ByteStream, Deadline, OpeningStage, ProbeLog, Protocol, silence_hint};
use crate::tls::TlsConfigs;

/// Opens a connection and logs in.
pub(super) async fn open(
    account: &Account,
    tls: &TlsConfigs,
    log: &mut ProbeLog<Stage>,
) -> Result<Connection, MailboxError> {
    let server = Server::of(account);
    if account.security == Security::None && !account.allow_cleartext_login {
        return Err(server
            .ruled_out(
                "the mailbox has a login and no security, which would show the password to everybody on the \
                 way; choose TLS or STARTTLS, or have the operator allow it",
            )
            .into());
    }
    let imap = Imap { account, server: &server };
    let mut connection = session::open(&imap, account.endpoint(), tls, log).await?;
    connection.log_in(&account.login, log).await?;
    log.capabilities.clone_from(&connection.capabilities);
    Ok(connection)
}

/// The protocol for an account.
struct Imap<'a> {
    account: &'a Account,
    server: &'a Server,
}

impl From<OpeningStage> for Stage {
    fn from(stage: OpeningStage) -> Self {
        match stage {
            OpeningStage::Resolve => Self::Resolve,
            OpeningStage::Connect => Self::Connect,
            OpeningStage::Tls => Self::Tls,
            OpeningStage::Greeting => Self::Greeting,
        }
    }
}

impl Protocol for Imap<'_> {
    type Conversation = Connection;
    type Stage = Stage;
    type Failure = Failure;

    fn failure(&self, stage: OpeningStage, is_transient: bool, what: String) -> Failure {
        let verdict = if is_transient { Verdict::Transient } else { Verdict::Permanent };
        self.server.failure(stage.into(), verdict, what)
    }

    fn begin(&self, stream: ByteStream) -> Connection {
        Connection::new(Wire::new(stream), self.server.clone(), self.account.timeouts)
    }

    async fn receive_greeting(&self, connection: &mut Connection) -> Result<String, Failure> {
        let deadline = Deadline::after(self.account.timeouts.opening.greeting);
        connection.wire.receive(SMALL, deadline).await.map_err(|error| {
            let mut failure = self.server.lost(Stage::Greeting, "no greeting", &error);
            if let WireError::Stream(error) = &error {
                failure.detail.push_str(silence_hint(error, self.account.security));
            }
            failure
        })?;
        let greeting = connection.wire.response();
        match Response::read(greeting, &[], &mut SERVERS.reservation(MOST_MEMORY)) {
            Ok(Response::Status(status)) if status.is_ok() => Ok(status.to_string()),
            // A client that is logged in without a password is mistaken for another one, or is kept from STARTTLS.
            Ok(Response::Status(status)) if status.kind == Kind::PreAuth => {
                let what = format!("the server does not let us log in: {status}");
                Err(self.server.failure(Stage::Greeting, Verdict::Permanent, what))
            }
            Ok(Response::Status(status)) => {
                Err(self.server.refused(Stage::Greeting, "the server turned us away", &status))
            }
            _ => {
                let words: String = String::from_utf8_lossy(greeting).trim().chars().take(200).collect();
                Err(self.server.lost(Stage::Greeting, "no greeting", &WireError::NotImap(words)))
            }
        }
    }

    async fn negotiate(&self, connection: &mut Connection) -> Result<(), Failure> {
        let limit = self.account.timeouts.opening.greeting;
        connection.capabilities.clear();
        match connection.run(CommandBody::Capability, SMALL, limit).await {
            Ok(response) if response.status.is_ok() => Ok(()),
            Ok(response) => Err(self.server.refused(
                Stage::Greeting,
                "the server does not tell its capabilities",
                &response.status,
            )),
            Err(error) => Err(self.server.lost(Stage::Greeting, "CAPABILITY was not answered", &error)),
        }
    }

    fn announced(connection: &Connection) -> Vec<String> {
        connection.capabilities.clone()
    }

    fn offers_starttls(connection: &Connection) -> bool {
        connection.can("STARTTLS")
    }

    async fn request_starttls(&self, connection: &mut Connection) -> Result<(), Failure> {
        let limit = self.account.timeouts.opening.tls;
        let response = connection.run(CommandBody::StartTLS, SMALL, limit).await;
        let response =
            response.map_err(|error| self.server.lost(Stage::Tls, "STARTTLS was not answered", &error))?;
        if response.status.is_ok() {
            return Ok(());
        }
        Err(self.server.refused(Stage::Tls, "the server refused STARTTLS", &response.status))
    }

    fn end(connection: Connection) -> ByteStream {
        connection.wire.into_stream()
    }
}
