//! Options: what will grow, and so crosses as JSON by a published schema. A field that is not known is refused with its path, so that so
//! that no host waits for what an older plugin passes over.

mod job;
mod submission;

pub use job::{JobOptions, Mode, Portal, ThreadOptions};
pub use submission::{Sender, SubmissionOptions};

use crate::domain::document::explain;
use crate::domain::document::object::Object;
use crate::domain::settings::SettingsError;
use serde::{Deserialize, Deserializer};

/// JSON Schema (draft 2020-12) of a job's options.
pub const JOB_SCHEMA: &str = include_str!("job-options.schema.json");

/// JSON Schema (draft 2020-12) of a submission's options.
pub const SUBMISSION_SCHEMA: &str = include_str!("submission-options.schema.json");

/// Bytes of options as JSON: a body by hand, written with an escape for each of its characters.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Reads options; an empty text has none.
fn read<'t, T: Deserialize<'t> + Default>(text: &'t str) -> Result<T, SettingsError> {
    let text = text.trim_start_matches('\u{FEFF}');
    if text.trim().is_empty() {
        return Ok(T::default());
    }
    if text.len() > MAX_BYTES {
        let detail = format!("{} bytes: options have at most {MAX_BYTES}", text.len());
        return Err(SettingsError { path: "$".into(), detail });
    }
    let Object(options) = serde_json::from_str::<Object<T>>(text).map_err(|fault| {
        let fault = explain::<Object<T>>(text, &fault);
        SettingsError { path: fault.path, detail: fault.detail }
    })?;
    Ok(options)
}

/// Deserialises a text, `null` or an empty one: the latter two are none.
fn text_or_none<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.filter(|text| !text.is_empty()))
}

/// Deserialises a value, or its default for `null`.
fn value_or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    from: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}

#[cfg(test)]
mod tests;
