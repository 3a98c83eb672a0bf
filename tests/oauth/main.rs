//! Signing in and staying signed in, over HTTP: against a server of our own that insists on everything ([`server`]), and
//! in the end-to-end tier against a certified one that others wrote ([`certified`]).

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

/// A server, and what a host keeps.
pub(crate) struct Office {
    pub(crate) clock: TestClock,
    pub(crate) server: AuthorizationServer,
    pub(crate) store: Arc<InMemory>,
    pub(crate) grants: Grants,
}

impl Office {
    pub(crate) async fn new(manner: Manner) -> Self {
        let clock = TestClock::new();
        let server = AuthorizationServer::start(manner, Arc::new(clock.clone())).await;
        let store = Arc::new(InMemory::default());
        store.register(ACCOUNT, server.client());
        let grants = Grants::with_clock(store.clone(), store.clone(), Arc::new(clock.clone()));
        Self { clock, server, store, grants }
    }

    /// The same with somebody signed in.
    pub(crate) async fn signed_in(manner: Manner) -> Self {
        let office = Self::new(manner).await;
        office.sign_in().await;
        office
    }

    pub(crate) async fn sign_in(&self) {
        let granted = sign_in(&self.server.client(), Purpose::Mailbox).await.0.expect("a grant");
        self.grants.install(ACCOUNT, granted).await.expect("it can be kept");
    }

    /// Another process with the same store.
    pub(crate) fn other_process(&self) -> Grants {
        Grants::with_clock(self.store.clone(), self.store.clone(), Arc::new(self.clock.clone()))
    }
}

/// Signs in with a browser that goes where it is sent; the outcome, and the last page that the browser saw.
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
