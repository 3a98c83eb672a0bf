//! The guide through the contract holds: its snippets in Python, in their order, are one program that runs, on a server that
//! takes the mail, and prints what the guide promises.

use crate::artefacts;
use crate::python::{compiled, python};
use postroom_cli::catcher::Catcher;
use postroom_tests::fixtures;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::process::Command;
use tempfile::TempDir;

/// The guide's snippets, one below the other, each with its line numbers in the guide.
fn program() -> String {
    let guide = guide();
    let mut inside = false;
    let lines = guide.lines().map(|line| {
        let fence = line.starts_with("```");
        let shown = inside && !fence;
        inside = if fence { line == "```python" } else { inside };
        // Lines of prose are empty, so that an error names the guide's own line.
        if shown { line } else { "" }
    });
    lines.map(|line| format!("{line}\n")).collect()
}

fn guide() -> String {
    std::fs::read_to_string(fixtures::folder().join("../docs/contract.md")).unwrap()
}

/// What the guide says that its program prints: the lines of its blocks without a language that follow one in Python.
fn promised() -> Vec<String> {
    let guide = guide();
    let after = guide.split("```python\n").skip(1).filter_map(|rest| {
        let (_, after) = rest.split_once("\n```\n")?;
        after.strip_prefix("\nprints\n\n```text\n")?.split_once("\n```")
    });
    after.flat_map(|(lines, _)| lines.lines().map(str::to_owned)).collect()
}

/// Runs a program in a folder, with the files and the environment that the guide speaks of; gives what it prints.
async fn run(folder: &TempDir, program: &str, server: SocketAddr) -> String {
    std::fs::write(folder.path().join("invoice.pdf"), fixtures::pdf()).unwrap();
    std::fs::write(folder.path().join("logo.png"), fixtures::bytes("logo.png")).unwrap();
    let script = folder.path().join("guide.py");
    std::fs::write(&script, program).unwrap();
    let mut command = Command::new(python().await);
    command
        .arg(&script)
        .current_dir(folder.path())
        .env("PYTHONPATH", fixtures::folder().join("component/python"))
        .env("PYTHONUTF8", "1")
        .env("POSTROOM_PLUGIN", artefacts::full())
        .env("POSTROOM_COMPILED", compiled())
        .env("SMTP_HOST", server.ip().to_string())
        .env("SMTP_PORT", server.port().to_string());
    printed_by(command).await
}

/// What a program prints that comes to its end.
async fn printed_by(mut command: Command) -> String {
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    printed
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_of_the_guide_prints_what_the_guide_says() {
    let catcher = Catcher::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let printed = run(&folder, &program(), catcher.address()).await;
    let promised = promised();
    assert!(promised.len() > 15, "the guide says little of what it prints: {promised:?}");
    assert_eq!(printed.lines().collect::<Vec<_>>(), promised);

    let caught = catcher.caught();
    assert_eq!(caught.len(), 1, "the guide sends one mail");
    assert!(caught[0].mail_from.starts_with("bounce+"), "{}", caught[0].mail_from);
    let preview = std::fs::read_to_string(folder.path().join("preview.html")).unwrap();
    assert!(preview.contains("sandbox") && preview.contains("data:image/png;base64,"), "{preview}");
    assert!(!preview.contains("cid:logo"), "the logo would not be shown");
}

/// What the guide's functions make of a process that died, of an import that throws, and of a server that is not there.
const AFTERWARDS: &str = r#"
def another(outgoing):
    mail, token = secrets.token_hex(16), secrets.token_hex(16)
    with store:
        row = (mail, json.dumps(outgoing), f"<{mail}@ateliernord.example>", token, now())
        store.execute("insert into mails (id, mail, message_id, return_token, created) values (?, ?, ?, ?, ?)", row)
        copies = "insert into files select ?, handle, content from files where mail = ?"
        store.execute(copies, (mail, mail_id))
    return mail

died = another(mail)
with store:
    begun = "insert into attempts (mail, at, route, envelope_id) values (?, ?, ?, 'token')"
    store.execute(begun, (died, now(), json.dumps(OFFICE)))
after_a_crash()
print(move_on(died)["step"])

submits = Smtp.submit
Smtp.submit = lambda *_: 1 // 0
plugin = load()
print(move_on(another(mail))["step"])
Smtp.submit = submits
print(call("info.version"))

os.environ["SMTP_PORT"] = "1"
plugin = load()
waits = another(mail)
print(*move_on(waits)["step"])
print(store.execute("select due > created, ended from mails where id = ?", (waits,)).fetchone())
"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_loop_of_the_guide_sends_nothing_twice_and_waits_for_a_server_that_is_not_there() {
    let catcher = Catcher::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let printed = run(&folder, &(program() + AFTERWARDS), catcher.address()).await;
    let afterwards = printed.lines().skip(promised().len()).collect::<Vec<_>>();
    assert_eq!(afterwards, ["ask-in-doubt", "ask-in-doubt", "0.1.0", "wait-until", "(1, None)"]);
    assert_eq!(catcher.caught().len(), 1, "only the guide's own mail left");
}

