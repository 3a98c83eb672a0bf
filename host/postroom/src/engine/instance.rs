//! One running copy of the plugin.

use super::error::EngineError;
use super::limits::{ComputeClock, watch};
use super::load::Inner;
use super::state::{Files, State};
use postroom_contract::Plugin;
use postroom_transport::http_api::GivenUrls;
use wasmtime::Store;

/// A copy of the plugin with its memory, bound to one company.
pub(super) struct Instance {
    pub(super) plugin: Plugin,
    pub(super) store: Store<State>,
    /// It has composed, or is about to.
    pub(super) composed: bool,
    calls: u32,
}

impl Instance {
    /// Makes a fresh copy.
    pub(super) async fn new(inner: &Inner, state: State) -> Result<Self, EngineError> {
        let mut store = Store::new(&inner.engine, state);
        store.limiter(|state| &mut state.limits);
        watch(&mut store, |state| &mut state.clock);
        let plugin = inner
            .pre
            .instantiate_async(&mut store)
            .await
            .map_err(|e| EngineError::of_call(&e, store.data_mut().panic.take()))?;
        Ok(Self { plugin, store, composed: false, calls: 0 })
    }

    /// Prepares for the next call: its files, and all of its time.
    pub(super) fn begin(&mut self, files: Files, compute: std::time::Duration) {
        let state = self.store.data_mut();
        state.files = files;
        state.given = GivenUrls::new();
        state.clock = ComputeClock { ticks: 0, limit: compute };
        state.panic = None;
        self.store.set_epoch_deadline(1);
        self.calls += 1;
    }

    /// Drops the files of the call that ended, and says whether the instance may serve another.
    pub(super) fn end(&mut self, calls: u32) -> bool {
        self.store.data_mut().files = Files::default();
        self.calls < calls
    }

    /// Reads the error of a call that ended in a trap.
    pub(super) fn error(&mut self, error: &wasmtime::Error) -> EngineError {
        EngineError::of_call(error, self.store.data_mut().panic.take())
    }
}
