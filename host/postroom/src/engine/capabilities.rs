//! What the plugin may reach for one company: the host's side of the contract's imports, as values that an embedding program sets.

use super::imap::MailboxAccess;
use super::state::{Accounts, Apis, LogSink};
use postroom_contract::log;
use postroom_transport::http_api::{self, Web, WebClient};
use postroom_transport::smtp::{Account, SmtpClient, Submitter};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The accounts and services that the plugin of one company may reach.
#[derive(Clone)]
pub struct Capabilities {
    /// The company's SMTP accounts.
    pub accounts: Arc<Accounts>,
    /// Submits mail as these accounts.
    pub submitter: Arc<dyn Submitter>,
    /// The company's accounts at providers with an API.
    pub apis: Arc<Apis>,
    /// Calls those APIs.
    pub web: Arc<dyn Web>,
    /// The company's mailboxes, and the client that reaches them.
    pub mailboxes: MailboxAccess,
    /// Receives the plugin's log lines.
    pub log: LogSink,
}

impl Capabilities {
    /// Submits over SMTP as these accounts; the plugin's log lines become events of `tracing`.
    pub fn over_smtp(accounts: impl IntoIterator<Item = Account>) -> Self {
        let accounts = accounts.into_iter().map(|account| (account.name.clone(), account));
        Self { accounts: Arc::new(accounts.collect()), ..Self::default() }
    }

    /// Bounds the connections that each account has at the same time, by the accounts' names.
    #[must_use]
    pub fn with_connections(mut self, most: &BTreeMap<&str, usize>) -> Self {
        for (name, account) in Arc::make_mut(&mut self.accounts) {
            account.connections = most.get(name.as_str()).copied().or(account.connections);
        }
        self
    }

    /// Adds accounts whose APIs are called by `web`.
    #[must_use]
    pub fn with_apis(self, apis: impl IntoIterator<Item = http_api::Account>, web: Arc<dyn Web>) -> Self {
        let apis = apis.into_iter().map(|account| (account.name.clone(), account));
        Self { apis: Arc::new(apis.collect()), web, ..self }
    }
}

/// No account of any kind; the plugin's log lines become events of `tracing`.
impl Default for Capabilities {
    fn default() -> Self {
        Self {
            accounts: Arc::default(),
            submitter: Arc::new(SmtpClient::default()),
            apis: Arc::default(),
            web: Arc::new(WebClient::default()),
            mailboxes: MailboxAccess::default(),
            log: Arc::new(log_line),
        }
    }
}

impl std::fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Capabilities").finish_non_exhaustive()
    }
}

/// Logs a line of the plugin's under the target `plugin`, in the span of the call.
fn log_line(_: &str, level: log::Level, text: &str) {
    match level {
        log::Level::Debug => tracing::debug!(target: "plugin", "{text}"),
        log::Level::Info => tracing::info!(target: "plugin", "{text}"),
        log::Level::Warning => tracing::warn!(target: "plugin", "{text}"),
        log::Level::Error => tracing::error!(target: "plugin", "{text}"),
    }
}
