//! AUTH (RFC 4954): the choice of a mechanism, its exchange, and the reason of a refusal.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lettre::transport::smtp::authentication::{Credentials, Mechanism as Sasl};
use lettre::transport::smtp::commands::Auth;

use super::reply::Reply;
use super::wire::{Wire, WireError};
use super::{Login, Mechanism};
use crate::tokens::Bearer;

/// Why a login failed.
#[derive(Debug)]
pub(super) enum LoginProblem {
    /// The server offers no mechanism that the account can use.
    NoMechanism(String),
    /// The server refused it. With the reason that its challenge contained, if it did.
    Refused { reply: Reply, reason: Option<String> },
    /// No reply came.
    Lost(WireError),
}

impl From<WireError> for LoginProblem {
    fn from(error: WireError) -> Self {
        Self::Lost(error)
    }
}

/// Logs in, and returns the positive reply.
pub(super) async fn log_in(
    wire: &mut Wire,
    login: &Login,
    secret: &Bearer,
    offered: &[String],
    limit: Duration,
) -> Result<(Sasl, Reply), LoginProblem> {
    let mechanism = choose(login, offered)?;
    let mut exchange = Exchange::new(login, secret, mechanism);
    let reply = exchange.run(wire, limit).await?;
    if reply.is_positive() {
        return Ok((mechanism, reply));
    }
    Err(LoginProblem::Refused { reply, reason: exchange.reason })
}

fn choose(login: &Login, offered: &[String]) -> Result<Sasl, LoginProblem> {
    let wanted: &[Sasl] = match login.mechanism {
        Mechanism::Auto if login.secret.is_token() => &[Sasl::Xoauth2],
        Mechanism::Auto => &[Sasl::Plain, Sasl::Login],
        Mechanism::Plain => &[Sasl::Plain],
        Mechanism::Login => &[Sasl::Login],
        Mechanism::XOAuth2 => &[Sasl::Xoauth2],
    };
    let found = wanted.iter().find(|mechanism| {
        let name = mechanism.to_string();
        offered.contains(&name)
    });
    found.copied().ok_or_else(|| {
        let wanted: Vec<String> = wanted.iter().map(Sasl::to_string).collect();
        let offered = if offered.is_empty() { "no login at all".to_owned() } else { offered.join(", ") };
        LoginProblem::NoMechanism(format!(
            "the account needs {}, the server offers {offered}",
            wanted.join(" or ")
        ))
    })
}

struct Exchange<'a> {
    secret: &'a Bearer,
    mechanism: Sasl,
    credentials: Credentials,
    reason: Option<String>,
}

impl<'a> Exchange<'a> {
    fn new(login: &Login, secret: &'a Bearer, mechanism: Sasl) -> Self {
        let credentials = Credentials::new(login.user.clone(), secret.expose().to_owned());
        Self { secret, mechanism, credentials, reason: None }
    }

    async fn run(&mut self, wire: &mut Wire, limit: Duration) -> Result<Reply, LoginProblem> {
        let command = Auth::new(self.mechanism, self.credentials.clone(), None)
            .map_err(|error| LoginProblem::NoMechanism(error.to_string()))?;
        let mut reply = self.turn(wire, &command.to_string(), limit).await?;
        // A challenge per turn; no mechanism has more than two.
        for turn in 0..2 {
            if reply.code != 334 {
                break;
            }
            let answer = self.answer(turn, &reply);
            reply = match self.turn(wire, &format!("{answer}\r\n"), limit).await {
                // The refusal was in the challenge; a server that sends nothing afterwards has refused all the same.
                Err(_) if self.reason.is_some() => break,
                other => other?,
            };
        }
        Ok(reply)
    }

    async fn turn(&self, wire: &mut Wire, line: &str, limit: Duration) -> Result<Reply, WireError> {
        wire.send(line.as_bytes(), limit).await?;
        let mut reply = wire.reply(limit).await?;
        reply.text = self.without_secret(reply.text);
        Ok(reply)
    }

    /// Builds the response to a challenge. LOGIN asks for the user first and the password second, in words that differ
    /// from server to server, so the order counts. XOAUTH2 sends a challenge only to explain a refusal, and expects an
    /// empty line before the reply.
    fn answer(&mut self, turn: usize, challenge: &Reply) -> String {
        let (question, encoded) = match (self.mechanism, turn) {
            (Sasl::Xoauth2, _) => {
                let decoded = STANDARD.decode(challenge.text.trim()).ok();
                let words = decoded.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
                self.reason = Some(self.without_secret(words.unwrap_or_else(|| challenge.text.clone())));
                return String::new();
            }
            (Sasl::Login, 0) => (Some("Username"), true),
            (Sasl::Login, _) => (Some("Password"), true),
            // A server that ignored the initial response of PLAIN asks for it.
            (Sasl::Plain, 0) => (None, true),
            (Sasl::Plain, _) => (None, false),
        };
        match self.mechanism.response(&self.credentials, question) {
            Ok(response) if encoded => STANDARD.encode(response),
            // `*` cancels the exchange (RFC 4954 §4).
            _ => "*".to_owned(),
        }
    }

    /// Removes the secret, in every form in which it was sent: a server may repeat the command in its reply.
    fn without_secret(&self, mut text: String) -> String {
        let secret = self.secret.expose();
        let mut forms = vec![secret.to_owned(), STANDARD.encode(secret)];
        if let Ok(response) = self.mechanism.response(&self.credentials, None) {
            forms.push(STANDARD.encode(response));
        }
        for form in forms.iter().rev() {
            let bare = form.trim_end_matches('=');
            // A password of three letters is part of too many words.
            if bare.len() > 3 && text.contains(bare) {
                text = text.replace(form.as_str(), "[…]").replace(bare, "[…]");
            }
        }
        text
    }
}
