//! `cargo xtask demo`: builds what the demonstration runs, says what that takes, and runs it.

use crate::plugin::{self, Artefact};
use crate::run::{cargo, target};
use anyhow::anyhow;
use std::time::Instant;

/// Minutes that one core needs for a first build, about.
const FIRST: usize = 19;

/// Builds plugin and program, and runs the demonstration; the options are its own.
pub(crate) fn run(options: &[String]) -> anyhow::Result<()> {
    print_expectation();
    // Side by side: the plugin ends with a linker of one thread, and meanwhile the program has the other cores.
    std::thread::scope(|scope| {
        let plugin =
            scope.spawn(|| step("the plugin, postroom.wasm", || plugin::build_beside(&[Artefact::Full])));
        // By the program's name, not its package's: so it is built with the features that the tests are built with.
        let program = step("the program, postroom", || cargo(["build", "--bin", "postroom"]).build_beside());
        plugin.join().map_err(|_| anyhow!("building the plugin panicked"))?.and(program)
    })?;
    cargo(["run", "--quiet", "--bin", "postroom", "--", "demo"])
        .args(options)
        .env("POSTROOM_PLUGIN", Artefact::Full.path())
        .go()
}

/// Builds something; says what, and afterwards how long that took.
fn step(what: &str, build: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    eprintln!("demo: building {what}");
    let begun = Instant::now();
    build()?;
    let seconds = begun.elapsed().as_secs();
    eprintln!("demo: built {what}, in {} min {} s", seconds / 60, seconds % 60);
    Ok(())
}

fn print_expectation() {
    if target().join("debug").join("postroom").exists() {
        eprintln!("demo: builds what changed since the last time, then runs");
        return;
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    eprintln!(
        "demo: the first time this compiles all that the plugin and the program are made of: some {} minutes on {cores} cores. The next time it takes seconds.",
        FIRST.div_ceil(cores)
    );
}
