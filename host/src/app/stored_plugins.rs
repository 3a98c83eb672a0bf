//! The plugin for each company, able to reach its accounts, as a worker needs it.

use crate::accounts::{Account, AccountState, Company, CompanyId};
use crate::capabilities::Answer;
use crate::connections::{ConnectionError, Connections};
use crate::engine::{Capabilities, Engine, LogSink, Office};
use crate::outbox::{Bureau, Closed, Premises, RecordsAccess};
use crate::records::RecordsError;

/// Opens the plugin for companies over stored connections.
#[derive(Clone)]
pub struct StoredPlugins {
    /// Connections of the store.
    pub connections: Connections,
    /// The plugin.
    pub engine: Engine,
    /// Lines of its log.
    pub log: LogSink,
}

impl std::fmt::Debug for StoredPlugins {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoredPlugins(…)")
    }
}

impl Premises for StoredPlugins {
    fn open<'a>(
        &'a self,
        company: &'a Company,
        accounts: &'a [(Account, u32)],
    ) -> Answer<'a, Result<(Office, Vec<Closed>), String>> {
        Box::pin(async move {
            let all: Vec<&Account> = accounts.iter().map(|(account, _)| account).collect();
            let (capabilities, closed) = self.connections.capabilities(all, self.log.clone()).await;
            let most = accounts.iter().map(|(account, most)| (account.name.as_str(), *most as usize));
            let capabilities = capabilities.with_connections(&most.collect());
            let office = self.engine.office(company.id.to_string(), capabilities);
            let closed = closed.into_iter().map(|(account, error)| Closed {
                account: account.id,
                by_state: is_by_state(account, &error),
                reason: error.to_string(),
            });
            Ok((office, closed.collect()))
        })
    }

    fn reading(&self) -> Result<Office, String> {
        Ok(self.engine.office("", Capabilities { log: self.log.clone(), ..Capabilities::default() }))
    }
}

impl RecordsAccess for StoredPlugins {
    fn bureau(&self, company: CompanyId) -> Answer<'_, Result<Option<Bureau>, RecordsError>> {
        Box::pin(async move {
            let Some(records) = self.connections.records(company).await? else { return Ok(None) };
            let capabilities = Capabilities { log: self.log.clone(), ..Capabilities::default() };
            Ok(Some(Bureau { office: self.engine.office(company.to_string(), capabilities), records }))
        })
    }
}

/// Tells whether an account can't be opened because of its state: its mail leaves by the fallback, or is held until somebody
/// signed in.
pub(super) fn is_by_state(account: &Account, error: &ConnectionError) -> bool {
    match error {
        ConnectionError::Compromised { .. } => true,
        ConnectionError::NoSecret { .. } => matches!(account.state, AccountState::NeedsSignIn { .. }),
        _ => false,
    }
}
