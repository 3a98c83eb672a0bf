//! Connections: how many, how long each may take to say what it wants, and an orderly end.

use super::clients::Clients;
use super::peer::Peer;
use super::pixel;
use super::router::{metrics_router, router};
use super::site::Site;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tracing::instrument::WithSubscriber as _;

/// Bounds on connections.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Open at a time; who comes later waits.
    pub connections: usize,
    /// Open at a time from one client, by its address (IPv6: its network of /64). One more closes the client's own oldest
    /// that has no request under way. Trusted proxies, which speak for many, have no such limit.
    pub per_client: usize,
    /// For the first byte of a connection.
    pub first_byte: Duration,
    /// For a request's headers, the wait for the next request of a connection included.
    pub header_time: Duration,
    /// For requests that are under way when the server is told to end.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            per_client: 32,
            first_byte: Duration::from_secs(2),
            header_time: Duration::from_secs(10),
            grace: Duration::from_secs(10),
        }
    }
}

/// The sockets that a site listens on.
#[derive(Debug)]
pub struct Listeners {
    /// For the public.
    pub public: TcpListener,
    /// For readers of the metrics; none: they can't be read.
    pub metrics: Option<TcpListener>,
}

/// Most header fields of a request, and most bytes of them together.
const MOST_HEADERS: usize = 64;
const LARGEST_HEADERS: usize = 32 << 10;
/// Most connections for metrics.
const METRICS_CONNECTIONS: usize = 32;
/// Pause where no connection can be taken: this program has no descriptor left, say.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves a site until `stop`. What is under way then is finished, within the grace; fetches of pixels are judged.
///
/// Events go to the `tracing` subscriber of the caller, whichever task they are of. They have the pattern of a route, never its
/// path.
pub async fn serve(listeners: Listeners, site: Arc<Site>, limits: Limits, stop: impl Future<Output = ()>) {
    let (sender, receiver) = mpsc::channel(pixel::MOST_WAITING);
    let judge = tokio::spawn(pixel::work(Arc::clone(&site), receiver).with_current_subscriber());
    let under_way = GracefulShutdown::new();
    let public = Acceptor {
        listener: listeners.public,
        routes: router(Arc::clone(&site), sender),
        site: &site,
        limits,
        under_way: &under_way,
    };
    let metrics = listeners.metrics.map(|listener| Acceptor {
        listener,
        routes: metrics_router(Arc::clone(&site)),
        site: &site,
        limits: Limits { connections: limits.connections.min(METRICS_CONNECTIONS), ..limits },
        under_way: &under_way,
    });
    let metrics = async {
        match metrics {
            Some(metrics) => metrics.run().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = stop => {}
        () = public.run() => {}
        () = metrics => {}
    }
    let _ = tokio::time::timeout(limits.grace, under_way.shutdown()).await;
    // With the last connection the last sender is gone, unless the grace has run out.
    let _ = tokio::time::timeout(limits.grace, judge).await;
}

/// Takes the connections of one listener.
struct Acceptor<'a> {
    listener: TcpListener,
    routes: Router,
    site: &'a Site,
    limits: Limits,
    under_way: &'a GracefulShutdown,
}

impl Acceptor<'_> {
    async fn run(self) {
        let open = Arc::new(Semaphore::new(self.limits.connections));
        let clients = Arc::new(Clients::new(self.limits.per_client));
        loop {
            if open.available_permits() == 0 {
                clients.make_room();
            }
            let Ok(permit) = Arc::clone(&open).acquire_owned().await else { return };
            let (stream, peer) = match self.listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::error!("no connection can be taken: {error}");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            let is_proxy = self.site.settings().trusted_proxies.contains(peer.ip());
            // A proxy that is ours may keep connections ready.
            let first_byte = if is_proxy { self.limits.header_time } else { self.limits.first_byte };
            let admitted = if is_proxy { Some(None) } else { clients.admit(peer.ip()).map(Some) };
            let Some(admission) = admitted else {
                self.site.metrics.connection_closed("too-many");
                continue;
            };
            let slot = admission.as_ref().map_or_else(Arc::default, |admission| admission.slot());
            let peer = Peer { address: peer, slot: Arc::clone(&slot) };
            let routes = self.routes.clone().layer(Extension(peer));
            let connection =
                serve_connection(stream, routes, self.limits, first_byte, self.under_way.watcher());
            let closed = self.site.metrics.connections_closed();
            let served = async move {
                tokio::select! {
                    end = connection => if let Some(reason) = end { closed(reason) },
                    () = slot.evicted() => closed("made-room"),
                }
                drop((admission, permit));
            };
            tokio::spawn(served.with_current_subscriber());
        }
    }
}

/// Serves the requests of a connection. Gives why it was closed, where its client did not say anything.
async fn serve_connection(
    stream: TcpStream,
    routes: Router,
    limits: Limits,
    first_byte: Duration,
    watcher: Watcher,
) -> Option<&'static str> {
    match tokio::time::timeout(first_byte, stream.peek(&mut [0])).await {
        Ok(Ok(1..)) => {}
        Ok(_) => return None,
        Err(_) => return Some("silent"),
    }
    // Answers are small: none waits for another's acknowledgement.
    let _ = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        .max_headers(MOST_HEADERS)
        .max_buf_size(LARGEST_HEADERS)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes));
    // What goes wrong with a connection is its client's business.
    let _ = watcher.watch(connection).await;
    None
}
