//! What may be attached: the limits, to the byte, and which of the document's own files travel.

use super::{Attachment, Format, Role, Selected, Warning, file_name, media_type};
use std::fmt;

/// Most files that a user may add.
pub const MAX_ADDED: usize = 10;
/// Most bytes of an added file, before base64.
pub const MAX_ADDED_SIZE: u64 = 5_000_000;
/// Most bytes of everything attached, the document's own files included, before base64.
pub const MAX_TOTAL_SIZE: u64 = 25_000_000;
/// Most bytes of a logo. It travels in every mail and is shown small.
pub const MAX_LOGO_SIZE: u64 = 200_000;

crate::domain::status::named! {
    /// The rule that a file breaks.
    Rule, "rule", {
        /// Too many added files.
        Count = "count",
        /// One file is too large.
        FileSize = "file-size",
        /// All files together are too large.
        TotalSize = "total-size",
        /// The name can't travel.
        FileName = "file-name",
        /// The media type is malformed, or not one for the role.
        MediaType = "media-type",
        /// A role that only one file may have.
        Role = "role",
        /// The host can't read the file.
        Unreadable = "unreadable",
    }
}

/// The name of every rule.
pub const RULES: &[&str] = Rule::NAMES;

/// A rule on attachments that the files break. These files never pass: leave one out, or offer it as a link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct AttachmentFault {
    /// The rule.
    pub rule: Rule,
    /// The file at fault, as it was named.
    pub file_name: String,
    /// What is allowed and what was found.
    pub detail: String,
}

/// Applies every rule to the files of a mail and picks those that travel. The limits concern what travels:
/// a UBL file that the format leaves out weighs nothing. The logo is layout and is not counted.
pub fn check(files: &[Attachment], format: Format) -> Result<Selected, AttachmentFault> {
    for file in files {
        check_alone(file)?;
    }
    let pdf = only(files, Role::Pdf)?;
    let ubl = only(files, Role::Ubl)?;
    let logo = only(files, Role::Logo)?;
    let added = files.iter().filter(|f| f.role == Role::Added);

    if let Some(eleventh) = added.clone().nth(MAX_ADDED) {
        let found = added.count();
        let detail = format!("at most {MAX_ADDED} files can be added to a mail: these are {found}");
        return Err(fault(eleventh, Rule::Count, detail));
    }

    let mut warnings = Vec::new();
    let mut chosen = Vec::with_capacity(files.len());
    for (wanted, file, missing) in
        [(format.has_pdf(), pdf, Warning::NoPdf), (format.has_ubl(), ubl, Warning::NoUbl)]
    {
        match file {
            Some(file) if wanted => chosen.push(file),
            None if wanted => warnings.push(missing),
            _ => {}
        }
    }
    chosen.extend(added);

    check_total(&chosen)?;
    Ok(Selected {
        files: chosen.into_iter().cloned().collect(),
        logo: logo.cloned(),
        pictures: vec![],
        warnings,
    })
}

fn check_alone(file: &Attachment) -> Result<(), AttachmentFault> {
    check_form(file)?;
    let (types, limit): (&[&str], u64) = match file.role {
        Role::Pdf => (&["application/pdf"], u64::MAX),
        Role::Ubl => (&["application/xml", "text/xml"], u64::MAX),
        Role::Logo => (&["image/png", "image/jpeg", "image/gif"], MAX_LOGO_SIZE),
        Role::Added => (&[], MAX_ADDED_SIZE),
    };
    if !types.is_empty() && !types.contains(&file.media_type.as_str()) {
        let (role, types, found) = (file.role.name(), types.join(" or "), &file.media_type);
        let detail = format!("a file with the role \"{role}\" must be {types}: this is {found}");
        return Err(fault(file, Rule::MediaType, detail));
    }
    if file.size > limit {
        let what = if file.role == Role::Logo { "a logo" } else { "an added file" };
        let detail =
            format!("{what} may have at most {} bytes: this has {}", Grouped(limit), Grouped(file.size));
        return Err(fault(file, Rule::FileSize, detail));
    }
    Ok(())
}

/// Checks the name and the media type of a file, whatever it is.
pub(super) fn check_form(file: &Attachment) -> Result<(), AttachmentFault> {
    if let Some(detail) = file_name::fault(&file.file_name) {
        return Err(fault(file, Rule::FileName, detail));
    }
    if !media_type::is_valid(&file.media_type) {
        let detail = format!(
            "a media type is type/subtype in lower case, without parameters: this is {:?}",
            file.media_type
        );
        return Err(fault(file, Rule::MediaType, detail));
    }
    Ok(())
}

