//! The samples as a host uses them, and mails that travel without a file.

use super::compose::{ComposeError, Job, Message, compose};
use super::input::Source;
use super::test_job::{NoFiles, plain_job};
use crate::domain::attachment::{Attachment, Format, Role};
use crate::domain::document::sample;
use crate::domain::kind::{Purpose, UseCase};
use crate::domain::language::Language;
use chrono::DateTime;

fn job(purpose: Purpose, language: Language) -> Job {
    Job {
        now: DateTime::parse_from_rfc3339("2026-01-02T09:30:00+00:00").unwrap(),
        document: Source { media_type: "application/json".into(), content: sample(purpose.kind()).into() },
        use_case: purpose.use_case().name().into(),
        language: Some(language.code().into()),
        format: Format::None,
        ..plain_job()
    }
}

fn portal() -> Option<(String, Option<String>)> {
    Some(("https://portal.example/7".into(), None))
}

fn composed(job: &Job, what: &str) -> Message {
    compose(job, &mut NoFiles).unwrap_or_else(|fault| panic!("{what}: {fault}"))
}

/// Codes of the warnings, but for what the job leaves out: a recipient, a register.
fn warnings(message: &Message) -> Vec<&'static str> {
    let codes = message.warnings.iter().map(|warning| warning.code);
    codes.filter(|code| !matches!(*code, "no-recipient" | "no-registration")).collect()
}

#[test]
fn a_sample_is_composed_for_every_use_case_in_every_language() {
    for purpose in Purpose::all() {
        for language in Language::ALL {
            for day in ["2026-01-01", "2026-07-31", "2031-12-31"] {
                let now = DateTime::parse_from_rfc3339(&format!("{day}T09:30:00+00:00")).unwrap();
                let job = Job { now, portal: portal(), ..job(purpose, language) };
                let message = composed(&job, &format!("{purpose} in {language}"));
                assert_eq!(warnings(&message), [""; 0], "{purpose} in {language}");
                assert_eq!(message.language.locale.language, language);
            }
        }
    }
}

fn terms_of_sale() -> Attachment {
    Attachment {
        handle: 1,
        file_name: "terms.pdf".into(),
        media_type: "application/pdf".into(),
        size: 1_000,
        role: Role::Added,
    }
}

#[test]
fn a_mail_without_a_file_claims_none_and_warns_of_none() {
    for purpose in Purpose::all() {
        for language in Language::ALL {
            let what = format!("{purpose} in {language}");
            let without = job(purpose, language);
            let brings =
                purpose.asks_for_payment() && matches!(purpose.use_case(), UseCase::New | UseCase::Copy);
            if brings {
                // Neither nothing nor the terms of sale are the document.
                for attachments in [Vec::new(), vec![terms_of_sale()]] {
                    let refused = compose(&Job { attachments, ..without.clone() }, &mut NoFiles);
                    let is_refused =
                        matches!(&refused, Err(ComposeError::Refused(why)) if why.code == "without-document");
                    assert!(is_refused, "{what}: {refused:?}");
                }
                assert_eq!(
                    warnings(&composed(&Job { portal: portal(), ..without.clone() }, &what)),
                    [""; 0],
                    "{what}"
                );
                composed(&Job { insist: vec!["without-document".into()], ..without }, &what);
                continue;
            }
            let message = composed(&without, &what);
            assert_eq!(warnings(&message), [""; 0], "{what}");
            let lacking = composed(&Job { format: Format::Pdf, ..without }, &what);
            assert_eq!(message.rendered, lacking.rendered, "{what}: as where a file is missing");
            let text = message.rendered.text.to_lowercase();
            for word in [
                "attach",
                "bijlage",
                "bijgevoegd",
                "angehängt",
                "anhang",
                "beigefügt",
                "ci-joint",
                "pièce jointe",
                "joint",
            ] {
                assert!(!text.contains(word), "{what}: {word}\n{text}");
            }
        }
    }
}

#[test]
fn a_text_that_nothing_looks_for_is_told_with_the_path_that_was_meant() {
    let purpose = Purpose::all().next().unwrap();
    let with = |templates: &str| {
        let settings = format!(r#"{{"templates": {templates}}}"#);
        let message = composed(&Job { settings, ..job(purpose, Language::En) }, templates);
        let warnings = message.warnings.into_iter().filter(|warning| warning.code == "unknown-template");
        warnings.map(|warning| warning.detail).collect::<Vec<_>>()
    };
    assert!(
        with(r#"{"company": {"quote/new/en/body.html": "x", "layout/nl-BE/words.json": "{}"}}"#).is_empty()
    );
    let warnings = with(
        r#"{"company": {"qoute/new/en/body.txt": "x"}, "user": {"quote/nwe/en/body.txt": "x", "a": "x"}}"#,
    );
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    for (detail, meant) in warnings.iter().zip([
        "was \"quote/new/en/body.txt\" meant?",
        "list of shipped texts",
        "was \"quote/new/en/body.txt\" meant?",
    ]) {
        assert!(detail.ends_with(meant) || detail.contains("list of shipped"), "{detail}");
    }
    let many: Vec<String> = (0..900).map(|n| format!(r#""{n}/new/en/body.txt": "x""#)).collect();
    assert_eq!(with(&format!(r#"{{"company": {{{}}}}}"#, many.join(","))).len(), 5);
}
