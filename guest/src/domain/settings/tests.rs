//! Settings by their schema: read, refused with a path, and never dropped in silence.

use super::*;
use serde_json::{Value, json};

#[test]
fn nothing_at_all_means_the_neutral_settings() {
    for text in ["", "  \n", "{}", "\u{FEFF}{}", "{\"layout\": {}, \"company\": {\"name\": null}}"] {
        assert_eq!(Settings::from_json(text), Ok(Settings::default()), "{text:?}");
    }
}

#[test]
fn faults_name_the_path() {
    let long = "x".repeat(1_001);
    for (settings, path, detail) in [
        (
            json!({"layout": {"accent": "blue"}}),
            "$.layout.accent",
            "expected a colour such as #1f4e79, found \"blue\"",
        ),
        (json!({"layout": {"accent": "#12345é"}}), "$.layout.accent", "colour"),
        (json!({"layout": {"accent": ""}}), "$.layout.accent", "colour"),
        (json!({"payment": {"reminder_2_days": 91}}), "$.payment.reminder_2_days", "at most 90"),
        (
            json!({"company": {"languages": {"es": {}}}}),
            "$.company.languages[\"es\"]",
            "no texts in the language \"es\"",
        ),
        (json!({"company": {"registration": ["a\r\nb"]}}), "$.company.registration[0]", "control character"),
        (
            json!({"user": {"languages": {"fr": {"display_name": "a\nb"}}}}),
            "$.user.languages[\"fr\"].display_name",
            "control character",
        ),
        (json!({"layout": {"lines": 10_001}}), "$.layout.lines", "at most 10000"),
        (json!({"layout": {"lines": -1}}), "$.layout.lines", "invalid value"),
        (json!({"layout": {"logo_width": 0}}), "$.layout.logo_width", "from 20 to 520"),
        (
            json!({"company": {"language": "es"}}),
            "$.company.language",
            "no texts in the language \"es\": use one of nl, fr, en, de",
        ),
        (json!({"company": {"language": ""}}), "$.company.language", "use one of"),
        (json!({"company": {"name": "a\r\nBcc: x@example.com"}}), "$.company.name", "control character"),
        (json!({"company": {"name": long}}), "$.company.name", "at most 1000"),
        (json!({"company": {"address": vec!["x"; 21]}}), "$.company.address", "at most 20 lines"),
        (json!({"company": {"address": ["a", "b\n"]}}), "$.company.address[1]", "control character"),
        (json!({"company": {"vat": "x"}}), "$.company.vat", "unknown field `vat`, expected one of `name`"),
        (json!({"user": {"auto_bcc_self": "yes"}}), "$.user.auto_bcc_self", "expected a boolean"),
        (json!({"user": {"signature_html": "x".repeat(65_537)}}), "$.user.signature_html", "at most 65536"),
        (
            json!({"templates": {"user": {"a": "x".repeat(262_145)}}}),
            "$.templates.user[\"a\"]",
            "at most 262144",
        ),
        (json!({"payment": {"accounts": "BE71096123456769"}}), "$.payment.accounts", "expected"),
        (
            json!({"payment": {"accounts": ["BE71 0961 2345 6769", "BE71 0961 2345 6768"]}}),
            "$.payment.accounts[1]",
            "is a digit wrong?",
        ),
        (json!({"payment": {"accounts": vec!["BE71096123456769"; 51]}}), "$.payment.accounts", "at most 50"),
        (json!([]), "$", "expected an object"),
        (json!({"layout": ["#123456"]}), "$.layout", "expected an object"),
        (json!("text"), "$", "invalid type"),
    ] {
        let fault = Settings::from_json(&settings.to_string()).expect_err(path);
        assert_eq!(fault.path, path, "{fault}");
        assert!(fault.detail.contains(detail), "{fault}");
    }
    let fault = Settings::from_json("{\n  \"layout\": {,}}").unwrap_err();
    assert!(fault.to_string().starts_with("$: not JSON: ") && fault.detail.ends_with("(line 2)"), "{fault}");
    assert!(Settings::from_json(&" ".repeat(MAX_BYTES).replacen(' ', "{", 1)).is_err());
}

