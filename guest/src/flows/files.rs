//! The files of a call: looked into where a rule must, read as a whole where one is the document or the message itself.

/// The files of a call, for rules that must look inside one.
pub trait Files {
    /// Reads at most `length` bytes of a file from `offset`.
    fn read(&mut self, handle: u32, offset: u64, length: u32) -> Result<Vec<u8>, FileError>;
}

/// Why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The host does not know the handle.
    #[error("the host knows no file {0}")]
    UnknownHandle(u32),
    /// The system's own words.
    #[error("{0}")]
    Unreadable(String),
}

/// Bytes of one request for a whole file: what the contract allows.
const AT_ONCE: u32 = 64 << 10;

/// Reads a file from beginning to end, block by block.
///
/// # Errors
/// [`FileError`]; also where the host gives more than was asked for.
pub fn read_whole(files: &mut impl Files, handle: u32, most: usize) -> Result<Vec<u8>, FileError> {
    in_blocks(AT_ONCE, most, |offset| {
        let block = files.read(handle, offset, AT_ONCE)?;
        if block.len() > AT_ONCE as usize {
            let detail = format!("{} bytes were read of it where {AT_ONCE} were asked for", block.len());
            return Err(FileError::Unreadable(detail));
        }
        Ok(block)
    })
}

/// Joins what `read` gives from one offset after the other, up to a block of fewer than `at_once` bytes. Where there is more than `most` it
/// stops after one block too many, which is enough for a reader to refuse it.
pub(super) fn in_blocks<E>(
    at_once: u32,
    most: usize,
    mut read: impl FnMut(u64) -> Result<Vec<u8>, E>,
) -> Result<Vec<u8>, E> {
    let mut whole: Vec<u8> = Vec::new();
    loop {
        let block = read(whole.len() as u64)?;
        let is_last = block.len() < at_once as usize;
        whole.extend(block);
        if is_last || whole.len() > most {
            return Ok(whole);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Zeros {
        size: usize,
        asked: u32,
        too_much: usize,
    }

    impl Files for Zeros {
        fn read(&mut self, handle: u32, offset: u64, length: u32) -> Result<Vec<u8>, FileError> {
            self.asked += 1;
            match handle {
                1 => {
                    let left = self.size - offset as usize;
                    Ok(vec![0; left.min(length as usize) + self.too_much])
                }
                _ => Err(FileError::UnknownHandle(handle)),
            }
        }
    }

    #[test]
    fn a_file_is_read_to_its_end_and_not_far_beyond_what_it_may_have() {
        let block = AT_ONCE as usize;
        for (size, most, expected, asked) in [
            (0, 10, 0, 1),
            (1, 10, 1, 1),
            (block, 3 * block, block, 2),
            (2 * block + 1, 3 * block, 2 * block + 1, 3),
            (100 * block, 3 * block, 4 * block, 4),
        ] {
            let mut files = Zeros { size, asked: 0, too_much: 0 };
            assert_eq!(read_whole(&mut files, 1, most).unwrap().len(), expected, "{size}");
            assert_eq!(files.asked, asked, "{size}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_and_a_host_that_gives_too_much_are_errors() {
        let mut files = Zeros { size: 3 * AT_ONCE as usize, asked: 0, too_much: 1 };
        assert_eq!(read_whole(&mut files, 2, 10), Err(FileError::UnknownHandle(2)));
        assert!(matches!(read_whole(&mut files, 1, 10), Err(FileError::Unreadable(_))));
    }
}
