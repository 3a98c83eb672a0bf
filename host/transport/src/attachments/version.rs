//! What tells one version of a file from another without reading it.

use std::fs::{File, Metadata};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Two changes within this time may leave the same times behind: clocks of file systems are coarse, and some count seconds.
const COARSEST_CLOCK: Duration = Duration::from_secs(2);

/// A version of a file: which file it is, its size, and when it and its record in the file system were last changed. The latter
/// time can't be set by a program, so a file that was changed and given its former times again is another version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileVersion {
    device: u64,
    inode: u64,
    size: u64,
    modified: SystemTime,
    recorded: (i64, i64),
}

impl FileVersion {
    /// Reads the version of an open file; none where the system does not tell, or the file was changed so lately that a next change
    /// might not show.
    pub(super) fn of(file: &File) -> Option<Self> {
        Self::settled(&file.metadata().ok()?)
    }

    /// Reads the version of the file at a path.
    pub(super) fn at(path: &Path) -> Option<Self> {
        Self::settled(&std::fs::metadata(path).ok()?)
    }

    #[cfg(unix)]
    fn settled(facts: &Metadata) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let modified = facts.modified().ok()?;
        let recorded = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(facts.ctime()).ok()?);
        let latest = modified.max(recorded);
        // A time that is still to come tells nothing.
        let age = SystemTime::now().duration_since(latest).ok()?;
        (age > COARSEST_CLOCK).then(|| Self {
            device: facts.dev(),
            inode: facts.ino(),
            size: facts.len(),
            modified,
            recorded: (facts.ctime(), facts.ctime_nsec()),
        })
    }

    #[cfg(not(unix))]
    fn settled(_: &Metadata) -> Option<Self> {
        None
    }
}
