//! Planted secrets are nowhere but in the vault: not in the store's files, an export, an output or a mail.

use crate::home::{API_KEY, Home, sendgrid};
use crate::mailbox::the_one;
use crate::servers::servers;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::path::{Path, PathBuf};

/// Every file below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() { all.extend(files(&entry.path())) } else { all.push(entry.path()) }
    }
    all
}

#[test]
fn a_full_run_leaves_no_secret_in_anything_that_it_wrote_or_said() {
    let sendgrid = sendgrid();
    let home = Home::new().with_office("secrets@west.test");
    home.fall_back_to(&sendgrid.url(), "automatic", "0s");
    home.ok(&["account", "grant", "spare", "lotte"]);
    let secrets = [servers().password.as_str(), &servers().reader, API_KEY];
    let mut outputs = Vec::new();
    let mut run = |words: &[&str]| outputs.push((words.join(" "), home.run(words).output()));
    for words in [
        &["account", "list", "--json"][..],
        &["account", "show", "office", "--json"],
        &["account", "show", "spare", "--json"],
        &["account", "test", "office", "--json", "--verbose"],
        &["account", "test", "spare", "--json", "--verbose"],
        &["account", "folders", "office", "--json"],
        &["account", "administrator-page", "--json"],
        &[
            "account",
            "send-test",
            "office",
            "--user",
            "lotte",
            "--to",
            "box-secrets@west.test",
            "--json",
            "--verbose",
        ],
        &[
            "account",
            "send-test",
            "spare",
            "--user",
            "lotte",
            "--to",
            "box-secrets@west.test",
            "--json",
            "--verbose",
        ],
        &["account", "send-test", "office", "--user", "lotte", "--to", "nobody@west.test", "--json"],
        &["account", "sent", "office", "--user", "lotte", "--json"],
        &["company", "show", "--json"],
        &["company", "export"],
        &["key", "rotate"],
    ] {
        run(words);
    }
    // After the rotation everything still opens.
    home.ok(&["account", "test", "office"]);
    home.ok(&["account", "test", "spare"]);
    outputs
        .push(("the mail".into(), String::from_utf8_lossy(&the_one("box-secrets@west.test")).into_owned()));
    let given = ["password", "reader", "api-key"].map(|name| home.folder().join(name));
    for path in files(home.folder()).into_iter().filter(|path| !given.contains(path)) {
        let bytes = std::fs::read(&path).expect("a file");
        outputs.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
    }
    assert!(outputs.iter().any(|(what, _)| what.ends_with("postroom.db")), "the store was looked at");
    for (what, text) in &outputs {
        for secret in secrets {
            let coded = STANDARD.encode(secret);
            assert!(!text.contains(secret), "{what} holds a secret");
            assert!(!text.contains(coded.trim_end_matches('=')), "{what} holds a secret in base64");
        }
    }
}

#[test]
fn a_store_without_its_master_key_gives_no_secret_away_and_says_what_to_do() {
    let home = Home::new().with_office("lost-key@west.test");
    let key = home.folder().join("config/postroom/master.key");
    let key_file = std::fs::read(&key).expect("the master key");
    std::fs::remove_file(&key).expect("it can go");
    home.run(&["account", "test", "office"]).assert(1, &["the master key", "bring it back from its backup"]);
    let other = home.put(
        "other.key",
        STANDARD.encode([7_u8; 31].iter().chain(&[8]).copied().collect::<Vec<u8>>()).as_bytes(),
    );
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(&other, std::fs::Permissions::from_mode(0o600)).expect("a mode");
    home.run(&["account", "test", "office", "--key", "other.key"]).assert(1, &["can't be read without it"]);
    std::fs::write(&key, key_file).expect("it comes back");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).expect("a mode");
    home.ok(&["account", "test", "office"]);
}
