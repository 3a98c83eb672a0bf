//! A client that an operator registered at a provider, and its requests.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::http::{Method, Request};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, DeviceAuthorizationUrl, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, ErrorResponse, PkceCodeVerifier, RedirectUrl, RefreshToken,
    RequestTokenError, StandardRevocableToken, StandardTokenResponse, TokenResponse as _, TokenUrl,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use super::clock::{Clock, SystemClock};
use super::error::Error;
use super::http::{Http, Network, NoAnswer};
use super::provider::{Provider, Purpose};
use super::redaction::quotable;
use crate::tokens::Resource;

/// A registered client. Its secret shows in no `Debug`.
#[derive(Clone)]
pub struct Client {
    provider: Arc<Provider>,
    id: String,
    secret: Option<SecretString>,
    pub(super) http: Http,
    pub(super) clock: Arc<dyn Clock>,
    destinations: Arc<BTreeSet<String>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({}, {})", self.provider.name, self.id)
    }
}

impl Client {
    /// Creates a client by its id. Google's desktop clients and confidential ones have a secret; that of a desktop
    /// client protects nothing (RFC 8252 §8.5), but Google requires it.
    pub fn new(provider: Provider, id: impl Into<String>, secret: Option<SecretString>) -> Self {
        Self {
            provider: Arc::new(provider),
            id: id.into(),
            secret,
            http: Http::new(Network::default()),
            clock: Arc::new(SystemClock),
            destinations: Arc::default(),
        }
    }

    /// Allows tokens to be sent to these destinations, by the host's names. A grant that was given for others is not
    /// used.
    pub fn sending_to(self, destinations: impl IntoIterator<Item = String>) -> Self {
        Self { destinations: Arc::new(destinations.into_iter().collect()), ..self }
    }

    /// Returns where its tokens may be sent.
    pub fn destinations(&self) -> &BTreeSet<String> {
        &self.destinations
    }

    /// Sets what the operator allows.
    pub fn network(self, network: Network) -> Self {
        Self { http: Http::new(network), ..self }
    }

    /// Gives the time by the client's clock.
    pub fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.clock.now()
    }

    /// Sets another clock.
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Returns the provider where it is registered.
    pub fn provider(&self) -> &Provider {
        &self.provider
    }

    /// Returns its id there.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn oauth(&self) -> Protocol {
        let endpoints = &self.provider.endpoints;
        let client = oauth2::Client::new(ClientId::new(self.id.clone()))
            // As the documents of Google and Microsoft show it; Basic is optional at neither's cost.
            .set_auth_type(AuthType::RequestBody)
            .set_auth_uri(AuthUrl::from_url(endpoints.authorize.clone()))
            .set_token_uri(TokenUrl::from_url(endpoints.token.clone()))
            .set_device_authorization_url_option(
                endpoints.device.clone().map(DeviceAuthorizationUrl::from_url),
            );
        match &self.secret {
            Some(secret) => client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned())),
            None => client,
        }
    }

    /// Redeems a code (RFC 6749 §4.1.3, RFC 7636 §4.5).
    pub(super) async fn redeem(
        &self,
        code: String,
        verifier: PkceCodeVerifier,
        redirect: RedirectUrl,
        purpose: Purpose,
    ) -> Result<Redeemed, Error> {
        let asked_at = self.clock.now();
        let oauth = self.oauth();
        let mut request = oauth
            .exchange_code(AuthorizationCode::new(code))
            .set_pkce_verifier(verifier)
            .set_redirect_uri(std::borrow::Cow::Owned(redirect));
        if let Some(scope) = self.provider.narrowed(purpose, Resource::Api) {
            request = request.add_extra_param("scope", scope);
        }
        Redeemed::read(request.request_async(&self.http).await.map_err(explain)?, asked_at)
    }

    /// Redeems a refresh token for one resource (RFC 6749 §6).
    pub(super) async fn refresh(
        &self,
        token: &SecretString,
        purpose: Purpose,
        resource: Resource,
    ) -> Result<Redeemed, Error> {
        let asked_at = self.clock.now();
        let oauth = self.oauth();
        let token = RefreshToken::new(token.expose_secret().to_owned());
        let mut request = oauth.exchange_refresh_token(&token);
        if let Some(scope) = self.provider.narrowed(purpose, resource) {
            request = request.add_extra_param("scope", scope);
        }
        Redeemed::read(request.request_async(&self.http).await.map_err(explain)?, asked_at)
    }

    /// Revokes a refresh token and with it the grant (RFC 7009); false where the provider did not know it (any
    /// more).
    pub(super) async fn revoke(&self, endpoint: &Url, token: &SecretString) -> Result<bool, Error> {
        let mut fields = vec![
            ("token", token.expose_secret()),
            ("token_type_hint", "refresh_token"),
            ("client_id", self.id.as_str()),
        ];
        fields.extend(self.secret.as_ref().map(|secret| ("client_secret", secret.expose_secret())));
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::builder()
            .method(Method::POST)
            .uri(endpoint.as_str())
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .body(form.into_bytes());
        let answer = self.http.send(request.map_err(|error| Error::Setup(error.to_string()))?).await?;
        if answer.status().is_success() {
            return Ok(true);
        }
        match refusal(answer.body()) {
            // Google's response for a token that is gone already; by RFC 7009 §2.2 it would be 200.
            (code, _) if code == "invalid_token" => Ok(false),
            (code, words) => Err(Error::of_code(&code, words)),
        }
    }
}

