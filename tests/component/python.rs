//! The same `.wasm` in another language: a Python program loads it, composes and sends one mail by smtplib. What
//! arrives is what the Rust host composes, byte for byte.

use crate::artefacts;
use crate::test_host::{TestHost, shipped, streamed};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postroom_cli::catcher::Catcher;
use postroom_tests::case::{Case, SENDER};
use postroom_tests::fixtures;
use postroom_tests::scripted::{At, How, server};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

/// The `wasmtime` of PyPI that the program is written for.
const WASMTIME: &str = "50.0.1";

/// A Python that has `wasmtime`; made by the first test that asks for it.
pub(crate) async fn python() -> &'static Path {
    static PYTHON: LazyLock<PathBuf> = LazyLock::new(installed);
    tokio::task::spawn_blocking(|| PYTHON.as_path()).await.unwrap()
}

/// Where Python keeps the compiled plugin, from one run to the next of this process.
pub(crate) fn compiled() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("python.cwasm")
}

/// Makes it, in a virtual environment that is kept between runs.
fn installed() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("python-wasmtime-{WASMTIME}"));
    let python = folder.join("bin/python");
    // What a run before compiled may be of another plugin.
    let _ = std::fs::remove_file(compiled());
    let version = "import wasmtime, importlib.metadata as m; print(m.version('wasmtime'))";
    let works = || {
        let asked = Command::new(&python).args(["-c", version]).output();
        asked.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() == WASMTIME)
    };
    if !works() {
        run("python3", &["-m", "venv", "--clear", &folder.display().to_string()]);
        run(
            &python.display().to_string(),
            &["-m", "pip", "install", "--quiet", &format!("wasmtime=={WASMTIME}")],
        );
        assert!(works(), "{} has no wasmtime {WASMTIME} after installing it", python.display());
    }
    python
}

fn run(program: &str, arguments: &[&str]) -> Output {
    let output = Command::new(program).args(arguments).output();
    let needs = "this test needs python3 with venv (on Debian: apt-get install python3 python3-venv)";
    let output = output.unwrap_or_else(|error| panic!("can't run {program}: {error}; {needs}"));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {}\n{words}\n{needs}", output.status);
    output
}

/// What is to be sent, as the programs read it.
pub(crate) fn wanted(case: &Case, to: Option<&str>) -> Value {
    let files = (1..).zip(&case.files).map(|(handle, (name, media_type, role, content))| {
        let content = STANDARD.encode(content);
        serde_json::json!({"handle": handle, "name": name, "media_type": media_type, "role": role, "content": content})
    });
    serde_json::json!({
        "id": case.id(),
        "now": case.now,
        "media_type": case.media_type,
        "document": String::from_utf8(case.document.clone()).unwrap(),
        "use_case": case.use_case,
        "language": case.language,
        "settings": case.settings,
        "sender": SENDER,
        "to": to,
        "format": case.format,
        "portal": case.portal,
        "files": files.collect::<Vec<_>>(),
    })
}

