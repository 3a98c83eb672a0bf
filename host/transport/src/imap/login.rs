//! AUTHENTICATE and LOGIN (RFC 9051 §6.2.2): the choice of a mechanism, its exchange, and the reason of a refusal.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use io_imap::types::auth::AuthMechanism;
use io_imap::types::command::CommandBody;
use io_imap::types::core::AString;
use io_imap::types::secret::Secret as Hidden;

use super::connection::{CommandResponse, Connection, Continuation, SMALL};
use super::failure::{Failure, MailboxError, Server, Stage};
use super::request::Request;
use super::response::Status;
use super::wire::WireError;
use super::{Login, Mechanism, Verdict};
use crate::session::{Deadline, ProbeLog, get_token};
use crate::tokens::{Bearer, TokenError};

/// A command that logs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LoginMethod {
    /// `AUTHENTICATE` with a mechanism of SASL.
    Sasl(Sasl),
    /// The command `LOGIN`.
    Command,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sasl {
    Plain,
    Login,
    XOAuth2,
    OAuthBearer,
}

impl LoginMethod {
    fn name(self) -> &'static str {
        match self {
            Self::Sasl(Sasl::Plain) => "PLAIN",
            Self::Sasl(Sasl::Login) => "AUTHENTICATE LOGIN",
            Self::Sasl(Sasl::XOAuth2) => "XOAUTH2",
            Self::Sasl(Sasl::OAuthBearer) => "OAUTHBEARER",
            Self::Command => "LOGIN",
        }
    }

    fn is_offered_by(self, connection: &Connection) -> bool {
        match self {
            Self::Sasl(Sasl::Plain) => connection.can("AUTH=PLAIN"),
            Self::Sasl(Sasl::Login) => connection.can("AUTH=LOGIN"),
            Self::Sasl(Sasl::XOAuth2) => connection.can("AUTH=XOAUTH2"),
            Self::Sasl(Sasl::OAuthBearer) => connection.can("AUTH=OAUTHBEARER"),
            Self::Command => !connection.can("LOGINDISABLED"),
        }
    }
}

/// A refusal by the server.
struct Refusal {
    status: Status,
    /// The reason that its challenge contained.
    reason: Option<String>,
}

/// Why an attempt to log in failed.
enum LoginError {
    Refused(Refusal),
    Lost(WireError),
    Impossible(&'static str),
}

impl From<WireError> for LoginError {
    fn from(error: WireError) -> Self {
        Self::Lost(error)
    }
}

impl Connection {
    /// Logs in, and requests the capabilities again, which differ afterwards.
    pub(super) async fn log_in(
        &mut self,
        login: &Login,
        log: &mut ProbeLog<Stage>,
    ) -> Result<(), MailboxError> {
        let method = self.method(login)?;
        let limit = self.timeouts.opening.login;
        let secret = get_token(limit, login.secret.reveal()).await;
        let secret = secret.map_err(|error| self.server.no_token(error))?;
        let mut attempt = self.attempt(method, login, &secret).await;
        if let Err(LoginError::Refused(_)) = &attempt {
            // A token may be revoked before it expires; then a fresh one is accepted.
            let fresh = get_token(limit, login.secret.instead_of(&secret)).await;
            if let Some(fresh) = fresh.map_err(|error| self.server.no_token(error))? {
                attempt = self.attempt(method, login, &fresh).await;
            }
        }
        let response = attempt.map_err(|error| self.explain(error, login))?;
        let announced = response.status.arguments("CAPABILITY").is_some();
        let words = Status { code: None, ..response.status };
        log.step(Stage::Login, format!("logged in as {} by {}: {words}", login.user, method.name()));
        if !announced {
            let limit = self.timeouts.opening.greeting;
            let response = self.run(CommandBody::Capability, SMALL, limit).await;
            response
                .map_err(|error| self.server.lost(Stage::Login, "CAPABILITY was not answered", &error))?;
        }
        if self.can("UTF8=ONLY") {
            let request = Request::fixed(self.tag(), "ENABLE UTF8=ACCEPT");
            let limit = self.timeouts.opening.greeting;
            let response = self.run_request(&request, SMALL, limit).await;
            response.map_err(|error| self.server.lost(Stage::Login, "ENABLE was not answered", &error))?;
        }
        Ok(())
    }

