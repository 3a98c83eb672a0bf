//! A case in a process of its own, and the memory of this one.

use std::process::Command;

/// Says which case a child is to run.
pub(crate) const CASE: &str = "POSTROOM_MEMORY_CASE";
/// Begins the line in which a child says what its case cost.
const COST: &str = "the case cost bytes: ";

/// Bytes by which a case of the ignored test `runner` raises the memory of a process that runs nothing else.
pub(crate) fn cost(runner: &str, case: &str) -> u64 {
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program)
        .args([runner, "--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .env(CASE, case)
        .output()
        .expect("a child");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{case}: {printed}\n{}", String::from_utf8_lossy(&output.stderr));
    let bytes = printed.lines().find_map(|line| line.split_once(COST)?.1.parse().ok());
    bytes.unwrap_or_else(|| panic!("{case}: it does not say what it cost: {printed}"))
}

/// Runs a child's case and says what it cost.
pub(crate) fn measure(case: impl FnOnce()) {
    let before = bytes("VmRSS:");
    case();
    // The most there ever was, the case included.
    println!("{COST}{}", bytes("VmHWM:").saturating_sub(before));
}

/// A line of what the system says of this process.
fn bytes(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("/proc");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("the line");
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kilobytes * 1024
}
