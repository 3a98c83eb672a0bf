//! `cargo xtask fuzz`: the fuzz targets in `tests/fuzz`, with libFuzzer and the compiler that builds everything else. As
//! `cargo fuzz --sanitizer none` does it, without having to be installed: safe code needs no sanitizer, and memory is
//! watched by an oracle of our own.

use crate::run::{cargo, program, root, target};
use anyhow::{Context as _, bail};
use std::path::{Path, PathBuf};

/// What libFuzzer has to see of a program; as in cargo-fuzz.
const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Cllvm-args=-simplifycfg-branch-fold-threshold=0 \
    -Cllvm-args=-sanitizer-coverage-stack-depth -Ccodegen-units=1 --cfg fuzzing";

/// Every target, and the fixtures that it begins with besides its own corpus.
const TARGETS: [(&str, &[&str]); 6] = [
    ("address_list", &[]),
    ("imap", &[]),
    ("report", &["tests/fixtures/reports"]),
    ("smtp", &[]),
    ("ubl", &["tests/fixtures/documents"]),
    ("webhook", &[]),
];
/// Bytes of the longest input.
const LONGEST: usize = 64 << 10;

/// Runs the targets named, or all, each for a minute or `--seconds N`.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let (mut names, mut seconds) = (Vec::new(), 60);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--seconds" {
            let number = rest.next().and_then(|number| number.parse().ok());
            seconds = number.context("--seconds wants a number: cargo xtask fuzz imap --seconds 1200")?;
        } else {
            names.push(argument.as_str());
        }
    }
    let known = TARGETS.map(|(name, _)| name);
    if let Some(unknown) = names.iter().find(|name| !known.contains(name)) {
        bail!("no such fuzz target \"{unknown}\": there are {}", known.join(", "));
    }
    if names.is_empty() {
        return run_all(seconds);
    }
    let programs = build()?;
    names.iter().try_for_each(|name| feed(&programs, name, seconds))
}

/// Runs every target for so many seconds.
pub(crate) fn run_all(seconds: u32) -> anyhow::Result<()> {
    let programs = build()?;
    TARGETS.iter().try_for_each(|(name, _)| feed(&programs, name, seconds))
}

/// Builds all targets; the folder they are in.
fn build() -> anyhow::Result<PathBuf> {
    let folder = root().join("tests/fuzz");
    // The versions of the project; what only the targets need is added.
    std::fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))
        .context("can't copy Cargo.lock to tests/fuzz")?;
    let host = program("rustc").args(["--version", "--verbose"]).output();
    let host = host.as_deref().and_then(|said| said.lines().find_map(|line| line.strip_prefix("host: ")));
    let host = host.context("rustc does not say which machine this is")?;
    let made = target().join("fuzz");
    // Named, so that what runs while building is built without coverage.
    cargo(["build", "--release", "--bins", "--target", host, "--manifest-path", "tests/fuzz/Cargo.toml"])
        .args([Path::new("--target-dir"), &made])
        .env("RUSTFLAGS", FLAGS)
        .build()?;
    Ok(made.join(host).join("release"))
}

/// Runs a target. What it finds out is kept beside the build; what makes it fail, in `tests/fuzz/artifacts`.
fn feed(programs: &Path, name: &str, seconds: u32) -> anyhow::Result<()> {
    let learned = target().join("fuzz/corpus").join(name);
    let failures = root().join("tests/fuzz/artifacts").join(name);
    for folder in [&learned, &failures] {
        std::fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
    }
    let corpus = PathBuf::from("tests/fuzz/corpus").join(name);
    let fixtures = TARGETS.iter().filter(|(known, _)| *known == name).flat_map(|(_, fixtures)| *fixtures);
    program(programs.join(name))
        .args([&learned, &corpus])
        .args(fixtures)
        .args([format!("-max_total_time={seconds}"), format!("-max_len={LONGEST}")])
        .args(["-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=0"])
        .args([format!("-artifact_prefix={}/", failures.display())])
        .go()
        .with_context(|| format!("the fuzz target {name} found something: see tests/fuzz/README.md"))
}
