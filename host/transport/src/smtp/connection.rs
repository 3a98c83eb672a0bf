//! From an account to a connection that is ready for MAIL: TCP, greeting, EHLO, TLS, login, in the order and
//! with the security that the account asks for.

use postroom_model::ascii_host;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use lettre::transport::smtp::commands::{Ehlo, Quit, Starttls};
use lettre::transport::smtp::extension::ClientId;
use tokio::net::TcpStream;

use super::account::{Account, Security, Timeouts};
use super::extensions::Extensions;
use super::login::{LoginProblem, log_in};
use super::reply::Reply;
use super::submission::{Failure, ProbeStep, RecipientReply, Stage, Verdict};
use super::wire::{Trouble, Wire};
use crate::destination::resolve;
use crate::tcp::{Stream, connect};
use crate::tls::{TlsConfigs, TlsProblem, describe, secure};
use crate::tokens::TokenError;

/// What a connection test reports, gathered on the way.
#[derive(Debug, Default)]
pub(super) struct Trail {
    pub(super) steps: Vec<ProbeStep>,
    pub(super) extensions: Vec<String>,
}

impl Trail {
    fn step(&mut self, stage: Stage, detail: impl Into<String>) {
        self.steps.push(ProbeStep { stage, detail: detail.into() });
    }
}

/// The server as errors name it.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) host: String,
    pub(super) port: u16,
}

impl Place {
    pub(super) fn of(account: &Account) -> Self {
        Self { host: account.host.clone(), port: account.port }
    }

    pub(super) fn failure(&self, stage: Stage, verdict: Verdict, what: impl std::fmt::Display) -> Failure {
        let detail = format!("{}:{}, stage {stage}: {what}", self.host, self.port);
        Failure { stage, verdict, reply: None, detail, retry_after: None, recipients: Vec::new() }
    }

    /// The server answered, and not as hoped.
    pub(super) fn refused(&self, stage: Stage, what: &str, reply: Reply) -> Failure {
        let verdict = if reply.is_permanent() { Verdict::Permanent } else { Verdict::Transient };
        let retry_after = reply.retry_after();
        Failure { retry_after, ..self.failure(stage, verdict, format!("{what}: {reply}")) }.with(reply)
    }

    /// The answer to MAIL was no. It has the message's size in it, which is no fault of the sender's (RFC 1870).
    pub(super) fn refused_sender(&self, reply: Reply) -> Failure {
        let what = match reply.is_about_size() {
            true => "the server takes no message of this size",
            false => "the server refused the sender",
        };
        self.refused(Stage::Sender, what, reply)
    }

    /// Every recipient was refused.
    pub(super) fn all_refused(&self, replies: Vec<RecipientReply>) -> Failure {
        // One that may be tried again makes the whole worth another try.
        let telling = replies.iter().find(|answer| answer.reply.is_transient()).or_else(|| replies.first());
        let Some(RecipientReply { address, reply }) = telling.cloned() else {
            return self.failure(Stage::Prepare, Verdict::Permanent, "the message has no recipient");
        };
        let what = match replies.len() {
            1 => format!("the server refused the recipient {address}"),
            count => format!("the server refused all {count} recipients, {address} with"),
        };
        let mut failure = self.refused(Stage::Recipient, &what, reply);
        failure.recipients = replies;
        failure
    }

    /// The conversation failed before anything could have been accepted.
    pub(super) fn trouble(&self, stage: Stage, what: &str, trouble: &Trouble) -> Failure {
        self.failure(stage, Verdict::Transient, format!("{what}: {trouble}"))
    }
}

impl Failure {
    fn with(mut self, reply: Reply) -> Self {
        self.reply = Some(reply);
        self
    }
}

/// A connection that is logged in.
pub(super) struct Connection {
    pub(super) wire: Wire,
    pub(super) place: Place,
    pub(super) offered: Extensions,
    pub(super) timeouts: Timeouts,
    /// The last transaction was refused half-way: RSET goes before the next.
    pub(super) reset_first: bool,
    /// Both sides agree on where they are, so another transaction may follow.
    pub(super) usable: bool,
    /// Commands that followed the last body may have been cut off.
    pub(super) severed: bool,
    /// MAIL got no answer in time.
    pub(super) unheard: bool,
    /// Room for a body's next piece, the same for one mail after the other.
    pub(super) buffer: Vec<u8>,
    /// Transactions so far.
    pub(super) transactions: u32,
    pub(super) opened: Instant,
    pub(super) last_used: Instant,
}

