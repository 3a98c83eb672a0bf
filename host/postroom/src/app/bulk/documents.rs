//! Which documents: files as they are named, folders with all the documents in them, in the order of their names.

use crate::app::AppError;
use crate::records::documents_in;
use std::path::{Path, PathBuf};

/// Lists the documents. A UBL file beside a JSON document of the same name belongs to that document.
pub(super) fn of(named: &[PathBuf]) -> Result<Vec<PathBuf>, AppError> {
    let mut all = Vec::new();
    for path in named {
        if path.is_dir() {
            let before = all.len();
            all.extend(in_folder(path)?);
            if all.len() == before {
                let message =
                    format!("{}: there is no document (.json, .xml) in this folder", path.display());
                return Err(AppError::Input(message));
            }
        } else {
            all.push(path.clone());
        }
    }
    Ok(all)
}

fn in_folder(folder: &Path) -> Result<Vec<PathBuf>, AppError> {
    documents_in(folder).map_err(|e| AppError::Input(format!("can't read {}: {e}", folder.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

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
