//! Where the bytes of an attachment are, and how they are read without being trusted to stay the same.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use super::version::FileVersion;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// Bytes read at a time: 4,096 lines of the encoding, and most files of business mail at once.
const BLOCK: usize = 4 * 57 * 1024;

/// Bytes at the start and at the end of a file that are read together.
const END: u64 = 4096;

/// Why a file could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The operating system refused.
    #[error("cannot read {path}: {source}")]
    System {
        /// The file.
        path: String,
        /// The system's message.
        source: std::io::Error,
    },
    /// The file is not the one that was named: its size or time of change differs.
    #[error(
        "{path} changed while it was being sent: it had {expected} bytes and now has {found}; attach it again"
    )]
    Changed {
        /// The file.
        path: String,
        /// Size when the file was named.
        expected: u64,
        /// Size now.
        found: u64,
    },
    /// A folder, a pipe or a device.
    #[error("{path} is not a regular file")]
    NotAFile {
        /// What was named.
        path: String,
    },
}

/// The bytes of one attachment. Cloning it copies no bytes.
#[derive(Debug, Clone)]
pub struct AttachmentSource {
    place: Place,
    digest: Arc<OnceLock<Digested>>,
}

#[derive(Clone)]
enum Place {
    Memory(Arc<[u8]>),
    Disk(Pinned),
}

/// A file on disk as it was when it was named.
#[derive(Debug, Clone)]
struct Pinned {
    path: Arc<Path>,
    size: u64,
    changed: Option<SystemTime>,
    /// None of a file that was changed a moment ago: the next version might look alike.
    version: Option<FileVersion>,
    ends: Arc<OnceLock<Ends>>,
}

/// The digest of a file, and what the file was when it was read for it.
#[derive(Debug, Clone)]
pub(super) struct Digested {
    pub(super) sha256: [u8; 32],
    /// None of bytes in memory, and where the file may change without a trace.
    pub(super) version: Option<FileVersion>,
}

/// The first and the last bytes of a file. A check whether a file is complete needs both:
/// they are read at once, since going to the disk costs more than the bytes.
#[derive(Debug)]
struct Ends {
    first: Vec<u8>,
    last: Vec<u8>,
    /// Where the last bytes begin.
    from: u64,
}

impl Ends {
    /// The bytes from `offset` to `end`, if they are within one of the two.
    fn part(&self, offset: u64, end: u64) -> Option<&[u8]> {
        let of = |bytes: &'_ [u8], begin: u64| {
            let (from, to) = (offset.checked_sub(begin)?, end.checked_sub(begin)?);
            Some(usize::try_from(from).ok()?..usize::try_from(to).ok()?)
                .filter(|part| part.end <= bytes.len())
        };
        match of(&self.first, 0) {
            Some(part) => self.first.get(part),
            None => self.last.get(of(&self.last, self.from)?),
        }
    }
}

impl Pinned {
    /// Whether all of this is among the first or the last bytes.
    fn is_within_an_end(&self, offset: u64, end: u64) -> bool {
        end <= END || offset >= self.size.saturating_sub(END)
    }

    /// Reads both ends; of a small file the whole, since its digest is wanted next.
    fn read_ends(&self, file: &mut File, digest: &OnceLock<Digested>) -> Result<Ends, ReadError> {
        if self.size <= BLOCK as u64 {
            let whole = self.part(file, 0, self.size)?;
            if whole.len() as u64 == self.size {
                self.verify(file)?;
                let _ = digest.set(Digested { sha256: Sha256::digest(&whole).into(), version: self.version });
            }
            let end = |range: std::ops::Range<usize>| whole.get(range).unwrap_or_default().to_vec();
            let from = whole.len().saturating_sub(END as usize);
            let last = if from == 0 { Vec::new() } else { end(from..whole.len()) };
            return Ok(Ends { first: end(0..whole.len().min(END as usize)), last, from: from as u64 });
        }
        let from = self.size.saturating_sub(END);
        let first = self.part(file, 0, END.min(self.size))?;
        let last = if from == 0 { Vec::new() } else { self.part(file, from, self.size)? };
        Ok(Ends { first, last, from })
    }

