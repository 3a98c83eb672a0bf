//! What the tests send: documents, PDFs and files of an exact size.

use crate::plugin::project;
use std::path::{Path, PathBuf};

/// An invoice in UBL, the project's own.
pub(crate) fn invoice() -> PathBuf {
    project().join("tests/fixtures/documents/invoice.ubl.xml")
}

/// Invoices in UBL: the corpus where this machine has it, else the project's own samples.
pub(crate) fn invoices() -> Vec<PathBuf> {
    let corpus = xml_files(&project().join("../shared/corpora/ubl"));
    if corpus.is_empty() { xml_files(&project().join("tests/fixtures/documents")) } else { corpus }
}

fn xml_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> =
        entries.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "xml")).collect();
    files.sort();
    files
}

/// Bytes that no encoding, filter or line-end conversion leaves as they are by accident: every value occurs, in an
/// order that follows from the seed alone.
pub(crate) fn bytes(seed: u64, size: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    std::iter::repeat_with(|| next().to_le_bytes()).flatten().take(size).collect()
}

/// A time for `--at` that no test lives to see, and that is no slip.
pub(crate) fn months_ahead() -> String {
    (chrono::Local::now() + chrono::Duration::days(300)).format("%Y-%m-%d 12:00").to_string()
}

/// A file that begins and ends as a PDF does.
pub(crate) fn pdf(seed: u64, size: usize) -> Vec<u8> {
    let mut file = bytes(seed, size);
    let (head, tail) = (b"%PDF-1.7\r\n\n.\r\n", b"\r\n.\r\n%%EOF\n");
    if let Some(place) = file.get_mut(..head.len()) {
        place.copy_from_slice(head);
    }
    if let Some(place) = size.checked_sub(tail.len()).and_then(|from| file.get_mut(from..)) {
        place.copy_from_slice(tail);
    }
    file
}
