//! Opening the plugin for a command.

use super::{Common, Failure};
use postroom_transport::smtp::{MemorySubmitter, Submitter};
use postroom_contract::log::Level;
use postroom::engine::{Accounts, Capabilities, CompanyPlugin, Engine, Files, LogSink, Options};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Loads the plugin and opens an office that can send nothing: for commands that only read and render.
pub(super) fn reading(common: &Common) -> Result<CompanyPlugin, Failure> {
    sending(common, Accounts::new(), Arc::new(MemorySubmitter::default()))
}

/// The same, for a company of the store.
pub(super) fn reading_for(common: &Common, company: &str) -> Result<CompanyPlugin, Failure> {
    let capabilities = Capabilities { log: log(common), ..Capabilities::default() };
    Ok(engine(common)?.company_plugin(company, capabilities))
}

/// Loads the plugin and opens an office that reaches these accounts.
pub(super) fn sending(
    common: &Common,
    accounts: Accounts,
    submitter: Arc<dyn Submitter>,
) -> Result<CompanyPlugin, Failure> {
    let capabilities =
        Capabilities { accounts: Arc::new(accounts), submitter, log: log(common), ..Capabilities::default() };
    Ok(engine(common)?.company_plugin("cli", capabilities))
}

/// Loads the plugin.
pub(super) fn engine(common: &Common) -> Result<Engine, Failure> {
    let path = find(common)?;
    let options = Options { cache: common.cache.clone(), ..Options::default() };
    Ok(Engine::load(&path, &options)?)
}

/// A plugin that is being loaded while something else is done.
pub(super) struct Loading(oneshot::Receiver<Result<Engine, Failure>>);

/// Begins to load the plugin, on a thread of its own: a command that ends with an error does not wait for it.
pub(super) fn loading(common: &Common) -> Loading {
    let (done, loaded) = oneshot::channel();
    let common = common.clone();
    std::thread::spawn(move || done.send(engine(&common)));
    Loading(loaded)
}

impl Loading {
    /// The plugin, once it is there.
    pub(super) async fn engine(self) -> Result<Engine, Failure> {
        self.0.await.unwrap_or_else(|_| Err(Failure::other("the plugin could not be loaded")))
    }
}

/// The plugin's log lines go to standard error: warnings and errors, and all with `--verbose`.
pub(super) fn log(common: &Common) -> LogSink {
    let verbose = common.verbose;
    Arc::new(move |_: &str, level: Level, text: &str| {
        if verbose || matches!(level, Level::Warning | Level::Error) {
            eprintln!("plugin: {}: {}", level_name(level), super::output::printable(text));
        }
    })
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

/// The plugin's file: named, by environment, or with this program. Not in the current folder: whoever put a plugin there would
/// write the mails.
fn find(common: &Common) -> Result<PathBuf, Failure> {
    if let Some(named) = &common.plugin {
        return Ok(named.clone());
    }
    if let Some(named) = std::env::var_os("POSTROOM_PLUGIN") {
        return Ok(named.into());
    }
    let program = std::env::current_exe().unwrap_or_default();
    let candidates = beside(&program);
    candidates.into_iter().find(|path| path.is_file()).ok_or_else(|| {
        Failure::other("no plugin found: build it with `cargo xtask plugin`, or name it with --plugin or $POSTROOM_PLUGIN")
    })
}

/// Where the plugin of a program may be: with it. A program under target/debug or target/release finds what `cargo xtask plugin`
/// made; only one that was built to be debugged looks in the current folder.
fn beside(program: &Path) -> Vec<PathBuf> {
    let beside = program.parent().unwrap_or(Path::new("")).join("postroom.wasm");
    let built = program.ancestors().nth(2).map(|target| target.join("plugin/postroom.wasm"));
    let from_here = cfg!(debug_assertions).then(|| PathBuf::from("target/plugin/postroom.wasm"));
    [Some(beside), built, from_here].into_iter().flatten().collect()
}

/// No files: for calls that need none.
pub(super) fn no_files() -> Files {
    Files::default()
}
