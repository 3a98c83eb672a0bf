//! Connections: how many, how long each may take to say what it wants, and an orderly end.

use super::peer::Peer;
use super::pixel;
use super::router::router;
use super::site::Site;
use axum::Extension;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};

/// Bounds on connections.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Open at a time; who comes later waits.
    pub connections: usize,
    /// For a request's headers, the wait for the next request of a connection included.
    pub header_time: Duration,
    /// For requests that are under way when the server is told to end.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 512, header_time: Duration::from_secs(10), grace: Duration::from_secs(10) }
    }
}

/// Most header fields of a request, and most bytes of them together.
const MOST_HEADERS: usize = 64;
const LARGEST_HEADERS: usize = 32 << 10;
/// Pause where no connection can be taken: this program has no descriptor left, say.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves a site until `stop`. What is under way then is finished, within the grace; fetches of pixels are judged.
pub async fn serve(listener: TcpListener, site: Arc<Site>, limits: Limits, stop: impl Future<Output = ()>) {
    let (sender, receiver) = mpsc::channel(pixel::MOST_WAITING);
    let judge = tokio::spawn(pixel::work(Arc::clone(&site), receiver));
    let routes = router(Arc::clone(&site), sender);
    let open = Arc::new(Semaphore::new(limits.connections));
    let under_way = GracefulShutdown::new();
    tokio::pin!(stop);
    loop {
        let accepted = async {
            let permit = Arc::clone(&open).acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            () = &mut stop => break,
            accepted = accepted => accepted,
        };
        let Ok(permit) = permit else { break };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                site.say(&format!("no connection can be taken: {error}"));
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        // Answers are small: none waits for another's acknowledgement.
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(routes.clone().layer(Extension(Peer(peer))));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_time)
            .max_headers(MOST_HEADERS)
            .max_buf_size(LARGEST_HEADERS)
            .serve_connection(TokioIo::new(stream), service);
        let connection = under_way.watch(connection);
        tokio::spawn(async move {
            // What goes wrong with a connection is its client's business.
            let _ = connection.await;
            drop(permit);
        });
    }
    drop((listener, routes));
    let _ = tokio::time::timeout(limits.grace, under_way.shutdown()).await;
    // With the last connection the last sender is gone, unless the grace has run out.
    let _ = tokio::time::timeout(limits.grace, judge).await;
}
