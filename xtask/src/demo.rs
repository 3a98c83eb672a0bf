//! `cargo xtask demo`: builds what the demonstration runs, says what that takes, and runs it.

use crate::plugin;
use crate::run::{cargo, target};

/// Minutes that one core needs for a first build, about.
const FIRST: usize = 32;

/// Builds plugin and host, and runs the demonstration; the options are its own.
pub(crate) fn run(options: &[String]) -> anyhow::Result<()> {
    say_what_to_expect();
    let plugin = plugin::build_full()?;
    cargo(["build", "--package", "postroom-cli"]).build()?;
    cargo(["run", "--quiet", "--package", "postroom-cli", "--", "demo"])
        .args(options)
        .env("POSTROOM_PLUGIN", plugin)
        .go()
}

fn say_what_to_expect() {
    if target().join("debug").join("postroom").exists() {
        eprintln!("demo: builds what changed since the last time, then runs");
        return;
    }
    let tree =
        ["tree", "--package", "postroom-cli", "--edges", "normal,build", "--prefix", "none", "--no-dedupe"];
    let mut packages: Vec<String> =
        cargo(tree).output().unwrap_or_default().lines().map(str::to_owned).collect();
    packages.sort_unstable();
    packages.dedup();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    eprintln!(
        "demo: the first time this compiles {} packages: some {} minutes on {cores} cores. The next time it takes seconds.",
        packages.len(),
        FIRST.div_ceil(cores)
    );
}
