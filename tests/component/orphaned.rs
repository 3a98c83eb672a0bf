//! `postroom account remove` while mails wait, as a person meets it.

use crate::artefacts;
use crate::stored_message::Enqueued;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

fn run(home: &Path, store: &Path, code: i32, words: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postroom-under-test"));
    command.env("POSTROOM_PLUGIN", artefacts::full()).env_remove("POSTROOM_SETTINGS");
    command.env("POSTROOM_CACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"));
    command.env("XDG_DATA_HOME", home).env("XDG_CONFIG_HOME", home);
    command.env("POSTROOM_STORE", store).env("POSTROOM_KEY", home.join("key")).args(words);
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{words:?}\n{out}\n{err}");
    out.into_owned()
}

#[tokio::test]
async fn what_an_account_had_still_to_send_when_it_was_removed_is_held_and_can_be_cancelled() {
    let stored = Enqueued::new(&["els@customer.example"]).await;
    let (home, store) = (tempfile::tempdir().unwrap(), stored.path());
    let (home, mail) = (home.path(), stored.mail.to_string());
    let run = |code, words: &[&str]| run(home, &store, code, words);
    let json = |words: &[&str]| -> Value { serde_json::from_str(&run(0, words)).unwrap() };
    let removed = run(0, &["account", "remove", "office", "--yes"]);
    assert!(removed.contains("1 that had not left are held"), "{removed}");
    let listed = json(&["outbox", "--json"]);
    assert_eq!(listed["mails"][0]["state"], "held", "{listed}");
    let why = listed["mails"][0]["why"].as_str().unwrap_or_default();
    assert!(why.contains("its account \"office\" was removed"), "{why}");
    let status = json(&["status", "--json"]);
    assert_eq!(status[0]["label"], "In transit", "{status}");
    assert!(status[0]["reason"].as_str().is_some_and(|it| it.contains("was removed")), "{status}");
    let worked = json(&["worker", "--drain", "--json"]);
    assert_eq!(worked["sent"], 0, "{worked}");
    let refused = run(4, &["outbox", "release", &mail]);
    assert!(refused.contains("nothing changed, it is held"), "{refused}");
    run(0, &["outbox", "cancel", &mail]);
    let status = json(&["status", "--json"]);
    assert_eq!(
        (&status[0]["label"], &status[0]["reason"]),
        (&"Failed".into(), &"cancelled before it left".into())
    );
}
