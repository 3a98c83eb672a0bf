//! What the endpoints work with.

use super::hooks::{AmazonSns, SnsAccess};
use super::metrics::Metrics;
use super::peer::Rates;
use super::untrusted_proxy::UntrustedProxies;
use postroom::app::{AppError, Connections, Engine, Installation};
use postroom::config::Web;
use postroom::link_token::LinkTokens;
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

/// How long the keys of links are taken for the newest: several times in what a new one waits before it signs.
const LINK_KEYS_HOLD: std::time::Duration = std::time::Duration::from_secs(5);

/// An installation as the web shows it: with the operator's settings, and what is counted and bounded.
pub struct Site {
    pub(super) installation: Installation,
    pub(super) sns: Arc<dyn SnsAccess>,
    pub(super) rates: Rates,
    pub(super) untrusted_proxies: UntrustedProxies,
    pub(super) metrics: Metrics,
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site").field("settings", self.settings()).finish_non_exhaustive()
    }
}

impl Site {
    /// Opens the site of an installation, with the operator's settings of the web.
    ///
    /// # Errors
    /// The key that signs links can't be read.
    pub async fn open(connections: Connections, engine: Engine) -> Result<Self, AppError> {
        Ok(Self {
            installation: Installation::open(connections, engine).await?,
            sns: Arc::new(AmazonSns::default()),
            rates: Rates::new(A_SECOND, AT_ONCE),
            untrusted_proxies: UntrustedProxies::default(),
            metrics: Metrics::default(),
        })
    }

    /// Loads the keys of links again and again: one may be added or withdrawn while the server runs.
    pub async fn keep_link_keys_fresh(&self) {
        loop {
            tokio::time::sleep(LINK_KEYS_HOLD).await;
            if let Err(error) = self.installation.refresh_link_keys().await {
                log_failure("keys of links", &error);
            }
        }
    }

    /// Sets who is asked for certificates and confirmations of SNS.
    #[must_use]
    pub fn with_sns(self, sns: Arc<dyn SnsAccess>) -> Self {
        Self { sns, ..self }
    }

    /// Sets how many requests each client may make a second, and how many at once.
    #[must_use]
    pub fn with_rate(self, a_second: NonZeroU32, at_once: NonZeroU32) -> Self {
        Self { rates: Rates::new(a_second, at_once), ..self }
    }

    /// Gives the operator's settings of the web.
    pub(super) fn settings(&self) -> &Web {
        self.installation.settings()
    }

    /// Gives what makes and reads the tokens of links.
    pub(super) fn tokens(&self) -> &LinkTokens {
        self.installation.tokens()
    }
}

/// Logs that something failed. The error's text holds no secret, and nothing that a stranger wrote.
pub(super) fn log_failure(what: &'static str, error: &AppError) {
    tracing::error!(what, "{what}: {error}");
}
