//! Exit codes: every command keeps the table that `postroom --help` prints.

use crate::artefacts;
use postroom::access::COMMANDS;
use postroom_tests::fixtures;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn postroom(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postroom-under-test"));
    command.args(words).current_dir(folder).stdin(Stdio::null()).env("POSTROOM_PLUGIN", artefacts::full());
    command.env("POSTROOM_CACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"));
    command.env("XDG_DATA_HOME", folder.join("data")).env("XDG_CONFIG_HOME", folder.join("config"));
    for name in ["SETTINGS", "STORE", "KEY", "OPERATOR", "COMPANY", "USER"] {
        command.env_remove(format!("POSTROOM_{name}"));
    }
    command.output().unwrap()
}

/// Runs a command in a folder of its own; gives its exit code and all that it printed.
pub(crate) fn code(folder: &Path, words: &[&str]) -> (Option<i32>, String) {
    let output = postroom(folder, words);
    let printed = format!(
        "{words:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (output.status.code(), printed)
}

#[test]
fn every_command_explains_itself_and_refuses_an_option_that_it_has_not() {
    let folder = tempfile::tempdir().unwrap();
    for command in COMMANDS {
        let words: Vec<&str> = command.path.split(' ').collect();
        let (found, printed) = code(folder.path(), &[&words[..], &["--help"]].concat());
        assert_eq!(found, Some(0), "{printed}");
        let (found, printed) = code(folder.path(), &[&words[..], &["--no-such-option"]].concat());
        assert_eq!(found, Some(2), "{printed}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "asking for help makes nothing");
}

/// A store with a company, its user lotte, and an account whose server does not exist.
pub(crate) fn store(folder: &Path, company: &str) {
    for words in [
        &["company", "add", company][..],
        &["user", "add", "lotte", "--address", "lotte@alpha.example"],
        &[
            "account",
            "add",
            "office",
            "--address",
            "office@alpha.example",
            "--host",
            "127.0.0.1",
            "--port",
            "9",
            "--security",
            "none",
            "--no-login",
            "--user",
            "lotte",
        ],
    ] {
        let (found, printed) = code(folder, words);
        assert_eq!(found, Some(0), "{printed}");
    }
}

#[test]
fn what_is_wrong_is_told_by_the_code() {
    let folder = tempfile::tempdir().unwrap();
    let invoice = fixtures::path("documents/invoice.json").display().to_string();
    store(folder.path(), "Alpha");
    let unknown = "019a2d00-0000-7000-8000-000000000000";
    for (wanted, words) in [
        (1, vec!["render", &invoice, "--out", "mail", "--plugin", "nowhere.wasm"]),
        (2, vec!["company", "remove"]),
        (2, vec!["account", "remove", "office"]),
        (2, vec!["erase", "jan@customer.example"]),
        (2, vec!["send-bulk", &invoice, "--user", "lotte", "--account", "office", "--without-document"]),
        (2, vec!["outbox", "hold"]),
        (2, vec!["account", "set", "office", "--api-key-file", &invoice]),
        (3, vec!["render", "nowhere.json", "--out", "mail"]),
        (3, vec!["render", &invoice, "--out", "mail", "--to", "nonsense"]),
        (3, vec!["document", "nowhere.xml"]),
        (3, vec!["addresses", "nonsense"]),
        (3, vec!["send", "nowhere.json", "--user", "lotte", "--account", "office"]),
        (3, vec!["send", &invoice, "--user", "nobody", "--account", "office"]),
        (3, vec!["send", &invoice, "--user", "lotte", "--account", "nowhere"]),
        (3, vec!["send-bulk", "nowhere", "--user", "lotte", "--account", "office", "--check"]),
        (3, vec!["outbox", "cancel", unknown]),
        (3, vec!["outbox", "release", "--batch", "nowhere"]),
        (3, vec!["resume", unknown, "--user", "lotte"]),
        (3, vec!["status", unknown]),
        (3, vec!["user", "show", "nobody"]),
        (3, vec!["account", "show", "nowhere"]),
        (3, vec!["company", "show", "--company", "Nowhere"]),
        (3, vec!["account", "add", "office", "--address", "two@alpha.example", "--transport", "mail-client"]),
        (3, vec!["track", "nowhere.eml"]),
        // The operator has not allowed connections to this machine.
        (4, vec!["account", "test", "office"]),
        (0, vec!["audit", "--verify"]),
        (0, vec!["retention", "apply"]),
    ] {
        let (found, printed) = code(folder.path(), &words);
        assert_eq!(found, Some(wanted), "{printed}");
    }
}
