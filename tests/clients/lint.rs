//! What the lint for mail clients says of every shipped mail: nothing that is not accepted with its reason.

use crate::cases;
use postroom::mail_clients::{self, Finding};
use std::collections::BTreeSet;

#[test]
fn the_shipped_mails_are_free_of_findings() {
    let mut found: Vec<(Finding, String, usize)> = Vec::new();
    for case in cases::all() {
        let html = case.compose().unwrap().rendered.html;
        for finding in mail_clients::check(&html, None, html.len()) {
            match found.iter_mut().find(|(it, ..)| it.has_cause_of(&finding)) {
                Some((_, _, mails)) => *mails += 1,
                None => found.push((finding, case.name.clone(), 1)),
            }
        }
    }
    let lines = found
        .iter()
        .map(|(it, case, mails)| format!("{}: {}\n    {mails} mails, {case}", it.rule, it.detail));
    let lines = lines.collect::<Vec<_>>().join("\n");
    assert!(found.is_empty(), "{} findings:\n{lines}", found.len());
}

#[test]
fn nothing_is_accepted_in_the_layout_that_no_shipped_mail_uses() {
    let mut used = BTreeSet::new();
    for case in cases::all() {
        let supports = mail_clients::supports(&case.compose().unwrap().rendered.html);
        used.extend(supports.into_iter().filter(|it| it.accepted.is_some()).map(|it| it.feature));
    }
    let idle: Vec<_> = mail_clients::accepted_in_layout().filter(|feature| !used.contains(feature)).collect();
    assert!(
        idle.is_empty(),
        "host/postroom/src/mail_clients/data/accepted.json has rows for nothing: {idle:?}"
    );
}
