//! A worker at an installation's store.

use super::{AppError, Diagnostics, StoredPlugins, WorkerLock};
use crate::connections::Connections;
use crate::engine::Engine;
use crate::outbox::{Clock, ErpNotifier, OutboxHandle, Worker, WorkerOptions};
use std::sync::Arc;

/// Makes a worker. On a store in a file it takes over what its predecessor had leased: that one is gone.
pub async fn start_worker(
    connections: &Connections,
    engine: &Engine,
    options: WorkerOptions,
    diagnostics: &Diagnostics,
    lock: &WorkerLock,
) -> Result<Worker, AppError> {
    let outbox = OutboxHandle::open(connections.store(), "worker", Clock::system());
    if lock.is_alone() {
        outbox.release_leases_of("worker").await?;
    }
    // What a server says may name addresses that are erased while this worker runs.
    connections.store().lend_pseudonym_key(connections.pseudonym_secret().await?);
    let plugins = StoredPlugins {
        connections: connections.clone(),
        engine: engine.clone(),
        log: Arc::clone(&diagnostics.log),
    };
    let plugins = Arc::new(plugins);
    let notices = &diagnostics.notices;
    let erp_notifier = ErpNotifier::new(&outbox, Arc::clone(&plugins) as Arc<_>, Arc::clone(notices));
    Ok(Worker::new(outbox, plugins, options, Arc::clone(notices)).with_courier(erp_notifier))
}
