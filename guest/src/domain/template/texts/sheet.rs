//! The sheet of all branches: every text over every variant, once, for an editor to read through. What a variant changes is shown; what
//! it shares with the first is not shown again.

use super::plan::{Plan, texts};
use super::variants::{self, Text, name, read};
use crate::domain::kind::Purpose;
use crate::domain::language::Locale;
use std::collections::BTreeSet;
use std::fmt::Write;

/// Returns all branches of a purpose in a locale.
fn sheet(purpose: Purpose, locale: Locale, plan: &Plan) -> String {
    let mut variants = variants::all(purpose, plan).into_iter();
    let base = read(purpose, locale, &variants.next().unwrap());
    let mut out = format!("{}\n\n{}\n", base.subject, base.body());
    let mut changes: Vec<(String, Vec<String>)> = Vec::new();
    for variant in variants {
        let change = change(&base, &read(purpose, locale, &variant));
        match changes.iter_mut().find(|(known, _)| *known == change) {
            _ if change.is_empty() => {}
            Some((_, labels)) => labels.push(variant.label),
            None => changes.push((change, vec![variant.label])),
        }
    }
    for (change, labels) in changes {
        write!(out, "\n--- {}\n{change}", labels.join("; ")).unwrap();
    }
    out
}

/// Returns what another text has that the first has not, and how many paragraphs it lacks.
fn change(base: &Text, other: &Text) -> String {
    let mut out = String::new();
    if other.subject != base.subject {
        writeln!(out, "[{}]", other.subject).unwrap();
    }
    for paragraph in other.paragraphs.iter().filter(|p| !base.paragraphs.contains(p)) {
        writeln!(out, "{paragraph}").unwrap();
    }
    let fewer = base.paragraphs.len().saturating_sub(other.paragraphs.len());
    if fewer > 0 {
        writeln!(out, "({fewer} fewer)").unwrap();
    }
    out
}

#[test]
fn every_branch_of_every_text_is_kept_to_be_read() {
    let plan = Plan::read();
    let mut bytes = 0;
    for purpose in Purpose::all() {
        let files = ["subject.txt", "body.txt"].into_iter().flat_map(|file| texts(purpose, file));
        let locales: BTreeSet<Locale> = files.map(|(locale, _)| locale).collect();
        for locale in locales {
            let sheet = sheet(purpose, locale, &plan);
            bytes += sheet.len();
            insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
                insta::assert_snapshot!(name(purpose, locale), sheet);
            });
        }
    }
    assert!(bytes < 1_500_000, "{bytes} bytes are too many to be read");
}
