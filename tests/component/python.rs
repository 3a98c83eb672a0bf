//! The same `.wasm` in another language: a Python program loads it, composes and sends one mail by smtplib. What
//! arrives is what the Rust host composes, byte for byte.

use crate::artefacts;
use crate::house::{House, shipped, streamed};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postroom::catcher::Catcher;
use postroom_tests::case::{Case, SENDER};
use postroom_tests::fixtures;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The `wasmtime` of PyPI that the program is written for.
const WASMTIME: &str = "50.0.1";

/// A Python that has `wasmtime`, in a virtual environment that is kept between runs.
fn python() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("python-wasmtime-{WASMTIME}"));
    let python = folder.join("bin/python");
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

#[tokio::test(flavor = "multi_thread")]
async fn a_python_program_sends_the_very_bytes_that_the_rust_host_composes() {
    let python = tokio::task::spawn_blocking(python).await.unwrap();
    let catcher = Catcher::start().await.unwrap();
    let mut case = Case { name: "from-python".to_owned(), ..Case::of_ubl("invoice") };
    case.language = Some("de-AT".to_owned());
    let dots = b".\r\n..\r\n".repeat(3_000);
    case.files.push(("Prüfung.txt".to_owned(), "text/plain", "added", dots));
    let files = (1..).zip(&case.files).map(|(handle, (name, media_type, role, content))| {
        let content = STANDARD.encode(content);
        serde_json::json!({"handle": handle, "name": name, "media_type": media_type, "role": role, "content": content})
    });
    let address = catcher.address();
    let job = serde_json::json!({
        "plugin": artefacts::full(),
        "account": [address.ip(), address.port()],
        "id": case.id(),
        "now": case.now,
        "media_type": case.media_type,
        "document": STANDARD.encode(&case.document),
        "use_case": case.use_case,
        "language": case.language,
        "settings": case.settings,
        "sender": SENDER,
        "format": case.format,
        "portal": case.portal,
        "files": files.collect::<Vec<_>>(),
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("job.json");
    std::fs::write(&path, job.to_string()).unwrap();
    let script = fixtures::folder().join("component/python/embed.py");
    let arguments = [script.display().to_string(), path.display().to_string()];
    let output = tokio::task::spawn_blocking(move || {
        run(&python.display().to_string(), &arguments.each_ref().map(String::as_str))
    });
    let said: serde_json::Value = serde_json::from_slice(&output.await.unwrap().stdout).unwrap();

    let house = House::new(shipped());
    let ready = house.compose(&case).await;
    let expected = streamed(&ready).await;
    let caught = catcher.caught();
    assert_eq!(caught.len(), 1, "{said:#}");
    assert!(caught[0].message == expected, "what arrived differs from what the Rust host composes");
    assert_eq!(caught[0].mail_from, ready.message.envelope.mail_from);
    assert_eq!(caught[0].recipients, ready.message.envelope.recipients);
    assert_eq!(said["status"], "In transit", "{said:#}");
    assert!(said["reason"].as_str().unwrap().contains("caught as number 1"), "{said:#}");
    let kinds = said["outcome"]["events"].as_array().unwrap().iter().map(|event| &event["kind"]);
    assert!(kinds.eq(vec!["accepted"; caught[0].recipients.len()]), "{said:#}");
}
