//! The plugin for each company, able to reach its accounts, as a worker needs it.

use crate::connections::{ConnectionError, Connections};
use crate::engine::{Capabilities, CompanyPlugin, Engine};
use crate::outbox::{NotifierContext, PluginProvider, RecordsAccess, Unreachable};
use crate::records::RecordsError;
use postroom_model::{Account, AccountState, Company, CompanyId};
use postroom_transport::BoxFuture;

/// Opens the plugin for companies over stored connections.
#[derive(Clone)]
pub struct StoredPlugins {
    /// Connections of the store.
    pub connections: Connections,
    /// The plugin.
    pub engine: Engine,
}

impl std::fmt::Debug for StoredPlugins {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoredPlugins(…)")
    }
}

impl PluginProvider for StoredPlugins {
    fn open<'a>(
        &'a self,
        company: &'a Company,
        accounts: &'a [(Account, u32)],
    ) -> BoxFuture<'a, Result<(CompanyPlugin, Vec<Unreachable>), String>> {
        Box::pin(async move {
            let all: Vec<&Account> = accounts.iter().map(|(account, _)| account).collect();
            let (capabilities, closed) = self.connections.capabilities(all).await;
            let most = accounts.iter().map(|(account, most)| (account.name.as_str(), *most as usize));
            let capabilities = capabilities.with_connections(&most.collect());
            let company_plugin = self.engine.company_plugin(company.id.to_string(), capabilities);
            let closed = closed.into_iter().map(|(account, error)| Unreachable {
                account: account.id,
                by_state: is_by_state(account, &error),
                reason: error.to_string(),
            });
            Ok((company_plugin, closed.collect()))
        })
    }

    fn reading(&self) -> Result<CompanyPlugin, String> {
        Ok(self.engine.company_plugin("", Capabilities::default()))
    }
}

impl RecordsAccess for StoredPlugins {
    fn notifier_context(
        &self,
        company: CompanyId,
    ) -> BoxFuture<'_, Result<Option<NotifierContext>, RecordsError>> {
        Box::pin(async move {
            let Some(records) = self.connections.records(company).await? else { return Ok(None) };
            let capabilities = Capabilities::default();
            Ok(Some(NotifierContext {
                company_plugin: self.engine.company_plugin(company.to_string(), capabilities),
                records,
            }))
        })
    }
}

/// Tells whether an account can't be opened because of its state: its mail leaves by the fallback, or is held until a person
/// signed in.
pub(super) fn is_by_state(account: &Account, error: &ConnectionError) -> bool {
    match error {
        ConnectionError::Compromised { .. } => true,
        ConnectionError::NoSecret { .. } => matches!(account.state, AccountState::NeedsSignIn { .. }),
        _ => false,
    }
}
