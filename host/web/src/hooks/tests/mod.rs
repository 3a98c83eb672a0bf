//! Reports with signatures made here, by keys of our own: what is the provider's, and what only looks like it.

mod signed;
mod sns;

use super::sns_access::SnsAccess;
use super::verification::{Delivery, Refusal, Verified, verify};
use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use postroom::app::{RecentReports, Webhook, WebhookProvider};
use postroom_transport::BoxFuture;
use std::sync::{Arc, Mutex};
use url::Url;

/// When the tests take place.
const NOW: i64 = 1_798_761_600; // 2027-01-01T00:00:00Z

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(NOW + seconds, 0).unwrap()
}

fn headers(of: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in of {
        headers.append(axum::http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
    }
    headers
}

/// SNS as far as it is asked: one certificate, and what was asked for.
#[derive(Default)]
struct Asked {
    certificate: Vec<u8>,
    urls: Arc<Mutex<Vec<String>>>,
}

impl SnsAccess for Asked {
    fn certificate<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<Vec<u8>, String>> {
        self.urls.lock().unwrap().push(url.to_string());
        Box::pin(async move {
            if self.certificate.is_empty() {
                Err("SNS is down".to_owned())
            } else {
                Ok(self.certificate.clone())
            }
        })
    }

    fn confirm<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, Result<(), String>> {
        self.urls.lock().unwrap().push(url.to_string());
        Box::pin(async { Ok(()) })
    }
}

async fn verified(
    hook: &Webhook,
    headers: &HeaderMap,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<Verified, Refusal> {
    verify(hook, Delivery { headers, body, now }, &RecentReports::default(), &Asked::default()).await
}
