//! `cargo xtask bench`: ratios against peers, measured side by side in one run. No test depends on a time.

use crate::run::{cargo, has_program, program, target};
use crate::{foreign, plugin};
use anyhow::{Context as _, bail};
use std::path::{Path, PathBuf};

/// Runs the benchmark named; the rest goes to it.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let [name, rest @ ..] = arguments else { bail!("which benchmark? there is: compose") };
    if name != "compose" {
        bail!("no such benchmark \"{name}\": there is compose");
    }
    let plugin = plugin::build()?;
    let folder = target().join("bench");
    let mut bench = cargo(["bench", "--quiet", "--package", "postroom-tests", "--bench", "compose", "--"])
        .args(rest)
        .env("POSTROOM_PLUGIN", plugin.full)
        .env("POSTROOM_BENCH_FOLDER", &folder);
    for (name, variable, prepare) in PEERS {
        match prepare(&folder.join("peers").join(name)) {
            Ok(interpreter) => bench = bench.env(variable, interpreter),
            Err(why) => eprintln!("without {name}: {why:#}"),
        }
    }
    bench.go()
}

type Prepare = fn(&Path) -> anyhow::Result<PathBuf>;

/// Folder of the peer, the variable that names its interpreter, and how its libraries are installed.
const PEERS: [(&str, &str, Prepare); 2] =
    [("nodemailer", "POSTROOM_BENCH_NODE", nodemailer), ("python", "POSTROOM_BENCH_PYTHON", python)];

fn nodemailer(folder: &Path) -> anyhow::Result<PathBuf> {
    if !has_program("node") || !has_program("npm") {
        bail!("node and npm are not installed");
    }
    foreign::node("tests/benches/peers/nodemailer", &["compose.mjs"], folder)?;
    Ok("node".into())
}

fn python(folder: &Path) -> anyhow::Result<PathBuf> {
    if !has_program("python3") {
        bail!("python3 is not installed");
    }
    let changed = foreign::copy("tests/benches/peers/python", &["requirements.txt", "compose.py"], folder)?;
    let (venv, interpreter) = (folder.join("venv"), folder.join("venv/bin/python"));
    if changed || !venv.join("ready").is_file() {
        program("python3").args(["-m", "venv"]).args([&venv]).go()?;
        let list = folder.join("requirements.txt");
        program(&interpreter).args(["-m", "pip", "install", "--quiet", "--requirement"]).args([list]).go()?;
        std::fs::write(venv.join("ready"), "").context("can't write to the folder of the benchmark")?;
    }
    Ok(interpreter)
}
