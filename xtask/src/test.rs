//! `cargo xtask test`: the tiers, one after the other.

use crate::plugin::{self, Artefact};
use crate::run::{Run, cargo, root};
use crate::{checks, foreign, fuzz, packages};
use anyhow::bail;

/// Every tier, and what it proves.
const TIERS: [(&str, &str); 6] = [
    ("checks", "form, lints, documentation, dependencies"),
    ("unit", "rules and wires, native; snapshots, signing in, memory"),
    ("clients", "the mails in a browser, before a spam filter and a strict parser"),
    ("component", "the plugin in its sandbox"),
    ("e2e", "the program with real servers"),
    ("fuzz", "every fuzz target for some seconds"),
];
/// Seconds that each fuzz target gets here.
const FUZZED: u32 = 5;

/// Runs the tiers named, or all. `unit` includes the snapshots and signing in.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let names = TIERS.map(|(name, _)| name);
    if let Some(unknown) = arguments.iter().find(|a| !names.contains(&a.as_str())) {
        bail!("no such tier \"{unknown}\": there are {}", names.join(", "));
    }
    let is_wanted = |tier: &str| arguments.is_empty() || arguments.iter().any(|a| a == tier);
    let all: Vec<&str> = names.into_iter().filter(|name| is_wanted(name)).collect();
    let wanted = |tier: &str| {
        let place = all.iter().position(|name| *name == tier);
        let what = TIERS.iter().find(|(name, _)| *name == tier).map_or("", |(_, what)| what);
        if let Some(place) = place {
            eprintln!("\n== {tier}, {} of {}: {what}", place + 1, all.len());
        }
        place.is_some()
    };
    if wanted("checks") {
        checks::run()?;
    }
    if wanted("unit") {
        let named = ["snapshot", "oauth", "memory", "clients"].iter().flat_map(|name| ["--test", name]);
        let native = || tests(["--lib", "--bins"]).args(named.clone());
        native().args(["--no-run"]).build()?;
        native().env("INSTA_UPDATE", "no").go()?;
        tests(["--doc"]).go()?;
    }
    if wanted("clients") {
        clients()?;
    }
    if wanted("component") {
        packages::ensure_python()?;
        foreign::ensure_node("loading the plugin from Node")?;
        plugin::build(Artefact::ALL)?;
        tests(["--test", "component"])
            .env("POSTROOM_PLUGIN", Artefact::Full.path())
            .env("POSTROOM_CORE", Artefact::Core.path())
            .env("POSTROOM_MISBEHAVING", Artefact::Misbehaving.path())
            .go()?;
    }
    if wanted("e2e") {
        packages::ensure(packages::MAIL_SERVERS, "the end-to-end tier")?;
        packages::ensure_postgresql()?;
        plugin::build(&[Artefact::Full])?;
        // What the unit tier names and leaves out, since it needs a server.
        tests(["--lib", "--", "--ignored", "postgresql"]).go()?;
        tests(["--test", "e2e"]).env("POSTROOM_PLUGIN", Artefact::Full.path()).go()?;
        tests(["--test", "oauth", "--", "--include-ignored"])
            .env("POSTROOM_OAUTH_PROVIDER", foreign::authorization_server()?)
            .go()?;
    }
    if wanted("fuzz") {
        fuzz::run_all(FUZZED)?;
    }
    Ok(())
}

/// Runs the tests named. Cargo is always asked for the same packages and features: for others it would choose other features of
/// what they depend on, and compile the compiler of WebAssembly a second time.
fn tests<const N: usize>(which: [&str; N]) -> Run {
    cargo(["test", "--features", "postroom-tests/e2e"]).args(which)
}

/// Measures the mails; the plugin's code runs outside the sandbox.
fn clients() -> anyhow::Result<()> {
    packages::ensure(packages::MAIL_READERS, "measuring mails")?;
    packages::ensure_python()?;
    tests(["--test", "clients", "--", "--include-ignored", "--nocapture"])
        .args(["--test-threads", "1", "--skip", "contact_sheet"])
        .env("POSTROOM_AXE", foreign::axe()?)
        .go()
}

/// Draws every mail; the pictures are in target/sheet.
pub(crate) fn sheet() -> anyhow::Result<()> {
    packages::ensure(packages::MAIL_READERS, "drawing mails")?;
    foreign::ensure_node("drawing mails")?;
    tests(["--test", "clients", "--", "--ignored", "--nocapture", "contact_sheet"])
        .env("POSTROOM_SHEET", root().join("target/sheet"))
        .go()
}
