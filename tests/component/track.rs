//! `postroom track` and `postroom suppressions`, as a person or a script meets them.

use crate::artefacts;
use crate::stored_message::Enqueued;
use postroom_tests::fixtures;
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ELS: &str = "els.peeters@customer.example";

/// The program, in an environment with nothing of this machine's own.
fn postroom(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postroom-under-test"));
    command.env("POSTROOM_PLUGIN", artefacts::full()).env_remove("POSTROOM_SETTINGS");
    command.env("POSTROOM_CACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"));
    command.env("XDG_DATA_HOME", home).env("XDG_CONFIG_HOME", home);
    command
}

/// Runs a command that must end with this exit code; gives both its outputs.
pub(crate) fn expect(home: &Path, code: i32, arguments: &[&str]) -> (String, String) {
    let output = postroom(home).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}\n{err}");
    (out, err)
}

fn report(name: &str) -> String {
    fixtures::path(&format!("reports/{name}.eml")).display().to_string()
}

#[test]
fn track_says_what_messages_are_without_any_store() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let files = ["gmail-unknown", "exchange-full", "vacation-german", "order"].map(report);
    let [unknown, full, vacation, order] = files.each_ref().map(String::as_str);
    let (printed, _) = expect(home, 0, &["track", "--json", unknown, full, vacation, order]);
    let rows: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let cells =
        |of: &Value| ["class", "hardness", "status", "recipient", "message"].map(|name| of[name].clone());
    let els = "els.peeters@customer.example";
    for (row, wanted) in rows.iter().zip([
        serde_json::json!(["bounce", "hard", "5.1.1", els, null]),
        serde_json::json!(["bounce", "soft", "5.2.2", els, null]),
        serde_json::json!(["auto-reply", null, null, null, null]),
        serde_json::json!(["ordinary", null, null, null, null]),
    ]) {
        assert_eq!(serde_json::json!(cells(row)), wanted, "{row}");
    }
    assert_eq!(rows.len(), 4, "{printed}");
    assert!(rows[0]["reason"].as_str().is_some_and(|words| words.contains("does not exist")), "{printed}");
    let (printed, error) = expect(home, 3, &["track", "--json", unknown, "/no/such.eml", full]);
    assert!(error.contains("/no/such.eml"), "{error}");
    assert_eq!(printed.lines().count(), 3, "the others are still said: {printed}");
    let (printed, _) = expect(home, 0, &["track", unknown, order]);
    assert!(printed.contains("bounce") && printed.contains("ordinary") && printed.contains(els), "{printed}");
    expect(home, 2, &["track"]);
}

