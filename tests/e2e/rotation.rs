//! The master key changes while `serve`, a worker and an open sign-in run: nothing fails, and nothing is lost.

use crate::home::{Home, sendgrid};
use crate::killed::kill;
use crate::program::{command, ended};
use crate::sign_in::server::{AuthorizationServer, Browser, Manner};
use crate::sign_in::{USER, add};
use crate::web::{OPERATOR, Served, path};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postroom::transport::oauth::SystemClock;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Child;
use std::sync::Arc;

const CREDENTIALS: &str = "reports:a-long-enough-secret-of-postmark";

/// A company with SendGrid, whose reports come from Postmark: any report with the right password is taken.
fn reporting(home: &Home, url: &str) -> String {
    home.put("operator.toml", OPERATOR.as_bytes());
    home.fall_back_to(url, "off", "0s");
    home.ok(&["account", "grant", "spare", "lotte"]);
    home.put("credentials", CREDENTIALS.as_bytes());
    let hook = ["account", "webhook", "spare", "--provider", "postmark", "--key-file", "credentials"];
    path(&home.ok(&[&hook[..], &["--operator", "operator.toml", "--json"]].concat()).json()["url"])
}

fn report(served: &Served, hook: &str) -> u16 {
    let headers = format!(
        "Authorization: Basic {}\r\nContent-Type: application/json\r\n",
        STANDARD.encode(CREDENTIALS)
    );
    let body = r#"{"RecordType":"Delivery","MessageID":"4711","Recipient":"jo@example.com","DeliveredAt":"2026-11-29T10:00:00Z"}"#;
    served.ask("POST", hook, &headers, body).0
}

/// A worker, once it works.
fn worker(home: &Home) -> Child {
    home.start(&["worker"])
}

fn stop(child: Child) {
    std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill");
    ended(child, &["worker"]).assert(0, &[]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_master_key_is_changed_under_serve_a_worker_and_an_open_sign_in() {
    let server = Arc::new(AuthorizationServer::start(Manner::Google, Arc::new(SystemClock)).await);
    let sendgrid = sendgrid();
    let home = Arc::new(Home::new());
    let (url, api) = (sendgrid.url(), sendgrid.url());
    let (started, hook, served, working) = {
        let (home, server) = (Arc::clone(&home), Arc::clone(&server));
        tokio::task::spawn_blocking(move || {
            let hook = reporting(&home, &url);
            add(&home, "gmail", &server, &api);
            let served = Served::start(&home);
            assert_eq!(report(&served, &hook), 200, "before");
            let working = worker(&home);
            let words = ["account", "authorize", "gmail", "--no-browser", "--wait", "60s"];
            (home.start(&words), hook, served, working)
        })
        .await
        .expect("set up")
    };
    let mut child = started;
    let mut stderr = BufReader::new(child.stderr.take().expect("its words"));
    let (home, page, served, hook) = tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        while !line.contains("sign in at ") {
            line.clear();
            assert!(stderr.read_line(&mut line).expect("a line") > 0, "no page was named");
        }
        std::thread::spawn(move || stderr.read_to_end(&mut Vec::new()));
        let page: url::Url = line.trim().rsplit(' ').next().expect("a URL").parse().expect("a URL");
        // Twice, and the old keys are gone from the store both times.
        for _ in 0..2 {
            home.ok(&["key", "rotate"]);
            assert_eq!(report(&served, &hook), 200, "after a rotation");
            // The programs that run say in time that they have the new key.
            let begun = std::time::Instant::now();
            while home.run(&["key", "retire"]).code != 0 {
                assert!(begun.elapsed().as_secs() < 60, "{}", home.run(&["key", "retire"]).output());
                std::thread::sleep(std::time::Duration::from_millis(500));
            }
            assert_eq!(report(&served, &hook), 200, "after the end of the old key");
        }
        (home, page, served, hook)
    })
    .await
    .expect("rotated");
    Browser.open(&page).await;
    tokio::task::spawn_blocking(move || {
        let signed_in = ended(child, &["account", "authorize"]);
        signed_in.assert(0, &[&format!("signed in as {USER}")]);
        let shown = home.ok(&["account", "show", "gmail", "--json"]).json();
        assert_eq!(shown["account"]["state"]["state"], "ready", "{shown}");
        // What is asked for now leaves.
        let queued = home.send("spare", "box@west.test", &[]);
        queued.assert(0, &[]);
        home.ok(&["account", "test", "spare"]);
        let keys = home.ok(&["key", "list", "--json"]).json();
        let states: Vec<&str> =
            keys.as_array().expect("keys").iter().filter_map(|it| it["state"].as_str()).collect();
        assert_eq!(states, ["retired", "retired", "current"]);
        assert_eq!(report(&served, &hook), 200);
        stop(working);
        served.end();
    })
    .await
    .expect("ended");
}