/// What the program says of sending a case by a server. What it is told that submits through the plugin is what it would be told if
/// it submitted by itself.
async fn sent(python: &Path, case: &Case, to: Option<&str>, server: SocketAddr) -> Value {
    let mut job = wanted(case, to);
    job["plugin"] = serde_json::json!(artefacts::full());
    // Compiled once for all of them.
    job["compiled"] = serde_json::json!(compiled());
    job["account"] = serde_json::json!([server.ip(), server.port()]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("job.json");
    std::fs::write(&path, job.to_string()).unwrap();
    let script = fixtures::folder().join("component/python/embed.py");
    let (python, arguments) = (python.display().to_string(), [script, path].map(|p| p.display().to_string()));
    let output =
        tokio::task::spawn_blocking(move || run(&python, &arguments.each_ref().map(String::as_str))).await;
    let printed: Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    assert_eq!(printed["settled"], printed["outcome"]["settlement"], "{printed:#}");
    printed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_python_program_sends_the_very_bytes_that_the_rust_host_composes() {
    let python = python().await;
    let catcher = Catcher::start().await.unwrap();
    let mut case = Case { name: "from-python".to_owned(), ..Case::of_ubl("invoice") };
    case.language = Some("de-AT".to_owned());
    let dots = b".\r\n..\r\n".repeat(3_000);
    case.files.push(("Prüfung.txt".to_owned(), "text/plain", "added", dots));
    let printed = sent(python, &case, None, catcher.address()).await;

    let host = TestHost::new(shipped());
    let ready = host.compose(&case).await;
    let expected = streamed(&ready).await;
    let caught = catcher.caught();
    assert_eq!(caught.len(), 1, "{printed:#}");
    assert!(caught[0].message == expected, "what arrived differs from what the Rust host composes");
    assert_eq!(caught[0].mail_from, ready.message.mail.envelope.mail_from);
    assert_eq!(caught[0].recipients, ready.message.mail.envelope.recipients);
    assert_eq!(printed["status"], "In transit", "{printed:#}");
    assert!(printed["reason"].as_str().unwrap().contains("caught as number 1"), "{printed:#}");
    assert_eq!(kinds(&printed), vec!["accepted"; caught[0].recipients.len()], "{printed:#}");
}

/// Kinds of the events of an outcome.
fn kinds(printed: &Value) -> Vec<&str> {
    let events = printed["outcome"]["settlement"]["events"].as_array().unwrap();
    events.iter().map(|event| event["kind"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_python_program_tells_a_mail_in_doubt_from_one_that_did_not_leave() {
    let python = python().await;
    let case = Case { name: "from-python".to_owned(), ..Case::of_ubl("invoice") };
    for (at, how, stage, verdict, next) in [
        (At::Greeting, How::Replies("421 4.3.2 come later"), "greeting", "transient", "wait-until"),
        (At::Sender, How::Closes, "sender", "transient", "wait-until"),
        (At::Data, How::Closes, "data", "transient", "wait-until"),
        (At::Dot, How::Replies("452 4.3.1 come later"), "data", "transient", "wait-until"),
        // What was sent twice before: the server had the mail, and the line was lost.
        (At::Dot, How::Closes, "after-dot", "in-doubt", "ask-in-doubt"),
        // A reply that was cut, and what is none: it is unknown what it would have been.
        (At::Dot, How::Replies("25"), "after-dot", "in-doubt", "ask-in-doubt"),
        (At::Dot, How::Replies("garbage"), "after-dot", "in-doubt", "ask-in-doubt"),
        (At::Recipient, How::Replies("garbage"), "recipient", "transient", "wait-until"),
    ] {
        let port = server(at, how, &["8BITMIME"]);
        let printed = sent(python, &case, None, SocketAddr::from(([127, 0, 0, 1], port))).await;
        let failed = &printed["outcome"]["error"]["failed"]["failure"];
        assert_eq!(failed["stage"], stage, "{at:?} {how:?}: {printed:#}");
        assert_eq!(failed["verdict"], verdict, "{at:?} {how:?}: {printed:#}");
        let decided = &printed["next"]["step"];
        assert!(*decided == next || decided.get(next).is_some(), "{at:?} {how:?}: {printed:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_python_program_keeps_who_was_refused_apart_from_who_was_not() {
    let python = python().await;
    let case = Case { name: "from-python".to_owned(), ..Case::of_ubl("invoice") };
    for (words, kind, outstanding) in
        [("550 5.1.1 no such user", "refused", 0), ("450 4.2.0 greylisted, come later", "deferred", 1)]
    {
        let port = server(At::Recipient, How::RepliesOnce(words), &["DSN"]);
        let to = Some("ann@example.org, bob@example.org");
        let printed = sent(python, &case, to, SocketAddr::from(([127, 0, 0, 1], port))).await;
        let count = printed["recipients"].as_array().unwrap().len();
        assert!(count > 1, "{printed:#}");
        assert_eq!(kinds(&printed).iter().filter(|k| **k == kind).count(), 1, "{printed:#}");
        assert_eq!(kinds(&printed).iter().filter(|k| **k == "accepted").count(), count - 1, "{printed:#}");
        assert_eq!(printed["outstanding"].as_array().unwrap().len(), outstanding, "{printed:#}");
    }
}
