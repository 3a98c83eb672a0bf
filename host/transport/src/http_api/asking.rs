//! Requests of the host itself, to a service that is not a mail provider: the same rules for where one may go, the same
//! client, the same exact account of how far it came. What proves who asks is put on last, when every byte is known.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use reqwest::Method;
use reqwest::header::{CONTENT_LENGTH, HeaderMap, RETRY_AFTER};
use tokio::io::AsyncWriteExt as _;
use url::Url;

use super::account::Account;
use super::answer;
use super::client::WebClient;
use super::exchange::{self, Progress};
use super::failure::{Failure, Stage, WebError};
use super::request::{Allowed, Request};
use super::target::GivenUrls;
use crate::Verdict;

/// Signs a request of this method to this URL, as they go out; its body is known to whoever asks. Gives the fields that prove
/// who that is.
pub type Sign<'a> = &'a (dyn Fn(&str, &Url) -> HeaderMap + Send + Sync);

/// Where the body of an answer goes.
#[derive(Debug)]
pub enum Keep<'a> {
    /// Into memory, at most so many bytes of it.
    Memory(usize),
    /// Into this file, at most so many bytes: one that is longer is broken off. An answer that is no success goes into
    /// memory, as far as it may be quoted.
    File(&'a mut tokio::fs::File, u64),
}

/// Bytes of an answer's words, where it is no success.
const WORDS: usize = 4 * 1024;

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// HTTP status.
    pub status: u16,
    /// Media type, as the server wrote it.
    pub content_type: Option<String>,
    /// Seconds that the server asked to wait.
    pub retry_after: Option<u32>,
    /// The body, where it went into memory.
    pub body: Vec<u8>,
    /// Bytes that went into the file.
    pub written: u64,
    /// There was more than was wanted, or the connection broke before the end.
    pub truncated: bool,
}

impl WebClient {
    /// Makes one request, without a token, as an `account` that names the service's base URL. It is made once: no redirect
    /// is followed.
    ///
    /// # Errors
    /// [`WebError::Refused`] for a request that the rules forbid, [`WebError::Failed`] for one without an answer.
    pub async fn ask(
        &self,
        account: &Account,
        request: Request,
        sign: Sign<'_>,
        keep: Keep<'_>,
    ) -> Result<Asked, WebError> {
        let Allowed { method, url, headers, stretch } = request.check(account, &GivenUrls::new())?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let client = self.client(account, &host).await?;
        let mut asked = reqwest::Request::new(method.clone(), url.clone());
        *asked.headers_mut() = headers;
        asked.headers_mut().extend(sign(method.as_str(), &url));
        let progress = Arc::new(Progress::new(stretch.map_or(0, |stretch| stretch.length)));
        match stretch {
            Some(stretch) => {
                *asked.body_mut() = Some(exchange::body(request.body.into(), stretch, &progress));
            }
            None if method != Method::GET => {
                asked.headers_mut().insert(CONTENT_LENGTH, reqwest::header::HeaderValue::from_static("0"));
            }
            None => {}
        }
        let limits = &account.timeouts;
        let response = exchange::send(&client, asked, &progress, limits).await?;
        let field = |name: &str| response.headers().get(name)?.to_str().ok().map(str::to_owned);
        let mut answered = Asked {
            status: response.status().as_u16(),
            content_type: field("content-type"),
            retry_after: field(RETRY_AFTER.as_str()).and_then(|value| answer::seconds(&value, Utc::now())),
            body: Vec::new(),
            written: 0,
            truncated: false,
        };
        match keep {
            Keep::File(file, most) if response.status().is_success() => {
                let (written, cut) = stream(response, file, most, limits.rest, &host).await?;
                (answered.written, answered.truncated) = (written, cut);
            }
            Keep::File(..) => {
                (answered.body, answered.truncated) = exchange::read(response, WORDS, limits.rest).await;
            }
            Keep::Memory(most) => {
                let most = if response.status().is_success() { most } else { WORDS };
                (answered.body, answered.truncated) = exchange::read(response, most, limits.rest).await;
            }
        }
        Ok(answered)
    }
}

/// Writes at most `most` bytes of an answer into a file; true if there was more, or the connection broke before its end.
async fn stream(
    mut answer: reqwest::Response,
    file: &mut tokio::fs::File,
    most: u64,
    time: Duration,
    host: &str,
) -> Result<(u64, bool), Failure> {
    // What is announced to be too long is not begun.
    if answer.content_length().is_some_and(|length| length > most) {
        return Ok((0, true));
    }
    let unwritable = |error: std::io::Error| {
        Failure::new(host, Stage::Answer, Verdict::Transient, format!("what came can't be written: {error}"))
    };
    let end = tokio::time::Instant::now() + time;
    let mut written = 0_u64;
    loop {
        match tokio::time::timeout_at(end, answer.chunk()).await {
            Ok(Ok(Some(block))) => {
                written += block.len() as u64;
                if written > most {
                    return Ok((written, true));
                }
                file.write_all(&block).await.map_err(unwritable)?;
            }
            Ok(Ok(None)) => {
                file.flush().await.map_err(unwritable)?;
                return Ok((written, false));
            }
            Ok(Err(_)) | Err(_) => return Ok((written, true)),
        }
    }
}
