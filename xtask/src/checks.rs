//! What holds for the sources as they are written: form, lints, documentation, dependencies, house rules.

use crate::run::cargo;
use crate::{deny, tidy};

/// Runs all of them.
pub(crate) fn run() -> anyhow::Result<()> {
    cargo(["fmt", "--all", "--check"]).go()?;
    tidy::run()?;
    cargo([
        "clippy",
        "--workspace",
        "--all-targets",
        "--features",
        "postroom-tests/e2e",
        "--",
        "-D",
        "warnings",
    ])
    .build()?;
    // The boundary exists in the sandbox alone, so it is looked at there.
    for features in [&[][..], &["--features", "core"]] {
        cargo(["clippy", "--package", "postroom-plugin", "--target", "wasm32-unknown-unknown"])
            .args(features)
            .args(["--", "-D", "warnings"])
            .build()?;
    }
    cargo(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings").build()?;
    deny::run()
}
