//! Every way in which a JSON document is wrong, with the path and line that are reported.

use super::*;
use serde_json::{Value, json};

const MINIMAL: &str = r#"{
  "kind": "invoice",
  "number": "1",
  "issue_date": "2026-11-22",
  "currency": "EUR",
  "seller": {
    "name": "Atelier Nord"
  },
  "buyer": { "name": "Customer" },
  "lines": [
    { "name": "first" },
    {
      "name": "second",
      "quantity": 1
    }
  ]
}"#;

fn at(text: &str) -> DocumentError {
    read(text.as_bytes()).expect_err(text)
}

#[test]
fn the_least_that_makes_a_document_is_enough() {
    let text = r#"{"kind":"quote","number":"7","issue_date":"2026-11-22","currency":"EUR",
        "seller":{"name":"A"},"buyer":{"name":"B"}}"#;
    let document = read(text.as_bytes()).unwrap();
    assert_eq!(document.total(), None);
    assert!(document.lines.is_empty() && document.buyer.contacts.is_empty());
    assert_eq!(read(format!("\u{FEFF}{text}").as_bytes()), Ok(document));
}

#[test]
fn lines_without_an_identifier_are_counted() {
    let document = read(MINIMAL.as_bytes()).unwrap();
    assert_eq!(document.lines.iter().map(|line| line.id.as_str()).collect::<Vec<_>>(), ["1", "2"]);
}

#[test]
fn faults_name_path_and_line() {
    for (from, to, path, line, detail) in [
        ("\"number\": \"1\",", "", "$.number", 1, "missing: this field is required"),
        ("\"name\": \"Atelier Nord\"", "", "$.seller.name", 6, "missing: this field is required"),
        ("\"name\": \"second\",", "", "$.lines[1].name", 12, "missing: this field is required"),
        (
            "\"quantity\": 1",
            "\"qty\": 1",
            "$.lines[1].qty",
            14,
            "unknown field `qty`, expected one of `id`, `name`",
        ),
        ("\"number\": \"1\"", "\"number\": \"1\", \"a b\": 1", "$[\"a b\"]", 3, "unknown field `a b`"),
        ("\"number\": \"1\"", "\"number\": \"1\", \"number\": \"2\"", "$.number", 3, "given twice"),
        ("\"number\": \"1\"", "\"number\": 1", "$.number", 3, "invalid type: integer `1`, expected a string"),
        ("\"number\": \"1\"", "\"number\": \" \"", "$.number", 3, "empty"),
        ("\"number\": \"1\"", "\"number\": \"1\\n2\"", "$.number", 3, "one line"),
        (
            "\"kind\": \"invoice\"",
            "\"kind\": \"bill\"",
            "$.kind",
            2,
            "unknown variant `bill`, expected one of `quote`",
        ),
        (
            "2026-11-22",
            "22-11-2026",
            "$.issue_date",
            4,
            "expected an ISO 8601 date such as 2026-11-22, found \"22-11-2026\"",
        ),
        ("\"EUR\"", "\"eur\"", "$.currency", 5, "three upper-case letters such as \"EUR\", found \"eur\""),
        (
            "\"quantity\": 1",
            "\"quantity\": \"1,5\"",
            "$.lines[1].quantity",
            14,
            "expected a decimal such as -1234.50, with a point and no thousands separator (a string or a number), found \"1,5\"",
        ),
        ("\"quantity\": 1", "\"quantity\": true", "$.lines[1].quantity", 14, "found true"),
        ("\"quantity\": 1", "\"quantity\": [[[[1]]]]", "$.lines[1].quantity", 14, "found [[[[1]]]]"),
        (
            "\"quantity\": 1",
            "\"quantity\": 1e19",
            "$.lines[1].quantity",
            14,
            "digits before the decimal point",
        ),
        (
            "\"quantity\": 1",
            "\"quantity\": 1e-99999999999",
            "$.lines[1].quantity",
            14,
            "found 1e-99999999999",
        ),
        ("\"first\"", "\"\"", "$.lines[0].name", 11, "empty"),
        ("{ \"name\": \"Customer\" }", "\"Customer\"", "$.buyer", 9, "invalid type: string"),
        ("{ \"name\": \"Customer\" }", "null", "$.buyer", 9, "invalid type: null"),
        ("\"number\": \"1\"", "\"number\": \"1\", \"dunning_level\": 10", "$.dunning_level", 3, "1 to 9"),
        (
            "\"number\": \"1\"",
            "\"number\": \"1\", \"dunning_level\": 256",
            "$.dunning_level",
            3,
            "invalid value",
        ),
        ("\"number\": \"1\"", "\"number\": \"1\", \"notes\": {}", "$.notes", 3, "expected a list"),
    ] {
        assert!(MINIMAL.contains(from), "{from}");
        let text = MINIMAL.replacen(from, to, 1).replace(",\n  }", "\n  }");
        let fault = at(&text);
        assert_eq!(fault.fault, DocumentFault::Invalid, "{to}: {fault}");
        assert_eq!((fault.path.as_str(), fault.line), (path, Some(line)), "{to}: {fault}");
        assert!(fault.detail.contains(detail), "{to}: {fault}");
    }
}

