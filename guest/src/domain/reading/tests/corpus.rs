//! The messages of the corpus, where it is there: each is read, and each has something to show.

use super::*;
use std::path::{Path, PathBuf};

/// Messages without a text and a file, as they lie in the corpus.
const EMPTY: &[&str] =
    &["bad_date_header", "bad_date_header2", "empty_in_reply_to", "missing_body", "must_supply_encoding"];

fn messages(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            messages(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "eml") {
            found.push(path);
        }
    }
}

#[test]
fn every_message_of_the_corpus_has_something_to_show() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora/messages");
    let mut found = vec![];
    messages(&folder, &mut found);
    if found.is_empty() {
        eprintln!("skipped: no corpus in {}", folder.display());
    }
    for path in found {
        let raw = std::fs::read(&path).unwrap();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let message = read(&raw, &[], now()).unwrap();
        let is_empty = message.text.trim().is_empty() && message.files.is_empty();
        assert_eq!(is_empty, EMPTY.contains(&name.as_str()), "{name}");
        assert!(!message.folded.reply.is_empty() || message.text.trim().is_empty(), "{name}");
        // Cut in the middle, at any place, it is still read.
        for part in 1..8 {
            let _ = read(&raw[..raw.len() * part / 8], &[], now());
        }
    }
}