    fn method(&self, login: &Login) -> Result<LoginMethod, Failure> {
        let wanted: &[LoginMethod] = match login.mechanism {
            Mechanism::Auto if login.secret.is_token() => {
                &[LoginMethod::Sasl(Sasl::XOAuth2), LoginMethod::Sasl(Sasl::OAuthBearer)]
            }
            Mechanism::Auto => {
                &[LoginMethod::Sasl(Sasl::Plain), LoginMethod::Command, LoginMethod::Sasl(Sasl::Login)]
            }
            Mechanism::Plain => &[LoginMethod::Sasl(Sasl::Plain)],
            Mechanism::Login => &[LoginMethod::Command, LoginMethod::Sasl(Sasl::Login)],
            Mechanism::XOAuth2 => &[LoginMethod::Sasl(Sasl::XOAuth2)],
        };
        wanted.iter().copied().find(|method| method.is_offered_by(self)).ok_or_else(|| {
            let wanted: Vec<&str> = wanted.iter().map(|method| method.name()).collect();
            let offered: Vec<&str> =
                self.capabilities.iter().filter_map(|name| name.strip_prefix("AUTH=")).collect();
            let offered = if offered.is_empty() { "no login at all".to_owned() } else { offered.join(", ") };
            let what = format!("the account needs {}, the server offers {offered}", wanted.join(" or "));
            self.server.failure(Stage::Login, Verdict::Permanent, what)
        })
    }

    async fn attempt(
        &mut self,
        method: LoginMethod,
        login: &Login,
        secret: &Bearer,
    ) -> Result<CommandResponse, LoginError> {
        let mut reason = None;
        let result = match method {
            LoginMethod::Command => {
                let username = AString::try_from(login.user.clone());
                let password = AString::try_from(secret.expose().to_owned());
                let (Ok(username), Ok(password)) = (username, password) else {
                    return Err(LoginError::Impossible("user or password hold a NUL"));
                };
                let body = CommandBody::Login { username, password: Hidden::new(password) };
                let limit = self.timeouts.opening.login;
                self.run(body, SMALL, limit).await
            }
            LoginMethod::Sasl(mechanism) => self.exchange(mechanism, login, secret, &mut reason).await,
        };
        let without_secret = |text: &str| censored(text, method, login, secret);
        let reason = reason.as_deref().map(without_secret);
        match result {
            Ok(mut response) => {
                response.status.words = without_secret(&response.status.words);
                if let Some(code) = &mut response.status.code {
                    code.arguments = without_secret(&code.arguments);
                    code.name = without_secret(&code.name);
                }
                if response.status.is_ok() {
                    Ok(response)
                } else {
                    Err(LoginError::Refused(Refusal { status: response.status, reason }))
                }
            }
            Err(WireError::NotImap(words)) => {
                Err(LoginError::Lost(WireError::NotImap(without_secret(&words))))
            }
            Err(error) => match reason {
                // The refusal was in the challenge; a server that sends nothing afterwards has refused all the same.
                Some(reason) => Err(LoginError::Refused(Refusal {
                    status: Status { kind: super::response::Kind::No, code: None, words: String::new() },
                    reason: Some(reason),
                })),
                None => Err(error.into()),
            },
        }
    }

    /// Sends AUTHENTICATE, with the initial response in the command to a server with SASL-IR (RFC 4959).
    async fn exchange(
        &mut self,
        mechanism: Sasl,
        login: &Login,
        secret: &Bearer,
        reason: &mut Option<String>,
    ) -> Result<CommandResponse, WireError> {
        let deadline = Deadline::after(self.timeouts.opening.login);
        let mut sasl_responses = sasl_responses(mechanism, login, secret).into_iter();
        let tag = self.tag();
        let at_once = self.can("SASL-IR") && mechanism != Sasl::Login;
        let body = CommandBody::Authenticate {
            mechanism: match mechanism {
                Sasl::Plain => AuthMechanism::Plain,
                Sasl::Login => AuthMechanism::Login,
                Sasl::XOAuth2 => AuthMechanism::XOAuth2,
                Sasl::OAuthBearer => AuthMechanism::OAuthBearer,
            },
            initial_response: at_once
                .then(|| sasl_responses.next())
                .flatten()
                .map(|answer| Hidden::new(answer.into())),
        };
        let request = Request::typed(tag.clone(), body);
        self.give_up();
        for piece in &request.pieces {
            self.wire.send(piece, &mut 0, deadline).await?;
        }
        // A challenge per turn; no mechanism has more than two.
        for _ in 0..4 {
            let challenge = match self.continuation(&tag, SMALL, deadline).await? {
                Continuation::Completed(response) => {
                    self.complete(&response);
                    return Ok(*response);
                }
                Continuation::Requested(challenge) => challenge,
            };
            let line = match (sasl_responses.next(), mechanism) {
                (Some(answer), _) => STANDARD.encode(answer),
                // A second challenge of these two only explains a refusal, and a response is due before the status.
                (None, Sasl::XOAuth2 | Sasl::OAuthBearer) => {
                    let decoded = STANDARD.decode(challenge.trim()).ok();
                    let words = decoded.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
                    *reason = Some(words.unwrap_or(challenge));
                    if mechanism == Sasl::XOAuth2 { String::new() } else { STANDARD.encode(b"\x01") }
                }
                // `*` cancels the exchange (RFC 3501 §6.2.2).
                (None, _) => "*".to_owned(),
            };
            self.wire.send(format!("{line}\r\n").as_bytes(), &mut 0, deadline).await?;
        }
        Err(WireError::NotImap("one challenge after the other".into()))
    }

