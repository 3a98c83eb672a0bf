//! What tells one version of a file from another without reading it.

use std::fs::Metadata;
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
    /// Reads the version from what the system tells of a file; none where it does not tell enough, or the file was changed so lately
    /// that a next change might not show.
    #[cfg(unix)]
    pub(super) fn of(facts: &Metadata) -> Option<Self> {
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
    pub(super) fn of(_: &Metadata) -> Option<Self> {
        None
    }
}
