//! `cargo xtask bench compose`: one invoice mail, whole message bytes, made by the plugin in its sandbox, by the
//! same code native, and by what a programmer would use in Node and in Python.
//!
//! Everybody gets the same case (see [`case`]) and is measured in this one run, in rounds that take turns, so
//! that a machine that is slow for a while is slow for all. What is compared is the median of single mails.

#![allow(clippy::float_arithmetic)] // times and ratios

mod case;
mod cold;
mod component;
mod native;
mod peer;
mod report;

use anyhow::{Context as _, ensure};
use case::Case;
use report::{Report, Timed};
use std::path::PathBuf;
use std::process::ExitCode;

/// Rounds in which the contenders take turns.
const ROUNDS: u32 = 30;

/// A contestant that composes the mail.
trait Contender {
    /// Makes the mail so many times and gives the time that each took, in nanoseconds.
    fn run(&mut self, times: u32) -> anyhow::Result<Vec<u64>>;
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "render") {
        return Ok(postroom_cli::main());
    }
    // Cargo itself adds `--bench`.
    let unknown = arguments.iter().find(|a| !matches!(a.as_str(), "--json" | "--bench"));
    ensure!(unknown.is_none(), "no such option {unknown:?}: there is --json");
    let json = arguments.iter().any(|a| a == "--json");
    let path = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let plugin =
        path("POSTROOM_PLUGIN").context("POSTROOM_PLUGIN is not set: run `cargo xtask bench compose`")?;
    let folder = path("POSTROOM_BENCH_FOLDER").unwrap_or_else(|| std::env::temp_dir().join("postroom-bench"));

    let case = Case::new(&folder)?;
    let mut component = component::Sandboxed::new(&plugin, &case)?;
    let mut native = native::Native::new(&case)?;
    let message = native.message()?;
    ensure!(component.message()? == message, "the sandbox makes another message than the native code");
    let html = native.html()?;
    case.write("postroom.eml", &message)?;
    case.write("postroom.html", html.as_bytes())?;

    let start = |name, program: Option<PathBuf>, script| match program {
        Some(program) => peer::Peer::start(&case, name, &program, script).map(Some),
        None => Ok(None),
    };
    let mut node = start("nodemailer", path("POSTROOM_BENCH_NODE"), "nodemailer/compose.mjs")?;
    let mut python = start("python", path("POSTROOM_BENCH_PYTHON"), "python/compose.py")?;
    for peer in [&node, &python].into_iter().flatten() {
        peer.did_the_same(message.len(), html.len())?;
    }

    let mut component = Timed::new(&mut component, 100);
    let mut native = Timed::new(&mut native, 100);
    let mut peers = [node.as_mut().map(|p| Timed::new(p, 10)), python.as_mut().map(|p| Timed::new(p, 5))];
    for round in 0..=ROUNDS {
        // The first round is longer and not counted: warm instances, parsed templates, compiled JavaScript.
        let warm_up = round == 0;
        component.round(warm_up)?;
        native.round(warm_up)?;
        for peer in peers.iter_mut().flatten() {
            peer.round(warm_up)?;
        }
    }
    let (component, native) = (component.median(), native.median());
    let [node_time, python_time] = peers.map(|peer| peer.map(|p| p.median()));
    let cold_start = cold::start(&plugin, &case)?;
    let report = Report {
        component,
        native,
        nodemailer: node_time,
        python: python_time,
        cold_start,
        made_with: [node.map(|p| p.made_with.clone()), python.map(|p| p.made_with.clone())],
        message: message.len(),
    };
    if json {
        println!("{}", report.json());
    } else {
        println!("{}", report.table());
    }
    Ok(ExitCode::SUCCESS)
}
