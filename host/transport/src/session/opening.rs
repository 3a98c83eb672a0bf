//! From an address to a connection whose greeting and extensions were received, with the security that the account
//! asks for. The guard of STARTTLS is here, once.

use std::future::Future;
use std::sync::Arc;

use postroom_model::{AllowList, ascii_host};
use tokio::net::TcpStream;

use super::credentials::Security;
use super::probe::ProbeLog;
use super::stream::{ByteStream, StreamError};
use super::tcp::{Socket, connect};
use super::timeouts::OpeningTimeouts;
use crate::destination::resolve;
use crate::tls::{TlsConfigs, TlsProblem, describe, secure};

/// The server to connect to, and the security of the connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Endpoint<'a> {
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    pub(crate) security: Security,
    pub(crate) trusted_ca: Option<&'a String>,
    pub(crate) allow_private: &'a AllowList,
    pub(crate) timeouts: OpeningTimeouts,
}

/// A stage that is the same in every protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OpeningStage {
    Resolve,
    Connect,
    Tls,
    Greeting,
}

/// A protocol's greeting, list of extensions and STARTTLS.
pub(crate) trait Protocol: Sync {
    /// The protocol's side of a connection, until the login.
    type Conversation: Send;
    /// The protocol's stages.
    type Stage: From<OpeningStage> + Send;
    /// The protocol's error.
    type Failure;

    /// Builds the error of a stage that failed.
    fn failure(&self, stage: OpeningStage, is_transient: bool, what: String) -> Self::Failure;

    /// Begins a conversation on a connection.
    fn begin(&self, stream: ByteStream) -> Self::Conversation;

    /// Receives the greeting, and returns it for the report.
    fn receive_greeting(
        &self,
        conversation: &mut Self::Conversation,
    ) -> impl Future<Output = Result<String, Self::Failure>> + Send;

    /// Asks what the server can do (EHLO, CAPABILITY), and forgets what it announced before.
    fn negotiate(
        &self,
        conversation: &mut Self::Conversation,
    ) -> impl Future<Output = Result<(), Self::Failure>> + Send;

    /// Returns what the server announced last.
    fn announced(conversation: &Self::Conversation) -> Vec<String>;

    /// Returns whether the server announced STARTTLS.
    fn offers_starttls(conversation: &Self::Conversation) -> bool;

    /// Sends STARTTLS, and receives a positive reply to it.
    fn request_starttls(
        &self,
        conversation: &mut Self::Conversation,
    ) -> impl Future<Output = Result<(), Self::Failure>> + Send;

    /// Ends a conversation, and returns its connection.
    fn end(conversation: Self::Conversation) -> ByteStream;
}

/// Connects, secures the connection, and negotiates; what is announced in the end was announced under the security
/// that the account asks for.
pub(crate) async fn open<P: Protocol>(
    protocol: &P,
    endpoint: Endpoint<'_>,
    tls: &TlsConfigs,
    log: &mut ProbeLog<P::Stage>,
) -> Result<P::Conversation, P::Failure> {
    let host = ascii_host(endpoint.host)
        .map_err(|reason| protocol.failure(OpeningStage::Resolve, false, reason.to_string()))?;
    let opening = Opening { protocol, endpoint, host, tls };
    let tcp = opening.connect(log).await?;
    let socket = match endpoint.security {
        Security::Tls => opening.start_tls(tcp, log).await?,
        Security::StartTls | Security::None => Socket::Plain(tcp),
    };
    let mut conversation = protocol.begin(ByteStream::new(socket));
    let greeting = protocol.receive_greeting(&mut conversation).await?;
    log.step(OpeningStage::Greeting.into(), format!("the server greets: {greeting}"));
    if endpoint.security == Security::StartTls {
        conversation = opening.upgrade(conversation, log).await?;
    }
    protocol.negotiate(&mut conversation).await?;
    log.capabilities = P::announced(&conversation);
    Ok(conversation)
}

/// Explains a greeting that did not come, where the port may expect TLS from the first byte.
pub(crate) fn silence_hint(error: &StreamError, security: Security) -> &'static str {
    match error {
        StreamError::TimedOut(_) if security != Security::Tls => {
            "; a server that expects TLS at once stays silent like this: perhaps the security of this port is \
             implicit TLS"
        }
        _ => "",
    }
}

struct Opening<'a, P> {
    protocol: &'a P,
    endpoint: Endpoint<'a>,
    host: String,
    tls: &'a TlsConfigs,
}

impl<P: Protocol> Opening<'_, P> {
    async fn connect(&self, log: &mut ProbeLog<P::Stage>) -> Result<TcpStream, P::Failure> {
        let (endpoint, timeouts) = (self.endpoint, self.endpoint.timeouts);
        let addresses =
            resolve(&self.host, endpoint.port, endpoint.allow_private, timeouts.resolve).await.map_err(
                |error| self.protocol.failure(OpeningStage::Resolve, error.is_transient(), error.to_string()),
            )?;
        let listed: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
        log.step(OpeningStage::Resolve.into(), format!("{} is {}", endpoint.host, listed.join(", ")));

        let stream = connect(&addresses, timeouts.connect)
            .await
            .map_err(|reason| self.protocol.failure(OpeningStage::Connect, true, reason))?;
        let peer = stream.peer_addr().map_or_else(|_| "the server".to_owned(), |peer| peer.to_string());
        log.step(OpeningStage::Connect.into(), format!("connected to {peer}"));
        Ok(stream)
    }

    /// Replaces a conversation in the clear by one under TLS. Nothing that the server announced before counts, and a
    /// server that does not offer STARTTLS is left.
    async fn upgrade(
        &self,
        mut conversation: P::Conversation,
        log: &mut ProbeLog<P::Stage>,
    ) -> Result<P::Conversation, P::Failure> {
        self.protocol.negotiate(&mut conversation).await?;
        log.capabilities = P::announced(&conversation);
        if !P::offers_starttls(&conversation) {
            return Err(self.refuse(
                "the server does not offer STARTTLS, and the account allows nothing less; nothing was sent",
            ));
        }
        self.protocol.request_starttls(&mut conversation).await?;
        let stream = P::end(conversation).into_unread_tcp().await.ok_or_else(|| {
            self.refuse(
                "bytes followed the answer to STARTTLS before TLS began: somebody on the way injects commands",
            )
        })?;
        log.capabilities.clear();
        let socket = self.start_tls(stream, log).await?;
        Ok(self.protocol.begin(ByteStream::new(socket)))
    }

    async fn start_tls(&self, stream: TcpStream, log: &mut ProbeLog<P::Stage>) -> Result<Socket, P::Failure> {
        let failure = |problem: TlsProblem| {
            self.protocol.failure(OpeningStage::Tls, problem.is_transient, problem.detail)
        };
        let config = self.tls.for_roots(self.endpoint.trusted_ca).await.map_err(failure)?;
        let secured = secure(stream, &self.host, Arc::clone(&config), self.endpoint.timeouts.tls)
            .await
            .map_err(failure)?;
        log.step(OpeningStage::Tls.into(), format!("{}, certificate trusted", describe(&secured)));
        Ok(Socket::Tls(Box::new(secured)))
    }

    fn refuse(&self, what: &str) -> P::Failure {
        self.protocol.failure(OpeningStage::Tls, false, what.to_owned())
    }
}
