//! OAuth sign-in and refresh over HTTP: against a strict server of our own ([`server`]), and in the end-to-end tier against a
//! certified one that others wrote ([`certified`]).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod callback;
mod certified;
mod deauthorization;
mod device;
mod grants;
mod loopback;
mod refusals;
mod server;
mod stores;

use std::sync::Arc;
use std::time::Duration;

use postroom::transport::oauth::{Client, Error, Granted, Grants, InMemory, Purpose, Wanted};
use postroom_web::oauth::authorize_loopback;
use server::{AuthorizationServer, Browser, Manner, Seen, TestClock};

/// Long enough for a slow machine; nothing waits this long but what fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// The account of these tests.
pub(crate) const ACCOUNT: &str = "account-1";

/// An authorization server, and the grants of a host that signs in at it.
pub(crate) struct TestHost {
    pub(crate) clock: TestClock,
    pub(crate) server: AuthorizationServer,
    pub(crate) store: Arc<InMemory>,
    pub(crate) grants: Grants,
}

impl TestHost {
    pub(crate) async fn new(manner: Manner) -> Self {
        let clock = TestClock::new();
        let server = AuthorizationServer::start(manner, Arc::new(clock.clone())).await;
        let store = Arc::new(InMemory::default());
        store.register(ACCOUNT, server.client());
        let grants = Grants::with_clock(store.clone(), store.clone(), Arc::new(clock.clone()));
        Self { clock, server, store, grants }
    }

    /// Starts the server, and signs a user in.
    pub(crate) async fn signed_in(manner: Manner) -> Self {
        let host = Self::new(manner).await;
        host.sign_in().await;
        host
    }

    pub(crate) async fn sign_in(&self) {
        let granted = sign_in(&self.server.client(), Purpose::Mailbox).await.0.expect("a grant");
        self.grants.install(ACCOUNT, granted).await.expect("it can be kept");
    }

    /// Opens the same store as another process would.
    pub(crate) fn other_process(&self) -> Grants {
        Grants::with_clock(self.store.clone(), self.store.clone(), Arc::new(self.clock.clone()))
    }
}

/// Signs in with a browser that follows redirects. Returns the result, and the last page that the browser saw.
pub(crate) async fn sign_in(client: &Client, purpose: Purpose) -> (Result<Granted, Error>, Seen) {
    let (open, opened) = tokio::sync::oneshot::channel();
    let browsing = tokio::spawn(async move { Browser.open(&opened.await.expect("a page to open")).await });
    let wanted = Wanted::new(purpose).hint("office@ateliernord.example.com");
    let granted = authorize_loopback(client, &wanted, PATIENCE, |url| {
        open.send(url.clone()).expect("the browser waits");
    })
    .await;
    (granted, browsing.await.expect("a page"))
}
