//! What SpamAssassin's local rules say of every mail, as the server of a recipient sees it: with a hop before it.

use crate::budgets::{self, Measured};
use crate::samples::{self, Sample};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// Rules about what the test's set-up makes and a sender does not: an address of those set aside for examples.
const OF_THE_SETUP: &[&str] = &["NO_RECEIVED", "NO_RELAYS", "RCVD_ILLEGAL_IP"];

#[test]
#[ignore = "needs SpamAssassin: cargo xtask test clients"]
fn no_mail_looks_like_spam() {
    let samples = samples::all();
    let folder = samples::folder("spam");
    let file = folder.join("all.mbox");
    std::fs::write(&file, mailbox(&samples)).unwrap();
    let scores = scores(&file, &folder);
    let measured = samples.iter().map(|sample| {
        let id = sample.header("Message-ID: ");
        let (value, what) = scores.get(&id).unwrap_or_else(|| panic!("{} was not scored", sample.name));
        Measured { mail: sample.name.clone(), value: *value, what: what.clone() }
    });
    budgets::hold(&BTreeMap::from([("spam".to_owned(), measured.collect())]));
}

/// All mails in one mailbox file, as a server keeps them that took them from the sender's server a second after their
/// time.
fn mailbox(samples: &[Sample]) -> Vec<u8> {
    let mut all = Vec::new();
    for sample in samples {
        let text = String::from_utf8_lossy(&sample.message).replace("\r\n", "\n");
        let date = sample.header("Date: ");
        let mut mail = String::from("From office@ateliernord.example.com Sun Nov 22 09:30:00 2026\n");
        let _ = write!(
            mail,
            "Return-Path: <office@ateliernord.example.com>\n\
             Received: from mail.ateliernord.example.com (mail.ateliernord.example.com [198.51.100.25])\n\
             \tby mx.example.net (Postfix) with ESMTPS id 4B1Kxy2Qz9z1q\n\tfor <you@example.net>; {date}\n"
        );
        for line in text.lines() {
            let quote = if line.trim_start_matches('>').starts_with("From ") { ">" } else { "" };
            let _ = writeln!(mail, "{quote}{line}");
        }
        mail.push('\n');
        all.extend_from_slice(mail.as_bytes());
    }
    all
}

/// Score and rules of each mail by its Message-ID: they are scored in an order of their own.
fn scores(file: &Path, home: &Path) -> BTreeMap<String, (f64, String)> {
    let input = std::fs::File::open(file).unwrap();
    let output = Command::new("spamassassin")
        .args(["--local", "--mbox", "--cf", "use_bayes 0", "--cf", "use_auto_whitelist 0"])
        .args(["--cf", "add_header all Judged score=_SCORE_ tests=_TESTSSCORES(;)_", "--cf", "report_safe 0"])
        .args(["--cf", "fold_headers 0", "--nocreate-prefs"])
        .env("HOME", home)
        .stdin(input)
        .output()
        .expect("spamassassin runs: `cargo xtask test clients` installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8_lossy(&output.stdout);
    let mut judged = None;
    let mut scores = BTreeMap::new();
    for line in printed.lines() {
        if let Some(id) = line.strip_prefix("Message-ID: ") {
            scores.extend(judged.take().map(|score| (id.to_owned(), score)));
        }
        let Some(line) = line.strip_prefix("X-Spam-Judged: score=") else { continue };
        let (score, tests) = line.split_once(" tests=").unwrap_or((line, ""));
        let counted = tests.split(';').filter_map(|test| test.split_once('='));
        let counted = counted.filter(|(_, points)| points.parse::<f64>().is_ok_and(|it| it != 0.0));
        let (own, left): (Vec<_>, Vec<_>) = counted.partition(|(name, _)| !OF_THE_SETUP.contains(name));
        let left: f64 = left.iter().filter_map(|(_, points)| points.parse::<f64>().ok()).sum();
        let own = own.iter().map(|(name, points)| format!("{name}={points}")).collect::<Vec<_>>().join(" ");
        judged = Some((score.parse::<f64>().unwrap() - left, own));
    }
    scores
}
