//! Signing in from a command line: the browser comes back to a listener on this machine (RFC 8252 §7.3).

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};
use url::Url;

use super::page::SignInPage;
use postroom_transport::oauth::{
    AuthorizationReply, Client, Error, Granted, PendingAuthorization, StateDigest, Wanted, state_digest,
};

/// Where the browser comes back to. Microsoft wants it registered with this path; the port does not count.
const PATH: &str = "/callback";
/// Foreign answers after which the wait ends: another program on this machine is guessing.
const MOST_FOREIGN: u32 = 16;
/// How long the browser may take to fetch the last page.
const LAST_PAGE: Duration = Duration::from_secs(2);

/// Signs in with a browser on this machine. `show` is called once with the page to open; print it too, a browser may
/// be elsewhere. The listener is on 127.0.0.1, on a free port, and takes one answer.
///
/// # Errors
/// [`Error::TooLate`] when no sign-in ended within `limit`; the provider's refusal; [`Error::Foreign`] when only
/// answers came that belong to no sign-in.
pub async fn authorize_loopback(
    client: &Client,
    wanted: &Wanted,
    limit: Duration,
    show: impl FnOnce(&Url),
) -> Result<Granted, Error> {
    let no_port =
        |error: std::io::Error| Error::unavailable(format!("no port of 127.0.0.1 could be opened: {error}"));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(no_port)?;
    let port = listener.local_addr().map_err(no_port)?.port();
    let host = format!("{}:{port}", client.provider().loopback.as_str());
    let redirect = Url::parse(&format!("http://{host}{PATH}"))
        .map_err(|error| Error::Setup(format!("no redirect to this machine: {error}")))?;
    let (url, pending) = PendingAuthorization::begin(client, wanted, redirect);
    let (answer, answered) = oneshot::channel();
    let listening = Arc::new(Listening {
        host,
        state: pending.state,
        answer: Mutex::new(Some(answer)),
        foreign: Mutex::new(0),
        stop: Notify::new(),
    });
    let router = Router::new().fallback(open).with_state(Arc::clone(&listening));
    let stop = Arc::clone(&listening);
    let serving = tokio::spawn(
        axum::serve(listener, router)
            .with_graceful_shutdown(async move { stop.stop.notified().await })
            .into_future(),
    );
    show(&url);
    let answered = tokio::time::timeout(limit, answered).await;
    listening.stop.notify_one();
    // The page is on its way; a browser that does not fetch it stops nothing.
    let abort = serving.abort_handle();
    if tokio::time::timeout(LAST_PAGE, serving).await.is_err() {
        abort.abort();
    }
    match answered {
        Ok(Ok(reply)) => pending.finish(reply).await,
        Err(_) if listening.foreign() == 0 => Err(Error::TooLate(limit)),
        _ => Err(Error::Foreign(format!("{} answers came, none with its `state`", listening.foreign()))),
    }
}

/// The listener's state.
struct Listening {
    host: String,
    state: StateDigest,
    answer: Mutex<Option<oneshot::Sender<AuthorizationReply>>>,
    foreign: Mutex<u32>,
    stop: Notify,
}

impl Listening {
    fn foreign(&self) -> u32 {
        *self.foreign.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses a request that belongs to no sign-in. It does not end the wait at once, or any page could spoil a sign-in.
    fn refuse(&self) -> SignInPage {
        let mut foreign = self.foreign.lock().unwrap_or_else(PoisonError::into_inner);
        *foreign += 1;
        if *foreign >= MOST_FOREIGN {
            self.answer.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
        SignInPage::Foreign
    }
}

async fn open(State(listening): State<Arc<Listening>>, request: Request) -> Response {
    // A name that leads here from elsewhere (DNS rebinding) is not ours.
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    if host != Some(listening.host.as_str()) {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    }
    if request.uri().path() != PATH {
        return StatusCode::NOT_FOUND.into_response();
    }
    if request.method() != Method::GET {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let Some(reply) = AuthorizationReply::read(request.uri().query().unwrap_or_default()) else {
        return listening.refuse().shown(request.headers());
    };
    if reply.state.as_deref().map(state_digest) != Some(listening.state) {
        return listening.refuse().shown(request.headers());
    }
    let waiting = listening.answer.lock().unwrap_or_else(PoisonError::into_inner).take();
    match waiting.map(|waiting| waiting.send(reply)) {
        Some(Ok(())) => SignInPage::Received.shown(request.headers()),
        // The answer came a second time: the page was reloaded.
        _ => SignInPage::Foreign.shown(request.headers()),
    }
}
