//! SMTP's part of opening a connection: the greeting, EHLO and STARTTLS (RFC 5321 §3.1, RFC 3207).

use std::net::IpAddr;
use std::time::Duration;

use lettre::transport::smtp::commands::{Ehlo, Starttls};
use lettre::transport::smtp::extension::ClientId;

use super::account::Account;
use super::extensions::Extensions;
use super::reply::Reply;
use super::server::Server;
use super::submission::{Failure, Stage};
use super::wire::{Wire, WireError};
use crate::Verdict;
use crate::session::{ByteStream, OpeningStage, Protocol, silence_hint};

/// A connection before the login.
pub(super) struct Greeted {
    pub(super) wire: Wire,
    pub(super) offered: Extensions,
    helo: ClientId,
}

/// The protocol for an account.
pub(super) struct Smtp<'a> {
    pub(super) account: &'a Account,
    pub(super) server: &'a Server,
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

impl Protocol for Smtp<'_> {
    type Conversation = Greeted;
    type Stage = Stage;
    type Failure = Failure;

    fn failure(&self, stage: OpeningStage, is_transient: bool, what: String) -> Failure {
        let verdict = if is_transient { Verdict::Transient } else { Verdict::Permanent };
        self.server.failure(stage.into(), verdict, what)
    }

    fn begin(&self, stream: ByteStream) -> Greeted {
        let helo = own_name(self.account, &stream);
        Greeted { wire: Wire::new(stream), offered: Extensions::default(), helo }
    }

    async fn receive_greeting(&self, connection: &mut Greeted) -> Result<String, Failure> {
        let limit = self.account.timeouts.opening.greeting;
        let reply = connection.wire.reply(limit).await.map_err(|error| {
            let mut failure = self.server.lost(Stage::Greeting, "no greeting", &error);
            match &error {
                WireError::Malformed(_) => failure.verdict = Verdict::Permanent,
                WireError::Stream(error) => {
                    failure.detail.push_str(silence_hint(error, self.account.security));
                }
            }
            failure
        })?;
        if !reply.is_positive() {
            return Err(self.server.refused(Stage::Greeting, "the server turned us away", reply));
        }
        Ok(reply.to_string())
    }

    /// Sends EHLO, or HELO to a server that does not implement EHLO: then there are no extensions.
    async fn negotiate(&self, connection: &mut Greeted) -> Result<(), Failure> {
        let limit = self.account.timeouts.opening.greeting;
        connection.offered = Extensions::default();
        let ehlo = Ehlo::new(connection.helo.clone()).to_string();
        let reply = exchange(&mut connection.wire, &ehlo, limit).await;
        let reply =
            reply.map_err(|error| self.server.lost(Stage::Greeting, "EHLO was not answered", &error))?;
        if reply.is_positive() {
            connection.offered = Extensions::read(&reply);
            return Ok(());
        }
        if !reply.is_permanent() {
            return Err(self.server.refused(Stage::Greeting, "the server refused EHLO", reply));
        }
        let helo = format!("HELO {}\r\n", connection.helo);
        match exchange(&mut connection.wire, &helo, limit).await {
            Ok(helo) if helo.is_positive() => Ok(()),
            // The reply to EHLO contains the reason.
            _ => Err(self.server.refused(Stage::Greeting, "the server refused EHLO and HELO", reply)),
        }
    }

    fn announced(connection: &Greeted) -> Vec<String> {
        connection.offered.lines.clone()
    }

    fn offers_starttls(connection: &Greeted) -> bool {
        connection.offered.starttls
    }

    async fn request_starttls(&self, connection: &mut Greeted) -> Result<(), Failure> {
        let limit = self.account.timeouts.opening.tls;
        let reply = exchange(&mut connection.wire, &Starttls.to_string(), limit).await;
        let reply =
            reply.map_err(|error| self.server.lost(Stage::Tls, "STARTTLS was not answered", &error))?;
        if reply.code == 220 {
            return Ok(());
        }
        Err(self.server.refused(Stage::Tls, "the server refused STARTTLS", reply))
    }

    fn end(connection: Greeted) -> ByteStream {
        connection.wire.into_stream()
    }
}

/// Sends a command, and receives the reply to it.
async fn exchange(wire: &mut Wire, line: &str, limit: Duration) -> Result<Reply, WireError> {
    wire.send(line.as_bytes(), limit).await?;
    wire.reply(limit).await
}

/// Returns the name to give in EHLO: the account's, else our own address.
fn own_name(account: &Account, stream: &ByteStream) -> ClientId {
    match (&account.helo, stream.local_address().map(|local| local.ip())) {
        (Some(name), _) => ClientId::Domain(name.clone()),
        (None, Some(IpAddr::V4(address))) => ClientId::Ipv4(address),
        (None, Some(IpAddr::V6(address))) => match address.to_ipv4_mapped() {
            Some(address) => ClientId::Ipv4(address),
            None => ClientId::Ipv6(address),
        },
        (None, None) => ClientId::default(),
    }
}
