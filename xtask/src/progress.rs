//! What cargo is building and how far it is, also where its bar is not shown: a first build takes minutes.

use std::io::{BufReader, IsTerminal as _, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Time between two reports of how far a build is.
const PAUSE: Duration = Duration::from_secs(10);

/// Runs cargo. On a terminal it draws its bar; elsewhere a line every few seconds has what the bar shows.
pub(crate) fn run(command: &mut Command) -> std::io::Result<ExitStatus> {
    if std::io::stderr().is_terminal() {
        return command.status();
    }
    run_by_lines(command)
}

/// Runs cargo beside another cargo: by lines on a terminal too, where two bars would draw over each other.
pub(crate) fn run_by_lines(command: &mut Command) -> std::io::Result<ExitStatus> {
    // Cargo draws its bar into the pipe, wide enough for the names of what it builds.
    command.env("CARGO_TERM_PROGRESS_WHEN", "always").env("CARGO_TERM_PROGRESS_WIDTH", "120");
    let mut child = command.stderr(Stdio::piped()).spawn()?;
    if let Some(words) = child.stderr.take() {
        report(words, |line| eprintln!("{line}"));
    }
    child.wait()
}

/// Passes on what cargo says, its bar as a line from time to time.
fn report(words: impl Read, mut print: impl FnMut(&str)) {
    let begun = Instant::now();
    let mut reported = begun;
    let mut line = Vec::new();
    for byte in BufReader::new(words).bytes().map_while(Result::ok) {
        if byte != b'\r' && byte != b'\n' {
            line.push(byte);
            continue;
        }
        let text = String::from_utf8_lossy(&line).replace("\u{1b}[K", "");
        line.clear();
        match how_far(&text) {
            Some(far) if reported.elapsed() >= PAUSE => {
                reported = Instant::now();
                print(&format!("    Building {far} ({} s)", begun.elapsed().as_secs()));
            }
            Some(_) => {}
            None if text.trim().is_empty() => {}
            None => print(text.trim_end()),
        }
    }
}

/// What a bar says: `12/456: wasmtime, sqlx`.
fn how_far(line: &str) -> Option<&str> {
    let (_, far) = line.trim_start().strip_prefix("Building [")?.split_once("] ")?;
    let (done, all) = far.split_once(':').unwrap_or((far, "")).0.trim().split_once('/')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(done) && is_number(all)).then_some(far.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_told_apart_from_what_must_be_read() {
        for (line, expected) in [
            ("    Building [=====>          ] 12/456: wasmtime, sqlx  ", Some("12/456: wasmtime, sqlx")),
            ("    Building [===============>] 455/456", Some("455/456")),
            ("   Compiling wasmtime v48.0.8", None),
            ("    Building [a] b", None),
            ("error: could not compile `x`", None),
        ] {
            assert_eq!(how_far(line), expected, "{line}");
        }
    }

    #[test]
    fn what_is_no_bar_is_passed_on() {
        let words = "   Compiling a v1\n\r    Building [>  ] 0/2: a\r\u{1b}[Kwarning: odd\n\n    Finished\n";
        let mut printed = Vec::new();
        report(words.as_bytes(), |line| printed.push(line.to_owned()));
        assert_eq!(printed, ["   Compiling a v1", "warning: odd", "    Finished"]);
    }
}
