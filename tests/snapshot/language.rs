//! One message, one language: no label and no turn of phrase of another language in any mail.

use crate::cases;
use postroom_plugin::domain::language::Language;
use postroom_plugin::domain::template::shipped;
use postroom_tests::case::Case;
use std::collections::{BTreeMap, BTreeSet};

/// Words that a business letter in one language can't do without, and that no other of ours has.
const TELLING: [(Language, &[&str]); 4] = [
    (
        Language::Nl,
        &[
            "het",
            "een",
            "wij",
            "graag",
            "niet",
            "uw",
            "voor",
            "hebben",
            "wordt",
            "onze",
            "bij",
            "ons",
            "deze",
            "bijgevoegd",
        ],
    ),
    (
        Language::Fr,
        &["vous", "nous", "votre", "notre", "merci", "avec", "pour", "veuillez", "nos", "est", "cette"],
    ),
    (Language::En, &["the", "your", "and", "please", "our", "you", "with", "this", "have", "from"]),
    (
        Language::De,
        &["und", "ihre", "wir", "sie", "bitte", "ihnen", "unsere", "nicht", "vielen", "wurde", "zur"],
    ),
];

fn language_of(case: &Case) -> Language {
    let tag = case.language.as_deref().unwrap();
    Language::ALL.into_iter().find(|language| tag.starts_with(language.code())).unwrap()
}

/// The layout's words by key.
fn words(language: Language) -> BTreeMap<String, String> {
    serde_json::from_str(shipped::source(&format!("layout/{language}/words.json")).unwrap()).unwrap()
}

/// The letters between a mail's HTML tags, one text a tag.
fn cells(html: &str) -> BTreeSet<&str> {
    let body = html.split_once("<body").unwrap().1;
    body.split('<')
        .filter_map(|piece| Some(piece.split_once('>')?.1.trim()))
        .filter(|t| !t.is_empty())
        .collect()
}

#[test]
fn no_label_is_in_another_language() {
    for case in cases::all() {
        let message = case.compose().unwrap();
        let own = language_of(&case);
        let own_words = words(own).into_values().collect::<BTreeSet<_>>();
        let cells = cells(&message.rendered.html);
        let labels =
            message.rendered.text.lines().map(|line| line.split_once(": ").map_or(line, |(label, _)| label));
        let labels = labels.map(|label| label.trim_end_matches(':')).collect::<BTreeSet<_>>();
        let mut seen = 0;
        for language in Language::ALL {
            for word in words(language).into_values() {
                let found = cells.contains(word.as_str()) || labels.contains(word.as_str());
                if own_words.contains(&word) {
                    seen += usize::from(found);
                } else {
                    assert!(!found, "{}: \"{word}\" is {language}", case.name);
                }
            }
        }
        assert!(seen > 3, "{}: only {seen} words of its own language found", case.name);
    }
}

#[test]
fn no_sentence_is_in_another_language() {
    for case in cases::all() {
        let message = case.compose().unwrap();
        let own = language_of(&case);
        let closing = words(own).remove("closing").unwrap();
        // From the greeting to the box with the facts: what the templates say, without the document's own words.
        let title = message.rendered.text.find("\n---").unwrap_or(message.rendered.text.len());
        let text = format!("{}\n{}\n{closing}", message.rendered.subject, &message.rendered.text[..title]);
        let text = text.to_lowercase();
        let found = text.split(|c: char| !c.is_alphabetic()).collect::<BTreeSet<_>>();
        for (language, telling) in TELLING {
            let found_words = telling.iter().filter(|word| found.contains(**word)).collect::<Vec<_>>();
            assert_eq!(
                !found_words.is_empty(),
                language == own,
                "{}: {language} by {found_words:?}\n{text}",
                case.name
            );
        }
    }
}

#[test]
fn nothing_is_left_of_what_was_not_there() {
    for case in cases::all() {
        let message = case.compose().unwrap();
        let rendered = &message.rendered;
        let cells = cells(&rendered.html).into_iter().collect::<Vec<_>>().join("\n");
        for (part, text) in [("subject", &rendered.subject), ("text", &rendered.text), ("html", &cells)] {
            let lower = text.to_lowercase();
            for wrong in ["none", "null", "undefined", "{{", "}}", "{%", " ,", " .", "()", "\"\""] {
                assert!(!lower.contains(wrong), "{}: {part} has \"{wrong}\"\n{text}", case.name);
            }
        }
        for line in rendered.text.lines().chain([rendered.subject.as_str()]) {
            assert!(!line.trim_start().contains("  "), "{}: two spaces in \"{line}\"", case.name);
            assert!(
                line == "-- " || line.trim_end() == line,
                "{}: space at the end of \"{line}\"",
                case.name
            );
        }
        assert!(!rendered.text.contains("\n\n\n"), "{}: two empty lines\n{}", case.name, rendered.text);
    }
}

#[test]
fn the_english_button_and_link_are_word_for_word_and_absent_without_a_portal() {
    let (button, link) = ("View invoice", "Click here to download PDF");
    for (case, has_button, has_link) in [
        ("invoice@en", true, true),
        ("invoice-overdue@en", true, true),
        ("invoice@en-GB", true, true),
        ("invoice-portal-without-pdf@en", true, false),
        ("invoice-without-portal@en", false, false),
    ] {
        let case = cases::all().into_iter().find(|c| c.name == case).unwrap();
        let rendered = case.compose().unwrap().rendered;
        let (html, text) = (cells(&rendered.html), rendered.text.lines().collect::<BTreeSet<_>>());
        assert_eq!(html.contains(button), has_button, "{}", case.name);
        assert_eq!(html.contains(link), has_link, "{}", case.name);
        assert_eq!(text.contains(format!("{button}:").as_str()), has_button, "{}", case.name);
        assert_eq!(text.contains(format!("{link}:").as_str()), has_link, "{}", case.name);
        assert_eq!(rendered.html.contains("portal.ateliernord"), has_button, "{}", case.name);
    }
}
