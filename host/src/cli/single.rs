//! One worker at a store in a file: a lock of the operating system, which goes with the program that has it, however that
//! program ends. PostgreSQL has any number.

use super::Failure;
use crate::store::{Location, StoreError};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;

/// The right to work at a store.
#[derive(Debug)]
pub(super) struct Single {
    /// Locked while it is open.
    lock: Option<File>,
}

impl Single {
    /// Takes it; none: another program has it.
    pub(super) fn take(location: &Location) -> Result<Option<Self>, Failure> {
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
                _ => Failure::other(what),
            }
        };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&name).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { lock: Some(file) })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// No other worker can be at the store.
    pub(super) fn is_alone(&self) -> bool {
        self.lock.is_some()
    }
}
