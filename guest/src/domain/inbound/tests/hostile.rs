//! Whatever comes in: no panic, no answer beyond the limits, no ordinary mail that becomes a failure.

use super::{folder, now, understood};
use crate::domain::inbound::{Class, Report, limits, read};
use proptest::prelude::*;

fn fixtures() -> Vec<Vec<u8>> {
    let mut files: Vec<_> = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .iter()
        .filter(|path| path.extension().is_some_and(|it| it == "eml"))
        .map(|path| std::fs::read(path).unwrap())
        .collect()
}

fn is_bounded(found: &Report) -> bool {
    let fits =
        |text: &Option<String>, most: usize| text.as_ref().is_none_or(|text| text.chars().count() <= most);
    found.recipients.len() <= 2 * limits::RECIPIENTS
        && found.events.len() <= 2 * limits::RECIPIENTS
        && found.about.len() <= limits::REFERENCES
        && found.tokens.len() <= limits::REFERENCES
        && found.recipients.iter().all(|it| {
            fits(&it.words, limits::WORDS)
                && fits(&it.recipient, limits::ADDRESS)
                && fits(&it.remote, limits::ADDRESS)
        })
        && found.subject.chars().count() <= limits::SUBJECT
        && found.answer.as_ref().is_none_or(|answer| answer.text.len() <= limits::ANSWER)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn garbage_is_ordinary_or_at_least_bounded(raw in prop::collection::vec(any::<u8>(), 0..2_000)) {
        prop_assert!(is_bounded(&understood(&raw)));
    }

    #[test]
    fn a_report_that_was_tampered_with_is_still_bounded(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..20),
        cut in any::<prop::sample::Index>(),
    ) {
        let all = fixtures();
        let mut raw = which.get(&all).clone();
        for (at, byte, how) in changes {
            let at = at.index(raw.len());
            match how {
                0 => raw[at] = byte,
                1 => raw.insert(at, byte),
                2 => { raw.remove(at); }
                _ => { let rest = raw.split_off(at); raw.extend(rest.iter().chain(b"\r\n--b\r\n<@>: 550 5.1.1")); }
            }
        }
        prop_assert!(is_bounded(&understood(&raw)));
        raw.truncate(cut.index(raw.len()));
        prop_assert!(is_bounded(&understood(&raw)));
    }
}

#[test]
fn two_fixtures_in_one_are_still_bounded() {
    let all = fixtures();
    for (one, other) in all.iter().zip(all.iter().rev()) {
        let both = [&one[..], &other[..]].concat();
        assert!(is_bounded(&understood(&both)));
    }
}

#[test]
fn what_is_too_large_or_too_deep_is_refused_with_the_limit() {
    for (what, raw, limit) in [
        ("size", vec![b'x'; limits::MESSAGE + 1], "bytes"),
        ("depth", b"Content-Type: message/rfc822\r\n\r\n".repeat(5_000), "nested"),
        ("multiparts", b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n".repeat(5_000), "nested"),
        (
            "parts",
            [&b"Content-Type: multipart/mixed; boundary=a\r\n\r\n"[..], &b"--a\r\n\r\nx\r\n".repeat(5_000)]
                .concat(),
            "parts",
        ),
    ] {
        let error = read(&raw, &[], now()).unwrap_err().to_string();
        assert!(error.contains(limit), "{what}: {error}");
    }
}

#[test]
fn long_texts_of_every_kind_are_read_in_time() {
    let head = "Return-Path: <>\r\nFrom: MAILER-DAEMON@x.example\r\nSubject: failure notice\r\n\r\n";
    for piece in [
        "<a@b.example>: 550 5.1.1 no such user\n",
        "a@",
        "@",
        "5.1.1 ",
        "550 ",
        "x",
        "\n",
        "> ",
        "<",
        "é",
        "Received: from x\n",
    ] {
        let raw = format!("{head}{}", piece.repeat(2_000_000 / piece.len()));
        let found = understood(raw.as_bytes());
        assert!(is_bounded(&found), "{piece:?}");
        let fields =
            format!("Subject: x\r\n{}\r\n\r\nx", piece.replace('\n', "\r\n ").repeat(500_000 / piece.len()));
        assert_ne!(understood(fields.as_bytes()).class, Class::Bounce, "{piece:?}");
    }
}
