//! Opening the plugin for a command.

use super::Common;
pub(super) use postroom::app::no_files;
use postroom::app::{Accounts, AppError, Capabilities, CompanyPlugin, Engine, Options, PluginLoad};
use postroom_transport::smtp::{MemorySubmitter, Submitter};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Loads the plugin and opens it so that it can send nothing: for commands that only read and render.
pub(super) fn reading(common: &Common) -> Result<CompanyPlugin, AppError> {
    sending(common, Accounts::new(), Arc::new(MemorySubmitter::default()))
}

/// Loads the plugin for a company of the store, so that it can send nothing.
pub(super) fn reading_for(common: &Common, company: &str) -> Result<CompanyPlugin, AppError> {
    Ok(engine(common)?.company_plugin(company, Capabilities::default()))
}

/// Loads the plugin and opens it so that it reaches these accounts.
pub(super) fn sending(
    common: &Common,
    accounts: Accounts,
    submitter: Arc<dyn Submitter>,
) -> Result<CompanyPlugin, AppError> {
    let capabilities = Capabilities { accounts: Arc::new(accounts), submitter, ..Capabilities::default() };
    Ok(engine(common)?.company_plugin("cli", capabilities))
}

/// Loads the plugin.
pub(super) fn engine(common: &Common) -> Result<Engine, AppError> {
    let path = find(common)?;
    let options = Options { cache: common.cache.clone(), ..Options::default() };
    Ok(Engine::load(&path, &options)?)
}

/// Begins to load the plugin while the command does something else.
pub(super) fn loading(common: &Common) -> PluginLoad {
    let common = common.clone();
    PluginLoad::begin(move || engine(&common))
}

/// Finds the plugin's file: named, by environment, or with this program. Not in the current folder, where a stranger's plugin could
/// lie and write the mails.
fn find(common: &Common) -> Result<PathBuf, AppError> {
    if let Some(named) = &common.plugin {
        return Ok(named.clone());
    }
    if let Some(named) = std::env::var_os("POSTROOM_PLUGIN") {
        return Ok(named.into());
    }
    let program = std::env::current_exe().unwrap_or_default();
    let candidates = beside(&program);
    candidates.into_iter().find(|path| path.is_file()).ok_or(AppError::NoPlugin)
}

/// Where the plugin of a program may be: with it. A program under target/debug or target/release finds what `cargo xtask plugin`
/// made; only one that was built to be debugged looks in the current folder.
fn beside(program: &Path) -> Vec<PathBuf> {
    let beside = program.parent().unwrap_or(Path::new("")).join("postroom.wasm");
    let built = program.ancestors().nth(2).map(|target| target.join("plugin/postroom.wasm"));
    let from_here = cfg!(debug_assertions).then(|| PathBuf::from("target/plugin/postroom.wasm"));
    [Some(beside), built, from_here].into_iter().flatten().collect()
}
