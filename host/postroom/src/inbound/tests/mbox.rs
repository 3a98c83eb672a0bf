//! An mbox is read whole, each message as it was before it was put there.

use crate::inbound::{MESSAGE_LIMIT, Messages};
use std::io::Write as _;
use std::path::Path;

/// Every message of a file, or what is wrong with it.
async fn all(path: &Path) -> Vec<Result<(u32, String), String>> {
    let mut messages = Messages::open(path).await.unwrap();
    let mut found = vec![];
    loop {
        match messages.next().await {
            Ok(None) => return found,
            Ok(Some((number, raw))) => found.push(Ok((number, String::from_utf8(raw).unwrap()))),
            Err(error) => found.push(Err(error.to_string())),
        }
    }
}

const FROM: &str = "From jan@customer.example Mon Nov 23 09:10:05 2026\n";

#[tokio::test]
async fn every_message_of_an_mbox_is_read_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("box");
    let first = "Subject: 1\n\n>From here on it is quoted.\n>>From twice\n> From no\nFrom a line of text 12\nFrom: x\n\n";
    let second = "Subject: 2\n\nFrom the beginning, without a time.\n\n";
    let third = "Subject: 3\r\n\r\nWithout an end";
    std::fs::write(&path, format!("{FROM}{first}{FROM}{second}{}{third}", FROM.replace('\n', "\r\n")))
        .unwrap();
    let unquoted = first.replace(">From", "From");
    let wanted = [(1, unquoted.as_str()), (2, second), (3, third)];
    assert_eq!(all(&path).await, wanted.map(|(number, text)| Ok((number, text.to_owned()))));
    let alone = "Subject: alone\n\nFrom us, at 12:30\n";
    std::fs::write(&path, alone).unwrap();
    assert_eq!(all(&path).await, [Ok((1, alone.to_owned()))]);
    std::fs::write(&path, FROM).unwrap();
    assert_eq!(all(&path).await, [Ok((1, String::new()))]);
}

#[tokio::test]
async fn a_message_that_is_too_large_does_not_hold_back_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("box");
    let mut file = std::fs::File::create(&path).unwrap();
    write!(file, "{FROM}Subject: 1\n\n").unwrap();
    let line = "x".repeat(1 << 20);
    for _ in 0..=(MESSAGE_LIMIT >> 20) {
        file.write_all(line.as_bytes()).unwrap();
    }
    write!(file, "\n\n{FROM}Subject: 2\n\nshort\n").unwrap();
    drop(file);
    let found = all(&path).await;
    assert!(
        found[0].as_ref().is_err_and(|error| error.contains("message 1 is too large")),
        "{:.200?}",
        found[0]
    );
    assert_eq!(found[1..], [Ok((2, "Subject: 2\n\nshort\n".to_owned()))]);
}

#[tokio::test]
async fn a_file_that_is_no_message_is_named_for_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content, what) in [
        ("logo.png", &b"\x89PNG\r\n\x1a\n"[..], "a PNG picture"),
        ("empty.eml", b"", "empty"),
        ("mail.msg", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "as .eml"),
        ("notes.txt", b"Dear Jan\n\nhello", "no header"),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let error = Messages::open(&path).await.unwrap_err().to_string();
        assert!(error.contains(name) && error.contains(what), "{error}");
    }
}
