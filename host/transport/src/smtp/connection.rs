//! A connection that is ready for MAIL: opened, logged in, and what is known of its state.

use std::time::Instant;

use lettre::transport::smtp::commands::Quit;

use super::account::{Account, Timeouts};
use super::extensions::Extensions;
use super::login::{LoginProblem, log_in};
use super::opening::{Greeted, Smtp};
use super::server::Server;
use super::submission::{Failure, Stage};
use super::wire::Wire;
use crate::Verdict;
use crate::session::{self, ProbeLog, get_token};
use crate::tls::TlsConfigs;
use crate::tokens::TokenError;

/// A connection that is logged in.
pub(super) struct Connection {
    pub(super) wire: Wire,
    pub(super) server: Server,
    pub(super) offered: Extensions,
    pub(super) timeouts: Timeouts,
    /// The last transaction was refused half-way: RSET goes before the next.
    pub(super) reset_first: bool,
    /// Both sides agree on the state of the protocol, so another transaction may follow.
    pub(super) usable: bool,
    /// The commands behind the last body may not have been sent completely.
    pub(super) pipelined_write_cut: bool,
    /// MAIL got no reply in time.
    pub(super) pipelined_reply_timed_out: bool,
    /// Room for a body's next block, the same for one mail after the other.
    pub(super) buffer: Vec<u8>,
    /// Transactions so far.
    pub(super) transactions: u32,
    pub(super) opened: Instant,
    pub(super) last_used: Instant,
}

impl Connection {
    pub(super) fn new(wire: Wire, server: Server, offered: Extensions, timeouts: Timeouts) -> Self {
        let now = Instant::now();
        Self {
            wire,
            server,
            offered,
            timeouts,
            reset_first: false,
            usable: true,
            pipelined_write_cut: false,
            pipelined_reply_timed_out: false,
            buffer: Vec::new(),
            transactions: 0,
            opened: now,
            last_used: now,
        }
    }

    /// Opens a connection and logs in.
    pub(super) async fn open(
        account: &Account,
        tls: &TlsConfigs,
        log: &mut ProbeLog<Stage>,
    ) -> Result<Self, Failure> {
        let server = Server::of(account);
        let smtp = Smtp { account, server: &server };
        let Greeted { wire, offered, .. } = session::open(&smtp, account.endpoint(), tls, log).await?;
        let mut connection = Self::new(wire, server, offered, account.timeouts);
        connection.log_in(account, log).await?;
        Ok(connection)
    }

    pub(super) async fn log_in(
        &mut self,
        account: &Account,
        log: &mut ProbeLog<Stage>,
    ) -> Result<(), Failure> {
        let Some(login) = &account.login else { return Ok(()) };
        let limit = self.timeouts.opening.login;
        let token = |error| self.server.no_token(error);
        let secret = get_token(limit, login.secret.reveal()).await.map_err(token)?;
        let mut answer = log_in(&mut self.wire, login, &secret, &self.offered.auth, limit).await;
        if let Err(LoginProblem::Refused { .. }) = &answer {
            // A token may be revoked before it expires; then a fresh one is accepted.
            let fresh = get_token(limit, login.secret.instead_of(&secret)).await.map_err(token)?;
            if let Some(fresh) = fresh {
                answer = log_in(&mut self.wire, login, &fresh, &self.offered.auth, limit).await;
            }
        }
        match answer {
            Ok((mechanism, reply)) => {
                log.step(Stage::Login, format!("logged in as {} by {mechanism}: {reply}", login.user));
                Ok(())
            }
            Err(LoginProblem::NoMechanism(reason)) => {
                Err(self.server.failure(Stage::Login, Verdict::Permanent, reason))
            }
            Err(LoginProblem::Lost(error)) => {
                Err(self.server.lost(Stage::Login, "the login was not answered", &error))
            }
            Err(LoginProblem::Refused { reply, reason }) => {
                let what = format!("the server refused the login of {}", login.user);
                let mut failure = self.server.refused(Stage::Login, &what, reply);
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

    /// Returns whether another transaction may begin: no reply is unread, and none is missing.
    pub(super) fn is_free(&self) -> bool {
        self.usable && !self.wire.has_unread()
    }

    /// Sends QUIT, and does not wait long for the reply.
    pub(super) async fn quit(mut self) {
        let limit = self.timeouts.quit;
        if self.wire.send(Quit.to_string().as_bytes(), limit).await.is_ok() {
            let _ = self.wire.reply(limit).await;
        }
    }
}

impl Server {
    /// Builds the failure of a login without a token.
    fn no_token(&self, error: TokenError) -> Failure {
        let verdict = match &error {
            TokenError::Transient { .. } => Verdict::Transient,
            TokenError::NeedsSignIn(_) => Verdict::NeedsSignIn,
            TokenError::UnknownAccount | TokenError::Permanent(_) => Verdict::Permanent,
        };
        let mut failure = self.failure(Stage::Login, verdict, &error);
        if let TokenError::Transient { retry_after, .. } = error {
            failure.retry_after = retry_after;
        }
        failure
    }
}
