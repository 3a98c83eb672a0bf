//! The components under test: those named by the environment, else built now, so that no test ever runs on
//! yesterday's code.

use postroom_tests::fixtures;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// `postroom.wasm`.
pub(crate) fn full() -> PathBuf {
    artefact("POSTROOM_PLUGIN", "postroom.wasm")
}

/// `postroom-core.wasm`.
pub(crate) fn core() -> PathBuf {
    artefact("POSTROOM_CORE", "postroom-core.wasm")
}

/// The plugin that goes wrong on request.
pub(crate) fn misbehaving() -> PathBuf {
    artefact("POSTROOM_MISBEHAVING", "postroom-misbehave.wasm")
}

fn artefact(variable: &str, name: &str) -> PathBuf {
    match std::env::var_os(variable) {
        Some(path) => path.into(),
        None => built().join(name),
    }
}

fn built() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let build = || {
        let root = fixtures::folder().parent().unwrap().to_owned();
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let arguments = ["run", "--quiet", "--bin", "xtask", "--", "plugin", "--for-tests"];
        let status = Command::new(cargo).args(arguments).current_dir(&root).status().unwrap();
        assert!(status.success(), "cargo xtask plugin --for-tests: {status}");
        root.join("target/plugin")
    };
    BUILT.get_or_init(build).clone()
}
