//! From nothing to a mail: a fresh process of the command line, with the plugin's compiled code in its cache.
//!
//! The command line is linked into this program, so that it is not built twice: started as `compose render …`,
//! this program is `postroom render …`.

use super::case::{self, Case};
use anyhow::{Context as _, ensure};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Processes whose median counts.
const STARTS: usize = 25;

/// Milliseconds from starting `postroom render` to its end.
pub(crate) fn start(plugin: &Path, case: &Case) -> anyhow::Result<f64> {
    let program = std::env::current_exe().context("this program does not know where it is")?;
    let render = || {
        let mut command = Command::new(&program);
        command.arg("render").arg(case.folder.join("document.json"));
        command.arg("--out").arg(case.folder.join("cold"));
        command.arg("--pdf").arg(case.folder.join("invoice.pdf"));
        command.args(["--language", case::LANGUAGE, "--now", case::NOW]);
        command.arg("--plugin").arg(plugin).arg("--cache").arg(case.folder.join("cache"));
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let start = Instant::now();
        let status = command.status().with_context(|| format!("can't start {}", program.display()))?;
        let time = start.elapsed();
        ensure!(status.success(), "{} render: {status}", program.display());
        Ok(time.as_secs_f64() * 1e3)
    };
    // The first process may have to compile the plugin, and finds program and cache on the disk.
    render()?;
    let mut times = (0..STARTS).map(|_| render()).collect::<anyhow::Result<Vec<f64>>>()?;
    times.sort_by(f64::total_cmp);
    times.get(STARTS / 2).copied().context("no process was started")
}