    fn explain(&self, error: LoginError, login: &Login) -> Failure {
        match error {
            LoginError::Impossible(what) => self.server.failure(Stage::Login, Verdict::Permanent, what),
            LoginError::Lost(error) => self.server.lost(Stage::Login, "the login was not answered", &error),
            LoginError::Refused(Refusal { status, reason }) => {
                let what = format!("the server refused the login of {}", login.user);
                let mut failure = self.server.refused(Stage::Login, &what, &status);
                if let Some(reason) = reason {
                    failure.detail.push_str(&format!("; its reason: \"{}\"", reason.trim()));
                }
                failure
            }
        }
    }
}

impl Server {
    /// Builds the error of a login without a token.
    fn no_token(&self, error: TokenError) -> MailboxError {
        let verdict = if error.is_transient() { Verdict::Transient } else { Verdict::Permanent };
        let mut failure = self.failure(Stage::Login, verdict, &error);
        match error {
            TokenError::NeedsSignIn(words) => return MailboxError::NeedsSignIn(words),
            TokenError::Transient { retry_after, .. } => failure.retry_after = retry_after,
            _ => {}
        }
        failure.into()
    }
}

/// Encodes the responses to the challenges, in order.
fn sasl_responses(mechanism: Sasl, login: &Login, secret: &Bearer) -> Vec<Vec<u8>> {
    let (user, secret) = (&login.user, secret.expose());
    match mechanism {
        // RFC 4616
        Sasl::Plain => vec![format!("\0{user}\0{secret}").into_bytes()],
        Sasl::Login => vec![user.clone().into_bytes(), secret.as_bytes().to_vec()],
        Sasl::XOAuth2 => vec![format!("user={user}\x01auth=Bearer {secret}\x01\x01").into_bytes()],
        // RFC 7628; `,` and `=` are escaped as in RFC 5801
        Sasl::OAuthBearer => {
            let user = user.replace('=', "=3D").replace(',', "=2C");
            vec![format!("n,a={user},\x01auth=Bearer {secret}\x01\x01").into_bytes()]
        }
    }
}

/// Removes the secret, in every form in which it was sent: a server may repeat the command in its response.
fn censored(text: &str, method: LoginMethod, login: &Login, secret: &Bearer) -> String {
    let mut forms = vec![secret.expose().to_owned(), STANDARD.encode(secret.expose())];
    if let LoginMethod::Sasl(mechanism) = method {
        forms.extend(sasl_responses(mechanism, login, secret).iter().map(|answer| STANDARD.encode(answer)));
    }
    let mut text = text.to_owned();
    // The longest first: it may hold the others.
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    for form in forms {
        let bare = form.trim_end_matches('=');
        let repeated = [form.as_str(), bare, &form.to_ascii_uppercase(), &bare.to_ascii_uppercase()]
            .into_iter()
            .find(|form| text.contains(*form))
            .map(str::to_owned);
        // A password of three letters is part of too many words. One that is the user's name is no secret.
        if let Some(repeated) = repeated
            && bare.len() > 3
            && form != login.user
            && form != STANDARD.encode(&login.user)
        {
            text = text.replace(&repeated, "[…]");
        }
    }
    text
}
