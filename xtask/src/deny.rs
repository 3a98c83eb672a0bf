//! Licences, sources and duplicates of what we depend on, by cargo-deny (`deny.toml`).

use crate::run::{cargo, program, root, target};
use std::path::PathBuf;

const VERSION: &str = "0.20.2";

/// Checks `deny.toml`, installing cargo-deny beside the build where it is missing. Advisories need a database from
/// the network, and are asked for only where POSTROOM_ADVISORIES is set.
pub(crate) fn run() -> anyhow::Result<()> {
    let tool = tool()?;
    let mut checks = vec!["bans", "licenses", "sources"];
    if std::env::var_os("POSTROOM_ADVISORIES").is_some() {
        checks.push("advisories");
    }
    program(tool).args(["--all-features", "check", "--hide-inclusion-graph"]).args(checks).go()
}

fn tool() -> anyhow::Result<PathBuf> {
    let folder = target().join("tools");
    let tool = folder.join("bin/cargo-deny");
    let found =
        |path: &PathBuf| program(path).args(["--version"]).output().is_some_and(|v| v.contains(VERSION));
    let installed = PathBuf::from("cargo-deny");
    if found(&installed) {
        return Ok(installed);
    }
    if !found(&tool) {
        eprintln!(
            "installing cargo-deny {VERSION} into {}",
            folder.strip_prefix(root()).unwrap_or(&folder).display()
        );
        // Built to be there soon, not to be fast.
        cargo([
            "install",
            "--quiet",
            "--locked",
            "cargo-deny",
            "--version",
            VERSION,
            "--no-default-features",
            "--root",
        ])
        .args([&folder])
        .env("CARGO_TARGET_DIR", folder.join("build"))
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
        .go()?;
        // What it was built with is of no further use.
        let _ = std::fs::remove_dir_all(folder.join("build"));
    }
    Ok(tool)
}
