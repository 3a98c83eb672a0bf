//! What the lint for mail clients says of every shipped mail: nothing that is not accepted with its reason.

use crate::cases;
use postroom::mail_clients::{self, Usage};
use std::collections::BTreeMap;

#[test]
fn the_shipped_mails_are_free_of_findings() {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for case in cases::all() {
        let message = case.compose().unwrap();
        let sent = message.rendered.html.len();
        for finding in mail_clients::check(&message.rendered.html, None, sent) {
            found.entry(format!("{}: {}", finding.rule, finding.detail)).or_default().push(case.name.clone());
        }
    }
    let found: Vec<String> = found
        .iter()
        .map(|(what, cases)| format!("{what}\n    {} mails, {}", cases.len(), cases[0]))
        .collect();
    assert!(found.is_empty(), "{} findings:\n{}", found.len(), found.join("\n"));
}

#[test]
fn nothing_is_accepted_that_no_shipped_mail_uses() {
    let mut used = std::collections::BTreeSet::new();
    for case in cases::all() {
        let html = case.compose().unwrap().rendered.html;
        used.extend(
            mail_clients::supports(&html).into_iter().filter(|it| it.accepted.is_some()).map(|it| it.feature),
        );
        assert!(Usage::of(&html).count("html-table") > 0);
    }
    let idle: Vec<_> = mail_clients::accepted().filter(|feature| !used.contains(feature)).collect();
    assert!(idle.is_empty(), "accepted for nothing: {idle:?}");
}
