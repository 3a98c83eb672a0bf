//! The fixtures, each against its line in `expected.tsv`.

use super::{fixture, folder, understood};
use crate::domain::inbound::{BounceType, Class};
use crate::domain::status::EventKind;

/// One line: file, class, hardness, code, recipient.
fn expected() -> Vec<[String; 5]> {
    let table = std::fs::read_to_string(folder().join("expected.tsv")).unwrap();
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>().try_into().unwrap()).collect()
}

#[test]
fn every_system_is_understood() {
    let mut wrong = vec![];
    for [name, class, bounce_type, code, recipient] in expected() {
        let found = understood(&fixture(&name));
        let decisive =
            found.recipients.iter().find(|it| it.bounce_type == found.bounce_type && it.class == found.class);
        let or_none = |text: Option<&str>| text.unwrap_or("-").to_owned();
        let is = [
            found.class.name().to_owned(),
            or_none(found.bounce_type.map(BounceType::name)),
            or_none(decisive.and_then(|it| it.code.as_deref()).filter(|code| code.contains('.'))),
            or_none(decisive.and_then(|it| it.recipient.as_deref())),
        ];
        for (is, wanted) in is.iter().zip([&class, &bounce_type, &code, &recipient]) {
            if !wanted.is_empty() && is != wanted {
                wrong.push(format!("{name}: {is:?} for {wanted:?} ({:?})", found.recipients));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_file_is_in_the_table() {
    let known: Vec<String> = expected().into_iter().map(|[name, ..]| name).collect();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "eml") {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            assert!(known.contains(&name), "{name} is not in expected.tsv");
        }
    }
}

#[test]
fn nothing_that_is_no_failure_makes_one() {
    for [name, class, ..] in expected() {
        if class == "bounce" {
            continue;
        }
        let failed =
            [EventKind::Bounced, EventKind::Expired, EventKind::DispositionDeleted, EventKind::Dropped];
        let found = understood(&fixture(&name));
        assert!(found.events.iter().all(|event| !failed.contains(&event.kind)), "{name}: {:?}", found.events);
        assert_eq!(found.bounce_type, None, "{name}");
    }
}

#[test]
fn a_report_names_the_mail_that_it_is_about() {
    for [name, class, ..] in expected() {
        let raw = fixture(&name);
        let text = String::from_utf8_lossy(&raw).into_owned();
        let found = understood(&raw);
        let is_report = found.class != Class::Ordinary && found.class != Class::AutoReply;
        if is_report && text.contains("<0193a.2026-0417@ateliernord.example>") {
            assert_eq!(
                found.about.first().map(String::as_str),
                Some("<0193a.2026-0417@ateliernord.example>"),
                "{name} {class}"
            );
        }
    }
}