#[test]
fn a_master_key_in_the_environment_is_changed_while_programs_have_the_old_one_alone() {
    let sendgrid = sendgrid();
    let home = Home::new();
    let hook = reporting(&home, &sendgrid.url());
    // What was made with a file goes on in a variable.
    let file = home.folder().join("config/postroom/master.key");
    let old = std::fs::read_to_string(file).expect("the key").trim().to_owned();
    let new = STANDARD.encode([7_u8, 1, 9].repeat(11).split_at(32).0);
    let run = |key: &str, words: &[&str]| {
        let words = [words, &["--key", "env:MASTER"]].concat();
        ended(command(home.folder(), &words).env("MASTER", key).spawn().expect("it starts"), &words)
    };
    let serving = ["serve", "--operator", "operator.toml", "--listen", "127.0.0.1:0", "--key", "env:MASTER"];
    let mut with_old = command(home.folder(), &serving);
    let served = Served::of(with_old.env("MASTER", &old));
    assert_eq!(report(&served, &hook), 200, "before");
    run(&old, &["key", "rotate"]).assert(1, &["NEW,OLD"]);
    run(&format!("{new},{old}"), &["key", "rotate"]).assert(0, &["key retire"]);
    assert_eq!(report(&served, &hook), 200, "with the old key alone");
    run(&new, &["account", "test", "spare"]).assert(0, &[]);
    run(&format!("{new},{old}"), &["key", "retire"]).assert(1, &["serve on", "is still needed"]);
    assert_eq!(report(&served, &hook), 200, "it was not taken away");
    served.end();
    run(&format!("{new},{old}"), &["key", "retire"]).assert(0, &["is retired"]);
    run(&new, &["account", "test", "spare"]).assert(0, &[]);
    run(&old, &["account", "test", "spare"]).assert(1, &["the master key"]);
}

/// Rotations that are killed: more of them by `POSTROOM_ROTATIONS`.
fn rotations() -> u64 {
    std::env::var("POSTROOM_ROTATIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(12)
}

#[test]
fn a_rotation_that_is_killed_at_any_moment_loses_no_secret() {
    let sendgrid = sendgrid();
    let home = Home::new();
    home.fall_back_to(&sendgrid.url(), "off", "0s");
    let begun = std::time::Instant::now();
    home.ok(&["key", "rotate"]);
    // From before its first step to after its last.
    let longest = begun.elapsed() * 6 / 5;
    let mut killed = 0;
    for round in 0..rotations() {
        let word = if round % 3 == 2 { "retire" } else { "rotate" };
        let mut rotation = home.start(&["key", word]);
        let part = u32::try_from(round * 1000 / rotations()).expect("a thousandth");
        std::thread::sleep(longest * part / 1000);
        killed += u64::from(rotation.try_wait().expect("its state").is_none());
        kill(rotation);
        home.ok(&["account", "test", "spare"]);
    }
    assert!(killed > rotations() / 4, "only {killed} were still running");
    home.ok(&["key", "rotate"]);
    home.ok(&["key", "retire"]);
    home.ok(&["account", "test", "spare"]);
    let keys = home.ok(&["key", "list", "--json"]).json();
    let current = keys.as_array().expect("keys").iter().filter(|it| it["state"] == "current").count();
    assert_eq!(current, 1, "{keys}");
}

#[test]
fn coming_back_from_a_backup_tells_which_master_key_is_missing() {
    let sendgrid = sendgrid();
    let home = Home::new();
    home.fall_back_to(&sendgrid.url(), "off", "0s");
    home.ok(&["backup", "before.db"]);
    home.ok(&["key", "rotate"]);
    home.ok(&["key", "retire"]);
    let keys = home.ok(&["key", "list", "--json"]).json();
    let old = keys[0]["key"].as_str().expect("a key").to_owned();
    let back = home.run(&["restore", "before.db", "--replace", "--json"]);
    back.assert(0, &[]);
    assert_eq!(back.json()["missing_keys"], serde_json::json!([]), "it stayed beside the new one");
    home.ok(&["account", "test", "spare"]);
    home.ok(&["key", "rotate"]);
    home.ok(&["key", "retire"]);
    home.ok(&["key", "forget", &old]);
    let back = home.run(&["restore", "before.db", "--replace"]);
    back.assert(0, &[&old, "can't be read without it", "bring it back"]);
}
