//! `cargo xtask bench`: ratios against peers, measured side by side in one run. No test depends on a time.

use crate::plugin;
use crate::run::{cargo, has_program, program, root, target};
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
    let changed = copy("nodemailer", &["package.json", "package-lock.json", "compose.mjs"], folder)?;
    if changed || !folder.join("node_modules/nodemailer").is_dir() {
        program("npm").args(["ci", "--silent", "--prefix"]).args([folder]).go()?;
    }
    Ok("node".into())
}

fn python(folder: &Path) -> anyhow::Result<PathBuf> {
    if !has_program("python3") {
        bail!("python3 is not installed");
    }
    let changed = copy("python", &["requirements.txt", "compose.py"], folder)?;
    let (venv, interpreter) = (folder.join("venv"), folder.join("venv/bin/python"));
    if changed || !venv.join("ready").is_file() {
        program("python3").args(["-m", "venv"]).args([&venv]).go()?;
        let list = folder.join("requirements.txt");
        program(&interpreter).args(["-m", "pip", "install", "--quiet", "--requirement"]).args([list]).go()?;
        std::fs::write(venv.join("ready"), "").context("can't write to the folder of the benchmark")?;
    }
    Ok(interpreter)
}

/// Brings a peer's files to where it is installed, outside the sources. True where one was new.
fn copy(peer: &str, files: &[&str], folder: &Path) -> anyhow::Result<bool> {
    std::fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
    let mut changed = false;
    for file in files {
        let (from, to) = (root().join("tests/benches/peers").join(peer).join(file), folder.join(file));
        let bytes = std::fs::read(&from).with_context(|| format!("can't read {}", from.display()))?;
        if !std::fs::read(&to).is_ok_and(|old| old == bytes) {
            std::fs::write(&to, bytes).with_context(|| format!("can't write {}", to.display()))?;
            changed = true;
        }
    }
    Ok(changed)
}
