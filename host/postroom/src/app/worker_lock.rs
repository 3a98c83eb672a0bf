//! One worker at a store in a file: a lock of the operating system, which goes with the program that has it, however that
//! program ends. A store in PostgreSQL has any number of workers.

use super::AppError;
use postroom_store::{Location, StoreError};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;

/// The right to work at a store.
#[derive(Debug)]
pub struct WorkerLock {
    /// Locked while it is open.
    lock: Option<File>,
}

impl WorkerLock {
    /// Takes the lock; none: another program has it.
    pub fn take(location: &Location) -> Result<Option<Self>, AppError> {
        let Some(path) = location.path() else { return Ok(Some(Self { lock: None })) };
        let mut name = path.as_os_str().to_owned();
        name.push(".worker");
        // What keeps the lock from being there keeps the store from being written.
        let failed = |e: std::io::Error| {
            let what = format!("can't lock {}: {e}", name.display());
            match e.kind() {
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                    StoreError::ReadOnly(what).into()
                }
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::DiskFull(what).into(),
                _ => AppError::Internal(what),
            }
        };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&name).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { lock: Some(file) })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// Tells whether no other worker can be at the store.
    pub fn is_alone(&self) -> bool {
        self.lock.is_some()
    }
}
