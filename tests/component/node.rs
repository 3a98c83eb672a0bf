//! The same `.wasm` in JavaScript: a Node program loads what jco makes of it, composes, and sends by a conversation of
//! its own. What arrives is what the Rust host composes, byte for byte.

use crate::test_host::{TestHost, shipped, streamed};
use crate::{artefacts, python};
use postroom_cli::catcher::Catcher;
use postroom_tests::case::Case;
use postroom_tests::fixtures;
use postroom_tests::scripted::{At, How, server};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

/// When a doubt is settled, and a report comes.
const LATER: &str = "2026-11-22T10:00:00+01:00";

fn sources() -> PathBuf {
    fixtures::folder().join("component/node")
}

/// The plugin in JavaScript; made by the first test that asks for it.
async fn plugin() -> &'static Path {
    static PLUGIN: LazyLock<PathBuf> = LazyLock::new(transpiled);
    tokio::task::spawn_blocking(|| PLUGIN.as_path()).await.unwrap()
}

/// Makes it, of this plugin by this jco; kept between runs.
fn transpiled() -> PathBuf {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (tools, folder) = (temporary.join("node-jco"), temporary.join("node-plugin"));
    let pins = ["package.json", "package-lock.json", "transpile.mjs"].map(|name| {
        let content = std::fs::read(sources().join(name)).unwrap();
        (name, content)
    });
    let mut hash = Sha256::new();
    pins.iter().for_each(|(_, content)| hash.update(content));
    let tools_are = format!("{:?}", hash.clone().finalize());
    hash.update(std::fs::read(artefacts::full()).unwrap());
    let plugin_is = format!("{:?}", hash.finalize());

    let plugin = artefacts::full().display().to_string();
    once(&folder, &plugin_is, |folder_made| {
        once(&tools, &tools_are, |folder_made| {
            for (name, content) in &pins {
                std::fs::write(folder_made.join(name), content).unwrap();
            }
            run(
                "npm",
                &["ci", "--silent", "--ignore-scripts", "--prefix", &folder_made.display().to_string()],
            );
        });
        let script = tools.join("transpile.mjs").display().to_string();
        run("node", &[&script, &plugin, &folder_made.display().to_string()]);
    });
    folder
}

/// Makes a folder anew, unless the last one was made of the same. What was begun and not ended is no folder.
fn once(folder: &Path, of: &str, make: impl FnOnce(&Path)) {
    let made_of = folder.join("made-of.txt");
    if std::fs::read_to_string(&made_of).is_ok_and(|last| last == of) {
        return;
    }
    if folder.exists() {
        std::fs::remove_dir_all(folder).unwrap();
    }
    std::fs::create_dir_all(folder).unwrap();
    make(folder);
    std::fs::write(made_of, of).unwrap();
}

fn run(program: &str, arguments: &[&str]) -> Output {
    let output = Command::new(program).args(arguments).output();
    let needs = "this test needs Node 20 or newer with npm (on Debian: apt-get install nodejs npm)";
    let output = output.unwrap_or_else(|error| panic!("can't run {program}: {error}; {needs}"));
    let words = String::from_utf8_lossy(&output.stderr);
    let output_text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}\n{output_text}\n{words}\n{needs}",
        output.status
    );
    output
}

/// A case, whom it goes to where a user typed that, and the server that it is sent by.
fn job(case: &Case, to: Option<&str>, server: SocketAddr) -> Value {
    let mut job = python::wanted(case, to);
    job["account"] = serde_json::json!([server.ip(), server.port()]);
    job
}

/// Runs one of the scripts with a job.
async fn script(name: &str, mut job: Value) -> Vec<u8> {
    job["plugin"] = plugin().await.display().to_string().into();
    let folder = tempfile::tempdir().unwrap();
    job["record"] = folder.path().join("record.json").display().to_string().into();
    let defaults = [("later", LATER.into()), ("can_look_in_sent", false.into())];
    for (name, value) in defaults {
        job.as_object_mut().unwrap().entry(name).or_insert(value);
    }
    let path = folder.path().join("job.json");
    std::fs::write(&path, job.to_string()).unwrap();
    let arguments = [sources().join(name), path].map(|p| p.display().to_string());
    let output =
        tokio::task::spawn_blocking(move || run("node", &arguments.each_ref().map(String::as_str))).await;
    output.unwrap().stdout
}