fn only(files: &[Attachment], role: Role) -> Result<Option<&Attachment>, AttachmentFault> {
    let mut found = files.iter().filter(|f| f.role == role);
    let first = found.next();
    match found.next() {
        Some(second) => {
            let detail = format!("at most one file can have the role \"{}\"", role.name());
            Err(fault(second, Rule::Role, detail))
        }
        None => Ok(first),
    }
}

/// Checks the size of everything that travels.
pub(super) fn check_total(chosen: &[&Attachment]) -> Result<(), AttachmentFault> {
    let total = chosen.iter().fold(0u64, |sum, f| sum.saturating_add(f.size));
    let Some(beyond) = first_beyond(chosen) else { return Ok(()) };
    let detail = format!(
        "everything attached to a mail may have at most {} bytes together: these have {}",
        Grouped(MAX_TOTAL_SIZE),
        Grouped(total)
    );
    Err(fault(beyond, Rule::TotalSize, detail))
}

/// Returns the file with which the limit on the total is passed.
fn first_beyond<'a>(files: &[&'a Attachment]) -> Option<&'a Attachment> {
    let mut sum = 0u64;
    let beyond = files.iter().find(|f| {
        sum = sum.saturating_add(f.size);
        sum > MAX_TOTAL_SIZE
    });
    beyond.copied()
}

pub(super) fn fault(file: &Attachment, rule: Rule, detail: String) -> AttachmentFault {
    AttachmentFault { rule, file_name: file.file_name.clone(), detail }
}

