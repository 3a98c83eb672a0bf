//! Documents inside of others: an AttachedDocument that holds its document as text or in base64, and the PDF that a document carries.

use super::super::limits::MAX_BYTES;
use super::super::value::is_turning;
use super::super::{DocumentError, DocumentFault, foreign};
use super::element::Element;
use super::{Inside, open_bytes, open_text};
use crate::domain::slug::slug;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Programs differ in whether they pad, and few of them end on whole bytes.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Document types by which profiles mark the picture of the document itself: e-FFF and SI-UBL.
const PICTURES: [&str; 2] = ["CommercialInvoice", "PrimaryImage"];

/// Characters of a file's name, at most.
const LONGEST_NAME: usize = 120;

/// A file that a document carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddedFile {
    /// The file's name; from the document's number where the document gives none.
    pub file_name: String,
    /// The file's bytes.
    pub content: Vec<u8>,
}

/// What an attachment holds.
enum AttachedContent<'t, 'a> {
    /// A file in base64.
    File(Element<'t, 'a>),
    Text(&'t str),
}

/// Returns what is in an attachment itself; none for one that is blank or a link.
fn content_of<'t, 'a>(attachment: Element<'t, 'a>) -> Option<AttachedContent<'t, 'a>> {
    let is_given = |value: &Element<'_, '_>| !value.whole_text().trim().is_empty();
    if let Some(file) = attachment.values("EmbeddedDocumentBinaryObject").find(is_given) {
        return Some(AttachedContent::File(file));
    }
    let mut texts = attachment.all("ExternalReference").flat_map(|reference| reference.values("Description"));
    texts.find(is_given).map(|text| AttachedContent::Text(text.whole_text().trim()))
}

/// Reads what is attached to an AttachedDocument, which holds no further one.
pub(super) fn attached<T>(root: Element<'_, '_>, read: Inside<'_, T>) -> Result<T, DocumentError> {
    let within = |fault: DocumentError| {
        let line = fault.line.map(|line| format!(" (line {line} of it)")).unwrap_or_default();
        let detail = format!("in the document attached to this AttachedDocument: {}{line}", fault.detail);
        DocumentError { detail, line: None, ..fault }
    };
    let Some(first) = root.at(&["Attachment"]) else { return Err(root.missing("cac:Attachment")) };
    let text = match root.all("Attachment").find_map(content_of) {
        Some(AttachedContent::File(file)) => {
            let content = decoded(file)?;
            return open_bytes(&content, read, true).map_err(within);
        }
        Some(AttachedContent::Text(text)) => text,
        None => {
            let detail = "this AttachedDocument holds no document: what it refers to is elsewhere, and is to be given instead";
            return Err(first.fault(DocumentFault::Invalid, detail));
        }
    };
    if let Some(what) = foreign::by_beginning(text.as_bytes()) {
        return Err(within(DocumentError::whole(DocumentFault::Malformed, what)));
    }
    // It is text by now, whatever encoding it declares.
    open_text(text, read, true).map_err(within)
}

/// Returns the PDF that is the document itself, where it carries one (BG-24): the one that a profile marks as such, else the one named by
/// the document's number, else the only one. Several that nothing distinguishes are supporting documents, and none of them is it.
pub(super) fn pdf(root: Element<'_, '_>) -> Result<Option<EmbeddedFile>, DocumentError> {
    let number = root.text("ID")?.unwrap_or_default();
    let mut pdfs = Vec::new();
    for reference in root.all("AdditionalDocumentReference") {
        let file =
            reference.at(&["Attachment"]).and_then(|it| it.values("EmbeddedDocumentBinaryObject").next());
        let Some(file) = file else { continue };
        let (media_type, name) = (file.attribute("mimeCode"), file.attribute("filename"));
        let named_pdf = name.as_ref().is_some_and(|name| name.to_ascii_lowercase().ends_with(".pdf"));
        if media_type.as_deref().map_or(named_pdf, |it| it.trim().eq_ignore_ascii_case("application/pdf")) {
            pdfs.push((reference, file, name));
        }
    }
    let marked = |of: &&(Element<'_, '_>, Element<'_, '_>, Option<String>)| {
        ["DocumentType", "DocumentDescription"].iter().any(|field| {
            let media_type = of.0.values(field).next().map(|value| value.whole_text().trim());
            media_type.is_some_and(|media_type| PICTURES.contains(&media_type))
        })
    };
    let stem = |name: &str| name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned();
    let is_numbered = |of: &&(Element<'_, '_>, Element<'_, '_>, Option<String>)| {
        let id = of.0.values("ID").next().map(|id| id.whole_text().trim().to_owned());
        [id, of.2.as_deref().map(stem)].into_iter().flatten().any(|name| name == number)
    };
    let chosen =
        pdfs.iter().find(marked).or_else(|| pdfs.iter().find(is_numbered)).or(match pdfs.as_slice() {
            [only] => Some(only),
            _ => None,
        });
    let Some((_, file, name)) = chosen else { return Ok(None) };
    let file_name =
        name.as_deref().and_then(last_part).unwrap_or_else(|| match slug(&number, LONGEST_NAME) {
            words if words.is_empty() => "document.pdf".to_owned(),
            words => format!("{words}.pdf"),
        });
    Ok(Some(EmbeddedFile { file_name, content: decoded(*file)? }))
}

/// Returns the name without folders, where it can be a file's.
fn last_part(name: &str) -> Option<String> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let is_name =
        last.chars().count() <= LONGEST_NAME && !last.contains(|c: char| c.is_control() || is_turning(c));
    (is_name && last.to_ascii_lowercase().ends_with(".pdf")).then(|| last.to_owned())
}

/// Returns the bytes of a file in base64, whatever white space it is broken with.
fn decoded(file: Element<'_, '_>) -> Result<Vec<u8>, DocumentError> {
    let text: Vec<u8> = file.whole_text().bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if text.len() / 4 * 3 > MAX_BYTES {
        return Err(file.fault(DocumentFault::Refused, &format!("a file of more than {MAX_BYTES} bytes")));
    }
    BASE64.decode(text).map_err(|_| file.fault(DocumentFault::Invalid, "expected a file in base64"))
}
