//! `cargo xtask test`: the checks and the four tiers.

use crate::run::cargo;
use crate::{checks, foreign, packages, plugin};
use anyhow::bail;

const TIERS: [&str; 4] = ["checks", "unit", "component", "e2e"];

/// Runs the tiers named, or all. `unit` includes the snapshots and signing in.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    if let Some(unknown) = arguments.iter().find(|a| !TIERS.contains(&a.as_str())) {
        bail!("no such tier \"{unknown}\": there are {}", TIERS.join(", "));
    }
    let wanted = |tier: &str| arguments.is_empty() || arguments.iter().any(|a| a == tier);
    let plugin = plugin::build()?;
    if wanted("checks") {
        checks::run()?;
    }
    if wanted("unit") {
        cargo(["test", "--workspace", "--exclude", "postroom-tests"]).env("INSTA_UPDATE", "no").go()?;
        cargo(["test", "--package", "postroom-tests", "--test", "snapshot", "--test", "oauth"])
            .env("INSTA_UPDATE", "no")
            .go()?;
    }
    if wanted("component") {
        packages::ensure_python()?;
        cargo(["test", "--package", "postroom-tests", "--test", "component"])
            .env("POSTROOM_PLUGIN", &plugin.full)
            .env("POSTROOM_RENDERER", &plugin.renderer)
            .env("POSTROOM_MISBEHAVING", plugin::build_misbehaving()?)
            .go()?;
    }
    if wanted("e2e") {
        packages::ensure(packages::MAIL_SERVERS, "the end-to-end tier")?;
        packages::ensure_postgresql()?;
        // What the unit tier names and leaves out, since it needs a server.
        cargo(["test", "--package", "postroom", "--lib", "--", "--ignored", "postgresql"]).go()?;
        let tests = ["--features", "e2e", "--test", "e2e", "--test", "oauth"];
        cargo(["test", "--package", "postroom-tests"])
            .args(tests)
            .env("POSTROOM_PLUGIN", &plugin.full)
            .env("POSTROOM_OAUTH_PROVIDER", foreign::authorization_server()?)
            .go()?;
    }
    Ok(())
}
