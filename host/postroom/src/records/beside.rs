//! The files that belong to a document: of the same name, with another ending. Case does not count: a program that writes
//! `F-1.PDF` beside `f-1.xml` means one document.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// The names of one folder, by their small letters.
#[derive(Debug)]
struct Listed {
    folder: PathBuf,
    changed: SystemTime,
    names: BTreeMap<String, PathBuf>,
}

/// The folder that was listed last: a batch asks about one folder, many times, and listing it each time would take the square
/// of its length.
static LAST: Mutex<Option<Arc<Listed>>> = Mutex::new(None);

/// Finds the file beside a document with this ending; none: there is none.
pub fn beside(document: &Path, ending: &str) -> Option<PathBuf> {
    let usual = document.with_extension(ending);
    if usual.is_file() {
        return Some(usual);
    }
    let folder = match document.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let name = format!("{}.{}", stem(document), ending.to_lowercase());
    listed(folder)?.names.get(&name).filter(|path| path.is_file()).cloned()
}

/// Returns a file's name without its ending, in small letters.
pub(super) fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase()
}

fn listed(folder: &Path) -> Option<Arc<Listed>> {
    let changed = std::fs::metadata(folder).and_then(|it| it.modified()).ok()?;
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = last.as_ref().filter(|it| it.folder == folder && it.changed == changed) {
        return Some(Arc::clone(known));
    }
    let paths = std::fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let mut paths: Vec<PathBuf> = paths.collect();
    // Of two spellings always the same one.
    paths.sort_unstable_by(|a, b| b.cmp(a));
    let names = paths.into_iter().map(|path| (name(&path), path)).collect();
    let new = Arc::new(Listed { folder: folder.to_owned(), changed, names });
    *last = Some(Arc::clone(&new));
    Some(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_however_its_name_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["F-1.xml", "F-1.PDF", "f-2.xml", "F-2.Pdf", "F-3.xml", "F-4.xml", "F-4.pdf", "F-4.PDF"] {
            std::fs::write(at(name), "").unwrap();
        }
        for (document, found) in [
            ("F-1.xml", Some("F-1.PDF")),
            ("f-2.xml", Some("F-2.Pdf")),
            ("F-3.xml", None),
            ("F-4.xml", Some("F-4.pdf")),
        ] {
            assert_eq!(beside(&at(document), "pdf"), found.map(at), "{document}");
        }
        std::fs::write(at("F-3.PdF"), "").unwrap();
        assert_eq!(
            beside(&at("F-3.xml"), "pdf"),
            Some(at("F-3.PdF")),
            "a folder that changed is listed anew"
        );
    }
}
