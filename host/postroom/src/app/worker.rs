//! A worker at an installation's store.

use super::{AppError, StoredPlugins, WorkerLock};
use crate::connections::Connections;
use crate::engine::Engine;
use crate::outbox::{Clock, ErpNotifier, OutboxHandle, Worker, WorkerOptions};
use std::sync::Arc;

/// Makes a worker. On a store in a file it takes over what its predecessor had leased: that one is gone.
pub async fn start_worker(
    connections: &Connections,
    engine: &Engine,
    options: WorkerOptions,
    lock: &WorkerLock,
) -> Result<Worker, AppError> {
    let outbox = OutboxHandle::open(connections.store(), "worker", Clock::system())
        .with_file_digests(connections.file_digests().clone());
    if lock.is_alone() {
        outbox.release_leases_of("worker").await?;
    }
    // What a server says may name addresses that are erased while this worker runs.
    connections.store().lend_pseudonym_key(connections.pseudonym_secret().await?);
    let plugins = StoredPlugins { connections: connections.clone(), engine: engine.clone() };
    let plugins = Arc::new(plugins);
    let erp_notifier = ErpNotifier::new(&outbox, Arc::clone(&plugins) as Arc<_>);
    Ok(Worker::new(outbox, plugins, options).with_erp_notifier(erp_notifier))
}
