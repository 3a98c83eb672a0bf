//! Messages in files: one each, or a maildir of them.

use super::MESSAGE_LIMIT;
use super::error::InboxError;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Messages of one look at a maildir; the rest is seen at the next.
const AT_ONCE: usize = 10_000;
/// Files of a folder that are listed at the most.
const LISTED: usize = 1_000_000;

/// A message in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageFile {
    /// The file.
    pub path: PathBuf,
}

/// Reads a message of at most [`MESSAGE_LIMIT`] bytes.
///
/// # Errors
/// [`InboxError::Unreadable`], [`InboxError::NoMessage`].
pub async fn read_message(path: &Path) -> Result<Vec<u8>, InboxError> {
    let unreadable = |source| InboxError::Unreadable { path: path.to_owned(), source };
    let facts = tokio::fs::metadata(path).await.map_err(unreadable)?;
    let no_message = |detail: String| InboxError::NoMessage { path: path.to_owned(), detail };
    if facts.is_dir() {
        return Err(no_message(
            "it is a folder: name the messages in it, or give a maildir with --maildir".into(),
        ));
    }
    if facts.len() > MESSAGE_LIMIT {
        let detail = format!("it has {} bytes: a message has at most {MESSAGE_LIMIT}", facts.len());
        return Err(no_message(detail));
    }
    tokio::fs::read(path).await.map_err(unreadable)
}

/// A maildir: its `new` and `cur`. Nothing in it is moved, marked or deleted.
#[derive(Debug)]
pub struct Maildir {
    folder: PathBuf,
    seen: BTreeSet<String>,
}

impl Maildir {
    /// The maildir of this folder.
    ///
    /// # Errors
    /// [`InboxError::NoMessage`]: it is none.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, InboxError> {
        let folder = folder.into();
        if !["new", "cur"].iter().any(|name| folder.join(name).is_dir()) {
            let detail = "it is no maildir: it has neither a folder `new` nor `cur`".into();
            return Err(InboxError::NoMessage { path: folder, detail });
        }
        Ok(Self { folder, seen: BTreeSet::new() })
    }

    /// Messages that were not there at the last look, by name, which begins with the time of delivery.
    ///
    /// # Errors
    /// [`InboxError::Unreadable`].
    pub fn news(&mut self) -> Result<Vec<MessageFile>, InboxError> {
        let mut found = vec![];
        let mut there = BTreeSet::new();
        for name in ["new", "cur"] {
            let folder = self.folder.join(name);
            if !folder.is_dir() {
                continue;
            }
            let unreadable = |source| InboxError::Unreadable { path: folder.clone(), source };
            for entry in std::fs::read_dir(&folder).map_err(unreadable)?.take(LISTED) {
                let path = entry.map_err(unreadable)?.path();
                let unique = unique(&path);
                if unique.starts_with('.') || !there.insert(unique.clone()) || self.seen.contains(&unique) {
                    continue;
                }
                found.push((unique, MessageFile { path }));
            }
        }
        found.sort_by(|one, other| one.0.cmp(&other.0));
        found.truncate(AT_ONCE);
        // What went away is forgotten, so that the list does not grow for ever.
        self.seen.retain(|unique| there.contains(unique));
        self.seen.extend(found.iter().map(|(unique, _)| unique.clone()));
        Ok(found.into_iter().map(|(_, file)| file).collect())
    }
}

/// The name without the flags, which change when a message is read.
fn unique(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.split(":2,").next().unwrap_or_default().to_owned()
}
