//! Tables, JSON and colour.

use super::failure::Failure;
use comfy_table::{ContentArrangement, Table, presets};
use postroom_model::is_control_or_bidi;
use serde::Serialize;
use serde_json::Value;
use std::io::{IsTerminal, Write};

/// Fields that hold a case of one of the contract's closed lists.
const CASES: [&str; 5] = ["error", "field", "stage", "status", "verdict"];

/// Writes one JSON object and a line end to standard output. Cases have the names of the contract
/// (`in-transit`), not those of Rust (`InTransit`).
pub(super) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let value = serde_json::to_value(value).map_err(|e| Failure::other(e.to_string()))?;
    line(&json_text(&format!("{:#}", by_contract(value))))
}

/// Escapes the characters in JSON texts that a terminal obeys and that JSON lets stand. Outside of
/// texts there are none but ends of lines, which stay.
pub(super) fn json_text(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && is_control_or_bidi(c) {
            // All of them are of the first plane.
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

fn by_contract(value: Value) -> Value {
    match value {
        Value::Array(entries) => entries.into_iter().map(by_contract).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| {
                let value = if CASES.contains(&name.as_str()) { case(value) } else { value };
                (name, by_contract(value))
            })
            .collect(),
        other => other,
    }
}

/// A case alone is a text; one that carries something is an object of one field.
fn case(value: Value) -> Value {
    match value {
        Value::String(name) => Value::String(kebab(&name)),
        Value::Object(fields) => fields.into_iter().map(|(name, carried)| (kebab(&name), carried)).collect(),
        other => other,
    }
}

fn kebab(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 2);
    for c in name.chars() {
        if (c == ' ' || c.is_ascii_uppercase()) && !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
        if c != ' ' {
            out.push(c.to_ascii_lowercase());
        }
    }
    out
}

/// Writes a line to standard output. A reader that went away (`| head`) is no failure.
pub(super) fn line(text: &str) -> Result<(), Failure> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::other(e.to_string())),
        _ => Ok(()),
    }
}

/// Says that something is done.
pub(super) fn done(common: &super::Common, what: &str) -> Result<(), Failure> {
    if common.json { json(&serde_json::json!({ "done": what })) } else { line(&printable(what)) }
}

/// Writes a table: a row of headings, then rows.
pub(super) fn table<R: IntoIterator<Item = Vec<String>>>(headings: &[&str], rows: R) -> Result<(), Failure> {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(headings);
    for row in rows {
        table.add_row(row.iter().map(|cell| printable(cell)).collect::<Vec<_>>());
    }
    line(&table.trim_fmt())
}

/// Colours text green where standard output is a terminal that shows colour.
pub(super) fn green(text: &str) -> String {
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    if colour { format!("\u{1b}[32m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// Makes text from outside fit for a terminal: no control characters, which could move its cursor, and no marks that
/// turn the direction of text, which let a line show as another.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if is_control_or_bidi(c) && c != '\n' { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use postroom_contract::delivery::SubmitError;
    use postroom_contract::recipients::Field;
    use postroom_contract::tracking::Status;
    use postroom_contract::transport::{Failure, Stage, SubmissionFailure, Verdict};
    use serde_json::json;

    /// Characters that move a cursor, end a line or turn the direction of text.
    const MISLEADING: &str =
        "\u{0}\u{7}\u{1b}\u{7f}\u{80}\u{9b}\u{9f}\u{2028}\u{2029}\u{202a}\u{202e}\u{2066}\u{2069}";

    #[test]
    fn no_text_from_outside_moves_the_cursor_or_shows_as_another() {
        for c in MISLEADING.chars() {
            let text = format!("F-1{c}9");
            assert_eq!(printable(&text), "F-1\u{fffd}9", "{c:?}");
            for json in [format!("{:#}", json!({ &text: text })), json!({ &text: text }).to_string()] {
                let shown = json_text(&json);
                assert!(!shown.contains(|c| c != '\n' && is_control_or_bidi(c)), "{c:?}: {shown:?}");
                let read: Value = serde_json::from_str(&shown).expect("JSON");
                assert_eq!(read, json!({ &text: text }), "{c:?}");
            }
        }
        for plain in ["F-1\n9", "\u{5d0}\u{200f}1", "\u{e9}\u{1f600}\u{200d}"] {
            assert_eq!(printable(plain), plain);
        }
    }

    #[test]
    fn cases_are_named_as_in_the_contract() {
        let failure = Failure {
            stage: Stage::AfterDot,
            verdict: Verdict::InDoubt,
            code: None,
            words: None,
            detail: "Lost After".into(),
            retry_after: None,
        };
        let failed = SubmissionFailure { failure, reply_code: None, recipients: Vec::new() };
        let value = by_contract(json!({
            "status": Status::InTransit,
            "recipients": [{ "field": Field::ReplyTo, "reason": "As Is" }],
            "error": SubmitError::Failed(failed),
        }));
        assert_eq!(value["status"], "in-transit");
        assert_eq!(value["recipients"], json!([{ "field": "reply-to", "reason": "As Is" }]));
        assert_eq!(value["error"]["failed"]["failure"]["stage"], "after-dot");
        assert_eq!(value["error"]["failed"]["failure"]["verdict"], "in-doubt");
        assert_eq!(value["error"]["failed"]["failure"]["detail"], "Lost After");
        assert_eq!(by_contract(json!({ "error": SubmitError::NoRecipient }))["error"], "no-recipient");
        assert_eq!(by_contract(json!({ "status": "In transit" }))["status"], "in-transit");
        assert_eq!(by_contract(json!({ "error": null })), json!({ "error": null }));
    }
}
