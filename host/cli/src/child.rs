//! Secrets and the process: programs that this one starts get none of its variables that may hold one, and its memory is in no
//! core file.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

/// Variables that a person's programs need. Any other may hold a master key, a password or a token: which ones do is written in
/// options and in the operator's settings, so that no list of those could be whole.
const PASSED_ON: &[&str] = &[
    "APPDATA",
    "BROWSER",
    "COMSPEC",
    "DESKTOP_SESSION",
    "DISPLAY",
    "HOME",
    "LANG",
    "LANGUAGE",
    "LOCALAPPDATA",
    "LOGNAME",
    "PATH",
    "PATHEXT",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "PROGRAMFILES(X86)",
    "SHELL",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "TERM",
    "TMP",
    "TMPDIR",
    "TZ",
    "USER",
    "USERPROFILE",
    "WAYLAND_DISPLAY",
    "WINDIR",
    "XAUTHORITY",
    "DBUS_SESSION_BUS_ADDRESS",
    "XDG_CACHE_HOME",
    "XDG_CONFIG_DIRS",
    "XDG_CONFIG_HOME",
    "XDG_CURRENT_DESKTOP",
    "XDG_DATA_DIRS",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    "XDG_SESSION_TYPE",
];

fn is_passed_on(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    PASSED_ON.contains(&name.to_ascii_uppercase().as_str()) || name.starts_with("LC_")
}

/// Gives a program that is about to start the variables that it needs, and no other.
pub(super) fn without_secrets(command: &mut Command) {
    command.env_clear().envs(std::env::vars_os().filter(|(name, _)| is_passed_on(name)));
}

/// Opens a page, a link or a file with the user's own program, and does not wait for it.
pub(super) fn open(target: &str) -> std::io::Result<()> {
    let mut last = std::io::Error::new(std::io::ErrorKind::NotFound, "no program opens it");
    for mut command in open::commands(target) {
        without_secrets(&mut command);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // Ctrl-C here does not end the program there.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        match command.spawn() {
            Ok(_) => return Ok(()),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Keeps this program's memory from core files and from other programs of the same user.
pub(super) fn keep_memory_private() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        // What the system refuses is no reason not to work.
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_started_gets_no_variable_that_may_hold_a_secret() {
        for name in [
            "POSTROOM_KEY",
            "POSTROOM_STORE",
            "GOOGLE_SECRET",
            "MICROSOFT_SECRET",
            "RELAY_PASSWORD",
            "PGPASSWORD",
            "AWS_SECRET_ACCESS_KEY",
            "XDG_SECRET",
            "path_to_secret",
            "",
        ] {
            assert!(!is_passed_on(OsStr::new(name)), "{name}");
        }
        for name in ["PATH", "Path", "HOME", "DISPLAY", "LC_ALL", "XDG_RUNTIME_DIR"] {
            assert!(is_passed_on(OsStr::new(name)), "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_a_started_program_sees_is_what_is_passed_on() {
        let mut command = Command::new("env");
        command.env("POSTROOM_KEY", "planted");
        without_secrets(&mut command);
        let output = command.output().unwrap();
        let output = String::from_utf8_lossy(&output.stdout).into_owned();
        for line in output.lines().filter(|line| line.contains('=')) {
            let name = line.split('=').next().unwrap_or_default();
            assert!(is_passed_on(OsStr::new(name)), "{name}");
        }
        assert!(!output.contains("planted"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_memory_of_this_program_is_in_no_core_file() {
        keep_memory_private();
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        assert_eq!(core.split_whitespace().nth(4), Some("0"), "{core}");
        use rustix::process::{DumpableBehavior, dumpable_behavior};
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
    }
}
