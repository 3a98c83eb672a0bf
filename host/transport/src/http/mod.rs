//! The one HTTP client of the host, for providers' APIs, OAuth, SNS and the records of an ERP.
//!
//! *Invariant*: every connection goes to an address that `permitted` allowed. Names are resolved by
//! `CheckedResolver`, whatever name the URL, a pooled connection or a later request asks for; addresses in a URL are
//! checked before the request; the host is normalised first, so that `host` and `host.` can't be two names. There is no
//! other way to make a client: clippy refuses `reqwest::Client` everywhere but here.
//!
//! Deliberately absent: redirects, proxies, retries, cookies, HTTP/2. A token goes to its own server or nowhere.

mod error;
mod resolver;
#[cfg(test)]
mod tests;

pub use error::HttpError;

use super::destination::{Lookup, SystemLookup, Unresolved, permitted};
use postroom_model::{AllowList, normalise_host};
use reqwest::{Request, Response};
use resolver::CheckedResolver;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use url::{Host, Url};

/// The settings of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSettings {
    /// What may be reached besides the public internet.
    pub allowed: AllowList,
    /// The longest wait for the addresses of a name.
    pub resolve: Duration,
    /// The longest wait for TCP and TLS together.
    pub connect: Duration,
    /// How long an idle connection is kept for the next request; none: it is closed after each.
    pub idle: Option<Duration>,
}

/// An HTTP client that connects to permitted addresses alone. Cloning it shares its connections.
#[derive(Debug, Clone)]
#[expect(clippy::disallowed_types, reason = "the one place that makes a client, with the checked resolver")]
pub struct HttpClient {
    client: reqwest::Client,
    allowed: AllowList,
}

impl HttpClient {
    /// Makes a client that trusts the roots of this TLS configuration.
    ///
    /// # Errors
    /// What is wrong with the settings, in words.
    pub fn new(settings: &HttpSettings, tls: &rustls::ClientConfig) -> Result<Self, String> {
        Self::with_lookup(settings, tls, Arc::new(SystemLookup))
    }

    #[expect(
        clippy::disallowed_types,
        reason = "the one place that makes a client, with the checked resolver"
    )]
    fn with_lookup(
        settings: &HttpSettings,
        tls: &rustls::ClientConfig,
        lookup: Arc<dyn Lookup>,
    ) -> Result<Self, String> {
        let allowed = settings.allowed.clone();
        let resolver = CheckedResolver { allowed: allowed.clone(), limit: settings.resolve, lookup };
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls.clone())
            .dns_resolver(Arc::new(resolver))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .http1_only()
            .tcp_nodelay(true)
            .connect_timeout(settings.resolve + settings.connect)
            .pool_idle_timeout(settings.idle)
            .pool_max_idle_per_host(if settings.idle.is_some() { usize::MAX } else { 0 })
            .user_agent(concat!("postroom/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { client, allowed })
    }

    /// Makes one request and waits for the head of its answer.
    ///
    /// # Errors
    /// [`HttpError`]; nothing was connected to where it is about the destination.
    pub async fn execute(&self, mut request: Request) -> Result<Response, HttpError> {
        check(request.url_mut(), &self.allowed)?;
        let host = request.url().host_str().unwrap_or_default().to_owned();
        self.client.execute(request).await.map_err(|error| HttpError::of(error, &host))
    }
}

/// Normalises a URL's host and checks what needs no resolver: the scheme, a login in it, and an address in place of a name.
/// Refuses URLs without TLS, except of a server on this machine.
pub fn check(url: &mut Url, allowed: &AllowList) -> Result<(), HttpError> {
    normalise_host(url).map_err(Unresolved::from)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(HttpError::Refused("a URL carries no login"));
    }
    let literal: Option<IpAddr> = match url.host() {
        Some(Host::Ipv4(address)) => Some(address.into()),
        Some(Host::Ipv6(address)) => Some(address.into()),
        Some(Host::Domain(_)) => None,
        None => return Err(HttpError::Refused("the URL names no host")),
    };
    if let Some(address) = literal {
        let at = SocketAddr::new(address, url.port_or_known_default().unwrap_or_default());
        permitted(&address.to_string(), vec![at], allowed)?;
    }
    let is_local =
        literal.map_or_else(|| url.host_str() == Some("localhost"), |it| it.to_canonical().is_loopback());
    match url.scheme() {
        "https" => {}
        "http" if is_local => {}
        "http" => return Err(HttpError::Refused("without TLS only a server on this machine is asked")),
        _ => return Err(HttpError::Refused("others are asked by HTTPS only")),
    }
    Ok(())
}
