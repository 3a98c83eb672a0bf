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
const TARGETS: [(&str, &[&str]); 10] = [
    ("address_list", &[]),
    ("conversation", &[]),
    ("html", &[]),
    ("imap", &[]),
    ("reading", &["tests/fixtures/reports"]),
    ("report", &["tests/fixtures/reports"]),
    ("safe_html", &[]),
    ("smtp", &[]),
    ("ubl", &["tests/fixtures/documents"]),
    ("webhook", &[]),
];
/// Bytes of the longest input.
const LONGEST: usize = 64 << 10;
/// Bytes of the longest input that is kept in the repository.
const LONGEST_KEPT: usize = 4 << 10;

/// Runs the targets named, or all, each for a minute or `--seconds N`; `--minimise` keeps in the repository what they
/// found out.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let (mut names, mut seconds, mut is_minimising) = (Vec::new(), 60, false);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--seconds" => {
                let number = rest.next().and_then(|number| number.parse().ok());
                seconds = number.context("--seconds wants a number: cargo xtask fuzz imap --seconds 1200")?;
            }
            "--minimise" => is_minimising = true,
            name => names.push(name),
        }
    }
    let known = TARGETS.map(|(name, _)| name);
    if let Some(unknown) = names.iter().find(|name| !known.contains(name)) {
        bail!("no such fuzz target \"{unknown}\": there are {}", known.join(", "));
    }
    if names.is_empty() {
        names.extend(known);
    }
    let programs = build()?;
    for name in names {
        let target = Target::unpack(&programs, name)?;
        target.feed(seconds)?;
        if is_minimising {
            target.minimise()?;
        }
    }
    Ok(())
}

/// Runs every target for so many seconds.
pub(crate) fn run_all(seconds: u32) -> anyhow::Result<()> {
    let programs = build()?;
    TARGETS.iter().try_for_each(|(name, _)| Target::unpack(&programs, name)?.feed(seconds))
}

/// Builds all targets; the folder they are in.
fn build() -> anyhow::Result<PathBuf> {
    let folder = root().join("tests/fuzz");
    // The versions of the project; what only the targets need is added.
    std::fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))
        .context("can't copy Cargo.lock to tests/fuzz")?;
    let host = program("rustc").args(["--version", "--verbose"]).output();
    let host = host.as_deref().and_then(|text| text.lines().find_map(|line| line.strip_prefix("host: ")));
    let host = host.context("rustc does not say which machine this is")?;
    let folder = target().join("fuzz");
    // Named, so that what runs while building is built without coverage.
    cargo(["build", "--release", "--bins", "--target", host, "--manifest-path", "tests/fuzz/Cargo.toml"])
        .args([Path::new("--target-dir"), &folder])
        .env("RUSTFLAGS", FLAGS)
        .build()?;
    Ok(folder.join(host).join("release"))
}

/// A target that is built, and the folders it begins with.
struct Target {
    name: &'static str,
    program: PathBuf,
    /// What it finds out, beside the build.
    learned: PathBuf,
    /// What is known: inputs written by hand or found, what is kept of long runs, fixtures.
    known: Vec<PathBuf>,
}

impl Target {
    /// The target of this name; what long runs found out, kept in one archive, is laid out beside the build.
    fn unpack(programs: &Path, name: &str) -> anyhow::Result<Self> {
        let found = TARGETS.iter().find(|(known, _)| *known == name);
        let (name, fixtures) = *found.with_context(|| format!("no such fuzz target \"{name}\""))?;
        let beside = |what: &str| target().join("fuzz").join(what).join(name);
        let (learned, archived) = (beside("corpus"), beside("kept"));
        make_empty(&archived)?;
        std::fs::create_dir_all(&learned).with_context(|| format!("can't make {}", learned.display()))?;
        let archive = archive(name);
        if archive.exists() {
            program("tar").args([Path::new("-xzf"), &archive, Path::new("-C"), &archived]).go()?;
        }
        let by_hand = root().join("tests/fuzz/corpus").join(name);
        let mut known = vec![archived];
        known.extend(by_hand.is_dir().then_some(by_hand));
        known.extend(fixtures.iter().map(|folder| root().join(folder)));
        Ok(Self { name, program: programs.join(name), learned, known })
    }

    /// Runs it. What makes it fail is written to `tests/fuzz/artifacts`.
    fn feed(&self, seconds: u32) -> anyhow::Result<()> {
        let failures = root().join("tests/fuzz/artifacts").join(self.name);
        std::fs::create_dir_all(&failures).with_context(|| format!("can't make {}", failures.display()))?;
        program(&self.program)
            .args(std::iter::once(&self.learned).chain(&self.known))
            .args([format!("-max_total_time={seconds}"), format!("-max_len={LONGEST}")])
            .args(["-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1", "-verbosity=0"])
            .args([format!("-artifact_prefix={}/", failures.display())])
            .go()
            .with_context(|| {
                format!("the fuzz target {} failed: see \"Fuzzing\" in tests/README.md", self.name)
            })
    }

    /// Keeps in the repository the smallest set of inputs that reaches all that is reached.
    fn minimise(&self) -> anyhow::Result<()> {
        let merged = target().join("fuzz/merged").join(self.name);
        make_empty(&merged)?;
        program(&self.program)
            .args([Path::new("-merge=1"), &merged, &self.learned])
            .args(&self.known)
            .args([format!("-max_len={LONGEST_KEPT}"), "-verbosity=0".to_owned()])
            .go()?;
        // The same files give the same bytes.
        program("tar")
            .args(["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--mode=0644"])
            .args(["--use-compress-program=gzip -9n", "-cf"])
            .args([&archive(self.name), Path::new("-C"), &merged])
            .args(["--transform=s,^\\./,,", "."])
            .go()
    }
}

/// Where what is kept of a target's long runs is: one file, since a thousand small ones are slow to check out.
fn archive(name: &str) -> PathBuf {
    root().join("tests/fuzz/corpus").join(format!("{name}.tar.gz"))
}

/// Makes a folder, without what was in it.
fn make_empty(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).with_context(|| format!("can't empty {}", folder.display()))?;
    }
    std::fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))
}
