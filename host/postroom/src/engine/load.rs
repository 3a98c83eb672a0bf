//! Loading: bytes of the component to compiled code, with the compiled code kept on disk.

use super::capabilities::Capabilities;
use super::company_plugin::CompanyPlugin;
use super::error::EngineError;
use super::limits::{Limits, TICK};
use super::state::State;
use postroom_contract::{Plugin, PluginPre};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Cache, CacheConfig, Config, OptLevel};

/// The options of loading the plugin.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What a call may cost.
    pub limits: Limits,
    /// Folder for compiled code, so that the next start is instant. None: the user's cache folder.
    pub cache: Option<PathBuf>,
    /// Compile anew at every start.
    pub no_cache: bool,
}

/// A loaded plugin. Cheap to clone; one per process is enough.
#[derive(Clone)]
pub struct Engine {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) engine: wasmtime::Engine,
    pub(super) pre: PluginPre<State>,
    pub(super) limits: Limits,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("limits", &self.inner.limits).finish_non_exhaustive()
    }
}

impl Engine {
    /// Loads `postroom.wasm` from a file. The first start compiles it, which takes seconds; later ones load
    /// the compiled code.
    ///
    /// # Errors
    /// [`EngineError::Unreadable`], [`EngineError::NotAPlugin`], [`EngineError::Setup`].
    pub fn load(path: impl AsRef<Path>, options: &Options) -> Result<Self, EngineError> {
        let path = path.as_ref();
        let unreadable = |source| EngineError::Unreadable { path: path.to_owned(), source };
        let bytes = std::fs::read(path).map_err(unreadable)?;
        Self::from_bytes(&bytes, path, options)
    }

    /// Loads the plugin from memory; `path` is for messages only.
    ///
    /// # Errors
    /// [`EngineError::NotAPlugin`], [`EngineError::Setup`].
    pub fn from_bytes(bytes: &[u8], path: &Path, options: &Options) -> Result<Self, EngineError> {
        let setup = |e: wasmtime::Error| EngineError::Setup(format!("{e:#}"));
        let foreign =
            |e: wasmtime::Error| EngineError::NotAPlugin { path: path.to_owned(), detail: format!("{e:#}") };
        let mut config = Config::new();
        config.wasm_component_model(true).epoch_interruption(true).cranelift_opt_level(OptLevel::Speed);
        // Maps for debuggers and foreign unwinders: without them there is less compiled code to load.
        config.generate_address_map(false).native_unwind_info(false);
        if !options.no_cache {
            let mut cache = CacheConfig::new();
            if let Some(folder) = &options.cache {
                cache.with_directory(folder);
            }
            // Without a place to write to (a read-only home) the plugin still runs, only slower to start.
            config.cache(Cache::new(cache).ok());
        }
        let engine = wasmtime::Engine::new(&config).map_err(setup)?;
        let component = Component::new(&engine, bytes).map_err(foreign)?;
        let mut linker = Linker::new(&engine);
        Plugin::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state).map_err(setup)?;
        let pre = linker.instantiate_pre(&component).and_then(PluginPre::new).map_err(foreign)?;
        tick(&engine)?;
        Ok(Self { inner: Arc::new(Inner { engine, pre, limits: options.limits }) })
    }

    /// Opens an office: the plugin at work for one company, with what it may reach.
    pub fn company_plugin(&self, company: impl Into<String>, capabilities: Capabilities) -> CompanyPlugin {
        CompanyPlugin::new(self.clone(), company.into(), capabilities)
    }
}

/// Moves the epoch on for as long as the engine is in use.
fn tick(engine: &wasmtime::Engine) -> Result<(), EngineError> {
    let weak = engine.weak();
    let beat = move || {
        while let Some(engine) = weak.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    };
    let thread = std::thread::Builder::new().name("postroom-epoch".into()).spawn(beat);
    thread.map(drop).map_err(|e| EngineError::Setup(e.to_string()))
}
