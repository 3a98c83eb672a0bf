//! The published schema and the reader, held to each other: what one allows the other reads.

use super::*;
use serde_json::{Map, Value, json};

fn schema() -> Value {
    serde_json::from_str(super::super::SCHEMA).unwrap()
}

/// Follows `$ref`, and the first alternative of `anyOf`.
fn resolved<'s>(schema: &'s Value, part: &'s Value) -> &'s Value {
    let part = part.get("anyOf").map_or(part, |any| &any[0]);
    match part.get("$ref").and_then(Value::as_str) {
        Some(name) => &schema["$defs"][name.rsplit('/').next().unwrap()],
        None => part,
    }
}

fn types(part: &Value) -> Vec<&str> {
    match &part["type"] {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => vec![],
    }
}

/// A value with everything that the schema has.
fn full(schema: &Value, part: &Value) -> Value {
    let part = resolved(schema, part);
    if let Some(first) = part.get("enum").map(|values| values[0].clone()) {
        return first;
    }
    match types(part)[0] {
        "object" if part.get("properties").is_none() => json!({"own_field": "text"}),
        "object" => Value::Object(
            part["properties"]
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, property)| (name.clone(), full(schema, property)))
                .collect(),
        ),
        "array" => json!([full(schema, &part["items"])]),
        "integer" => json!(3),
        "boolean" => json!(true),
        _ => match (part["format"].as_str(), part["pattern"].as_str()) {
            (Some("date"), _) => json!("2026-11-22"),
            (_, Some("^[A-Z]{3}$")) => json!("EUR"),
            (_, Some(_)) => json!("1.50"),
            _ => json!("text"),
        },
    }
}

/// Every object of the schema, with the pointer to it in a full document.
fn objects<'s>(schema: &'s Value, part: &'s Value, pointer: &str, found: &mut Vec<(String, &'s Value)>) {
    let part = resolved(schema, part);
    match types(part)[0] {
        "object" if part.get("properties").is_some() => {
            found.push((pointer.to_owned(), part));
            for (name, property) in part["properties"].as_object().unwrap() {
                objects(schema, property, &format!("{pointer}/{name}"), found);
            }
        }
        "array" => objects(schema, &part["items"], &format!("{pointer}/0"), found),
        _ => {}
    }
}

fn fields<'v>(document: &'v mut Value, pointer: &str) -> &'v mut Map<String, Value> {
    document.pointer_mut(pointer).and_then(Value::as_object_mut).unwrap_or_else(|| panic!("{pointer}"))
}

fn accepts(document: &Value) -> Result<Document, DocumentError> {
    read(document.to_string().as_bytes())
}

#[test]
fn every_property_of_the_schema_is_read_and_nothing_else() {
    let schema = schema();
    let document = full(&schema, &schema);
    let written: Value = serde_json::from_str(&to_json(&accepts(&document).unwrap())).unwrap();
    assert_eq!(written, document, "the reader drops or changes a property of the schema");
    let mut found = Vec::new();
    objects(&schema, &schema, "", &mut found);
    assert!(found.len() >= 10, "{}", found.len());
    for (pointer, object) in found {
        assert_eq!(object["additionalProperties"], json!(false), "{pointer}");
        let mut more = document.clone();
        fields(&mut more, &pointer).insert("surprise".into(), json!("x"));
        let fault = accepts(&more).expect_err(&pointer);
        assert!(fault.path.ends_with(".surprise"), "{pointer}: {fault}");
        let mut list = document.clone();
        let values: Vec<Value> = fields(&mut list, &pointer).values().cloned().collect();
        *list.pointer_mut(&pointer).unwrap() = Value::Array(values);
        assert!(accepts(&list).is_err(), "{pointer}: a list in place of an object");
        let known: Vec<&String> = object["properties"].as_object().unwrap().keys().collect();
        for name in known {
            assert!(
                fault.detail.contains(&format!("`{name}`")),
                "{pointer}: {name} is not named in: {fault}"
            );
        }
    }
}

#[test]
fn required_by_the_schema_is_required_by_the_reader_and_null_where_it_may_be() {
    let schema = schema();
    let document = full(&schema, &schema);
    let mut found = Vec::new();
    objects(&schema, &schema, "", &mut found);
    for (pointer, object) in found {
        let required: Vec<&str> =
            object["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (name, property) in object["properties"].as_object().unwrap() {
            let optional = !required.contains(&name.as_str());
            let mut without = document.clone();
            fields(&mut without, &pointer).remove(name);
            assert_eq!(accepts(&without).is_ok(), optional, "{pointer}/{name} left out");
            let mut null = document.clone();
            fields(&mut null, &pointer).insert(name.clone(), Value::Null);
            assert_eq!(accepts(&null).is_ok(), optional, "{pointer}/{name} as null");
            let any = property.get("anyOf").is_some_and(|any| any[1]["type"] == "null");
            let own = types(property).contains(&"null");
            assert_eq!(any || own, optional, "{pointer}/{name}: null in the schema");
        }
    }
}