impl Connection {
    pub(super) async fn open(
        account: &Account,
        tls: &TlsConfigs,
        trail: &mut Trail,
    ) -> Result<Self, Failure> {
        let place = Place::of(account);
        let host = ascii_host(&account.host)
            .map_err(|reason| place.failure(Stage::Resolve, Verdict::Permanent, reason))?;
        let addresses = resolve(&host, account.port, &account.allow_private, account.timeouts.resolve)
            .await
            .map_err(|reason| {
                let verdict = if reason.is_transient() { Verdict::Transient } else { Verdict::Permanent };
                place.failure(Stage::Resolve, verdict, reason)
            })?;
        let listed: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
        trail.step(Stage::Resolve, format!("{} is {}", account.host, listed.join(", ")));

        let stream = connect(&addresses, account.timeouts.connect)
            .await
            .map_err(|reason| place.failure(Stage::Connect, Verdict::Transient, reason))?;
        let peer = stream.peer_addr().map_or_else(|_| "the server".to_owned(), |peer| peer.to_string());
        trail.step(Stage::Connect, format!("connected to {peer}"));

        let helo = own_name(account, &stream);
        let opening = Opening { account, tls, place: &place, host: &host, helo };
        let (wire, offered) = opening.secured(stream, trail).await?;
        trail.extensions.clone_from(&offered.lines);
        let now = Instant::now();
        let mut connection = Self {
            wire,
            place,
            offered,
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
        connection.log_in(account, trail).await?;
        Ok(connection)
    }

    pub(super) async fn log_in(&mut self, account: &Account, trail: &mut Trail) -> Result<(), Failure> {
        let Some(login) = &account.login else { return Ok(()) };
        let limit = self.timeouts.login;
        let secret = self.in_time(login.secret.reveal()).await?;
        let mut answer = log_in(&mut self.wire, login, &secret, &self.offered.auth, limit).await;
        if let Err(LoginProblem::Refused { .. }) = &answer {
            // A token may be revoked before it expires: a fresh one tells.
            let fresh = self.in_time(login.secret.instead_of(&secret)).await?;
            if let Some(fresh) = fresh {
                answer = log_in(&mut self.wire, login, &fresh, &self.offered.auth, limit).await;
            }
        }
        match answer {
            Ok((mechanism, reply)) => {
                trail.step(Stage::Login, format!("logged in as {} by {mechanism}: {reply}", login.user));
                Ok(())
            }
            Err(LoginProblem::NoMechanism(reason)) => {
                Err(self.place.failure(Stage::Login, Verdict::Permanent, reason))
            }
            Err(LoginProblem::Trouble(trouble)) => {
                Err(self.place.trouble(Stage::Login, "the login was not answered", &trouble))
            }
            Err(LoginProblem::Refused { reply, reason }) => {
                let what = format!("the server refused the login of {}", login.user);
                let mut failure = self.place.refused(Stage::Login, &what, reply);
                if failure.reply.as_ref().is_some_and(|reply| !reply.is_transient()) {
                    failure.verdict = Verdict::Permanent;
                }
                if let Some(reason) = reason {
                    failure.detail.push_str(&format!("; its reason: \"{}\"", reason.trim()));
                }
                Err(failure)
            }
        }
    }

    /// Waits for a token as long as for an answer during the login.
    async fn in_time<T>(&self, token: impl Future<Output = Result<T, TokenError>>) -> Result<T, Failure> {
        let limit = self.timeouts.login;
        let answer = tokio::time::timeout(limit, token).await.unwrap_or_else(|_| {
            let detail = format!("the token did not come within {} s", limit.as_secs());
            Err(TokenError::Transient { detail, retry_after: None })
        });
        answer.map_err(|error| {
            let verdict = match &error {
                TokenError::Transient { .. } => Verdict::Transient,
                TokenError::NeedsSignIn(_) => Verdict::NeedsSignIn,
                TokenError::UnknownAccount | TokenError::Permanent(_) => Verdict::Permanent,
            };
            let mut failure = self.place.failure(Stage::Login, verdict, &error);
            if let TokenError::Transient { retry_after, .. } = error {
                failure.retry_after = retry_after;
            }
            failure
        })
    }

    /// Whether another transaction may begin: nothing is left to be read, and nothing is out of step.
    pub(super) fn is_free(&self) -> bool {
        self.usable && !self.wire.has_unread()
    }

    /// Says goodbye and does not wait long for the answer.
    pub(super) async fn quit(mut self) {
        let limit = self.timeouts.quit;
        if self.wire.send(Quit.to_string().as_bytes(), limit).await.is_ok() {
            let _ = self.wire.reply(limit).await;
        }
    }
}

/// The name to give in EHLO.
fn own_name(account: &Account, stream: &TcpStream) -> ClientId {
    match (&account.helo, stream.local_addr().map(|local| local.ip())) {
        (Some(name), _) => ClientId::Domain(name.clone()),
        (None, Ok(IpAddr::V4(address))) => ClientId::Ipv4(address),
        (None, Ok(IpAddr::V6(address))) => match address.to_ipv4_mapped() {
            Some(address) => ClientId::Ipv4(address),
            None => ClientId::Ipv6(address),
        },
        (None, Err(_)) => ClientId::default(),
    }
}

/// The beginning of a conversation.
struct Opening<'a> {
    account: &'a Account,
    tls: &'a TlsConfigs,
    place: &'a Place,
    host: &'a str,
    helo: ClientId,
}

