//! The plugin for a use case: loaded while something else is done, and at work for one company.

use super::AppError;
use crate::connections::{ConnectionError, Connections};
use crate::engine::{CompanyPlugin, Engine, Files};
use postroom_model::{Account, Company};
use tokio::sync::oneshot;

/// A plugin that is being loaded.
#[derive(Debug)]
pub struct PluginLoad(oneshot::Receiver<Result<Engine, AppError>>);

impl PluginLoad {
    /// Begins to load the plugin on a thread of its own: a use case that fails before it needs the plugin does not wait for it.
    pub fn begin(load: impl FnOnce() -> Result<Engine, AppError> + Send + 'static) -> Self {
        let (done, loaded) = oneshot::channel();
        std::thread::spawn(move || done.send(load()));
        Self(loaded)
    }

    /// Waits for the plugin.
    pub async fn engine(self) -> Result<Engine, AppError> {
        let gone = |_| Err(AppError::Internal("the plugin could not be loaded".to_owned()));
        self.0.await.unwrap_or_else(gone)
    }
}

/// Opens the plugin for a company, able to reach these accounts; and says why it can't reach others.
pub async fn company_plugin<'a>(
    engine: &Engine,
    connections: &Connections,
    company: &Company,
    accounts: impl IntoIterator<Item = &'a Account>,
) -> (CompanyPlugin, Vec<(&'a Account, ConnectionError)>) {
    let (capabilities, closed) = connections.capabilities(accounts).await;
    (engine.company_plugin(company.id.to_string(), capabilities), closed)
}

/// Returns no files, for calls of the plugin that need none.
pub fn no_files() -> Files {
    Files::default()
}
