//! Signed requests of the host itself, to a service that is not a mail provider (an ERP's records). The rules for targets,
//! the client and the stages of a failure are those of the providers' APIs. The signature is added last, when every byte
//! is known.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use reqwest::Method;
use reqwest::header::{CONTENT_LENGTH, HeaderMap, RETRY_AFTER};
use tokio::io::AsyncWriteExt as _;
use url::Url;

use super::account::Account;
use super::client::WebClient;
use super::exchange::{self, Progress};
use super::failure::{Failure, Stage, WebError};
use super::request::{Allowed, Request};
use super::response;
use super::target::GivenUrls;
use crate::Verdict;

/// Signs a request of this method to this URL, as they are sent, and returns the fields of the signature. The caller
/// has the body.
pub type Sign<'a> = &'a (dyn Fn(&str, &Url) -> HeaderMap + Send + Sync);

/// The destination of a response's body.
#[derive(Debug)]
pub enum SaveBody<'a> {
    /// Into memory, at most so many bytes of it.
    Memory(usize),
    /// Into this file, at most so many bytes: one that is longer is broken off. An answer that is no success goes into
    /// memory, as far as it may be quoted.
    File(&'a mut tokio::fs::File, u64),
}

/// The most bytes of the body of a response that is no success.
const WORDS: usize = 4 * 1024;

/// The response to a request of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostResponse {
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
    /// Sends one request, without a token, to the service whose base URL the `account` contains. It is sent once, and no
    /// redirect is followed.
    ///
    /// # Errors
    /// [`WebError::Refused`] for a request that the rules forbid, [`WebError::Failed`] for one without an answer.
    pub async fn send_signed(
        &self,
        account: &Account,
        request: Request,
        sign: Sign<'_>,
        keep: SaveBody<'_>,
    ) -> Result<HostResponse, WebError> {
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
        let mut answered = HostResponse {
            status: response.status().as_u16(),
            content_type: field("content-type"),
            retry_after: field(RETRY_AFTER.as_str()).and_then(|value| response::seconds(&value, Utc::now())),
            body: Vec::new(),
            written: 0,
            truncated: false,
        };
        match keep {
            SaveBody::File(file, most) if response.status().is_success() => {
                let (written, cut) = stream(response, file, most, limits.rest, &host).await?;
                (answered.written, answered.truncated) = (written, cut);
            }
            SaveBody::File(..) => {
                (answered.body, answered.truncated) = exchange::read(response, WORDS, limits.rest).await;
            }
            SaveBody::Memory(most) => {
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
        Failure::new(
            host,
            Stage::Response,
            Verdict::Transient,
            format!("what came can't be written: {error}"),
        )
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