/// What a Python program prints that serves no import at all and asks for what needs one.
const SERVES_NOTHING: &str = r#"
import sys
from postroom_plugin import Plugin, PluginError, to_component

plugin = Plugin(sys.argv[1], {}, sys.argv[2])

def error_of(export, *arguments):
    interface, name = export.split(".")
    kinds = [kind for _, kind in plugin.function(interface, name)[1].params]
    try:
        return plugin.ask(interface, name, *map(to_component, kinds, arguments))
    except PluginError as refused:
        return refused.error

def route(transport):
    return {"account-name": "office", "transport": transport}

account = {"account-name": "office", "transport": "smtp", "provider": None, "sent-folder": None}
text = "From: office@ateliernord.example\r\nTo: ann@example.org\r\nSubject: a\r\n\r\nb\r\n"
mail = {
    "message-id": "<a@ateliernord.example>",
    "envelope": {"mail-from": "office@ateliernord.example", "recipients": ["ann@example.org"]},
    "chunks": [{"text": text}],
    "files": [],
    "size": len(text),
    "needs-smtputf8": False,
}
print(error_of("documents.read", {"media-type": "text/xml", "content": {"file": 1}})["fault"])
print(error_of("sent.find", account, ["<a@ateliernord.example>"]))
for transport in ("smtp", "gmail"):
    print(error_of("delivery.probe", route(transport))["failure"]["stage"])
    outcome = error_of("delivery.submit", mail, ["ann@example.org"], "", route(transport), "2026-11-30T09:00:00+01:00")
    print(outcome["settlement"]["outcome"], next(iter(outcome["error"])))
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_python_program_that_serves_no_import_gets_answers_and_loses_no_instance() {
    let mut command = Command::new(python().await);
    command
        .args(["-c", SERVES_NOTHING])
        .args([artefacts::full(), compiled()])
        .env("PYTHONPATH", fixtures::folder().join("component/python"));
    let printed = printed_by(command).await;
    // What is at fault is the account: its mails wait for it.
    let expected = "unreadable\n{'imap': 'unknown-account'}\nlogin\naccount-unavailable failed\nlogin\naccount-unavailable api\n";
    assert_eq!(printed, expected);
}

#[test]
fn the_snippets_of_the_guide_leave_nothing_out() {
    let program = program();
    assert!(!program.contains("...") && !program.contains('…'), "a snippet leaves something out");
    assert!(program.lines().all(|line| line.len() <= 120), "a snippet is wider than a page");
}

/// Interfaces that the two worlds name.
fn interfaces() -> BTreeSet<String> {
    let world = std::fs::read_to_string(fixtures::folder().join("../wit/world.wit")).unwrap();
    let named = |line: &str| {
        let line = line.trim();
        let name = line.strip_prefix("import ").or_else(|| line.strip_prefix("export "))?;
        Some(name.trim_end_matches(';').to_owned())
    };
    world.lines().filter_map(named).collect()
}

#[test]
fn the_guide_names_every_interface() {
    let guide = guide();
    let missing: Vec<_> =
        interfaces().into_iter().filter(|name| !guide.contains(&format!("`{name}"))).collect();
    assert!(missing.is_empty(), "docs/contract.md says nothing of {missing:?}");
}

#[test]
fn every_interface_opens_with_a_picture_of_its_use() {
    for name in interfaces() {
        let path = fixtures::folder().join(format!("../wit/{name}.wit"));
        let source = std::fs::read_to_string(path).unwrap();
        let (head, _) = source.split_once(&format!("interface {name} {{")).unwrap();
        let picture = head.split_once("/// ```text\n").and_then(|(_, rest)| rest.split_once("/// ```\n"));
        let (picture, _) = picture.unwrap_or_else(|| panic!("{name} has no picture of its use"));
        assert!(picture.lines().count() <= 10, "the picture of {name} has more than ten lines");
    }
}