#[test]
fn track_says_all_that_a_message_tells_and_reads_an_mbox_whole() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let path = home.join("box");
    let mut whole = vec![];
    for name in
        ["two-recipients", "read-receipt", "outlook-not-read", "dovecot-refusal", "reply-about-a-failure"]
    {
        whole.extend(b"From x@y.example Mon Nov 23 09:10:05 2026\n");
        whole.extend(std::fs::read(report(name)).unwrap());
        whole.extend(b"\n\n");
    }
    std::fs::write(&path, whole).unwrap();
    let (printed, _) = expect(home, 0, &["track", "--json", path.to_str().unwrap()]);
    let rows: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let numbers: Vec<_> = rows.iter().map(|row| row["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5], "{printed}");
    let recipients = rows[0]["recipients"].as_array().unwrap();
    let classes: Vec<_> =
        recipients.iter().map(|of| (of["recipient"].as_str(), of["class"].as_str())).collect();
    assert_eq!(
        classes,
        [
            (Some("jan@customer.example"), Some("delivered")),
            (Some("els+news@customer.example"), Some("bounce"))
        ]
    );
    assert_eq!(recipients[1]["final_recipient"], "els@forwarded.example");
    let dispositions: Vec<_> = rows[1..4].iter().map(|row| row["disposition"].as_str().unwrap()).collect();
    assert_eq!(dispositions, ["displayed", "deleted", "refused"]);
    assert!(rows[3]["reason"].as_str().unwrap().ends_with("This mailbox accepts no mail."), "{printed}");
    assert!(rows[4]["answer"].as_str().unwrap().contains("I got your mail after all"), "{printed}");
    assert_eq!(rows[4]["subject"], "Re: Undeliverable: Invoice 2026-0417");
    for (name, content) in [
        ("logo.png", &b"\x89PNG\r\n"[..]),
        ("empty.eml", b""),
        ("mail.msg", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"),
    ] {
        let path = home.join(name);
        std::fs::write(&path, content).unwrap();
        let (_, error) = expect(home, 3, &["track", path.to_str().unwrap()]);
        assert!(error.contains(name) && error.contains("no message"), "{error}");
    }
    expect(home, 3, &["track", home.to_str().unwrap()]);
}

#[tokio::test]
async fn track_feeds_the_timeline_and_suppressions_are_seen_and_released() {
    let stored = Enqueued::new(&[ELS]).await;
    let home = tempfile::tempdir().unwrap();
    let (store, key) = (stored.path().display().to_string(), home.path().join("key").display().to_string());
    let run = |code, arguments: &[&str]| {
        let place = ["--store", &store, "--key", &key];
        expect(home.path(), code, &[arguments, &place[..]].concat()).0
    };
    let mail = stored.mail.to_string();
    let printed: Value =
        serde_json::from_str(&run(0, &["track", "--json", &report("gmail-unknown")])).unwrap();
    assert_eq!(
        (printed["message"].as_str(), printed["hardness"].as_str()),
        (Some(mail.as_str()), Some("hard"))
    );
    assert_eq!(stored.events().await[0].kind, "bounced");
    let listed: Value = serde_json::from_str(&run(0, &["suppressions", "--json"])).unwrap();
    assert_eq!((listed[0]["address"].as_str(), listed[0]["kind"].as_str()), (Some(ELS), Some("hard-bounce")));
    assert_eq!(listed[0]["mail"].as_str(), Some(mail.as_str()));
    assert!(run(0, &["suppressions", "list"]).contains(ELS));
    run(0, &["suppressions", "release", ELS, "--by", "lotte"]);
    assert_eq!(
        serde_json::from_str::<Value>(&run(0, &["suppressions", "--json"])).unwrap(),
        serde_json::json!([])
    );
    assert!(run(0, &["suppressions", "--all"]).contains("lotte"));
    run(3, &["suppressions", "release", ELS]);
    run(0, &["track", &report("gmail-unknown")]);
    assert_eq!(
        serde_json::from_str::<Value>(&run(0, &["suppressions", "--json"])).unwrap(),
        serde_json::json!([])
    );
    run(0, &["suppressions", "add", "jan@customer.example", "--reason", "asked by telephone"]);
    let listed: Value = serde_json::from_str(&run(0, &["suppressions", "--json"])).unwrap();
    assert_eq!(listed[0]["words"].as_str(), Some("asked by telephone"));
}

#[tokio::test]
async fn a_report_in_a_maildir_is_on_the_timeline_within_ten_seconds() {
    let stored = Enqueued::new(&[ELS]).await;
    let home = tempfile::tempdir().unwrap();
    let maildir = home.path().join("Maildir");
    for name in ["new", "cur", "tmp"] {
        std::fs::create_dir_all(maildir.join(name)).unwrap();
    }
    std::fs::copy(report("order"), maildir.join("cur/1.order:2,S")).unwrap();
    let mut command = postroom(home.path());
    command.args(["track", "--json", "--watch", "--maildir"]).arg(&maildir);
    command.arg("--store").arg(stored.path()).arg("--key").arg(home.path().join("key"));
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(first["class"], "ordinary");
    std::fs::copy(report("qmail-full"), maildir.join("tmp/2.bounce")).unwrap();
    std::fs::rename(maildir.join("tmp/2.bounce"), maildir.join("new/2.bounce")).unwrap();
    let begun = Instant::now();
    let second: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!((second["class"].as_str(), second["hardness"].as_str()), (Some("bounce"), Some("soft")));
    assert_eq!(stored.events().await[0].kind, "bounced");
    assert!(maildir.join("new/2.bounce").exists(), "nothing in the maildir is changed");
}
