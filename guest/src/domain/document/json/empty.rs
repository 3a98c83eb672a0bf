//! Empty cells: a spreadsheet has `""` where a business system has `null` or nothing. One rule for every field, applied to the text
//! before it is read: a field whose value is `""` is read as `null`. An entry of a list is no field, and stays what it is.

use super::super::{DocumentError, DocumentFault};
use super::explain::first_wrong_value;
use super::path::{self, Step};
use std::borrow::Cow;

const EMPTY: &[u8] = b"\"\"";

/// Replaces every field's `""` by `null`, line by line the same; returns the text as it is where there is none, which costs one search.
pub(super) fn as_null(text: &str) -> Cow<'_, str> {
    if memchr::memmem::find(text.as_bytes(), EMPTY).is_none() {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut read = String::with_capacity(text.len() + 64);
    let (mut at, mut copied) = (0, 0);
    while let Some(start) = memchr::memchr(b'"', &bytes[at..]).map(|found| at + found) {
        let end = end_of_string(bytes, start);
        if end == start + EMPTY.len() && is_value_of_field(&bytes[..start]) {
            read.push_str(&text[copied..start]);
            read.push_str("null");
            copied = end;
        }
        at = end;
    }
    read.push_str(&text[copied..]);
    Cow::Owned(read)
}

/// Returns the place after a string that begins at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(found) = memchr::memchr2(b'"', b'\\', &bytes[at.min(bytes.len())..]) {
        at += found;
        if bytes[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    bytes.len()
}

fn is_value_of_field(before: &[u8]) -> bool {
    before.trim_ascii_end().ends_with(b":")
}

/// Makes the error for a text that is no document of `T` once its empty fields are read as `null`: a required one is missing.
pub(super) fn missing<'t, T: serde::Deserialize<'t>>(given: &str, read: &'t str) -> Option<DocumentError> {
    if given.len() == read.len() {
        return None;
    }
    let path: Vec<Step> = first_wrong_value::<T>(read)?;
    let is_empty_field =
        matches!(path.last(), Some(Step::Field(_))) && path::value(given, &path) == Some("\"\"");
    is_empty_field.then(|| {
        let detail = "missing: this field is required, and an empty text is none";
        DocumentError::at(DocumentFault::Invalid, &path::written(&path), path::line(given, &path), detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_text_is_read_as_null_where_it_is_the_value_of_a_field() {
        for (given, expected) in [
            (r#"{"a": ""}"#, r#"{"a": null}"#),
            ("{\"a\":\"\",\n\"b\"  :\r\n \"\"}", "{\"a\":null,\n\"b\"  :\r\n null}"),
            (r#"{"a": ["", ""], "": "x"}"#, r#"{"a": ["", ""], "": "x"}"#),
            (r#"{"a": "\"\"", "b": "\\", "c": ""}"#, r#"{"a": "\"\"", "b": "\\", "c": null}"#),
            (r#"{"a": ":\"\"", "b": " "}"#, r#"{"a": ":\"\"", "b": " "}"#),
            (r#"{"a": "é", "b": ""}"#, r#"{"a": "é", "b": null}"#),
            (r#""""#, r#""""#),
            (r#"{"a": ""#, r#"{"a": ""#),
            ("{\"a\": \"\" \"\\", "{\"a\": null \"\\"),
            ("", ""),
        ] {
            assert_eq!(as_null(given), expected, "{given}");
        }
    }
}
