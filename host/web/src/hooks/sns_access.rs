//! What is fetched from SNS: the certificate it signs with, and the page that confirms a subscription. A trait, so that
//! tests need no Amazon.

use postroom_model::AllowList;
use postroom_transport::BoxFuture;
use postroom_transport::http::{HttpClient, HttpError, HttpSettings};
use postroom_transport::tls::TlsConfigs;
use reqwest::{Method, Request};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use url::Url;

/// Largest certificate, or page, that is read.
const LARGEST: usize = 64 << 10;
/// Certificates that are kept.
const MOST: usize = 16;
/// The longest wait.
const LIMIT: Duration = Duration::from_secs(10);

/// Access to SNS. The URLs have been checked: they are SNS's own.
pub trait SnsAccess: Send + Sync + 'static {
    /// A certificate in PEM.
    fn certificate<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<Vec<u8>, String>>;

    /// Confirms a subscription.
    fn confirm<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<(), String>>;
}

/// Amazon's SNS, over HTTPS.
#[derive(Default)]
pub struct AmazonSns {
    tls: TlsConfigs,
    known: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl std::fmt::Debug for AmazonSns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AmazonSns")
    }
}

impl AmazonSns {
    async fn get(&self, url: &Url) -> Result<Vec<u8>, String> {
        let host = url.host_str().unwrap_or_default();
        let answered = tokio::time::timeout(LIMIT, self.exchange(url, host)).await;
        answered.unwrap_or_else(|_| Err(format!("{host} did not answer within {} s", LIMIT.as_secs())))
    }

    async fn exchange(&self, url: &Url, host: &str) -> Result<Vec<u8>, String> {
        let failed = |error: HttpError| format!("{host} could not be asked: {error}");
        let tls = self.tls.for_roots(None).await.map_err(|problem| problem.detail)?;
        let settings =
            HttpSettings { allowed: AllowList::none(), resolve: LIMIT, connect: LIMIT, idle: None };
        let client = HttpClient::new(&settings, &tls)?;
        let mut answer = client.execute(Request::new(Method::GET, url.clone())).await.map_err(failed)?;
        if !answer.status().is_success() {
            return Err(format!("{host} answered {}", answer.status()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| failed(HttpError::of(error, host)))? {
            if body.len() + chunk.len() > LARGEST {
                return Err(format!("{host} answered with more than {LARGEST} bytes"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

impl SnsAccess for AmazonSns {
    fn certificate<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<Vec<u8>, String>> {
        Box::pin(async move {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(url.as_str()).cloned();
            if let Some(known) = known {
                return Ok(known);
            }
            let certificate = self.get(url).await?;
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if known.len() >= MOST {
                known.clear();
            }
            known.insert(url.to_string(), certificate.clone());
            Ok(certificate)
        })
    }

    fn confirm<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move { self.get(url).await.map(|_| ()) })
    }
}