/// Returns code and words of a refusal that [`Http::send`] cleaned.
pub(super) fn refusal(body: &[u8]) -> (String, String) {
    match serde_json::from_slice::<BasicErrorResponse>(body) {
        Ok(error) => (error.error().to_string(), error.to_string()),
        Err(_) => (String::new(), "no reason".to_owned()),
    }
}

/// `oauth2`'s client for our endpoints and answers.
pub(super) type Protocol = oauth2::Client<
    BasicErrorResponse,
    Answered,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointMaybeSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

pub(super) type Answered = StandardTokenResponse<MoreFields, BasicTokenType>;

/// The fields of a token response beyond RFC 6749.
#[derive(Serialize, Deserialize)]
pub(super) struct MoreFields {
    /// OpenID Connect's.
    #[serde(default)]
    id_token: Option<String>,
    /// Seconds; from Google where the grant has an end.
    #[serde(default)]
    refresh_token_expires_in: Option<serde_json::Number>,
}

impl fmt::Debug for MoreFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MoreFields(…)")
    }
}

impl oauth2::ExtraTokenFields for MoreFields {}

/// A successful answer of the token endpoint.
pub(super) struct Redeemed {
    pub(super) access: SecretString,
    pub(super) lifetime: Option<Duration>,
    pub(super) refresh: Option<SecretString>,
    pub(super) refresh_lifetime: Option<Duration>,
    pub(super) scopes: Option<Vec<String>>,
    pub(super) id_token: Option<SecretString>,
    /// When it was asked for: lifetimes count from here, to be on the safe side.
    pub(super) asked_at: DateTime<Utc>,
}

impl Redeemed {
    pub(super) fn read(answer: Answered, asked_at: DateTime<Utc>) -> Result<Self, Error> {
        if *answer.token_type() != BasicTokenType::Bearer {
            return Err(Error::Unusable("the token is not of the type \"Bearer\"".into()));
        }
        let secret = |text: &str| SecretString::from(text.to_owned());
        let access = answer.access_token().secret();
        // What RFC 6750 §2.1 lets stand in a header.
        if access.is_empty() || !access.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::Unusable("the access token holds characters that none may hold".into()));
        }
        let more = answer.extra_fields();
        Ok(Self {
            access: secret(access),
            lifetime: answer.expires_in(),
            refresh: answer.refresh_token().map(|token| secret(token.secret())),
            refresh_lifetime: more
                .refresh_token_expires_in
                .as_ref()
                .and_then(serde_json::Number::as_u64)
                .map(Duration::from_secs),
            scopes: answer.scopes().map(|scopes| scopes.iter().map(|scope| scope.to_string()).collect()),
            id_token: more.id_token.as_deref().map(secret),
            asked_at,
        })
    }
}

/// Converts an error of `oauth2`. Its `Parse` contains the body, and serde's message contains values of it: both are dropped.
pub(super) fn explain<E>(error: RequestTokenError<NoAnswer, E>) -> Error
where
    E: ErrorResponse + fmt::Display + 'static,
{
    match error {
        RequestTokenError::ServerResponse(refusal) => {
            let words = quotable(&refusal.to_string(), &[]);
            let code = words.split(':').next().unwrap_or_default().to_owned();
            Error::of_code(&code, words)
        }
        RequestTokenError::Request(NoAnswer(error)) => error,
        RequestTokenError::Parse(error, _) => {
            let path = quotable(&error.path().to_string(), &[]);
            Error::Unusable(format!("it is not an answer of a token endpoint (at \"{path}\")"))
        }
        RequestTokenError::Other(words) => Error::Unusable(quotable(&words, &[])),
    }
}
