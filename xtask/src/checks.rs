//! What holds for the sources as they are written: form, lints, documentation, dependencies, house rules.

use crate::run::cargo;
use crate::{deny, tidy};

/// Runs all of them.
pub(crate) fn run() -> anyhow::Result<()> {
    cargo(["fmt", "--all", "--check"]).go()?;
    tidy::run()?;
    cargo([
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--features",
        "postroom-tests/e2e",
        "--",
        "-D",
        "warnings",
    ])
    .go()?;
    // The boundary exists in the sandbox alone, so it is looked at there.
    for features in [&[][..], &["--features", "renderer"]] {
        cargo(["clippy", "--quiet", "--package", "postroom-plugin", "--target", "wasm32-unknown-unknown"])
            .args(features)
            .args(["--", "-D", "warnings"])
            .go()?;
    }
    cargo(["doc", "--quiet", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings").go()?;
    deny::run()
}
