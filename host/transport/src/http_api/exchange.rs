//! One request and its answer: the body streamed, every step within its limit of time, and an exact account of
//! how far it came when there is no answer.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use reqwest::{Method, Response};
use tokio::sync::{Notify, mpsc};

use super::account::Timeouts;
use super::body::BodyReader;
use super::failure::{Failure, Stage};
use super::request::{Piece, Range};
use crate::Verdict;
use crate::http::{HttpClient, HttpError};

/// The progress of a request.
#[derive(Debug)]
pub(super) struct Progress {
    /// Bytes of its body.
    length: u64,
    /// Those that were handed to the connection.
    handed: AtomicU64,
    /// When the last of them were, or it all began.
    last: Mutex<Instant>,
    moved: Notify,
    /// Why the body could not be read.
    unreadable: Mutex<Option<String>>,
}

impl Progress {
    pub(super) fn new(length: u64) -> Self {
        Self {
            length,
            handed: AtomicU64::new(0),
            last: Mutex::new(Instant::now()),
            moved: Notify::new(),
            unreadable: Mutex::default(),
        }
    }

    /// The last byte was handed over: from here on the provider may have all of it.
    fn is_complete(&self) -> bool {
        self.handed.load(Ordering::SeqCst) >= self.length
    }

    fn hand_over(&self, bytes: usize) {
        self.handed.fetch_add(bytes as u64, Ordering::SeqCst);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.moved.notify_one();
    }

    fn unreadable(&self) -> Option<String> {
        self.unreadable.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// When to give up, if nothing happens until then.
    fn deadline(&self, limits: &Timeouts) -> Instant {
        let begun = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let opening = limits.resolve + limits.connect;
        match self.handed.load(Ordering::SeqCst) {
            // A request without a body gives no sign when it is connected.
            0 if self.length == 0 => begun + opening + limits.answer,
            0 => begun + opening + limits.block,
            _ if self.is_complete() => begun + limits.answer,
            _ => begun + limits.block,
        }
    }
}

/// A body that is read while it is sent.
struct Upload {
    blocks: mpsc::Receiver<Result<Bytes, Unreadable>>,
    progress: Arc<Progress>,
    left: u64,
}

/// The body ended before its time.
#[derive(Debug, thiserror::Error)]
#[error("the body could not be read")]
struct Unreadable;

impl Body for Upload {
    type Data = Bytes;
    type Error = Unreadable;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Unreadable>>> {
        let block = std::task::ready!(self.blocks.poll_recv(cx));
        Poll::Ready(match block {
            Some(Ok(bytes)) => {
                self.left = self.left.saturating_sub(bytes.len() as u64);
                self.progress.hand_over(bytes.len());
                Some(Ok(Frame::data(bytes)))
            }
            None if self.left == 0 => None,
            Some(Err(_)) | None => Some(Err(Unreadable)),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// Builds the body of a request. It is read in a task of its own, a block ahead of the connection, and ends with it.
pub(super) fn body(pieces: Arc<[Piece]>, stretch: Range, progress: &Arc<Progress>) -> reqwest::Body {
    let (sender, blocks) = mpsc::channel(1);
    let reporter = Arc::clone(progress);
    tokio::spawn(async move {
        let mut reader = BodyReader::new(&pieces, stretch);
        loop {
            let block = match reader.next().await {
                Ok(Some(block)) => Ok(Bytes::from(block)),
                Ok(None) => break,
                Err(error) => {
                    *reporter.unreadable.lock().unwrap_or_else(PoisonError::into_inner) =
                        Some(error.to_string());
                    Err(Unreadable)
                }
            };
            let failed = block.is_err();
            if sender.send(block).await.is_err() || failed {
                break;
            }
        }
    });
    reqwest::Body::wrap(Upload { blocks, progress: Arc::clone(progress), left: stretch.length })
}

/// Sends a request and waits for the head of its answer.
pub(super) async fn send(
    client: &HttpClient,
    request: reqwest::Request,
    progress: &Progress,
    limits: &Timeouts,
) -> Result<Response, Failure> {
    let place = Place { host: host_of(&request), method: request.method().clone(), progress };
    let mut answer = std::pin::pin!(client.execute(request));
    loop {
        let deadline = progress.deadline(limits);
        tokio::select! {
            answer = &mut answer => return answer.map_err(|error| place.trouble(error)),
            () = progress.moved.notified() => {}
            () = tokio::time::sleep_until(deadline.into()) => {
                return Err(place.silence(limits));
            }
        }
    }
}

/// Reads at most `limit` bytes of the answer; true if there was more, or the connection broke before its end.
pub(super) async fn read(mut answer: Response, limit: usize, time: Duration) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    let end = tokio::time::Instant::now() + time;
    loop {
        match tokio::time::timeout_at(end, answer.chunk()).await {
            Ok(Ok(Some(block))) => {
                let room = limit - body.len();
                body.extend_from_slice(block.get(..room.min(block.len())).unwrap_or_default());
                if block.len() > room {
                    return (body, true);
                }
            }
            Ok(Ok(None)) => return (body, false),
            // The status is a response, also where its body is cut.
            Ok(Err(_)) | Err(_) => return (body, true),
        }
    }
}

/// Returns host and port, for errors. Never the path, which may contain a credential.
pub(super) fn host_of(request: &reqwest::Request) -> String {
    let url = request.url();
    let host = url.host_str().unwrap_or_default();
    url.port_or_known_default().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

struct Place<'a> {
    host: String,
    method: Method,
    progress: &'a Progress,
}

impl Place<'_> {
    fn failure(&self, stage: Stage, verdict: Verdict, what: impl std::fmt::Display) -> Failure {
        Failure::new(&self.host, stage, verdict, what)
    }

    /// Too long without a sign of life.
    fn silence(&self, limits: &Timeouts) -> Failure {
        if !self.progress.is_complete() {
            let what = format!("nothing more was taken for {} ms", limits.block.as_millis());
            return self.failure(Stage::Request, Verdict::Transient, what);
        }
        self.unanswered(format!("no answer within {} ms", limits.answer.as_millis()))
    }

    fn unanswered(&self, what: String) -> Failure {
        if self.method == Method::GET {
            return self.failure(Stage::Response, Verdict::Transient, what);
        }
        let what = format!("the whole request was sent, and then: {what}; it may have been obeyed or not");
        self.failure(Stage::Response, Verdict::InDoubt, what)
    }

    fn trouble(&self, error: HttpError) -> Failure {
        let by_time = |is_transient| if is_transient { Verdict::Transient } else { Verdict::Permanent };
        let root = match error {
            HttpError::Refused(rule) => return self.failure(Stage::Prepare, Verdict::Permanent, rule),
            HttpError::Destination(unresolved) => {
                return self.failure(Stage::Resolve, by_time(unresolved.is_transient()), unresolved);
            }
            HttpError::Tls(problem) => {
                return self.failure(Stage::Tls, by_time(problem.is_transient), problem.detail);
            }
            HttpError::Connect(what) => return self.failure(Stage::Connect, Verdict::Transient, what),
            HttpError::Broken(root) => root,
        };
        if let Some(reason) = self.progress.unreadable() {
            let what = format!("an attachment could not be read, so the request was broken off: {reason}");
            return self.failure(Stage::Request, Verdict::Permanent, what);
        }
        if !self.progress.is_complete() {
            return self.failure(Stage::Request, Verdict::Transient, root);
        }
        self.unanswered(root)
    }
}
