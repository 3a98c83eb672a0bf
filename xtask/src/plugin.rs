//! The two components, `postroom.wasm` and `postroom-core.wasm`, and beside them the contract that they keep, as
//! `postroom.wit` and `postroom.wit.wasm`.

use crate::contract::published;
use crate::run::{cargo, program, root, target};
use anyhow::Context as _;
use std::path::{Path, PathBuf};

const TARGET: &str = "wasm32-unknown-unknown";

/// Where the components are.
pub(crate) struct Built {
    /// Everything.
    pub(crate) full: PathBuf,
    /// All that is pure.
    pub(crate) core: PathBuf,
}

/// Builds both and writes the contract, installing the compiler's target for WebAssembly where it is missing.
pub(crate) fn build() -> anyhow::Result<Built> {
    let full = build_full()?;
    let core = component(Some("core"), "core", "postroom-core.wasm")?;
    let contract = root().join("wit");
    keep("postroom.wit", published::text(&contract)?.as_bytes())?;
    keep("postroom.wit.wasm", &published::binary(&contract)?)?;
    Ok(Built { full, core })
}

/// Builds the first alone, for who only runs mails through it.
pub(crate) fn build_full() -> anyhow::Result<PathBuf> {
    install_target()?;
    component(None, "plugin", "postroom.wasm")
}

/// Builds a third, that misbehaves on request: for the tests of the limits alone.
pub(crate) fn build_misbehaving() -> anyhow::Result<PathBuf> {
    install_target()?;
    component(Some("misbehave"), "plugin", "postroom-misbehave.wasm")
}

/// The crate is a plain library everywhere else: a `cdylib` beside it would break the native link and switch fat
/// link-time optimisation off.
///
/// Each has a folder to itself: a library of this kind has the same name whatever its features, and building one in the
/// place of another builds both anew the next time.
fn component(feature: Option<&str>, world: &str, name: &str) -> anyhow::Result<PathBuf> {
    let folder = feature.map_or_else(target, |feature| target().join("variants").join(feature));
    cargo(["rustc", "--package", "postroom-plugin", "--lib", "--profile", "plugin"])
        .args(["--target", TARGET, "--crate-type", "cdylib", "--target-dir"])
        .args([&folder])
        .args(feature.iter().flat_map(|feature| ["--features", feature]))
        .build()?;
    let made = folder.join(TARGET).join("plugin/postroom_plugin.wasm");
    let bytes = std::fs::read(&made).with_context(|| format!("can't read {}", made.display()))?;
    let documented = published::with_documentation(&root().join("wit"), world, bytes)?;
    let kept = keep(name, &documented)?;
    eprintln!("{name}: {} bytes", documented.len());
    Ok(kept)
}

/// Writes a file where the build puts its own, and to target/plugin of the checkout. Says where the first is.
fn keep(name: &str, bytes: &[u8]) -> anyhow::Result<PathBuf> {
    let kept = target().join("plugin").join(name);
    write(&kept, bytes)?;
    let in_checkout = root().join("target/plugin").join(name);
    if in_checkout != kept {
        write(&in_checkout, bytes)?;
    }
    Ok(kept)
}

/// Writes unless the bytes are there already, so that what is compiled from them stays valid.
fn write(to: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if std::fs::read(to).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
    }
    std::fs::write(to, bytes).with_context(|| format!("can't write {}", to.display()))
}

fn install_target() -> anyhow::Result<()> {
    let installed = program("rustc").args(["--print", "target-libdir", "--target", TARGET]).output();
    if installed.is_some_and(|folder| Path::new(folder.trim()).is_dir()) {
        return Ok(());
    }
    eprintln!("installing the compiler's target {TARGET}");
    program("rustup")
        .args(["target", "add", TARGET])
        .go()
        .with_context(|| format!("the target {TARGET} is missing: `rustup target add {TARGET}`"))
}
