//! Waking workers when a mail is due: within a program by a notification, between machines by PostgreSQL's NOTIFY. A missed
//! call costs a worker the time until it looks by itself, and nothing else.

use crate::{Location, Store, StoreError};
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgListener;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// The channel of NOTIFY.
const CHANNEL: &str = "postroom_outbox";

/// The notifier of a store, shared by its clones.
#[derive(Debug, Clone)]
pub(crate) struct Notifier {
    within: Arc<Notify>,
    server: Option<SecretString>,
}

impl Notifier {
    pub(crate) fn of(location: &Location) -> Self {
        let server = match location.path() {
            Some(_) => None,
            None => location.url().ok(),
        };
        Self { within: Arc::new(Notify::new()), server }
    }
}

/// A subscription to the notifications of a store.
#[derive(Debug)]
pub struct Wakes {
    notifier: Notifier,
    listener: Option<PgListener>,
}

impl Store {
    /// Notifies the workers that mails are due.
    pub async fn notify_workers(&self) {
        self.wakes.within.notify_waiters();
        if self.wakes.server.is_some() {
            // Without it workers look by themselves.
            let _ = sqlx::query("select pg_notify($1, '')").bind(CHANNEL).execute(&self.pool).await;
        }
    }

    /// Subscribes to notifications. On PostgreSQL by a connection of its own.
    pub async fn wakes(&self) -> Result<Wakes, StoreError> {
        let listener = match &self.wakes.server {
            Some(url) => {
                let mut listener = PgListener::connect(url.expose_secret()).await?;
                listener.listen(CHANNEL).await?;
                Some(listener)
            }
            None => None,
        };
        Ok(Wakes { notifier: self.wakes.clone(), listener })
    }
}

impl Wakes {
    /// Waits for a notification, no longer than `at_most`.
    pub async fn next(&mut self, at_most: Duration) {
        let within = self.notifier.within.notified();
        let remote = async {
            match &mut self.listener {
                // A listener whose connection broke connects again at the next call; until then the clock wakes.
                Some(listener) => match listener.recv().await {
                    Ok(_) => {}
                    Err(_) => std::future::pending().await,
                },
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = within => {}
            () = remote => {}
            () = tokio::time::sleep(at_most) => {}
        }
    }
}
