//! A look at the first and the last bytes of a file: is the PDF one that a customer can open, is the logo the image that it claims to be? A
//! print job that failed leaves an empty file, an error page saved as `invoice.pdf`, or half a document; all of them are caught here,
//! before a customer gets them.

use super::{Attachment, Role, Warning};

/// How many bytes from the start of a file [`check_content`] reads at the most.
pub const FIRST_BYTES: u32 = 1024;
/// How many bytes from its end. The trailer, which names the encryption, stands there;
/// of a linearised file at its start.
pub const LAST_BYTES: u32 = 4_096;

/// Checks a file's first and last bytes against its declared type; returns a warning where they differ. Only files of the types that the
/// plugin relies on are checked: PDFs, and the logo.
pub fn check_content(file: &Attachment, first_bytes: &[u8], last_bytes: &[u8]) -> Option<Warning> {
    if file.role == Role::Logo {
        let fits = match file.media_type.as_str() {
            "image/png" => first_bytes.starts_with(b"\x89PNG\r\n\x1a\n"),
            "image/jpeg" => first_bytes.starts_with(b"\xff\xd8\xff"),
            "image/gif" => first_bytes.starts_with(b"GIF87a") || first_bytes.starts_with(b"GIF89a"),
            _ => false,
        };
        let (file_name, media_type) = (file.file_name.clone(), file.media_type.clone());
        return (!fits).then_some(Warning::NotThatImage { file_name, media_type });
    }
    let should_be_pdf = file.role == Role::Pdf || file.media_type == "application/pdf";
    if !should_be_pdf {
        return None;
    }
    let name = || file.file_name.clone();
    // Readers accept the header anywhere in the first 1,024 bytes, and the end anywhere in the last (ISO 32000-1, annex H).
    let first = first_bytes.get(..FIRST_BYTES as usize).unwrap_or(first_bytes);
    let last = last_bytes.get(last_bytes.len().saturating_sub(1024)..).unwrap_or_default();
    if file.size == 0 || first_bytes.is_empty() {
        Some(Warning::EmptyPdf(name()))
    } else if !has(first, b"%PDF-") {
        Some(Warning::NotAPdf(name()))
    } else if !has(last, b"%%EOF") {
        Some(Warning::TruncatedPdf(name()))
    } else if has(first, b"/Encrypt") || has(last_bytes, b"/Encrypt") {
        Some(Warning::EncryptedPdf(name()))
    } else {
        None
    }
}

/// True if `bytes` has the marker. Every mail's PDF is searched: a comparison at each byte would cost a tenth of what composing costs.
fn has(bytes: &[u8], what: &[u8]) -> bool {
    memchr::memmem::find(bytes, what).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::warning::WarningCode;

    fn file(role: Role, media_type: &str, size: usize) -> Attachment {
        let media_type = media_type.to_owned();
        Attachment { handle: 1, file_name: "f".into(), media_type, size: size as u64, role }
    }

    #[test]
    fn a_file_is_judged_by_its_first_and_last_bytes() {
        let padded = [&[b' '; 1000][..], b"%PDF-1.4 \n%%EOF\n", &[0; 900]].concat();
        let encrypted = b"%PDF-1.6\n1 0 obj\ntrailer << /Root 1 0 R /Encrypt 7 0 R >>\nstartxref\n9\n%%EOF";
        for (role, media_type, bytes, expected) in [
            (Role::Pdf, "application/pdf", &b"%PDF-1.7\n...\n%%EOF\n"[..], None),
            (Role::Pdf, "application/pdf", &padded, None),
            (Role::Pdf, "application/pdf", b"<html>not found", Some("not-a-pdf")),
            (Role::Pdf, "application/pdf", b"", Some("empty-pdf")),
            (Role::Pdf, "application/pdf", b"%PDF-1.4\n1 0 obj\n<< /Length 90", Some("truncated-pdf")),
            (Role::Pdf, "application/pdf", encrypted, Some("encrypted-pdf")),
            (Role::Added, "application/pdf", b"PK\x03\x04", Some("not-a-pdf")),
            (Role::Added, "application/zip", b"anything", None),
            (Role::Ubl, "application/xml", b"<Invoice/>", None),
            (Role::Logo, "image/png", b"\x89PNG\r\n\x1a\n....", None),
            (Role::Logo, "image/jpeg", b"\xff\xd8\xff\xe0", None),
            (Role::Logo, "image/gif", b"GIF89a", None),
            (Role::Logo, "image/png", b"\xff\xd8\xff\xe0", Some("logo-not-an-image")),
            (Role::Logo, "image/png", b"", Some("logo-not-an-image")),
        ] {
            let first = &bytes[..bytes.len().min(FIRST_BYTES as usize)];
            let last = &bytes[bytes.len().saturating_sub(LAST_BYTES as usize)..];
            let found = check_content(&file(role, media_type, bytes.len()), first, last).map(|w| w.code());
            assert_eq!(found.map(WarningCode::name), expected, "{role:?} {media_type} {bytes:?}");
        }
    }
}