#[test]
fn an_empty_text_is_absent_where_a_field_may_be_and_missing_where_it_may_not() {
    let schema = schema();
    let document = full(&schema, &schema);
    let mut found = Vec::new();
    objects(&schema, &schema, "", &mut found);
    let mut optional = Vec::new();
    for (pointer, object) in found {
        let required: Vec<&str> =
            object["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for name in object["properties"].as_object().unwrap().keys() {
            let mut empty = document.clone();
            fields(&mut empty, &pointer).insert(name.clone(), json!(""));
            if required.contains(&name.as_str()) {
                let fault = accepts(&empty).expect_err(name);
                let path = format!("${pointer}/{name}").replace("/0", "[0]").replace('/', ".");
                assert_eq!((fault.fault, &fault.path), (DocumentFault::Invalid, &path), "{fault}");
                assert!(fault.detail.starts_with("missing"), "{path}: {fault}");
            } else {
                let mut without = document.clone();
                fields(&mut without, &pointer).remove(name);
                assert_eq!(accepts(&empty), accepts(&without), "{pointer}/{name}");
                optional.push(format!("{pointer}/{name}"));
            }
        }
    }
    assert!(optional.len() > 60, "{}", optional.len());
    // All at once, as a sheet's row without anything in its columns.
    let mut row = document.clone();
    for place in optional {
        if let Some(value) = row.pointer_mut(&place) {
            *value = json!("");
        }
    }
    let read = accepts(&row).unwrap();
    assert_eq!((&read.totals, read.lines.len(), &read.due_date), (&Default::default(), 0, &None));
}

#[test]
fn what_else_is_wrong_is_told_of_a_document_with_empty_fields_too() {
    let text = |field: &str, value: &str| {
        format!(
            "{{\n\"kind\": \"invoice\", \"revision\": \"\",\n\"number\": \"1\", \"issue_date\": \"2026-11-22\",\n\"currency\": \"EUR\",
            \"seller\": {{\"name\": \"A\"}}, \"buyer\": {{\"name\": \"B\", \"identifier\": \"\"}},\n\"{field}\": {value}}}"
        )
    };
    assert!(read(text("due_date", "\"\"").as_bytes()).is_ok());
    for (field, value, path, detail) in [
        ("surprise", "\"\"", "$.surprise", "unknown field `surprise`"),
        ("revision", "\"\"", "$.revision", "given twice"),
        ("due_date", "\" \"", "$.due_date", "expected an ISO 8601 date"),
        ("due_date", "true", "$.due_date", "expected an ISO 8601 date"),
        ("notes", "[\"\", 1]", "$.notes[1]", "integer"),
        ("lines", "[{\"name\": \"\", \"unit\": \"\"}]", "$.lines[0].name", "missing"),
        ("lines", "[\"\"]", "$.lines[0]", "an object"),
    ] {
        let fault = read(text(field, value).as_bytes()).expect_err(field);
        assert_eq!((fault.path.as_str(), fault.line), (path, Some(6)), "{fault}");
        assert!(fault.detail.contains(detail), "{fault}");
    }
    let broken = text("due_date", "\"\"").replace("\"number\"", "number");
    let fault = read(broken.as_bytes()).unwrap_err();
    assert_eq!(fault.fault, DocumentFault::Malformed, "{fault}");
}

#[test]
fn every_property_is_described_and_decimals_may_be_numbers() {
    fn walk(part: &Value, path: &str) {
        for (name, property) in part["properties"].as_object().into_iter().flatten() {
            let described = property["description"].as_str().is_some_and(|text| text.len() > 4);
            assert!(described, "{path}/{name}");
        }
        for (name, definition) in part["$defs"].as_object().into_iter().flatten() {
            walk(definition, &format!("{path}/{name}"));
        }
    }
    let schema = schema();
    walk(&schema, "");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let mut document = full(&schema, &schema);
    document["totals"]["payable"] = json!(12);
    document["balance"] = json!(-3);
    assert!(accepts(&document).is_ok());
}

#[test]
fn the_schema_names_every_kind() {
    let kinds: Vec<&str> = crate::domain::kind::TABLE.iter().map(|(kind, _)| kind.name()).collect();
    assert_eq!(schema()["properties"]["kind"]["enum"], json!(kinds));
}
