//! The store in one file, taken while it is in use; and back from such a file, so that nothing is sent that may have left since.

use super::{AppError, StorePlaces, WorkerLock};
use crate::vault::Vault;
use chrono::{DateTime, FixedOffset};
use postroom_store::{Backup, Location, Restored, Restoring, Store};
use std::path::{Path, PathBuf};

/// A source to restore the store from.
#[derive(Debug, Clone)]
pub enum RestoreRequest {
    /// From this file.
    File {
        /// The backup.
        file: PathBuf,
        /// It takes the place of the store that is there.
        replace: bool,
    },
    /// It has come back by other means; its backup was begun at this time.
    Taken(DateTime<FixedOffset>),
}

/// A store that came back.
#[derive(Debug)]
pub struct RestoredStore {
    /// What became of it.
    pub restored: Restored,
    /// Keys without which secrets of the backup can't be read, and how many secrets each.
    pub missing_keys: Vec<(String, u64)>,
}

impl StorePlaces {
    /// Copies the store to a file, while it is in use. A store in PostgreSQL is refused.
    pub async fn back_up(&self, file: &Path) -> Result<Backup, AppError> {
        let Some(path) = self.location.path() else { return Err(AppError::NotAFile(self.location.clone())) };
        if !path.exists() {
            return Err(AppError::NoStore(self.location.clone()));
        }
        let store = Store::open(&self.location).await?;
        let backup = store.back_up(file).await;
        store.close().await;
        Ok(backup?)
    }

    /// Brings the store back. What may have left since the backup was taken is held, unless `resume_all`.
    pub async fn restore(
        &self,
        request: &RestoreRequest,
        resume_all: bool,
    ) -> Result<RestoredStore, AppError> {
        make_folder(&self.location)?;
        // Held until the end: no worker begins in between.
        let _lock = WorkerLock::take(&self.location)?
            .ok_or_else(|| AppError::WorkerAtStore(self.location.clone()))?;
        let restored = match request {
            RestoreRequest::Taken(taken) => {
                let store = Store::open(&self.location).await?;
                let held = store.mark_restored(*taken, resume_all).await;
                store.close().await;
                Restored { taken: *taken, held: held?, before: None }
            }
            RestoreRequest::File { .. } if self.location.path().is_none() => {
                return Err(AppError::NotAFile(self.location.clone()));
            }
            RestoreRequest::File { file, replace } => {
                let how = Restoring { replace: *replace, resume_all };
                self.location.restore(file, how).await.map_err(AppError::NotRestored)?
            }
        };
        let store = Store::open(&self.location).await?;
        let source = self.key_source()?;
        let missing_keys = Vault::missing_keys(&store, &source).await;
        store.close().await;
        Ok(RestoredStore { restored, missing_keys: missing_keys? })
    }
}

fn make_folder(location: &Location) -> Result<(), AppError> {
    let folder = location.path().and_then(Path::parent).filter(|it| !it.as_os_str().is_empty());
    let Some(folder) = folder else { return Ok(()) };
    let failed = |e| AppError::Input(format!("can't make {}: {e}", folder.display()));
    std::fs::create_dir_all(folder).map_err(failed)
}
