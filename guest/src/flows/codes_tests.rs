//! That whatever the plugin gives a code for has words for the user, and that no word is left of a code that is gone.

use crate::domain::conversation;
use crate::domain::interface_texts::{explain, explained};
use crate::domain::language::Language;
use crate::domain::reading;
use crate::domain::recipients;
use crate::domain::{account, attachment, delivery, status, template, warning};
use std::collections::{BTreeMap, BTreeSet};

/// Every list of codes, by the name of its constant.
fn lists() -> Vec<(&'static str, Vec<&'static str>)> {
    vec![
        ("warning::WARNINGS", warning::WARNINGS.to_vec()),
        ("flows::REFUSALS", super::REFUSALS.to_vec()),
        ("recipients::Reason", recipients::Reason::ALL.iter().map(|of| of.name()).collect()),
        ("status::REASONS", status::REASONS.to_vec()),
        ("status::Advice", status::Advice::CODES.to_vec()),
        ("delivery::REASONS", delivery::REASONS.to_vec()),
        ("account::CAPABILITY_REASONS", account::CAPABILITY_REASONS.to_vec()),
        ("account::NOTES", account::NOTES.to_vec()),
        ("account::FINDINGS", account::FINDINGS.to_vec()),
        ("conversation::Because", conversation::Because::CODES.to_vec()),
        ("reading::Note", reading::Note::CODES.to_vec()),
        ("attachment::RULES", attachment::RULES.to_vec()),
        ("template::RULES", template::RULES.to_vec()),
    ]
}

#[test]
fn a_code_means_one_thing_and_says_it_in_every_language() {
    let mut list_of = BTreeMap::new();
    for (list, codes) in lists() {
        assert!(!codes.is_empty(), "{list}");
        for code in codes {
            let other = list_of.insert(code, list);
            assert!(other.is_none(), "{code} is in {list} too");
            for language in Language::ALL {
                assert!(explain(code, language).is_some(), "{list}: {code} has no words in {language}");
            }
        }
    }
    let given: BTreeSet<_> = list_of.into_keys().collect();
    assert_eq!(explained().into_iter().collect::<BTreeSet<_>>(), given, "words of a code that is gone");
}

#[test]
fn what_may_be_insisted_on_is_a_refusal_or_a_warning() {
    for code in super::INSISTABLE {
        assert!(super::REFUSALS.contains(&code) || warning::WARNINGS.contains(&code), "{code}");
    }
}

#[test]
fn the_words_name_the_times_that_the_rules_have() {
    let days = status::DAYS_IN_TRANSIT.to_string();
    let hours = (delivery::WINDOW / 3600).to_string();
    for (code, time) in
        [("no-news", &days), ("proof-silence", &days), ("window-over", &hours), ("proof-refused", &hours)]
    {
        for language in Language::ALL {
            let words = explain(code, language).unwrap();
            assert!(words.contains(time), "{language}: {words}");
        }
    }
}
