//! What the files of a mail are, by their own bytes: a PDF that is none is found before a customer finds it.

use super::compose::{ComposeError, Warning};
use super::files::Files;
use crate::domain::attachment::{
    self, Attachment, AttachmentFault, FIRST_BYTES, LAST_BYTES, Role, Rule, Selected,
};
use crate::domain::template::Logo;

/// Reads the first and the last bytes of PDFs and logo: what is not what it claims is reported, and a broken logo left out. Of the
/// other its size is read.
pub(super) fn check_content(
    mut selected: Selected,
    files: &mut dyn Files,
    warnings: &mut Vec<Warning>,
) -> Result<(Selected, Option<Logo>), ComposeError> {
    let is_pdf = |file: &&Attachment| file.role == Role::Pdf || file.media_type == "application/pdf";
    let looked_at = selected.files().iter().filter(is_pdf).chain(selected.logo()).cloned();
    for file in looked_at.collect::<Vec<_>>() {
        let mut read = |offset, length| {
            files.read(file.handle, offset, length).map_err(|e| {
                let file_name = file.file_name.clone();
                AttachmentFault { rule: Rule::Unreadable, file_name, detail: e.to_string() }
            })
        };
        let first = read(0, FIRST_BYTES)?;
        let is_whole = file.role == Role::Logo || file.size <= FIRST_BYTES.into();
        let last = match is_whole {
            true => first.clone(),
            false => read(file.size.saturating_sub(LAST_BYTES.into()), LAST_BYTES)?,
        };
        if let Some(found) = attachment::check_content(&file, &first, &last) {
            warnings.push(Warning { code: found.code().name(), detail: found.to_string() });
            if file.role == Role::Logo {
                selected = selected.without_logo();
            }
        }
    }
    let logo = selected.logo().map(|file| {
        let mut read = |offset, length| files.read(file.handle, offset, length).unwrap_or_default();
        Logo { size: attachment::picture_size(&file.media_type, &mut read) }
    });
    Ok((selected, logo))
}
