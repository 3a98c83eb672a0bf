//! A look at the first bytes of a file: is the PDF a PDF, is the logo the image that it says it is? An
//! error page saved as `invoice.pdf` is caught here, before a customer gets it.

use super::{Attachment, Role, Warning};

/// How many bytes from the start of a file [`look_inside`] wants at the most.
pub const FIRST_BYTES: u32 = 1024;

/// What the first bytes say against the file, if anything. Only files of the types that the plugin relies on
/// are judged: PDFs, and the logo.
pub fn look_inside(file: &Attachment, first_bytes: &[u8]) -> Option<Warning> {
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
    // Readers accept the header anywhere in the first 1,024 bytes (ISO 32000-1, annex H).
    let is_pdf = || first_bytes.windows(5).take(FIRST_BYTES as usize).any(|w| w == b"%PDF-");
    let should_be = file.role == Role::Pdf || file.media_type == "application/pdf";
    (should_be && !is_pdf()).then(|| Warning::NotAPdf(file.file_name.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(role: Role, media_type: &str) -> Attachment {
        let media_type = media_type.to_owned();
        Attachment { handle: 1, file_name: "f".into(), media_type, size: 9, role }
    }

    #[test]
    fn a_file_is_judged_by_its_first_bytes() {
        let padded = [&[b' '; 1000][..], b"%PDF-1.4"].concat();
        for (role, media_type, bytes, expected) in [
            (Role::Pdf, "application/pdf", &b"%PDF-1.7\n"[..], None),
            (Role::Pdf, "application/pdf", &padded, None),
            (Role::Pdf, "application/pdf", b"<html>not found", Some("not-a-pdf")),
            (Role::Pdf, "application/pdf", b"", Some("not-a-pdf")),
            (Role::Added, "application/pdf", b"PK\x03\x04", Some("not-a-pdf")),
            (Role::Added, "application/zip", b"anything", None),
            (Role::Ubl, "application/xml", b"<Invoice/>", None),
            (Role::Logo, "image/png", b"\x89PNG\r\n\x1a\n....", None),
            (Role::Logo, "image/jpeg", b"\xff\xd8\xff\xe0", None),
            (Role::Logo, "image/gif", b"GIF89a", None),
            (Role::Logo, "image/png", b"\xff\xd8\xff\xe0", Some("logo-not-an-image")),
            (Role::Logo, "image/png", b"", Some("logo-not-an-image")),
        ] {
            let found = look_inside(&file(role, media_type), bytes).map(|w| w.code());
            assert_eq!(found, expected, "{role:?} {media_type} {bytes:?}");
        }
    }
}
