//! `cargo xtask bench`: ratios against peers, measured side by side in one run. No test depends on a time.

use crate::plugin;
use crate::run::cargo;
use anyhow::bail;

/// Runs the benchmark named; the rest goes to it.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let [name, rest @ ..] = arguments else { bail!("which benchmark? there is: compose") };
    if name != "compose" {
        bail!("no such benchmark \"{name}\": there is compose");
    }
    let plugin = plugin::build()?;
    cargo(["bench", "--quiet", "--package", "postroom-tests", "--bench", "compose", "--"])
        .args(rest)
        .env("POSTROOM_PLUGIN", plugin.full)
        .go()
}
