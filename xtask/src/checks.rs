//! What holds for the sources as they are written: form, lints, documentation, dependencies, house rules.

use crate::run::cargo;
use crate::{deny, plugin, tidy};

/// Runs all of them.
pub(crate) fn run() -> anyhow::Result<()> {
    cargo(["fmt", "--all", "--check"]).go()?;
    tidy::run()?;
    // The same features for both, so that what they depend on is checked once.
    let features = ["--features", "postroom-tests/e2e"];
    cargo(["clippy", "--all-targets"]).args(features).args(["--", "-D", "warnings"]).build()?;
    plugin::lint()?;
    cargo(["doc", "--no-deps"]).args(features).env("RUSTDOCFLAGS", "-D warnings").build()?;
    deny::run()
}
