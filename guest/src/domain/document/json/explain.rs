//! What is wrong with a JSON text that was not read: parsed again, now with the path, and explained to the author of the file.

use super::super::{DocumentError, DocumentFault};
use super::list::TOO_MANY;
use super::path::{self, Step};
use serde_json::error::Category;
use serde_path_to_error::Segment;

/// Makes the error for a text that serde refused with `first` when it read a `T`.
pub(in crate::domain) fn explain<'t, T: serde::Deserialize<'t>>(
    text: &'t str,
    first: &serde_json::Error,
) -> DocumentError {
    let line = |fault: &serde_json::Error| u32::try_from(fault.line()).ok().filter(|line| *line > 0);
    if first.classify() != Category::Data {
        let detail = format!("not JSON: {} (column {})", words(first), first.column());
        return DocumentError::at(DocumentFault::Malformed, "$", line(first), &detail);
    }
    let mut parser = serde_json::Deserializer::from_str(text);
    let Err(traced) = serde_path_to_error::deserialize::<_, T>(&mut parser) else {
        return DocumentError::at(DocumentFault::Invalid, "$", line(first), &words(first));
    };
    let mut path: Vec<Step> = traced.path().iter().filter_map(step).collect();
    let fault = traced.into_inner();
    let mut detail = words(&fault);
    if let Some(name) = quoted_after(&detail, "missing field ") {
        path.push(Step::from(name.as_str()));
        detail = "missing: this field is required".into();
    } else if let Some(name) = quoted_after(&detail, "unknown field ") {
        if path.last() != Some(&Step::from(name.as_str())) {
            path.push(Step::from(name.as_str()));
        }
    } else if let Some(name) = quoted_after(&detail, "duplicate field ") {
        if path.last() != Some(&Step::from(name.as_str())) {
            path.push(Step::from(name.as_str()));
        }
        detail = "given twice".into();
    }
    let kind = if detail.starts_with(TOO_MANY) { DocumentFault::Refused } else { DocumentFault::Invalid };
    let line = path::line(text, &path).or_else(|| line(&fault));
    DocumentError::at(kind, &path::written(&path), line, &detail)
}

/// Finds the path to the first value that is none of its field in a `T`; none where the field itself is what is what is wrong.
pub(super) fn first_wrong_value<'t, T: serde::Deserialize<'t>>(text: &'t str) -> Option<Vec<Step>> {
    let mut parser = serde_json::Deserializer::from_str(text);
    let traced = serde_path_to_error::deserialize::<_, T>(&mut parser).err()?;
    let path = traced.path().iter().filter_map(step).collect();
    let detail = words(&traced.into_inner());
    let is_of_field = ["unknown field ", "duplicate field "].iter().any(|start| detail.starts_with(start));
    (!is_of_field).then_some(path)
}

fn step(segment: &Segment) -> Option<Step> {
    match segment {
        Segment::Seq { index } => Some(Step::Index(*index)),
        Segment::Map { key } => Some(Step::Field(key.clone())),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}

/// Returns the message without the place that serde_json appends to it.
fn words(fault: &serde_json::Error) -> String {
    let text = fault.to_string();
    let place = format!(" at line {} column {}", fault.line(), fault.column());
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}

/// Returns the name in backquotes after a beginning that serde gives its messages.
fn quoted_after(message: &str, beginning: &str) -> Option<String> {
    let (name, _) = message.strip_prefix(beginning)?.strip_prefix('`')?.split_once('`')?;
    Some(name.to_owned())
}
