//! Messages in files: one each, all of an mbox, or a maildir of them. A file that holds none is named for what it is.

use super::MESSAGE_LIMIT;
use super::error::IntakeError;
use super::kind::{self, Kind};
use super::mbox::{self, Lines};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tokio::io::AsyncReadExt as _;

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

/// The messages of a file, one after the other.
#[derive(Debug)]
pub struct Messages {
    path: PathBuf,
    rest: Rest,
    number: u32,
}

#[derive(Debug)]
enum Rest {
    /// The one message that the file is.
    One(Vec<u8>),
    /// An mbox.
    Many(Lines),
    /// Nothing more.
    None,
}

impl Messages {
    /// Opens a file: a message of at most [`MESSAGE_LIMIT`] bytes, or an mbox of such.
    ///
    /// # Errors
    /// [`IntakeError::Unreadable`], [`IntakeError::NoMessage`].
    pub async fn open(path: &Path) -> Result<Self, IntakeError> {
        let unreadable = |source| IntakeError::Unreadable { path: path.to_owned(), source };
        let no_message = |detail: String| IntakeError::NoMessage { path: path.to_owned(), detail };
        let facts = tokio::fs::metadata(path).await.map_err(unreadable)?;
        if facts.is_dir() {
            return Err(no_message(
                "it is a folder: name the messages in it, or give a maildir with --maildir".into(),
            ));
        }
        let mut file = tokio::fs::File::open(path).await.map_err(unreadable)?;
        let mut begin = Vec::new();
        (&mut file).take(kind::BEGIN).read_to_end(&mut begin).await.map_err(unreadable)?;
        let rest = match kind::of(&begin) {
            Kind::Mbox => Rest::Many(Lines::new(begin, file)),
            _ if facts.len() > MESSAGE_LIMIT => {
                let detail = format!("it has {} bytes: a message has at most {MESSAGE_LIMIT}", facts.len());
                return Err(no_message(detail));
            }
            Kind::Other(detail) => return Err(no_message(detail)),
            Kind::Message => {
                file.take(MESSAGE_LIMIT).read_to_end(&mut begin).await.map_err(unreadable)?;
                Rest::One(begin)
            }
        };
        Ok(Self { path: path.to_owned(), rest, number: 0 })
    }

    /// Returns true for an mbox, whose messages have numbers.
    pub fn is_mbox(&self) -> bool {
        matches!(self.rest, Rest::Many(_))
    }

    /// Reads the next message and its number, from 1; none after the last. Where one can't be read those after it can.
    ///
    /// # Errors
    /// [`IntakeError::Unreadable`], [`IntakeError::NoMessage`].
    pub async fn next(&mut self) -> Result<Option<(u32, Vec<u8>)>, IntakeError> {
        let raw = match std::mem::replace(&mut self.rest, Rest::None) {
            Rest::None => return Ok(None),
            Rest::One(raw) => Some(raw),
            Rest::Many(mut lines) => {
                let read = mbox::message(&mut lines).await;
                let read =
                    read.map_err(|source| IntakeError::Unreadable { path: self.path.clone(), source })?;
                let Some(read) = read else { return Ok(None) };
                self.rest = Rest::Many(lines);
                read
            }
        };
        self.number = self.number.saturating_add(1);
        match raw {
            Some(raw) => Ok(Some((self.number, raw))),
            None => {
                let detail = format!(
                    "message {} is too large: a message has at most {MESSAGE_LIMIT} bytes",
                    self.number
                );
                Err(IntakeError::NoMessage { path: self.path.clone(), detail })
            }
        }
    }
}

/// A maildir: its `new` and `cur`. Nothing in it is moved, marked or deleted.
#[derive(Debug)]
pub struct Maildir {
    folder: PathBuf,
    seen: BTreeSet<String>,
}

impl Maildir {
    /// Opens the maildir of this folder.
    ///
    /// # Errors
    /// [`IntakeError::NoMessage`]: it is none.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, IntakeError> {
        let folder = folder.into();
        if !["new", "cur"].iter().any(|name| folder.join(name).is_dir()) {
            let detail = "it is no maildir: it has neither a folder `new` nor `cur`".into();
            return Err(IntakeError::NoMessage { path: folder, detail });
        }
        Ok(Self { folder, seen: BTreeSet::new() })
    }

    /// Lists the messages that were not there at the last call, by name, which begins with the time of delivery.
    pub fn new_messages(&mut self) -> Result<Vec<MessageFile>, IntakeError> {
        let mut found = vec![];
        let mut there = BTreeSet::new();
        for name in ["new", "cur"] {
            let folder = self.folder.join(name);
            if !folder.is_dir() {
                continue;
            }
            let unreadable = |source| IntakeError::Unreadable { path: folder.clone(), source };
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