/// What the program says of a job. What it is told that submits through the plugin is what it would be told if it submitted by
/// itself.
async fn sent(job: Value) -> Value {
    // A doubt that was settled may have had a second attempt, whose answer is another.
    let settled_doubt = !job["doubt"].is_null();
    let printed: Value = serde_json::from_slice(&script("embed.mjs", job).await).unwrap();
    assert!(settled_doubt || printed["settled"] == printed["outcome"]["settlement"], "{printed:#}");
    printed
}

fn case() -> Case {
    Case { name: "from-node".to_owned(), ..Case::of_ubl("invoice") }
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// Kinds of the events of an outcome.
fn kinds(printed: &Value) -> Vec<&str> {
    let events = printed["outcome"]["settlement"]["events"].as_array().unwrap();
    events.iter().map(|event| event["kind"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_program_sends_the_very_bytes_that_the_rust_host_composes() {
    let catcher = Catcher::start().await.unwrap();
    let mut case = case();
    case.language = Some("de-AT".to_owned());
    let dots = b".\r\n..\r\n".repeat(3_000);
    case.files.push(("Prüfung.txt".to_owned(), "text/plain", "added", dots));
    let printed = sent(job(&case, None, catcher.address())).await;

    let host = TestHost::new(shipped());
    let ready = host.compose(&case).await;
    let expected = streamed(&ready).await;
    let caught = catcher.caught();
    assert_eq!(caught.len(), 1, "{printed:#}");
    assert!(caught[0].message == expected, "what arrived differs from what the Rust host composes");
    assert_eq!(caught[0].mail_from, ready.message.mail.envelope.mail_from);
    assert_eq!(caught[0].recipients, ready.message.mail.envelope.recipients);
    assert_eq!(printed["number"], "2026-0417", "{printed:#}");
    assert_eq!(printed["status"], "In transit", "{printed:#}");
    assert!(printed["reason"].as_str().unwrap().contains("caught as number 1"), "{printed:#}");
    assert_eq!(kinds(&printed), vec!["accepted"; caught[0].recipients.len()], "{printed:#}");
    assert_eq!(printed["next"]["step"]["tag"], "done", "{printed:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_program_tells_a_mail_in_doubt_from_one_that_did_not_leave() {
    let case = case();
    for (at, how, stage, verdict, next) in [
        (At::Greeting, How::Replies("421 4.3.2 come later"), "greeting", "transient", "wait-until"),
        (At::Sender, How::Closes, "sender", "transient", "wait-until"),
        (At::Data, How::Closes, "data", "transient", "wait-until"),
        (At::Dot, How::Replies("452 4.3.1 come later"), "data", "transient", "wait-until"),
        (At::Dot, How::Replies("554 5.6.0 not this one"), "data", "permanent", "give-up"),
        (At::Dot, How::Closes, "after-dot", "in-doubt", "ask-in-doubt"),
        // A reply that was cut, and what is none: it is unknown what it would have been.
        (At::Dot, How::Replies("25"), "after-dot", "in-doubt", "ask-in-doubt"),
        (At::Dot, How::Replies("garbage"), "after-dot", "in-doubt", "ask-in-doubt"),
        (At::Recipient, How::Replies("garbage"), "recipient", "transient", "wait-until"),
    ] {
        let port = server(at, how, &["8BITMIME"]);
        let printed = sent(job(&case, None, loopback(port))).await;
        let failed = &printed["outcome"]["error"]["val"]["failure"];
        assert_eq!(failed["stage"], stage, "{at:?} {how:?}: {printed:#}");
        assert_eq!(failed["verdict"], verdict, "{at:?} {how:?}: {printed:#}");
        assert_eq!(printed["next"]["step"]["tag"], next, "{at:?} {how:?}: {printed:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_program_sends_what_is_in_doubt_only_when_it_was_not_found() {
    let case = case();
    for (can_look, doubt, next, afterwards, attempts, status) in [
        (false, "found", "ask-in-doubt", "done", 1, "In transit"),
        (true, "found", "look-in-sent", "done", 1, "In transit"),
        (true, "not-found", "look-in-sent", "look-in-sent", 2, "Unknown"),
    ] {
        let port = server(At::Dot, How::Closes, &["DSN"]);
        let mut job = job(&case, None, loopback(port));
        job["can_look_in_sent"] = can_look.into();
        job["doubt"] = doubt.into();
        let printed = sent(job).await;
        assert_eq!(printed["next"]["step"]["tag"], next, "{can_look} {doubt}: {printed:#}");
        assert_eq!(printed["afterwards"]["step"]["tag"], afterwards, "{can_look} {doubt}: {printed:#}");
        assert_eq!(
            printed["attempts"].as_array().unwrap().len(),
            attempts,
            "{can_look} {doubt}: {printed:#}"
        );
        assert_eq!(printed["status"], status, "{can_look} {doubt}: {printed:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_program_keeps_who_was_refused_apart_from_who_was_not() {
    let case = case();
    for (words, kind, outstanding, next) in [
        ("550 5.1.1 no such user", "refused", 0, "done"),
        ("450 4.2.0 greylisted, come later", "deferred", 1, "wait-until"),
    ] {
        let port = server(At::Recipient, How::RepliesOnce(words), &["DSN"]);
        let to = Some("ann@example.org, bob@example.org");
        let printed = sent(job(&case, to, loopback(port))).await;
        let count = printed["recipients"].as_array().unwrap().len();
        assert!(count > 1, "{printed:#}");
        assert_eq!(kinds(&printed).iter().filter(|k| **k == kind).count(), 1, "{printed:#}");
        assert_eq!(kinds(&printed).iter().filter(|k| **k == "accepted").count(), count - 1, "{printed:#}");
        assert_eq!(printed["outstanding"].as_array().unwrap().len(), outstanding, "{printed:#}");
        assert_eq!(printed["next"]["step"]["tag"], next, "{printed:#}");
    }
}

/// A server's report that a mail to Ann came back.
const REPORT: &str = "From: MAILER-DAEMON@relay.example.net
To: office@ateliernord.example.com
Subject: Undelivered Mail Returned to Sender
Date: Sun, 22 Nov 2026 09:40:00 +0100
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=r

--r
Content-Type: text/plain

The mail was not delivered.
--r
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example.net

Final-Recipient: rfc822; ann@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user here

--r--
";

#[tokio::test(flavor = "multi_thread")]
async fn a_node_program_learns_from_a_report_that_a_mail_came_back() {
    let catcher = Catcher::start().await.unwrap();
    let mut job = job(&case(), Some("ann@example.org"), catcher.address());
    job["report"] = REPORT.replace('\n', "\r\n").into();
    let printed = sent(job).await;
    assert_eq!(printed["report"]["kind"], "bounce", "{printed:#}");
    assert_eq!(printed["report"]["bounceType"], "hard", "{printed:#}");
    assert_eq!(printed["status"], "Failed", "{printed:#}");
    assert!(printed["reason"].as_str().unwrap().contains("no such user here"), "{printed:#}");
}

/// Functions of an interface of the contract.
fn functions(interface: &str) -> Vec<String> {
    let path = fixtures::folder().join(format!("../wit/{interface}.wit"));
    let text = std::fs::read_to_string(path).unwrap();
    let names = text.lines().filter_map(|line| Some(line.split_once(": func(")?.0.trim().to_owned()));
    names.collect()
}

/// Every function that a host promises, JSON and back, instances that trapped, workers that throw, end or fall silent.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_program_keeps_its_own_promises() {
    let mut job = job(&case(), None, loopback(1));
    for interface in ["attachments", "imap", "log", "smtp", "web"] {
        job["imports"][interface] = functions(interface).into();
    }
    script("checks.mjs", job).await;
}

/// What servers say, whatever it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_program_says_what_each_answer_of_a_server_means() {
    script("smtp_checks.mjs", job(&case(), None, loopback(1))).await;
}
