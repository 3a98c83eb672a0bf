//! What a worker is given to work with: the plugin for each company, able to reach its accounts.

use postroom_model::{Account, AccountState, Company, CompanyId};
use postroom_transport::BoxFuture;
use postroom::connections::{ConnectionError, Connections};
use postroom::engine::{Capabilities, CompanyPlugin, Engine, LogSink};
use postroom::outbox::{NotifierContext, PluginProvider, RecordsAccess, Unreachable};
use postroom::records::RecordsError;

/// Opens offices over stored connections.
pub(super) struct StoredPlugins {
    pub(super) connections: Connections,
    pub(super) engine: Engine,
    pub(super) log: LogSink,
}

impl PluginProvider for StoredPlugins {
    fn open<'a>(
        &'a self,
        company: &'a Company,
        accounts: &'a [(Account, u32)],
    ) -> BoxFuture<'a, Result<(CompanyPlugin, Vec<Unreachable>), String>> {
        Box::pin(async move {
            let all: Vec<&Account> = accounts.iter().map(|(account, _)| account).collect();
            let (capabilities, closed) = self.connections.capabilities(all, self.log.clone()).await;
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
        Ok(self.engine.company_plugin("", Capabilities { log: self.log.clone(), ..Capabilities::default() }))
    }
}

impl RecordsAccess for StoredPlugins {
    fn notifier_context(
        &self,
        company: CompanyId,
    ) -> BoxFuture<'_, Result<Option<NotifierContext>, RecordsError>> {
        Box::pin(async move {
            let Some(records) = self.connections.records(company).await? else { return Ok(None) };
            let capabilities = Capabilities { log: self.log.clone(), ..Capabilities::default() };
            Ok(Some(NotifierContext {
                company_plugin: self.engine.company_plugin(company.to_string(), capabilities),
                records,
            }))
        })
    }
}

/// Its mail leaves by the fallback, or is held until somebody signed in.
pub(super) fn is_by_state(account: &Account, error: &ConnectionError) -> bool {
    match error {
        ConnectionError::Compromised { .. } => true,
        ConnectionError::NoSecret { .. } => matches!(account.state, AccountState::NeedsSignIn { .. }),
        _ => false,
    }
}
