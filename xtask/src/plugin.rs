//! The components, `postroom.wasm` and `postroom-core.wasm`, and beside them the contract that they keep, as
//! `postroom.wit` and `postroom.wit.wasm`.

use crate::contract::published;
use crate::run::{Run, cargo, program, root, target};
use anyhow::Context as _;
use std::path::{Path, PathBuf};

const TARGET: &str = "wasm32-unknown-unknown";

/// A component, made by a crate of a few lines over the guest's library.
#[derive(Clone, Copy)]
pub(crate) enum Artefact {
    /// Everything.
    Full,
    /// All that is pure.
    Core,
    /// Everything, and it goes wrong on request: for the tests of the limits alone.
    Misbehaving,
}

impl Artefact {
    /// What ships.
    pub(crate) const SHIPPED: &'static [Self] = &[Self::Full, Self::Core];
    /// What the component tests load.
    pub(crate) const ALL: &'static [Self] = &[Self::Full, Self::Core, Self::Misbehaving];

    fn package(self) -> &'static str {
        match self {
            Self::Full => "postroom-plugin-component",
            Self::Core => "postroom-core-component",
            Self::Misbehaving => "postroom-misbehave-component",
        }
    }

    fn world(self) -> &'static str {
        match self {
            Self::Full | Self::Misbehaving => "plugin",
            Self::Core => "core",
        }
    }

    fn file(self) -> &'static str {
        match self {
            Self::Full => "postroom.wasm",
            Self::Core => "postroom-core.wasm",
            Self::Misbehaving => "postroom-misbehave.wasm",
        }
    }

    /// Names the file that [`build`] writes.
    pub(crate) fn path(self) -> PathBuf {
        target().join("plugin").join(self.file())
    }
}

/// Builds components and writes the contract, installing the compiler's target for WebAssembly where it is missing.
///
/// All by one call of cargo: the library is compiled once, and the linker, which has one thread, runs for several side by side.
pub(crate) fn build(artefacts: &[Artefact]) -> anyhow::Result<()> {
    build_by(artefacts, Run::build)
}

/// Does what [`build`] does, beside another build. Its profile has a folder of its own, so neither waits for the other.
pub(crate) fn build_beside(artefacts: &[Artefact]) -> anyhow::Result<()> {
    build_by(artefacts, Run::build_beside)
}

fn build_by(artefacts: &[Artefact], run: impl FnOnce(Run) -> anyhow::Result<()>) -> anyhow::Result<()> {
    install_target()?;
    run(cargo(["build", "--profile", "plugin", "--target", TARGET])
        .args(artefacts.iter().flat_map(|artefact| ["--package", artefact.package()])))?;
    let contract = root().join("wit");
    for artefact in artefacts {
        let name = format!("{}.wasm", artefact.package().replace('-', "_"));
        let built = target().join(TARGET).join("plugin").join(name);
        let bytes = std::fs::read(&built).with_context(|| format!("can't read {}", built.display()))?;
        let documented = published::with_documentation(&contract, artefact.world(), bytes)?;
        keep(artefact.file(), &documented)?;
        eprintln!("{}: {} bytes", artefact.file(), documented.len());
    }
    keep("postroom.wit", published::text(&contract)?.as_bytes())?;
    keep("postroom.wit.wasm", &published::binary(&contract)?)
}

/// Lints the boundary, which exists in the sandbox alone, and the artefacts.
pub(crate) fn lint() -> anyhow::Result<()> {
    install_target()?;
    cargo(["clippy", "--package", "postroom-plugin", "--target", TARGET])
        .args(Artefact::ALL.iter().flat_map(|artefact| ["--package", artefact.package()]))
        .args(["--", "-D", "warnings"])
        .build()
}

/// Writes a file where the build puts its own, and to target/plugin of the checkout.
fn keep(name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let in_target = target().join("plugin").join(name);
    write(&in_target, bytes)?;
    let in_checkout = root().join("target/plugin").join(name);
    if in_checkout != in_target {
        write(&in_checkout, bytes)?;
    }
    Ok(())
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
