//! `postroom read`, as a person or a script meets it, and the export `reading` under it.

use crate::cli::expect;
use postroom_tests::fixtures;
use serde_json::Value;
use std::io::Write as _;
use std::path::Path;

const ANSWER: &str = "From: =?utf-8?Q?J=C3=A9r=C3=B4me?= <jerome@customer.example>\r\nTo: office@ateliernord.example, Els <els@ateliernord.example>\r\nSubject: Re: Quote 7\r\nDate: Mon, 30 Nov 2026 10:00:00 +0100\r\nMessage-ID: <1@customer.example>\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: multipart/alternative; boundary=y\r\n\r\n--y\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nAgreed.\r\n\r\nOp ma 30 nov. 2026 om 09:15 schreef Els <els@ateliernord.example>:\r\n> Is the quote right?\r\n--y\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Agreed.<script>alert(1)</script><img src=https://x.example/p.gif><div class=gmail_attr>Op ma schreef Els:</div><blockquote type=cite>Is the quote right?</blockquote>\r\n--y--\r\n--x\r\nContent-Type: application/pdf; name=\"order.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\nYWJj\r\n--x--\r\n";

fn written(folder: &Path, name: &str, content: &[u8]) -> String {
    let path = folder.join(name);
    std::fs::File::create(&path).unwrap().write_all(content).unwrap();
    path.display().to_string()
}

fn in_json(arguments: &[&str]) -> Value {
    serde_json::from_str(&expect(0, arguments).0).unwrap()
}

#[test]
fn a_message_is_read_with_its_new_words_apart() {
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), "answer.eml", ANSWER.as_bytes());
    let read = in_json(&["read", &file, "--json"]);
    assert_eq!(read["subject"], "Re: Quote 7");
    assert_eq!(read["from"], serde_json::json!({ "name": "Jérôme", "address": "jerome@customer.example" }));
    assert_eq!(read["to"][1], serde_json::json!({ "name": "Els", "address": "els@ateliernord.example" }));
    assert_eq!(read["date"], "2026-11-30T10:00:00+01:00");
    assert_eq!(read["message_id"], "<1@customer.example>");
    assert_eq!(read["reply"], "Agreed.");
    assert!(read["quoted"].as_str().unwrap().contains("Is the quote right?"));
    assert!(read["text"].as_str().unwrap().contains("schreef Els"));
    assert_eq!(read["class"], "ordinary");
    let html = read["html"].as_str().unwrap();
    assert!(html.contains("Agreed.") && !html.contains("script") && !html.contains("x.example"), "{html}");
    let file_of_it = &read["attachments"][0];
    assert_eq!((&file_of_it["name"], &file_of_it["type"]), (&"order.pdf".into(), &"application/pdf".into()));
    assert_eq!(file_of_it["size"], 3);
    assert_eq!(file_of_it["sha256"], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    let (shown, _) = expect(0, &["read", &file]);
    for line in [
        "From: Jérôme <jerome@customer.example>",
        "Agreed.",
        "… quoted text folded (",
        "order.pdf",
        "1 picture not loaded",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
}

#[test]
fn a_body_alone_is_folded() {
    let folder = tempfile::tempdir().unwrap();
    let text = "Yes.\n\nSent from my iPhone\n\nOn 1 May 2026 Lotte wrote:\n> Is it paid?\n";
    let file = written(folder.path(), "body.txt", text.as_bytes());
    let folded = in_json(&["read", "--reply", &file, "--json"]);
    let wanted = serde_json::json!({
        "reply": "Yes.", "signature": "Sent from my iPhone", "quoted": "On 1 May 2026 Lotte wrote:\n> Is it paid?", "text": text,
    });
    assert_eq!(folded, wanted);
    assert!(expect(0, &["read", "--reply", &file]).0.contains("… quoted text folded (2 lines)"));
}

#[test]
fn a_file_that_is_no_message_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let picture = written(folder.path(), "logo.png", b"\x89PNG\r\n\x1a\n");
    let none = folder.path().join("none.eml").display().to_string();
    for (file, words) in [
        (picture, "a PNG picture"),
        (none, "none.eml"),
        (folder.path().display().to_string(), "it is a folder"),
    ] {
        let (_, err) = expect(3, &["read", &file]);
        assert!(err.contains(words) && err.contains(&file), "{err}");
    }
    expect(2, &["read"]);
    expect(2, &["read", "a.eml", "--reply", "b.txt"]);
}

#[test]
fn a_report_is_read_and_classified_as_track_does() {
    for (file, class) in [("gmail-unknown.eml", "bounce"), ("postfix-unknown.eml", "bounce")] {
        let path = fixtures::path(&format!("reports/{file}"));
        if path.is_file() {
            assert_eq!(in_json(&["read", &path.display().to_string(), "--json"])["class"], class, "{file}");
        }
    }
}
