//! From an account to a connection that is logged in: TCP, greeting, TLS, capabilities, login, in the order
//! and with the security that the account asks for.

use postroom_model::ascii_host;
use std::sync::Arc;

use io_imap::types::command::CommandBody;
use tokio::net::TcpStream;

use super::account::Account;
use super::connection::{Connection, MOST_MEMORY, SMALL};
use super::failure::{Failure, MailboxError, ProbeStep, Server, Stage};
use super::response::{Kind, Response};
use super::wire::{Deadline, Trouble, Wire};
use super::{Security, Verdict};
use crate::budget::SERVERS;
use crate::destination::resolve;
use crate::tcp::{Stream, connect};
use crate::tls::{TlsConfigs, TlsProblem, describe, secure};

/// What a connection test reports, gathered on the way.
#[derive(Debug, Default)]
pub(super) struct Trail {
    pub(super) steps: Vec<ProbeStep>,
    pub(super) capabilities: Vec<String>,
}

impl Trail {
    pub(super) fn step(&mut self, stage: Stage, detail: impl Into<String>) {
        self.steps.push(ProbeStep { stage, detail: detail.into() });
    }
}

/// Opens a connection and logs in.
pub(super) async fn open(
    account: &Account,
    tls: &TlsConfigs,
    trail: &mut Trail,
) -> Result<Connection, MailboxError> {
    let server = Server::of(account);
    rule_out(account, &server)?;
    let host = ascii_host(&account.host)
        .map_err(|reason| server.failure(Stage::Resolve, Verdict::Permanent, reason))?;
    let addresses = resolve(&host, account.port, &account.allow_private, account.timeouts.resolve)
        .await
        .map_err(|reason| {
            let verdict = if reason.is_transient() { Verdict::Transient } else { Verdict::Permanent };
            server.failure(Stage::Resolve, verdict, reason)
        })?;
    let listed: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
    trail.step(Stage::Resolve, format!("{} is {}", account.host, listed.join(", ")));

    let stream = connect(&addresses, account.timeouts.connect)
        .await
        .map_err(|reason| server.failure(Stage::Connect, Verdict::Transient, reason))?;
    let peer = stream.peer_addr().map_or_else(|_| "the server".to_owned(), |peer| peer.to_string());
    trail.step(Stage::Connect, format!("connected to {peer}"));

    let opening = Opening { account, tls, server: &server, host: &host };
    let mut connection = opening.secured(stream, trail).await?;
    trail.capabilities.clone_from(&connection.capabilities);
    connection.log_in(&account.login, trail).await?;
    trail.capabilities.clone_from(&connection.capabilities);
    Ok(connection)
}

/// What can be known before the network.
fn rule_out(account: &Account, server: &Server) -> Result<(), Failure> {
    if account.security == Security::None && !account.allow_cleartext_login {
        return Err(server.ruled_out(
            "the mailbox has a login and no security, which would show the password to everybody on the way; \
             choose TLS or STARTTLS, or have the operator allow it",
        ));
    }
    Ok(())
}

/// The beginning of a conversation.
struct Opening<'a> {
    account: &'a Account,
    tls: &'a TlsConfigs,
    server: &'a Server,
    host: &'a str,
}