    /// The bytes from `offset` to `end` of the open file; fewer where it ends before.
    fn part(&self, file: &mut File, offset: u64, end: u64) -> Result<Vec<u8>, ReadError> {
        // With room for all of it one call to the system reads it.
        let mut read = Vec::with_capacity(usize::try_from(end.saturating_sub(offset)).unwrap_or(BLOCK));
        file.seek(SeekFrom::Start(offset))
            .and_then(|_| file.take(end.saturating_sub(offset)).read_to_end(&mut read))
            .map_err(|source| system(&self.path, source))?;
        Ok(read)
    }

    /// Opens the file, if it is still the one that was named.
    fn open(&self) -> Result<File, ReadError> {
        let file = File::open(&self.path).map_err(|source| system(&self.path, source))?;
        self.verify(&file)?;
        Ok(file)
    }

    /// Fails unless the open file still has the size and time of change that it was named with.
    fn verify(&self, file: &File) -> Result<(), ReadError> {
        let now = file.metadata().map_err(|source| system(&self.path, source))?;
        let is_same = now.len() == self.size && now.modified().ok() == self.changed;
        if is_same && (self.version.is_none() || FileVersion::of(&now) == self.version) {
            return Ok(());
        }
        Err(self.changed_to(now.len()))
    }

    fn changed_to(&self, found: u64) -> ReadError {
        ReadError::Changed { path: self.path.display().to_string(), expected: self.size, found }
    }

    /// Runs `work` on a thread that may block.
    async fn away<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ReadError> {
        let pinned = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&pinned)).await;
        done.unwrap_or_else(|error| Err(system(&self.path, std::io::Error::other(error))))
    }
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Memory(bytes) => write!(f, "{} bytes in memory", bytes.len()),
            Self::Disk(it) => write!(f, "{} ({} bytes)", it.path.display(), it.size),
        }
    }
}

impl AttachmentSource {
    /// Wraps bytes that are already in memory.
    pub fn from_bytes(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self { place: Place::Memory(bytes.into()), digest: Arc::default() }
    }

    /// Opens a file on disk, pinned to the size and time of change that it has now.
    pub fn from_file(path: impl Into<PathBuf>) -> Result<Self, ReadError> {
        let path: PathBuf = path.into();
        let facts = std::fs::metadata(&path).map_err(|source| system(&path, source))?;
        if !facts.is_file() {
            return Err(ReadError::NotAFile { path: path.display().to_string() });
        }
        Ok(Self {
            place: Place::Disk(Pinned {
                path: path.into(),
                size: facts.len(),
                changed: facts.modified().ok(),
                version: FileVersion::of(&facts),
                ends: Arc::default(),
            }),
            digest: Arc::default(),
        })
    }

    /// Returns the path of a file on disk.
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::Memory(_) => None,
            Place::Disk(pinned) => Some(&pinned.path),
        }
    }

    /// Returns the exact number of bytes.
    pub fn size(&self) -> u64 {
        match &self.place {
            Place::Memory(bytes) => bytes.len() as u64,
            Place::Disk(pinned) => pinned.size,
        }
    }

    /// Reads at most `length` bytes from `offset`; fewer at the end of the file, none beyond it.
    pub async fn read(&self, offset: u64, length: u32) -> Result<Vec<u8>, ReadError> {
        let end = offset.saturating_add(u64::from(length)).min(self.size());
        if offset >= end {
            return Ok(Vec::new());
        }
        match &self.place {
            Place::Memory(bytes) => {
                let range = usize::try_from(offset).ok().zip(usize::try_from(end).ok());
                Ok(range.and_then(|(from, to)| bytes.get(from..to)).unwrap_or_default().to_vec())
            }
            Place::Disk(pinned) => {
                if let Some(part) = pinned.ends.get().and_then(|ends| ends.part(offset, end)) {
                    return Ok(part.to_vec());
                }
                let digest = Arc::clone(&self.digest);
                let part = move |pinned: &Pinned| {
                    let mut file = pinned.open()?;
                    if pinned.is_within_an_end(offset, end) {
                        let ends = pinned.read_ends(&mut file, &digest)?;
                        let part = ends.part(offset, end).unwrap_or_default().to_vec();
                        let _ = pinned.ends.set(ends);
                        return Ok(part);
                    }
                    pinned.part(&mut file, offset, end)
                };
                pinned.away(part).await
            }
        }
    }

    /// Fails unless the file can be read and is the one that was named.
    pub async fn check(&self) -> Result<(), ReadError> {
        match &self.place {
            Place::Memory(_) => Ok(()),
            Place::Disk(pinned) => pinned.away(|pinned| pinned.open().map(drop)).await,
        }
    }

    /// Starts reading the whole file in blocks.
    pub async fn open(&self) -> Result<SourceReader<'_>, ReadError> {
        let state = match &self.place {
            Place::Memory(bytes) => State::Memory { rest: bytes },
            Place::Disk(pinned) => {
                let disk = pinned.away(Disk::open).await?;
                State::Disk { pinned, disk: Some(disk), given: false }
            }
        };
        Ok(SourceReader { state })
    }

    /// Computes SHA-256 of all the bytes: once, however often it is asked for.
    pub async fn sha256(&self) -> Result<[u8; 32], ReadError> {
        if let Some(digested) = self.digested() {
            return Ok(digested.sha256);
        }
        let (mut digest, mut reader) = (Sha256::new(), self.open().await?);
        while let Some(block) = reader.next().await? {
            digest.update(block);
        }
        let sha256 = digest.finalize().into();
        self.set_digest(Digested { sha256, version: self.version() });
        Ok(sha256)
    }

    /// Returns the version of a file on disk that was named.
    pub(super) fn version(&self) -> Option<FileVersion> {
        match &self.place {
            Place::Memory(_) => None,
            Place::Disk(pinned) => pinned.version,
        }
    }

    /// Returns the digest, if it was computed already.
    pub(super) fn digested(&self) -> Option<&Digested> {
        self.digest.get()
    }

    /// Sets the digest, which the caller computed or knows of this version of the file.
    pub(super) fn set_digest(&self, digested: Digested) {
        let _ = self.digest.set(digested);
    }
}