impl Opening<'_> {
    /// Up to the last EHLO, with the security that the account asks for.
    async fn secured(&self, stream: TcpStream, trail: &mut Trail) -> Result<(Wire, Extensions), Failure> {
        match self.account.security {
            Security::Tls => {
                let mut wire = self.start_tls(stream, trail).await?;
                self.greeting(&mut wire, trail).await?;
                let offered = self.hello(&mut wire).await?;
                Ok((wire, offered))
            }
            Security::None => {
                let mut wire = Wire::new(Stream::Plain(stream));
                self.greeting(&mut wire, trail).await?;
                let offered = self.hello(&mut wire).await?;
                Ok((wire, offered))
            }
            Security::StartTls => {
                let mut wire = Wire::new(Stream::Plain(stream));
                self.greeting(&mut wire, trail).await?;
                let offered = self.hello(&mut wire).await?;
                trail.extensions.clone_from(&offered.lines);
                let stream = self.ask_for_tls(wire, &offered).await?;
                // Nothing that was said in the clear counts any more.
                trail.extensions.clear();
                let mut wire = self.start_tls(stream, trail).await?;
                let offered = self.hello(&mut wire).await?;
                Ok((wire, offered))
            }
        }
    }

    async fn greeting(&self, wire: &mut Wire, trail: &mut Trail) -> Result<(), Failure> {
        let reply = wire.reply(self.account.timeouts.greeting).await.map_err(|trouble| {
            let mut failure = self.place.trouble(Stage::Greeting, "no greeting", &trouble);
            match trouble {
                Trouble::Malformed(_) => failure.verdict = Verdict::Permanent,
                Trouble::TimedOut(_) if self.account.security != Security::Tls => failure.detail.push_str(
                    "; a server that expects TLS at once stays silent like this: perhaps the security of this \
                     port is implicit TLS",
                ),
                _ => {}
            }
            failure
        })?;
        if !reply.is_positive() {
            return Err(self.place.refused(Stage::Greeting, "the server turned us away", reply));
        }
        trail.step(Stage::Greeting, format!("the server greets: {reply}"));
        Ok(())
    }

    /// EHLO, or HELO for a server that knows no EHLO: then there are no extensions.
    async fn hello(&self, wire: &mut Wire) -> Result<Extensions, Failure> {
        let ehlo = Ehlo::new(self.helo.clone()).to_string();
        let reply = self.say(wire, &ehlo, Stage::Greeting, "EHLO was not answered").await?;
        if reply.is_positive() {
            return Ok(Extensions::read(&reply));
        }
        if !reply.is_permanent() {
            return Err(self.place.refused(Stage::Greeting, "the server refused EHLO", reply));
        }
        let helo = format!("HELO {}\r\n", self.helo);
        match self.say(wire, &helo, Stage::Greeting, "HELO was not answered").await {
            Ok(helo) if helo.is_positive() => Ok(Extensions::default()),
            // The answer to EHLO says why.
            _ => Err(self.place.refused(Stage::Greeting, "the server refused EHLO and HELO", reply)),
        }
    }

    /// STARTTLS. Gives back the bare connection, with not a byte on it that came before TLS.
    async fn ask_for_tls(&self, mut wire: Wire, offered: &Extensions) -> Result<TcpStream, Failure> {
        if !offered.starttls {
            return Err(self.place.failure(
                Stage::Tls,
                Verdict::Permanent,
                "the server does not offer STARTTLS, and the account allows nothing less; nothing was sent",
            ));
        }
        let reply =
            self.say(&mut wire, &Starttls.to_string(), Stage::Tls, "STARTTLS was not answered").await?;
        if reply.code != 220 {
            return Err(self.place.refused(Stage::Tls, "the server refused STARTTLS", reply));
        }
        wire.into_plain().ok_or_else(|| {
            self.place.failure(
                Stage::Tls,
                Verdict::Permanent,
                "bytes followed the answer to STARTTLS before TLS began: somebody on the way injects commands",
            )
        })
    }

    async fn start_tls(&self, stream: TcpStream, trail: &mut Trail) -> Result<Wire, Failure> {
        let failure = |problem: TlsProblem| {
            let verdict = if problem.is_transient { Verdict::Transient } else { Verdict::Permanent };
            self.place.failure(Stage::Tls, verdict, problem.detail)
        };
        let config = self.tls.for_roots(self.account.trusted_ca.as_ref()).await.map_err(failure)?;
        let secured = secure(stream, self.host, Arc::clone(&config), self.account.timeouts.tls)
            .await
            .map_err(failure)?;
        trail.step(Stage::Tls, format!("{}, certificate trusted", describe(&secured)));
        Ok(Wire::new(Stream::Tls(Box::new(secured))))
    }

    async fn say(&self, wire: &mut Wire, line: &str, stage: Stage, what: &str) -> Result<Reply, Failure> {
        let limit = match stage {
            Stage::Tls => self.account.timeouts.tls,
            _ => self.account.timeouts.greeting,
        };
        let answered = match wire.send(line.as_bytes(), limit).await {
            Ok(_) => wire.reply(limit).await,
            Err(trouble) => Err(trouble),
        };
        answered.map_err(|trouble| self.place.trouble(stage, what, &trouble))
    }
}