#[test]
fn what_is_no_json_is_malformed_and_names_its_line() {
    for (text, line) in [
        ("", Some(1)),
        ("{", Some(1)),
        ("{\n\"kind\": \"invoice\",\n}", Some(3)),
        ("{\n\"kind\": 'invoice'}", Some(2)),
        ("<Invoice/>", Some(1)),
        ("{}{}", Some(1)),
        ("{\"kind\": \"\",\n\"number\": \"1\",", Some(2)),
    ] {
        let fault = at(text);
        let expected = if text == "{}{}" { DocumentFault::Invalid } else { DocumentFault::Malformed };
        assert_eq!((fault.fault, fault.line), (expected, line), "{text:?}: {fault}");
    }
    let column = at(r#"{"a":"","b":"","c":"",}"#);
    assert!(column.detail.contains("(column 23)"), "{column}");
    let fault = read(b"{\n\"kind\": \"\xFF\"}").unwrap_err();
    assert_eq!((fault.fault, fault.line), (DocumentFault::Malformed, Some(2)));
    let deep = format!("{{\"kind\":{}", "[".repeat(1_000_000));
    assert!(read(deep.as_bytes()).is_err());
}

#[test]
fn decimals_keep_every_digit_as_text_and_as_number() {
    for (written, expected) in [
        ("\"0.10\"", "0.10"),
        ("0.10", "0.10"),
        ("0.1000000000000000055511151231", "0.1000000000000000055511151231"),
        ("123456789012345678.123456789", "123456789012345678.123456789"),
        ("-0", "0"),
        ("1e2", "100"),
        ("1.5E-3", "0.0015"),
        ("\"\\u0031\"", "1"),
    ] {
        let text = MINIMAL.replace("\"quantity\": 1", &format!("\"quantity\": {written}"));
        let document = read(text.as_bytes()).unwrap_or_else(|fault| panic!("{written}: {fault}"));
        assert_eq!(document.lines[1].quantity.map(|d| d.to_string()).as_deref(), Some(expected), "{written}");
        assert!(to_json(&document).contains(&format!("\"quantity\": \"{expected}\"")), "{written}");
    }
}

#[test]
fn lists_and_texts_are_bounded() {
    let mut document: Value = serde_json::from_str(MINIMAL).unwrap();
    document["lines"] = (0..10_001).map(|_| json!({"name": "x"})).collect();
    let fault = at(&document.to_string());
    assert_eq!((fault.fault, fault.path.as_str()), (DocumentFault::Refused, "$.lines"), "{fault}");
    document["lines"] = json!([]);
    document["notes"] = (0..1_001).map(|_| json!("x")).collect();
    assert_eq!(at(&document.to_string()).fault, DocumentFault::Refused);
    document["notes"] = json!(["x".repeat(64 * 1024 + 1)]);
    let fault = at(&document.to_string());
    assert_eq!((fault.fault, fault.path.as_str()), (DocumentFault::Refused, "$.notes[0]"), "{fault}");
    document["notes"] = json!(["x".repeat(64 * 1024)]);
    assert!(read(document.to_string().as_bytes()).is_ok());
}

#[test]
fn the_place_of_a_fault_is_found_among_a_great_many() {
    let crowd: String = (0..200_000).map(|n| format!("\"x{n}\": [],\n")).collect();
    let fault = at(&format!("{{\n{crowd}\"kind\": \"quote\"}}"));
    assert_eq!((fault.path.as_str(), fault.line), ("$.x0", Some(2)), "{fault}");
    let entries = "1,\n".repeat(500_000);
    let fault = at(&MINIMAL.replace("\"kind\"", &format!("\"notes\": [{entries}1], \"kind\"")));
    assert_eq!((fault.path.as_str(), fault.line), ("$.notes[0]", Some(2)), "{fault}");
}

#[test]
fn what_the_file_says_is_cut_in_messages() {
    let text = MINIMAL.replace("\"invoice\"", &format!("\"{}\"", "é".repeat(100_000)));
    let fault = at(&text);
    assert!(fault.detail.len() < 700 && fault.detail.ends_with('…'), "{}", fault.detail.len());
}

#[test]
fn no_number_and_no_name_shows_as_another() {
    for mark in
        ['\u{202a}', '\u{202b}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2069}', '\u{2028}', '\u{2029}']
    {
        for (pointer, path) in [
            ("/number", "$.number"),
            ("/seller/name", "$.seller.name"),
            ("/buyer/trading_name", "$.buyer.trading_name"),
            ("/buyer/contacts/0/name", "$.buyer.contacts[0].name"),
            ("/buyer/contacts/0/salutation", "$.buyer.contacts[0].salutation"),
        ] {
            let mut document: Value = serde_json::from_str(MINIMAL).unwrap();
            document["buyer"]["trading_name"] = "Trade".into();
            document["buyer"]["contacts"] = json!([{ "name": "Jo", "salutation": "Dear Jo" }]);
            read(document.to_string().as_bytes()).unwrap();
            *document.pointer_mut(pointer).unwrap() = format!("F-1{mark}9").into();
            let fault = at(&document.to_string());
            assert_eq!(
                (fault.fault, fault.path.as_str()),
                (DocumentFault::Invalid, path),
                "{mark:?}: {fault}"
            );
            assert!(fault.detail.contains("turn the direction"), "{fault}");
        }
    }
}

#[test]
fn an_invoice_with_the_code_of_a_credit_note_is_refused() {
    let of = |kind: &str, code: &str| {
        let field = format!("\"invoice\",\n  \"type_code\": \"{code}\"");
        MINIMAL.replace("\"invoice\"", &field.replace("invoice", kind))
    };
    for code in ["381", " 381 ", "261", "396", "81", "532"] {
        let fault = at(&of("invoice", code));
        assert_eq!((fault.path.as_str(), fault.line), ("$.type_code", Some(3)), "{code}");
        let detail = format!("{} is a credit note: use the kind credit-note", code.trim());
        assert!(fault.detail.contains(&detail), "{fault:?}");
        assert!(read(of("credit-note", code).as_bytes()).is_ok(), "{code}");
    }
    for code in ["380", "389", "384", "3810"] {
        assert!(read(of("invoice", code).as_bytes()).is_ok(), "{code}");
    }
}

#[test]
fn nobody_is_asked_to_pay_or_thanked_for_a_credit_note() {
    for (kind, _) in crate::domain::kind::TABLE {
        for code in
            ["81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532", " 381\t", "380", ""]
        {
            let mut document: Value = serde_json::from_str(MINIMAL).unwrap();
            document["kind"] = kind.name().into();
            document["type_code"] = code.into();
            let found = read(document.to_string().as_bytes());
            let is_credit = !matches!(code, "380" | "");
            assert_eq!(found.is_err(), is_credit && kind.is_to_be_paid(), "{kind} {code}: {found:?}");
            if let Err(fault) = found {
                let detail = &fault.detail;
                assert!(
                    fault.path == "$.type_code" && detail.contains("credit-note"),
                    "{kind} {code}: {fault}"
                );
                let code = code.trim();
                assert!(detail.starts_with(&format!("{code} is a credit note")), "{kind}: {detail}");
            }
        }
    }
}