/// Reads one attachment from its beginning to its end.
#[derive(Debug)]
pub struct SourceReader<'a> {
    state: State<'a>,
}

#[derive(Debug)]
enum State<'a> {
    Memory {
        rest: &'a [u8],
    },
    Disk {
        pinned: &'a Pinned,
        /// None after an error.
        disk: Option<Disk>,
        /// What is in the block was given out.
        given: bool,
    },
}

/// An open file with the block that was read last.
#[derive(Debug)]
struct Disk {
    file: File,
    block: Vec<u8>,
    read: u64,
}

impl Disk {
    /// Opens a file and reads its first block.
    fn open(pinned: &Pinned) -> Result<Self, ReadError> {
        let mut disk = Self { file: pinned.open()?, block: Vec::new(), read: 0 };
        disk.fill(pinned)?;
        Ok(disk)
    }

    /// Reads the next block. After the last the file must still be the one that was named.
    fn fill(&mut self, pinned: &Pinned) -> Result<(), ReadError> {
        let wanted = (pinned.size - self.read).min(BLOCK as u64);
        self.block.clear();
        self.block.reserve(usize::try_from(wanted).unwrap_or(BLOCK));
        let read = (&self.file).take(wanted).read_to_end(&mut self.block);
        let read = read.map_err(|source| system(&pinned.path, source))? as u64;
        self.read += read;
        if read < wanted {
            return Err(pinned.changed_to(self.read));
        }
        if self.read == pinned.size { pinned.verify(&self.file) } else { Ok(()) }
    }
}

impl SourceReader<'_> {
    /// Reads the next block, or `None` after the last. Together the blocks are exactly [`AttachmentSource::size`]
    /// bytes, or there is an error.
    pub async fn next(&mut self) -> Result<Option<&[u8]>, ReadError> {
        match &mut self.state {
            State::Memory { rest } => {
                let (block, later) = rest.split_at(BLOCK.min(rest.len()));
                *rest = later;
                Ok((!block.is_empty()).then_some(block))
            }
            State::Disk { pinned, disk, given } => {
                let Some(mut open) = disk.take() else {
                    let cut_off = std::io::Error::other("an earlier part of it could not be read");
                    return Err(system(&pinned.path, cut_off));
                };
                if *given && open.read == pinned.size {
                    *disk = Some(open);
                    return Ok(None);
                }
                if *given {
                    open = pinned.away(move |pinned| open.fill(pinned).map(|()| open)).await?;
                }
                *disk = Some(open);
                *given = true;
                Ok(disk.as_ref().map(|open| open.block.as_slice()).filter(|block| !block.is_empty()))
            }
        }
    }
}

fn system(path: &Path, source: std::io::Error) -> ReadError {
    ReadError::System { path: path.display().to_string(), source }
}