/// A number as a person reads it, `5,000,001`.
struct Grouped(u64);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file(role: Role, size: u64) -> Attachment {
        let (file_name, media_type) = match role {
            Role::Pdf => ("invoice.pdf", "application/pdf"),
            Role::Ubl => ("invoice.xml", "application/xml"),
            Role::Logo => ("logo.png", "image/png"),
            Role::Added => ("terms.txt", "text/plain"),
        };
        Attachment { handle: 0, file_name: file_name.into(), media_type: media_type.into(), size, role }
    }

    fn added(count: usize, size: u64) -> Vec<Attachment> {
        let named = |i| Attachment { file_name: format!("{i}.txt"), ..file(Role::Added, size) };
        (1..=count).map(named).collect()
    }

    fn refusal(files: &[Attachment], format: Format) -> (Rule, String, String) {
        let fault = check(files, format).unwrap_err();
        (fault.rule, fault.file_name, fault.detail)
    }

    #[test]
    fn ten_added_files_pass_and_the_eleventh_is_refused() {
        assert_eq!(check(&added(10, 1), Format::Pdf).unwrap().files().len(), 10);
        let (rule, name, detail) = refusal(&added(11, 1), Format::Pdf);
        assert_eq!((rule, name.as_str()), (Rule::Count, "11.txt"));
        assert_eq!(detail, "at most 10 files can be added to a mail: these are 11");
    }

    #[test]
    fn the_documents_own_files_and_the_logo_do_not_count_among_the_ten() {
        let mut files = added(10, 1);
        files.extend([file(Role::Pdf, 1), file(Role::Ubl, 1), file(Role::Logo, 1)]);
        assert_eq!(check(&files, Format::PdfUbl).unwrap().files().len(), 12);
    }

    #[test]
    fn an_added_file_of_five_million_bytes_passes_and_one_byte_more_is_refused() {
        assert!(check(&added(1, 5_000_000), Format::Pdf).is_ok());
        let (rule, name, detail) = refusal(&added(1, 5_000_001), Format::Pdf);
        assert_eq!((rule, name.as_str()), (Rule::FileSize, "1.txt"));
        assert_eq!(detail, "an added file may have at most 5,000,000 bytes: this has 5,000,001");
    }

    #[test]
    fn the_limit_on_an_added_file_does_not_concern_the_documents_own() {
        assert!(check(&[file(Role::Pdf, 25_000_000)], Format::Pdf).is_ok());
    }

    #[test]
    fn twenty_five_million_bytes_in_all_pass_and_one_byte_more_is_refused() {
        let mut files = added(4, 5_000_000);
        files.extend([file(Role::Pdf, 4_000_000), file(Role::Ubl, 1_000_000)]);
        files.push(file(Role::Logo, 200_000));
        assert!(check(&files, Format::PdfUbl).is_ok());
        files[4].size += 1;
        let (rule, name, detail) = refusal(&files, Format::PdfUbl);
        assert_eq!((rule, name.as_str()), (Rule::TotalSize, "4.txt"));
        assert_eq!(
            detail,
            "everything attached to a mail may have at most 25,000,000 bytes together: these have 25,000,001"
        );
        assert!(check(&files, Format::Pdf).is_ok(), "what the format leaves out weighs nothing");
    }

    #[test]
    fn sizes_that_overflow_a_sum_are_refused() {
        let files = [file(Role::Pdf, u64::MAX), file(Role::Ubl, u64::MAX)];
        assert_eq!(refusal(&files, Format::PdfUbl).0, Rule::TotalSize);
    }

    #[test]
    fn the_format_picks_which_of_the_documents_files_travel() {
        let files = [file(Role::Added, 3), file(Role::Ubl, 2), file(Role::Logo, 4), file(Role::Pdf, 1)];
        for (format, sizes) in
            [(Format::Pdf, vec![1, 3]), (Format::Ubl, vec![2, 3]), (Format::PdfUbl, vec![1, 2, 3])]
        {
            let selected = check(&files, format).unwrap();
            assert_eq!(selected.files().iter().map(|f| f.size).collect::<Vec<_>>(), sizes, "{format:?}");
            assert_eq!(selected.logo().map(|f| f.size), Some(4), "{format:?}");
            assert_eq!(selected.warnings(), [], "{format:?}");
        }
    }

    #[test]
    fn a_file_that_the_format_asks_for_and_that_is_missing_is_a_warning() {
        for (format, codes) in [
            (Format::Pdf, vec!["no-pdf"]),
            (Format::Ubl, vec!["no-ubl"]),
            (Format::PdfUbl, vec!["no-pdf", "no-ubl"]),
        ] {
            let selected = check(&[], format).unwrap();
            assert_eq!(
                selected.warnings().iter().map(|w| w.code().name()).collect::<Vec<_>>(),
                codes,
                "{format:?}"
            );
        }
    }

    #[test]
    fn only_one_file_may_be_the_pdf_the_ubl_or_the_logo() {
        for role in [Role::Pdf, Role::Ubl, Role::Logo] {
            let (rule, _, detail) = refusal(&[file(role, 1), file(role, 1)], Format::Pdf);
            assert_eq!(rule, Rule::Role, "{role:?}");
            assert_eq!(detail, format!("at most one file can have the role \"{}\"", role.name()));
        }
    }

    #[test]
    fn a_role_demands_its_media_type_and_a_logo_is_small() {
        let typed = |role, media_type: &str| Attachment { media_type: media_type.into(), ..file(role, 1) };
        for (file, rule, part) in [
            (typed(Role::Pdf, "text/html"), Rule::MediaType, "must be application/pdf: this is text/html"),
            (typed(Role::Ubl, "application/pdf"), Rule::MediaType, "must be application/xml or text/xml"),
            (typed(Role::Logo, "image/svg+xml"), Rule::MediaType, "image/png or image/jpeg or image/gif"),
            (typed(Role::Added, "Text/Plain"), Rule::MediaType, "in lower case"),
            (
                file(Role::Logo, 200_001),
                Rule::FileSize,
                "a logo may have at most 200,000 bytes: this has 200,001",
            ),
        ] {
            let (found, _, detail) = refusal(std::slice::from_ref(&file), Format::Pdf);
            assert_eq!(found, rule, "{file:?}");
            assert!(detail.contains(part), "{file:?}: {detail}");
        }
    }

    #[test]
    fn a_bad_name_is_refused_even_of_a_file_that_would_not_travel() {
        let bad = Attachment { file_name: "a\nb.xml".into(), ..file(Role::Ubl, 1) };
        let (rule, name, _) = refusal(&[bad], Format::Pdf);
        assert_eq!((rule, name.as_str()), (Rule::FileName, "a\nb.xml"));
    }

    proptest! {
        #[test]
        fn whatever_passes_keeps_the_limits(sizes in prop::collection::vec(0u64..6_000_000, 0..14), pdf in 0u64..30_000_000) {
            let mut files: Vec<_> = sizes.iter().map(|s| file(Role::Added, *s)).collect();
            files.push(file(Role::Pdf, pdf));
            let total = pdf + sizes.iter().sum::<u64>();
            let allowed = sizes.len() <= 10 && sizes.iter().all(|s| *s <= 5_000_000) && total <= 25_000_000;
            prop_assert_eq!(check(&files, Format::Pdf).is_ok(), allowed);
        }
    }
}
