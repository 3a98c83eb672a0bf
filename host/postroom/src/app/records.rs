//! A company's records: its ERP, or a folder of documents; and the notices that the ERP gets about its mails.

use super::{AppError, StoredPlugins};
use crate::connections::Connections;
use crate::engine::Engine;
use crate::outbox::{Clock, Delivered, ErpNotifier, OutboxHandle};
use crate::records::Records;
use postroom_model::Company;
use postroom_store::{NoticeFilter, NoticeState};
use std::sync::Arc;
use tokio::task::AbortHandle;

/// Notices that are counted at most.
const MOST_COUNTED: u32 = 100_000;

/// Opens the company's records.
pub async fn records(connections: &Connections, company: &Company) -> Result<Arc<dyn Records>, AppError> {
    let records = connections.records(company.id).await?;
    records.ok_or_else(|| AppError::NoRecords(company.name.clone()))
}

/// The result of notifying the records.
#[derive(Debug, Clone, Copy)]
pub struct NotifiedRecords {
    /// Notices that they took.
    pub taken: u64,
    /// Notices that they refused.
    pub refused: u64,
    /// Notices that wait for later.
    pub waiting: u64,
}

/// Notifies the company's records now of what waits; `again`: also of what they refused, and of what is not due yet.
pub async fn notify_records(
    connections: &Connections,
    company: &Company,
    engine: &Engine,
    again: bool,
) -> Result<NotifiedRecords, AppError> {
    records(connections, company).await?;
    let admin = connections.store().company_store(company.id);
    if again {
        admin.notify_again().await?;
    }
    let plugins = StoredPlugins { connections: connections.clone(), engine: engine.clone() };
    let outbox = OutboxHandle::open(connections.store(), "command", Clock::system());
    let erp_notifier = ErpNotifier::new(&outbox, Arc::new(plugins));
    let mut all = Delivered::default();
    loop {
        let now = erp_notifier.deliver(company.id).await?.ok_or(AppError::RecordsBusy)?;
        all += now;
        // A go has an end; what is left is for the next.
        if now.accepted == 0 || now.later > 0 {
            break;
        }
    }
    let open = NoticeFilter { open: true, limit: MOST_COUNTED, ..NoticeFilter::default() };
    let notices = admin.notices(&open).await?;
    let waiting = notices.iter().filter(|it| it.state == NoticeState::Waiting).count();
    Ok(NotifiedRecords { taken: all.accepted, refused: all.refused, waiting: waiting as u64 })
}

/// Begins to notify the records of every company of what waits, until the task is aborted.
pub fn keep_notifying(connections: &Connections, engine: &Engine) -> AbortHandle {
    let plugins = StoredPlugins { connections: connections.clone(), engine: engine.clone() };
    let outbox = OutboxHandle::open(connections.store(), "serve", Clock::system());
    ErpNotifier::new(&outbox, Arc::new(plugins)).spawn()
}
