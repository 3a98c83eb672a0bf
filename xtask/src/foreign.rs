//! Programs in other languages that tests and benchmarks run: brought outside the sources, with their libraries.

use crate::packages;
use crate::run::{has_program, program, root, target};
use anyhow::{Context as _, bail};
use std::path::{Path, PathBuf};

/// Oldest Node that the programs of the tests run on.
const OLDEST_NODE: u32 = 20;

/// The certified authorization server that the tests sign in at; the folder to run it in.
pub(crate) fn authorization_server() -> anyhow::Result<PathBuf> {
    ensure_node("the authorization server of the end-to-end tier")?;
    let folder = target().join("authorization-server");
    node("tests/oauth/provider", &["serve.mjs"], &folder)?;
    Ok(folder)
}

/// The rules of accessibility that mails are held to: the script of axe-core.
pub(crate) fn axe() -> anyhow::Result<PathBuf> {
    ensure_node("measuring mails")?;
    let folder = target().join("axe");
    node("tests/clients", &[], &folder)?;
    Ok(folder.join("node_modules/axe-core/axe.min.js"))
}

/// Makes sure of Node and its packages' program.
pub(crate) fn ensure_node(what_for: &str) -> anyhow::Result<()> {
    let missing: Vec<&str> = [("node", "nodejs"), ("npm", "npm")]
        .into_iter()
        .filter(|(name, _)| !has_program(name))
        .map(|(_, p)| p)
        .collect();
    if !missing.is_empty() {
        packages::install(&missing, what_for)?;
    }
    let version = program("node").args(["--version"]).output().unwrap_or_default();
    let major =
        version.trim().trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < OLDEST_NODE) {
        bail!(
            "{what_for} needs Node {OLDEST_NODE} or newer, and the one on the path is \"{}\"",
            version.trim()
        );
    }
    Ok(())
}

/// Installs a program in Node from `sources`, a path from the project's root, to `folder`.
pub(crate) fn node(sources: &str, scripts: &[&str], folder: &Path) -> anyhow::Result<()> {
    copy(sources, scripts, folder)?;
    let changed = copy(sources, &["package.json", "package-lock.json"], folder)?;
    let installed = folder.join("node_modules/.package-lock.json");
    if changed || !installed.is_file() {
        program("npm").args(["ci", "--silent", "--prefix"]).args([folder]).go()?;
    }
    Ok(())
}

/// Brings files to where a program is installed. True where one was new.
pub(crate) fn copy(sources: &str, files: &[&str], folder: &Path) -> anyhow::Result<bool> {
    std::fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
    let mut changed = false;
    for file in files {
        let (from, to) = (root().join(sources).join(file), folder.join(file));
        let bytes = std::fs::read(&from).with_context(|| format!("can't read {}", from.display()))?;
        if !std::fs::read(&to).is_ok_and(|old| old == bytes) {
            std::fs::write(&to, bytes).with_context(|| format!("can't write {}", to.display()))?;
            changed = true;
        }
    }
    Ok(changed)
}
