//! Where the documents of a batch come from: files and folders, or the company's records. What comes from records is on
//! disk only until its mail is made; what the mail carries is kept with it.

use super::duplicates::Duplicate;
use super::{BulkRequest, documents};
use crate::app::{AppError, Session, records};
use crate::records::{Blame, Entry, FileRole, Records, RecordsError};
use postroom_store::{FilePlace, NewMail};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tempfile::TempDir;

/// Documents that are fetched at the same time; and files that are checked, for each processor.
const FETCHED: usize = 8;
const PER_PROCESSOR: usize = 2;
/// Times that something is asked for that may be there a moment later; and the longest wait in between, in seconds.
const TRIES: u32 = 3;
const LONGEST_WAIT: u32 = 10;
/// Characters of a file's name.
const NAME: usize = 100;

/// A document of the batch.
#[derive(Debug, Clone)]
pub(super) enum Item {
    File { path: PathBuf, duplicate: Option<Duplicate> },
    Record(Entry, Arc<Fetching>),
}

/// A document that is at hand, or is not.
#[derive(Debug)]
pub(super) enum PreparedDocument {
    File {
        path: PathBuf,
        duplicate: Option<Duplicate>,
    },
    /// Fetched into a folder that goes with this.
    Fetched {
        path: PathBuf,
        number: String,
        folder: TempDir,
    },
    /// It could not be fetched, and why.
    Lost {
        entry: Entry,
        reason: String,
    },
}

/// The documents of a batch.
#[derive(Debug)]
pub struct Source {
    pub(super) items: Vec<Item>,
}

/// A fetcher of documents from the records.
#[derive(Debug)]
pub(super) struct Fetching {
    records: Arc<dyn Records>,
    roles: Vec<FileRole>,
    /// Nothing else is asked for: nothing would fare better.
    down: OnceLock<String>,
}

impl Source {
    /// Looks for the documents that are named: files, and folders with all the documents in them.
    pub fn files(named: &[PathBuf]) -> Result<Self, AppError> {
        let files = documents::of(named)?;
        Ok(Self { items: files.into_iter().map(|path| Item::File { path, duplicate: None }).collect() })
    }

    /// Asks the records which documents a query names.
    pub(super) async fn records(
        session: &Session,
        request: &BulkRequest,
        query: &str,
    ) -> Result<Self, AppError> {
        let records = records(&session.connections, &session.company).await?;
        let mut entries = records.documents(query).await?;
        // One that is named twice is one.
        let mut named = BTreeSet::new();
        entries.retain(|entry| named.insert((entry.kind.clone(), entry.number.clone())));
        if entries.is_empty() {
            return Err(AppError::NoDocuments(query.to_owned()));
        }
        let format = request.content.format.as_deref().unwrap_or("pdf");
        let wanted = |role: &FileRole| format.split('+').any(|part| part == role.as_str());
        let roles = [FileRole::Pdf, FileRole::Ubl].into_iter().filter(wanted).collect();
        let fetching = Arc::new(Fetching { records, roles, down: OnceLock::new() });
        let record = |entry| Item::Record(entry, Arc::clone(&fetching));
        Ok(Self { items: entries.into_iter().map(record).collect() })
    }
}

impl Item {
    /// Returns the file, if it is one.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::File { path, .. } => Some(path),
            Self::Record(..) => None,
        }
    }

    /// Fetches the document, if it is not a file already.
    pub(super) async fn at_hand(self) -> PreparedDocument {
        match self {
            Self::File { path, duplicate } => PreparedDocument::File { path, duplicate },
            Self::Record(entry, fetching) => fetching.fetch(entry).await,
        }
    }

    /// Returns how many documents are prepared at the same time, beginning with this one.
    pub(super) fn at_once(&self) -> usize {
        match self {
            Self::File { .. } => PER_PROCESSOR * std::thread::available_parallelism().map_or(1, usize::from),
            Self::Record(..) => FETCHED,
        }
    }
}

impl Fetching {
    async fn fetch(&self, entry: Entry) -> PreparedDocument {
        if let Some(reason) = self.down.get() {
            return PreparedDocument::Lost { entry, reason: format!("not asked for any more: {reason}") };
        }
        let mut tries = 0;
        loop {
            match self.fetch_once(&entry).await {
                Ok((path, folder)) => {
                    return PreparedDocument::Fetched { path, number: entry.number, folder };
                }
                Err(error) if error.is_transient() && tries + 1 < TRIES => {
                    let own = 1 << tries;
                    let wait = error.retry_after().unwrap_or(own).max(own).min(LONGEST_WAIT);
                    tokio::time::sleep(Duration::from_secs(u64::from(wait))).await;
                    tries += 1;
                }
                Err(error) => {
                    let reason = error.to_string();
                    if error.blame() == Blame::All {
                        // Another task may have found out first.
                        let _ = self.down.set(reason.clone());
                    }
                    return PreparedDocument::Lost { entry, reason };
                }
            }
        }
    }

    async fn fetch_once(&self, entry: &Entry) -> Result<(PathBuf, TempDir), RecordsError> {
        let failed = |path: &Path, e: &std::io::Error| RecordsError::File {
            path: path.display().to_string(),
            detail: e.to_string(),
        };
        let document = self.records.document(entry).await?;
        let folder = tempfile::Builder::new().prefix("postroom-").tempdir();
        let folder = folder.map_err(|e| failed(&std::env::temp_dir(), &e))?;
        let ending = if document.media_type == "application/json" { "json" } else { "xml" };
        let path = folder.path().join(file_name(&entry.number)).with_extension(ending);
        tokio::fs::write(&path, document.content).await.map_err(|e| failed(&path, &e))?;
        for role in self.roles.iter().filter(|role| role.ending() != ending) {
            self.records.file(entry, *role, &path.with_extension(role.ending())).await?;
        }
        Ok((path, folder))
    }
}

/// A number as the name of a file, which recipients see.
fn file_name(number: &str) -> String {
    let harmless = |c: char| match c {
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '-',
        // A point would begin an ending, or lead upwards.
        '.' => '_',
        c if c.is_control() => '-',
        c => c,
    };
    number.trim().chars().take(NAME).map(harmless).collect()
}

/// Takes the content of a mail's files from a folder that is about to be deleted into the mail.
pub(super) fn take_along(mail: &mut NewMail, folder: &Path) -> std::io::Result<()> {
    for file in &mut mail.files {
        if let FilePlace::Disk(path) = &file.place
            && path.starts_with(folder)
        {
            file.place = FilePlace::Stored(std::fs::read(path)?);
        }
    }
    Ok(())
}

/// Counts the bytes of a mail's files that are in memory.
pub(super) fn held(mail: &NewMail) -> u64 {
    mail.files.iter().filter(|file| matches!(file.place, FilePlace::Stored(_))).map(|file| file.size).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_a_harmless_name() {
        for (number, name) in [
            ("F-2026-001", "F-2026-001"),
            ("F/2026\\1", "F-2026-1"),
            ("..", "__"),
            ("a.b", "a_b"),
            (" é\u{1f4e6}\0 ", "é\u{1f4e6}-"),
        ] {
            assert_eq!(file_name(number), name, "{number:?}");
        }
        assert_eq!(file_name(&"x".repeat(500)).len(), NAME);
    }
}