impl Opening<'_> {
    /// Up to the capabilities, with the security that the account asks for.
    async fn secured(&self, stream: TcpStream, trail: &mut Trail) -> Result<Connection, Failure> {
        let timeouts = self.account.timeouts;
        let wire = match self.account.security {
            Security::Tls => self.start_tls(stream, trail).await?,
            Security::StartTls | Security::None => Wire::new(Stream::Plain(stream)),
        };
        let mut connection = Connection::new(wire, self.server.clone(), timeouts);
        self.greeting(&mut connection, trail).await?;
        if self.account.security == Security::StartTls {
            self.ask_capabilities(&mut connection).await?;
            trail.capabilities.clone_from(&connection.capabilities);
            let stream = self.ask_for_tls(connection).await?;
            // Nothing that was said in the clear counts any more.
            trail.capabilities.clear();
            let wire = self.start_tls(stream, trail).await?;
            connection = Connection::new(wire, self.server.clone(), timeouts);
        }
        self.ask_capabilities(&mut connection).await?;
        Ok(connection)
    }

    async fn greeting(&self, connection: &mut Connection, trail: &mut Trail) -> Result<(), Failure> {
        let deadline = Deadline::after(self.account.timeouts.greeting);
        connection.wire.receive(SMALL, deadline).await.map_err(|trouble| {
            let mut failure = self.server.trouble(Stage::Greeting, "no greeting", &trouble);
            if matches!(trouble, Trouble::TimedOut(_)) && self.account.security != Security::Tls {
                failure.detail.push_str(
                    "; a server that expects TLS at once stays silent like this: perhaps the security of this \
                     port is implicit TLS",
                );
            }
            failure
        })?;
        let greeting = connection.wire.response();
        match Response::read(greeting, &[], &mut SERVERS.reservation(MOST_MEMORY)) {
            Ok(Response::Status(status)) if status.is_ok() => {
                trail.step(Stage::Greeting, format!("the server greets: {status}"));
                Ok(())
            }
            // Whoever this is took us for somebody else, or wants to spare us TLS.
            Ok(Response::Status(status)) if status.kind == Kind::PreAuth => {
                let what = format!("the server does not let us log in: {status}");
                Err(self.server.failure(Stage::Greeting, Verdict::Permanent, what))
            }
            Ok(Response::Status(status)) => {
                Err(self.server.refused(Stage::Greeting, "the server turned us away", &status))
            }
            _ => {
                let words: String = String::from_utf8_lossy(greeting).trim().chars().take(200).collect();
                Err(self.server.trouble(Stage::Greeting, "no greeting", &Trouble::Nonsense(words)))
            }
        }
    }

    async fn ask_capabilities(&self, connection: &mut Connection) -> Result<(), Failure> {
        let limit = self.account.timeouts.greeting;
        connection.capabilities.clear();
        match connection.run(CommandBody::Capability, SMALL, limit).await {
            Ok(said) if said.status.is_ok() => Ok(()),
            Ok(said) => Err(self.server.refused(
                Stage::Greeting,
                "the server does not tell its capabilities",
                &said.status,
            )),
            Err(trouble) => {
                Err(self.server.trouble(Stage::Greeting, "CAPABILITY was not answered", &trouble))
            }
        }
    }

    /// STARTTLS. Gives back the bare connection, with not a byte on it that came before TLS.
    async fn ask_for_tls(&self, mut connection: Connection) -> Result<TcpStream, Failure> {
        if !connection.can("STARTTLS") {
            return Err(self.server.failure(
                Stage::Tls,
                Verdict::Permanent,
                "the server does not offer STARTTLS, and the account allows nothing less; nothing was sent",
            ));
        }
        let limit = self.account.timeouts.tls;
        let said = connection
            .run(CommandBody::StartTLS, SMALL, limit)
            .await
            .map_err(|trouble| self.server.trouble(Stage::Tls, "STARTTLS was not answered", &trouble))?;
        if !said.status.is_ok() {
            return Err(self.server.refused(Stage::Tls, "the server refused STARTTLS", &said.status));
        }
        connection.wire.into_plain().await.ok_or_else(|| {
            self.server.failure(
                Stage::Tls,
                Verdict::Permanent,
                "bytes followed the answer to STARTTLS before TLS began: somebody on the way injects responses",
            )
        })
    }

    async fn start_tls(&self, stream: TcpStream, trail: &mut Trail) -> Result<Wire, Failure> {
        let failure = |problem: TlsProblem| {
            let verdict = if problem.is_transient { Verdict::Transient } else { Verdict::Permanent };
            self.server.failure(Stage::Tls, verdict, problem.detail)
        };
        let config = self.tls.for_roots(self.account.trusted_ca.as_ref()).await.map_err(failure)?;
        let secured = secure(stream, self.host, Arc::clone(&config), self.account.timeouts.tls)
            .await
            .map_err(failure)?;
        trail.step(Stage::Tls, format!("{}, certificate trusted", describe(&secured)));
        Ok(Wire::new(Stream::Tls(Box::new(secured))))
    }
}
