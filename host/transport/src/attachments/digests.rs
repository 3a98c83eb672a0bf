//! Digests of files that this program read a short while ago, so that a file of a mail is hashed once: when the mail is composed, and
//! not again when it leaves. A file that is not the same version any more is read anew.

use super::source::{AttachmentSource, Digested, ReadError};
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Files that are remembered: those of the mails that one program composes ahead of its worker.
const FILES: usize = 8_192;

/// The digests. Cloning it shares them.
#[derive(Debug, Clone, Default)]
pub struct FileDigests(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    of: BTreeMap<PathBuf, Digested>,
    /// Paths in the order in which they came.
    order: VecDeque<PathBuf>,
}

impl FileDigests {
    /// Computes SHA-256 of a file, or returns the one known of this very version of it.
    ///
    /// # Errors
    /// [`ReadError`]: the file can't be read, or is not the one that was named.
    pub async fn sha256(&self, source: &AttachmentSource) -> Result<[u8; 32], ReadError> {
        let Some(path) = source.path() else { return source.sha256().await };
        if let Some(digested) = self.known(path, source) {
            let sha256 = digested.sha256;
            source.set_digest(digested);
            return Ok(sha256);
        }
        let sha256 = source.sha256().await?;
        if let Some(digested) = source.digested().filter(|digested| digested.version.is_some()) {
            self.remember(path.to_owned(), digested.clone());
        }
        Ok(sha256)
    }

    /// Returns what is known of the very version that a file had when it was named, which a later reading compares again.
    fn known(&self, path: &Path, source: &AttachmentSource) -> Option<Digested> {
        let digested = self.lock().of.get(path).cloned()?;
        (digested.version.is_some() && digested.version == source.version()).then_some(digested)
    }

    fn remember(&self, path: PathBuf, digested: Digested) {
        let mut known = self.lock();
        if known.of.insert(path.clone(), digested).is_none() {
            known.order.push_back(path);
        }
        if known.order.len() > FILES
            && let Some(oldest) = known.order.pop_front()
        {
            known.of.remove(&oldest);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
