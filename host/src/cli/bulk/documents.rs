//! Which documents: files as they are named, folders with all the documents in them, in the order of their names.

use crate::cli::Failure;
use std::path::{Path, PathBuf};

/// The documents. A UBL file beside a JSON document of the same name belongs to that document.
pub(super) fn of(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut all = Vec::new();
    for path in named {
        if path.is_dir() {
            let before = all.len();
            all.extend(in_folder(path)?);
            if all.len() == before {
                let message =
                    format!("{}: there is no document (.json, .xml) in this folder", path.display());
                return Err(Failure::input(message));
            }
        } else {
            all.push(path.clone());
        }
    }
    Ok(all)
}

fn in_folder(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |e: std::io::Error| Failure::input(format!("can't read {}: {e}", folder.display()));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let ending = path.extension().map(|it| it.to_string_lossy().to_ascii_lowercase());
        let is_document = match ending.as_deref() {
            Some("json") => true,
            Some("xml") => !path.with_extension("json").is_file(),
            _ => false,
        };
        if is_document && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a text is like a pattern in which `*` stands for anything; letters are compared without regard to case.
pub(super) fn is_like(text: &str, pattern: &str) -> bool {
    let (text, pattern) = (text.to_lowercase(), pattern.to_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (text, pattern, like) in [
            ("F-2026-017", "f-2026-0*", true),
            ("F-2026-017", "*017", true),
            ("F-2026-017", "F*20*7", true),
            ("F-2026-017", "F-2026-017", true),
            ("F-2026-017", "*", true),
            ("F-2026-017", "F-2026", false),
            ("F-2026-017", "*2025*", false),
            ("aa", "a*aa", false),
            ("", "", true),
        ] {
            assert_eq!(is_like(text, pattern), like, "{text} {pattern}");
        }
    }

    #[test]
    fn a_folder_gives_its_documents_once_each_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.xml", "a.json", "a.xml", "a.pdf", "C.XML"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let found = of(&[folder.path().to_owned()]).unwrap();
        let names: Vec<_> = found.iter().map(|it| it.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["C.XML", "a.json", "b.xml"]);
        let empty = tempfile::tempdir().unwrap();
        assert!(of(&[empty.path().to_owned()]).is_err());
    }
}
