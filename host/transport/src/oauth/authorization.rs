//! The authorization code flow (RFC 6749 §4.1): state, PKCE (RFC 7636), and the checks on the reply.

use oauth2::{CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::client::Client;
use super::error::Error;
use super::grant::Granted;
use super::provider::{Issuer, Purpose};
use super::redaction::quotable;

/// Longest query of a callback that is read, in bytes. Microsoft's codes take about 2 KB.
pub(super) const LONGEST_QUERY: usize = 16 << 10;

/// A sign-in to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The permissions that the user is asked for.
    pub purpose: Purpose,
    /// The address that is expected to sign in; the provider proposes it.
    pub hint: Option<String>,
}

impl Wanted {
    /// Asks for `purpose`, for any user.
    pub fn new(purpose: Purpose) -> Self {
        Self { purpose, hint: None }
    }

    /// Proposes the address that is expected to sign in.
    pub fn hint(self, address: impl Into<String>) -> Self {
        Self { hint: Some(address.into()), ..self }
    }
}

/// SHA-256 of a `state`. Comparing these takes the same time whatever was sent.
pub type StateDigest = [u8; 32];

/// Hashes a `state` that the browser brought back.
pub fn state_digest(state: &str) -> StateDigest {
    Sha256::digest(state).into()
}

/// An authorization that has begun.
pub struct PendingAuthorization {
    client: Client,
    purpose: Purpose,
    verifier: PkceCodeVerifier,
    redirect: RedirectUrl,
    /// Digest of the `state` that the browser was sent with.
    pub state: StateDigest,
}

impl PendingAuthorization {
    /// Begins one; the URL is where the browser goes.
    pub fn begin(client: &Client, wanted: &Wanted, redirect: Url) -> (Url, Self) {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let redirect = RedirectUrl::from_url(redirect);
        let provider = client.provider();
        let oauth = client.oauth();
        let mut request = oauth
            .authorize_url(|| CsrfToken::new_random_len(32))
            .add_scopes(provider.asked(wanted.purpose).into_iter().map(Scope::new))
            .set_pkce_challenge(challenge)
            .set_redirect_uri(std::borrow::Cow::Borrowed(&redirect));
        for (name, value) in &provider.parameters {
            request = request.add_extra_param(name, value);
        }
        if let Some(hint) = &wanted.hint {
            request = request.add_extra_param("login_hint", hint);
        }
        let (url, state) = request.url();
        let pending = Self {
            client: client.clone(),
            purpose: wanted.purpose,
            verifier,
            redirect,
            state: state_digest(state.secret()),
        };
        (url, pending)
    }

    /// Redeems what came back. Its `state` must have been compared already.
    ///
    /// # Errors
    /// The provider's refusal in its own words, an answer of another provider (RFC 9207), or a code that is not redeemed.
    pub async fn finish(self, reply: AuthorizationReply) -> Result<Granted, Error> {
        self.check_issuer(reply.iss.as_deref())?;
        if let Some(code) = reply.error {
            let words = match reply.error_description {
                Some(description) => format!("{code}: {description}"),
                None => code.clone(),
            };
            return Err(Error::of_code(&code, quotable(&words, &[])));
        }
        let Some(code) = reply.code else {
            return Err(Error::Unusable("it holds neither a code nor an error".into()));
        };
        let redeemed = self.client.redeem(code, self.verifier, self.redirect, self.purpose).await?;
        Granted::of(&self.client, self.purpose, redeemed).await
    }

    /// RFC 9207 §2.4: a code of another server must not be sent to this one.
    fn check_issuer(&self, given: Option<&str>) -> Result<(), Error> {
        let fits = match (&self.client.provider().issuer, given) {
            (Issuer::Unknown, _) | (Issuer::IfGiven(_), None) => true,
            (Issuer::Always(_), None) => false,
            (Issuer::IfGiven(expected) | Issuer::Always(expected), Some(given)) => expected == given,
        };
        if fits { Ok(()) } else { Err(Error::Foreign("it comes from another provider (`iss`)".into())) }
    }
}

/// The query of the callback (RFC 6749 §4.1.2).
#[derive(Default, PartialEq, Eq)]
pub struct AuthorizationReply {
    /// Which authorization it answers.
    pub state: Option<String>,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

impl AuthorizationReply {
    /// Reads a query. None where it is too long or has a parameter twice (RFC 6749 §3.1).
    pub fn read(query: &str) -> Option<Self> {
        if query.len() > LONGEST_QUERY {
            return None;
        }
        let mut reply = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let field = match name.as_ref() {
                "state" => &mut reply.state,
                "code" => &mut reply.code,
                "iss" => &mut reply.iss,
                "error" => &mut reply.error,
                "error_description" => &mut reply.error_description,
                _ => continue,
            };
            if field.replace(value.into_owned()).is_some() {
                return None;
            }
        }
        Some(reply)
    }
}