fn sample(part: &Value) -> Value {
    let kind = part["type"].as_str().or_else(|| part["type"][0].as_str()).unwrap();
    match (kind, part["properties"].as_object()) {
        ("object", Some(properties)) => {
            Value::Object(properties.iter().map(|(name, part)| (name.clone(), sample(part))).collect())
        }
        ("object", None) if part["additionalProperties"]["type"] == "object" => {
            json!({ "fr-BE": sample(&part["additionalProperties"]) })
        }
        ("object", None) => json!({"invoice/new/nl/body.txt": "text"}),
        ("array", _) => json!([part["items"]["examples"].get(0).unwrap_or(&json!("line"))]),
        ("boolean", _) => json!(true),
        ("integer", _) => json!(part["maximum"].as_u64().unwrap_or(100).min(100)),
        _ => json!(if part.get("default").is_some() { "#ABCdef" } else { "nl-BE" }),
    }
}

#[test]
fn the_schema_and_the_reader_know_the_same_fields() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let everything = sample(&schema);
    let settings = Settings::from_json(&everything.to_string()).unwrap();
    assert_eq!(serde_json::to_value(&settings).unwrap(), everything);
    for (name, part) in schema["properties"].as_object().unwrap() {
        let mut more = everything.clone();
        more[name]["surprise"] = json!(1);
        let fault = Settings::from_json(&more.to_string()).expect_err(name);
        assert!(fault.path.ends_with(".surprise") || name == "templates", "{fault}");
        for (field, part) in part["properties"].as_object().unwrap() {
            assert!(fault.detail.contains(&format!("`{field}`")), "{name}.{field}: {fault}");
            assert!(part["description"].as_str().is_some_and(|text| text.len() > 4), "{name}.{field}");
            let mut null = everything.clone();
            null[name][field] = Value::Null;
            let nullable = part["type"].as_array().is_some_and(|types| types.contains(&json!("null")));
            assert_eq!(Settings::from_json(&null.to_string()).is_ok(), nullable, "{name}.{field} as null");
        }
    }
    let neutral = serde_json::to_value(Settings::default()).unwrap();
    for group in ["layout", "payment"] {
        for (field, part) in schema["properties"][group]["properties"].as_object().unwrap() {
            let default = part.get("default").cloned().unwrap_or_else(|| json!([]));
            assert_eq!(default, neutral[group][field], "{group}.{field}");
        }
    }
}

#[test]
fn what_is_said_differently_in_a_language_is_said_in_it_alone() {
    let settings = Settings::from_json(
        r#"{"company": {"name": "Atelier Nord", "address": ["Dok Noord 4", "Belgium"], "registration": ["RPR Gent"],
            "languages": {"fr": {"address": ["Dok Noord 4", "Belgique"], "registration": ["RPM Gand"]},
                          "fr-FR": {"name": "Atelier Nord (Belgique)"},
                          "de-AT": {"address": ["Dok Noord 4", "Belgien"]}}},
            "user": {"display_name": "Accounting", "signature_text": "Lotte", "signature_html": "<b>Lotte</b>",
            "languages": {"fr": {"display_name": "Comptabilité", "signature_text": "Lotte (compta)"},
                          "fr-LU": {"display_name": "Facturation", "signature_html": "<i>Lotte</i>"}}}}"#,
    )
    .unwrap();
    for (tag, name, country, display_name, html) in [
        ("nl-BE", "Atelier Nord", "Belgium", "Accounting", Some("<b>Lotte</b>")),
        ("fr", "Atelier Nord", "Belgique", "Comptabilité", None),
        ("fr-BE", "Atelier Nord", "Belgique", "Comptabilité", None),
        ("fr-FR", "Atelier Nord (Belgique)", "Belgique", "Comptabilité", None),
        ("fr-LU", "Atelier Nord", "Belgique", "Facturation", Some("<i>Lotte</i>")),
        ("de-AT", "Atelier Nord", "Belgien", "Accounting", Some("<b>Lotte</b>")),
        ("de", "Atelier Nord", "Belgium", "Accounting", Some("<b>Lotte</b>")),
    ] {
        let own = settings.in_language(Locale::parse(tag).unwrap());
        assert_eq!(own.company.name.as_deref(), Some(name), "{tag}");
        assert_eq!(own.company.address[1], country, "{tag}");
        assert_eq!(own.user.display_name.as_deref(), Some(display_name), "{tag}");
        assert_eq!(
            own.user.signature_html.as_deref(),
            html,
            "{tag}: a signature is one, in text and in HTML"
        );
    }
}
