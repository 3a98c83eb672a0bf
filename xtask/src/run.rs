//! Running programs, and where things are.

use crate::progress;
use anyhow::{Context as _, bail};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

/// A program to run. Prints what it runs; a failure names the whole command.
pub(crate) struct Run(Command);

/// A program by name, from the project's root.
pub(crate) fn program(name: impl AsRef<OsStr>) -> Run {
    let mut command = Command::new(name);
    command.current_dir(root());
    Run(command)
}

/// Cargo with these arguments.
pub(crate) fn cargo<const N: usize>(arguments: [&str; N]) -> Run {
    program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())).args(arguments)
}

impl Run {
    pub(crate) fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.0.args(arguments);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    /// Runs to the end; anything but success is an error.
    pub(crate) fn go(self) -> anyhow::Result<()> {
        self.run_by(Command::status)
    }

    /// Runs cargo to the end and tells how far it is; anything but success is an error. For what builds, and says
    /// nothing else of its own on standard error.
    pub(crate) fn build(self) -> anyhow::Result<()> {
        self.run_by(progress::run)
    }

    /// Does what [`Self::build`] does, beside another build.
    pub(crate) fn build_beside(self) -> anyhow::Result<()> {
        self.run_by(progress::run_by_lines)
    }

    fn run_by(mut self, run: impl FnOnce(&mut Command) -> std::io::Result<ExitStatus>) -> anyhow::Result<()> {
        let shown = self.shown();
        eprintln!("+ {shown}");
        let status = run(&mut self.0).with_context(|| format!("can't run {shown}"))?;
        if !status.success() {
            bail!("{shown}: {status}");
        }
        Ok(())
    }

    /// Runs to the end in silence and gives its standard output; none if it failed or is not there.
    pub(crate) fn output(mut self) -> Option<String> {
        let output = self.0.output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn shown(&self) -> String {
        let words = std::iter::once(self.0.get_program()).chain(self.0.get_args());
        let words = words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>();
        let name = Path::new(&words[0]).file_name().map(|n| n.to_string_lossy().into_owned());
        name.into_iter().chain(words.into_iter().skip(1)).collect::<Vec<_>>().join(" ")
    }
}

/// The project's root: that of the checkout `cargo xtask` was called in. Checkouts that share a build folder may
/// share this program, so where it was built says nothing.
pub(crate) fn root() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let own = PathBuf::from(own);
    own.parent().map(Path::to_owned).unwrap_or(own)
}

/// Where cargo builds.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// True where a program of this name is on the path.
pub(crate) fn has_program(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    std::env::split_paths(&path).chain(usual).any(|folder| folder.join(name).is_file())
}
