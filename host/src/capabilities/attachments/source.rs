//! Where the bytes of an attachment are, and how they are read without being trusted to stay the same.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

/// Bytes read at a time: 1,024 lines of the encoding.
const BLOCK: usize = 57 * 1024;

/// Why a file could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The operating system refused.
    #[error("cannot read {path}: {source}")]
    System {
        /// The file.
        path: String,
        /// The system's own words.
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
}

#[derive(Clone)]
enum Place {
    Memory(Arc<[u8]>),
    Disk { path: Arc<Path>, size: u64, changed: Option<SystemTime> },
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Memory(bytes) => write!(f, "{} bytes in memory", bytes.len()),
            Self::Disk { path, size, .. } => write!(f, "{} ({size} bytes)", path.display()),
        }
    }
}

impl AttachmentSource {
    /// Bytes that are already in memory.
    pub fn from_bytes(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self { place: Place::Memory(bytes.into()) }
    }

    /// A file on disk, pinned to the size and time of change that it has now.
    pub fn from_file(path: impl Into<PathBuf>) -> Result<Self, ReadError> {
        let path: PathBuf = path.into();
        let facts = std::fs::metadata(&path).map_err(|source| system(&path, source))?;
        if !facts.is_file() {
            return Err(ReadError::NotAFile { path: path.display().to_string() });
        }
        Ok(Self {
            place: Place::Disk { path: path.into(), size: facts.len(), changed: facts.modified().ok() },
        })
    }

    /// The file, where it is one on disk.
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::Memory(_) => None,
            Place::Disk { path, .. } => Some(path),
        }
    }

    /// Exact number of bytes.
    pub fn size(&self) -> u64 {
        match &self.place {
            Place::Memory(bytes) => bytes.len() as u64,
            Place::Disk { size, .. } => *size,
        }
    }

    /// At most `length` bytes from `offset`; fewer at the end of the file, none beyond it.
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
            Place::Disk { path, .. } => {
                let mut file = self.open_disk(path).await?;
                let mut read = Vec::new();
                file.seek(std::io::SeekFrom::Start(offset)).await.map_err(|source| system(path, source))?;
                file.take(end - offset)
                    .read_to_end(&mut read)
                    .await
                    .map_err(|source| system(path, source))?;
                Ok(read)
            }
        }
    }

    /// Starts reading the whole file in blocks.
    pub async fn open(&self) -> Result<SourceReader<'_>, ReadError> {
        let state = match &self.place {
            Place::Memory(bytes) => State::Memory { rest: bytes },
            Place::Disk { path, .. } => {
                State::Disk { file: self.open_disk(path).await?, path, block: vec![0; BLOCK], read: 0 }
            }
        };
        Ok(SourceReader { source: self, state })
    }

    /// SHA-256 of all the bytes.
    pub async fn sha256(&self) -> Result<[u8; 32], ReadError> {
        let mut digest = Sha256::new();
        let mut reader = self.open().await?;
        while let Some(block) = reader.next().await? {
            digest.update(block);
        }
        Ok(digest.finalize().into())
    }

    async fn open_disk(&self, path: &Path) -> Result<File, ReadError> {
        let file = File::open(path).await.map_err(|source| system(path, source))?;
        self.verify(path, &file).await?;
        Ok(file)
    }

    /// Fails unless the open file still has the size and time of change that it was named with.
    async fn verify(&self, path: &Path, file: &File) -> Result<(), ReadError> {
        let Place::Disk { size, changed, .. } = &self.place else { return Ok(()) };
        let now = file.metadata().await.map_err(|source| system(path, source))?;
        if now.len() == *size && now.modified().ok() == *changed {
            return Ok(());
        }
        Err(ReadError::Changed { path: path.display().to_string(), expected: *size, found: now.len() })
    }
}

/// Reads one attachment from its beginning to its end.
#[derive(Debug)]
pub struct SourceReader<'a> {
    source: &'a AttachmentSource,
    state: State<'a>,
}

#[derive(Debug)]
enum State<'a> {
    Memory { rest: &'a [u8] },
    Disk { file: File, path: &'a Path, block: Vec<u8>, read: u64 },
}

impl SourceReader<'_> {
    /// The next block, or `None` after the last. Together the blocks are exactly [`AttachmentSource::size`]
    /// bytes, or there is an error.
    pub async fn next(&mut self) -> Result<Option<&[u8]>, ReadError> {
        match &mut self.state {
            State::Memory { rest } => {
                let (block, later) = rest.split_at(BLOCK.min(rest.len()));
                *rest = later;
                Ok((!block.is_empty()).then_some(block))
            }
            State::Disk { file, path, block, read } => {
                let count = file.read(block.as_mut_slice()).await.map_err(|source| system(path, source))?;
                *read += count as u64;
                let expected = self.source.size();
                if *read > expected || (count == 0 && *read != expected) {
                    let path = path.display().to_string();
                    return Err(ReadError::Changed { path, expected, found: *read });
                }
                if count == 0 {
                    self.source.verify(path, file).await?;
                }
                Ok(block.get(..count).filter(|block| !block.is_empty()))
            }
        }
    }
}

fn system(path: &Path, source: std::io::Error) -> ReadError {
    ReadError::System { path: path.display().to_string(), source }
}
