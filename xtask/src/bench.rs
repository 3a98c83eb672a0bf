//! `cargo xtask bench`: ratios against peers, measured side by side in one run. No test depends on a time.

use crate::foreign;
use crate::packages;
use crate::plugin::{self, Artefact};
use crate::run::{cargo, has_program, program, target};
use anyhow::{Context as _, bail};
use std::path::{Path, PathBuf};

/// Runs the benchmark named; the rest goes to it.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let names: Vec<&str> = BENCHES.iter().map(|(name, _)| *name).collect();
    let [name, rest @ ..] = arguments else { bail!("which benchmark? there are: {}", names.join(", ")) };
    let Some((_, peers)) = BENCHES.iter().find(|(known, _)| known == name) else {
        bail!("no such benchmark \"{name}\": there are {}", names.join(", "));
    };
    if name == "mailbox" {
        packages::ensure(packages::MAILBOX_SERVER, "the benchmark of a mailbox")?;
    }
    plugin::build(&[Artefact::Full])?;
    let folder = target().join("bench");
    let mut bench = cargo(["bench", "--quiet", "--package", "postroom-tests", "--bench", name, "--"])
        .args(rest)
        .env("POSTROOM_PLUGIN", Artefact::Full.path())
        .env("POSTROOM_BENCH_FOLDER", &folder);
    for (name, variable, prepare) in *peers {
        match prepare(&folder.join("peers").join(name)) {
            Ok(interpreter) => bench = bench.env(variable, interpreter),
            Err(why) => eprintln!("without {name}: {why:#}"),
        }
    }
    bench.go()
}

type Prepare = fn(&Path) -> anyhow::Result<PathBuf>;

/// Folder of a peer, the variable that names its interpreter, and how its libraries are installed.
type Peer = (&'static str, &'static str, Prepare);

/// Every benchmark and its peers.
const BENCHES: [(&str, &[Peer]); 3] = [
    (
        "compose",
        &[("nodemailer", "POSTROOM_BENCH_NODE", nodemailer), ("python", "POSTROOM_BENCH_PYTHON", python)],
    ),
    (
        "send",
        &[
            ("send-node", "POSTROOM_BENCH_SEND_NODE", send_node),
            ("send-django", "POSTROOM_BENCH_SEND_DJANGO", send_django),
        ],
    ),
    (
        "mailbox",
        &[
            ("mailbox-node", "POSTROOM_BENCH_MAILBOX_NODE", mailbox_node),
            ("mailbox-python", "POSTROOM_BENCH_MAILBOX_PYTHON", mailbox_python),
        ],
    ),
];

fn nodemailer(folder: &Path) -> anyhow::Result<PathBuf> {
    node("nodemailer", &["compose.mjs"], folder)
}

fn send_node(folder: &Path) -> anyhow::Result<PathBuf> {
    node("send-node", &["send.mjs", "invoice.html.hbs", "invoice.txt.hbs"], folder)
}

fn mailbox_node(folder: &Path) -> anyhow::Result<PathBuf> {
    node("mailbox-node", &["fetch.mjs"], folder)
}

/// Python's own library: nothing is installed.
fn mailbox_python(folder: &Path) -> anyhow::Result<PathBuf> {
    if !has_program("python3") {
        bail!("python3 is not installed");
    }
    foreign::copy("tests/benches/peers/mailbox-python", &["fetch.py"], folder)?;
    Ok("python3".into())
}

fn node(name: &str, files: &[&str], folder: &Path) -> anyhow::Result<PathBuf> {
    if !has_program("node") || !has_program("npm") {
        bail!("node and npm are not installed");
    }
    foreign::node(&format!("tests/benches/peers/{name}"), files, folder)?;
    Ok("node".into())
}

fn python(folder: &Path) -> anyhow::Result<PathBuf> {
    virtual_environment("python", &["compose.py"], folder)
}

fn send_django(folder: &Path) -> anyhow::Result<PathBuf> {
    virtual_environment("send-django", &["send.py", "bench.py", "invoice.html", "invoice.txt"], folder)
}

/// An interpreter of Python with the libraries that a peer names.
fn virtual_environment(name: &str, files: &[&str], folder: &Path) -> anyhow::Result<PathBuf> {
    if !has_program("python3") {
        bail!("python3 is not installed");
    }
    let sources = format!("tests/benches/peers/{name}");
    foreign::copy(&sources, files, folder)?;
    let changed = foreign::copy(&sources, &["requirements.txt"], folder)?;
    let (venv, interpreter) = (folder.join("venv"), folder.join("venv/bin/python"));
    if changed || !venv.join("ready").is_file() {
        program("python3").args(["-m", "venv"]).args([&venv]).go()?;
        let list = folder.join("requirements.txt");
        program(&interpreter).args(["-m", "pip", "install", "--quiet", "--requirement"]).args([list]).go()?;
        std::fs::write(venv.join("ready"), "").context("can't write to the folder of the benchmark")?;
    }
    Ok(interpreter)
}
