//! What options may hold, and how faults in them are reported.

use super::*;
use crate::domain::attachment::Format;
use serde_json::Value;

fn job(text: &str) -> JobOptions {
    JobOptions::from_json(text).unwrap()
}

#[test]
fn no_text_and_no_field_mean_the_defaults() {
    for text in ["", "  \n", "\u{FEFF}", "{}"] {
        assert_eq!(job(text), JobOptions::default(), "{text:?}");
        assert_eq!(SubmissionOptions::from_json(text), Ok(SubmissionOptions::default()), "{text:?}");
    }
    let nulls = r#"{"mode":null,"format":null,"portal":null,"pixel":null,"edits":null,"thread":null,
                    "automatic":null,"insist":null}"#;
    assert_eq!(job(nulls), JobOptions::default());
    let nulls = r#"{"sender":null,"envelope_id":null,"notify_delivered":null,"check_opens":null}"#;
    assert_eq!(SubmissionOptions::from_json(nulls), Ok(SubmissionOptions::default()));
    assert_eq!((JobOptions::default().mode, JobOptions::default().format), (Mode::Account, Format::Pdf));
}

#[test]
fn every_option_is_read() {
    let read = job(
        r#"{"mode":"platform","format":"pdf+ubl","portal":{"view_url":"https://p.example/1","pdf_url":""},
        "pixel":"https://p.example/2","edits":{"subject":"S","body":""},"automatic":true,"insist":["nothing-open"],
        "thread":{"in_reply_to":"<1@a.example>","references":["<0@a.example>"]}}"#,
    );
    let portal = Portal { view_url: "https://p.example/1".into(), pdf_url: None };
    assert_eq!((read.mode, read.format, read.portal), (Mode::Platform, Format::PdfUbl, Some(portal)));
    assert_eq!(read.pixel.as_deref(), Some("https://p.example/2"));
    assert_eq!((read.edits.subject.as_deref(), read.edits.body.as_deref()), (Some("S"), Some("")));
    assert!(read.automatic && read.insist == ["nothing-open"]);
    let thread = read.thread.unwrap();
    assert_eq!((thread.in_reply_to.as_deref(), thread.references.len()), (Some("<1@a.example>"), 1));
}

#[test]
fn what_is_wrong_is_told_with_its_path() {
    for (text, path) in [
        (r#"{"colour":1}"#, "$.colour"),
        (r#"{"portal":{"view_url":"https://x.example","logo":1}}"#, "$.portal.logo"),
        (r#"{"portal":{}}"#, "$.portal.view_url"),
        (r#"{"portal":["https://x.example"]}"#, "$.portal"),
        (r#"{"mode":"fax"}"#, "$.mode"),
        (r#"{"format":"docx"}"#, "$.format"),
        (r#"{"automatic":"yes"}"#, "$.automatic"),
        (r#"{"thread":{"references":[1]}}"#, "$.thread.references[0]"),
        ("[]", "$"),
        ("no", "$"),
    ] {
        assert_eq!(JobOptions::from_json(text).unwrap_err().path, path, "{text}");
    }
    let fault = SubmissionOptions::from_json(r#"{"sender":{"name":"A"}}"#).unwrap_err();
    assert_eq!(fault.path, "$.sender.address");
    let long = format!("{{\"pixel\":\"{}\"}}", "x".repeat(MAX_BYTES));
    assert!(JobOptions::from_json(&long).unwrap_err().detail.contains("at most"));
}

/// The names of the fields are written twice, in the schema and in the types: each of a schema is read.
#[test]
fn the_schemas_and_the_types_name_the_same_fields() {
    fn names(schema: &Value) -> Vec<&String> {
        schema["properties"].as_object().into_iter().flat_map(|fields| fields.keys()).collect()
    }
    fn refused(text: &str) -> String {
        JobOptions::from_json(text).unwrap_err().detail
    }
    let schema: Value = serde_json::from_str(JOB_SCHEMA).unwrap();
    let detail = refused(r#"{"?":1}"#);
    for name in names(&schema) {
        assert!(detail.contains(&format!("`{name}`")), "{name}: {detail}");
    }
    assert_eq!(detail.matches('`').count() / 2, names(&schema).len() + 1, "{detail}");
    for (object, text) in [
        ("portal", r#"{"portal":{"?":1}}"#),
        ("edits", r#"{"edits":{"?":1}}"#),
        ("thread", r#"{"thread":{"?":1}}"#),
    ] {
        let detail = refused(text);
        for name in names(&schema["properties"][object]) {
            assert!(detail.contains(&format!("`{name}`")), "{object}.{name}: {detail}");
        }
    }
    let schema: Value = serde_json::from_str(SUBMISSION_SCHEMA).unwrap();
    let detail = SubmissionOptions::from_json(r#"{"?":1}"#).unwrap_err().detail;
    for name in names(&schema) {
        assert!(detail.contains(&format!("`{name}`")), "{name}: {detail}");
    }
    for (list, known) in [("mode", Mode::NAMES.to_vec()), ("format", Format::NAMES.to_vec())] {
        let schema: Value = serde_json::from_str(JOB_SCHEMA).unwrap();
        let listed: Vec<_> =
            schema["properties"][list]["enum"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(listed, known, "{list}");
        for name in known {
            job(&format!(r#"{{"{list}":"{name}"}}"#));
        }
    }
}
