//! What the endpoints work with.

use super::hooks::{AmazonSns, Received, Seen, SnsAccess};
use super::metrics::Metrics;
use super::peer::Rates;
use super::untrusted_proxy::UntrustedProxies;
use chrono::{DateTime, Utc};
use postroom::config::Web;
use postroom::connections::Connections;
use postroom::engine::Engine;
use postroom::link_token::LinkTokens;
use postroom::vault::VaultError;
use postroom_store::StoreError;
use std::num::NonZeroU32;
use std::sync::Arc;

/// Requests of one client: each second, and at once. A provider sends its reports from few addresses.
const A_SECOND: NonZeroU32 = number(50);
const AT_ONCE: NonZeroU32 = number(300);

const fn number(of: u32) -> NonZeroU32 {
    match NonZeroU32::new(of) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}

/// What time it is.
#[derive(Debug, Clone, Copy, Default)]
pub enum Clock {
    /// As this machine says.
    #[default]
    System,
    /// Always this, for tests.
    Stopped(DateTime<Utc>),
}

impl Clock {
    /// Now.
    pub fn now(self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now(),
            Self::Stopped(at) => at,
        }
    }
}

/// How long the keys of links are taken for the newest: several times in what a new one waits before it signs.
const LINK_KEYS_HOLD: std::time::Duration = std::time::Duration::from_secs(5);

/// A line for the log.
type Journal = Arc<dyn Fn(&str) + Send + Sync>;

/// What the endpoints work with.
pub struct Site {
    pub(super) connections: Connections,
    pub(super) engine: Engine,
    pub(super) tokens: LinkTokens,
    pub(super) settings: Web,
    pub(super) clock: Clock,
    pub(super) sns: Arc<dyn SnsAccess>,
    pub(super) seen: Seen,
    pub(super) rates: Rates,
    pub(super) untrusted_proxies: UntrustedProxies,
    pub(super) metrics: Metrics,
    journal: Journal,
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Site {
    /// The site of an installation, with the operator's settings of the web.
    ///
    /// # Errors
    /// [`VaultError`]: the key that signs links can't be read.
    pub async fn open(connections: Connections, engine: Engine) -> Result<Self, VaultError> {
        let tokens = LinkTokens::of(connections.link_keys().await?);
        // Reports name addresses that may have been erased since.
        connections.store().lend_pseudonym_key(connections.pseudonym_secret().await?);
        Ok(Self {
            settings: connections.operator().web.clone(),
            connections,
            engine,
            tokens,
            clock: Clock::System,
            sns: Arc::new(AmazonSns::default()),
            seen: Seen::default(),
            rates: Rates::new(A_SECOND, AT_ONCE),
            untrusted_proxies: UntrustedProxies::default(),
            metrics: Metrics::default(),
            journal: Arc::new(|_| {}),
        })
    }

    /// Asks for the keys of links again and again: one may be added or withdrawn while the server runs.
    pub async fn keep_link_keys_fresh(&self) {
        loop {
            tokio::time::sleep(LINK_KEYS_HOLD).await;
            match self.connections.link_keys().await {
                Ok(keys) => self.tokens.replace(keys),
                Err(error) => self.say(&format!("keys of links: {error}")),
            }
        }
    }

    /// With this clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Asking this for what is SNS's.
    #[must_use]
    pub fn with_sns(self, sns: Arc<dyn SnsAccess>) -> Self {
        Self { sns, ..self }
    }

    /// Writing its log here.
    #[must_use]
    pub fn with_journal(self, journal: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { journal: Arc::new(journal), ..self }
    }

    /// Allowing each client so many requests a second, and so many at once.
    #[must_use]
    pub fn with_rate(self, a_second: NonZeroU32, at_once: NonZeroU32) -> Self {
        Self { rates: Rates::new(a_second, at_once), ..self }
    }

    /// Writes a line into the log. No secret goes into one, and nothing that a stranger wrote.
    pub(super) fn say(&self, line: &str) {
        (self.journal)(line);
    }

    /// The store or the vault failed: for the log, and the provider tries again.
    pub(super) fn failed(&self, what: &str, error: &dyn std::fmt::Display) -> Received {
        self.say(&format!("{what}: {error}"));
        Received::later()
    }
}

/// For whoever only has an error of the store.
impl Site {
    pub(super) fn store_failed(&self, what: &str, error: &StoreError) {
        self.say(&format!("{what}: {error}"));
    }
}
