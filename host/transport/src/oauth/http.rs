//! The requests of this module, by the host's HTTP client: few, to servers that an operator named, with everything bounded.

use postroom_model::AllowList;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use oauth2::http::Response;
use oauth2::http::header::{CONTENT_TYPE, RETRY_AFTER};
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use url::Url;

use super::error::Error;
use super::redaction::{Refusal, quotable};
use crate::http::{HttpClient, HttpError, HttpSettings};
use crate::tls::TlsConfigs;

/// Largest answer that is read, in bytes. Microsoft's tokens take a few KB.
const LARGEST: usize = 256 << 10;

/// The destinations that the operator allows, and the time limit of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// Allowed destinations besides the public internet, for an authorization server of the company's own. A server on
    /// this machine that is on the list may be used without TLS.
    pub allowed: AllowList,
    /// Certificates in PEM that are trusted besides the system's.
    pub trusted_ca: Option<String>,
    /// The longest wait for a whole request.
    pub limit: Duration,
}

impl Default for Network {
    fn default() -> Self {
        Self { allowed: AllowList::none(), trusted_ca: None, limit: Duration::from_secs(30) }
    }
}

/// Makes requests for `oauth2` and for ourselves.
#[derive(Clone)]
pub(super) struct Http {
    network: Arc<Network>,
    tls: Arc<TlsConfigs>,
}

/// Why there is no answer: what `oauth2` hands through to us.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(super) struct NoAnswer(#[from] pub(super) Error);

impl Http {
    pub(super) fn new(network: Network) -> Self {
        Self { network: Arc::new(network), tls: Arc::default() }
    }

    /// Returns the time limit of a request.
    pub(super) fn limit(&self) -> Duration {
        self.network.limit
    }

    /// Sends one request. A response of 5xx, 429 or 3xx is an error, since none of them is the endpoint's own. A 4xx comes
    /// back as JSON of `error` and `error_description` alone, without anything secret.
    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Error> {
        let host = request.uri().host().unwrap_or("the provider").to_owned();
        match tokio::time::timeout(self.network.limit, self.exchange(request)).await {
            Ok(answer) => answer,
            Err(_) => {
                let seconds = self.network.limit.as_secs_f32();
                Err(Error::unavailable(format!("{host} did not answer within {seconds} s")))
            }
        }
    }

    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, Error> {
        let url = Url::parse(&request.uri().to_string())
            .map_err(|error| Error::Setup(format!("an endpoint of the provider is no URL: {error}")))?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let tls = self.tls.for_roots(self.network.trusted_ca.as_ref()).await.map_err(|problem| {
            if problem.is_transient {
                Error::unavailable(problem.detail)
            } else {
                Error::Setup(problem.detail)
            }
        })?;
        let settings = HttpSettings {
            allowed: self.network.allowed.clone(),
            resolve: self.network.limit,
            connect: self.network.limit,
            idle: None,
        };
        let client = HttpClient::new(&settings, &tls).map_err(Error::unavailable)?;
        let secrets = secrets_in(request.body());
        let request = request
            .try_into()
            .map_err(|error: reqwest::Error| Error::Setup(format!("no such request: {error}")))?;
        let failed = |error: HttpError| match error {
            HttpError::Refused(rule) => Error::Setup(format!("{}: {rule}", shown(&url))),
            HttpError::Destination(error) if !error.is_transient() => Error::Setup(error.to_string()),
            HttpError::Destination(error) => Error::unavailable(error.to_string()),
            // A certificate that is not trusted may be that of a hotel's network: it is no reason to give up.
            HttpError::Tls(problem) => {
                Error::unavailable(format!("{host} could not be asked: {}", problem.detail))
            }
            HttpError::Connect(cause) | HttpError::Broken(cause) => {
                Error::unavailable(format!("{host} could not be asked: {}", quotable(&cause, &[])))
            }
        };
        let mut answer = client.execute(request).await.map_err(failed)?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| failed(HttpError::of(error, &host)))? {
            if body.len() + chunk.len() > LARGEST {
                return Err(Error::Unusable(format!("{host} answered with more than {LARGEST} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        let status = answer.status();
        if status.is_success() {
            let mut response = Response::builder().status(status);
            for (name, value) in answer.headers() {
                response = response.header(name, value);
            }
            return response.body(body).map_err(|error| Error::Unusable(error.to_string()));
        }
        if status.is_redirection() {
            return Err(Error::Unusable(format!(
                "{host} answered {status}: a redirect, which is not followed; is the endpoint right?"
            )));
        }
        let refusal = Refusal::read(&body, &secrets);
        if status.is_server_error() || status.as_u16() == 429 {
            let retry_after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
            let retry_after =
                retry_after.and_then(|value| value.trim().parse().ok()).map(Duration::from_secs);
            let detail = format!("{host} answered {status}: \"{}\"", refusal.words());
            return Err(Error::Unavailable { detail, retry_after });
        }
        let Some(clean) = refusal.as_answer() else {
            return Err(Error::Unusable(format!("{host} answered {status}: \"{}\"", refusal.words())));
        };
        let response =
            Response::builder().status(status).header(CONTENT_TYPE, "application/json").body(clean);
        response.map_err(|error| Error::Unusable(error.to_string()))
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = NoAnswer;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, NoAnswer>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move { Ok(self.send(request).await?) })
    }
}

/// An endpoint without its query.
fn shown(url: &Url) -> String {
    format!("{}://{}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

/// What a request holds that no answer may show.
fn secrets_in(form: &[u8]) -> Vec<String> {
    const SECRET: [&str; 6] =
        ["code", "code_verifier", "client_secret", "refresh_token", "device_code", "token"];
    let fields = url::form_urlencoded::parse(form);
    fields.filter(|(name, _)| SECRET.contains(&name.as_ref())).map(|(_, value)| value.into_owned()).collect()
}
