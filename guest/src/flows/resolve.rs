//! Who gets the mail of a document, and why.

use super::input::{Input, InputError, Source};
use crate::domain::recipients::{self, Resolution, UserOverrides};

/// Resolves the addresses for a document: the user's, else the partner's contacts, else the document's own.
///
/// # Errors
/// [`InputError`]: which input is wrong.
pub fn resolve(
    source: &Source,
    use_case: &str,
    settings: &str,
    overrides: &UserOverrides,
) -> Result<Resolution, InputError> {
    let Input { document, purpose, settings, .. } = Input::read(source, use_case, settings)?;
    Ok(recipients::resolve(&document, purpose, &settings, overrides))
}
