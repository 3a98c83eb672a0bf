//! The encoding is compared with a plain one, the sources with what lies on disk.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::{AttachmentSource, Base64Lines, FileDigests, ReadError, encoded_length};

/// The layout of the contract, written the slow way.
fn by_the_book(bytes: &[u8]) -> Vec<u8> {
    let encoded = STANDARD.encode(bytes);
    encoded.as_bytes().chunks(76).collect::<Vec<_>>().join(&b"\r\n"[..])
}

fn encode_in_pieces(bytes: &[u8], piece: usize) -> Vec<u8> {
    let mut out = b"before ".to_vec();
    let mut lines = Base64Lines::new();
    for piece in bytes.chunks(piece.max(1)) {
        lines.push(piece, &mut out);
    }
    lines.finish(&mut out);
    out.split_off(b"before ".len())
}

fn sample(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n * 31 + n / 251) as u8).collect()
}

#[test]
fn lines_have_76_characters_and_the_last_one_has_no_line_end() {
    for length in [0, 1, 2, 3, 56, 57, 58, 113, 114, 115, 171, 58_368, 58_369, 200_000] {
        let bytes = sample(length);
        let expected = by_the_book(&bytes);
        assert_eq!(expected.len() as u64, encoded_length(length as u64), "length of {length} bytes");
        for piece in [1, 5, 57, 64, 1000, 58_368, length.max(1)] {
            if piece == 1 && length > 1000 {
                continue;
            }
            let found = encode_in_pieces(&bytes, piece);
            assert!(found == expected, "{length} bytes in pieces of {piece}");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_in_any_pieces_give_the_same_lines(
        bytes in proptest::collection::vec(any::<u8>(), 0..2000),
        piece in 1usize..400,
    ) {
        prop_assert_eq!(encode_in_pieces(&bytes, piece), by_the_book(&bytes));
    }
}

async fn whole(source: &AttachmentSource) -> Result<Vec<u8>, ReadError> {
    let mut all = Vec::new();
    let mut reader = source.open().await?;
    while let Some(block) = reader.next().await? {
        all.extend_from_slice(block);
    }
    Ok(all)
}

fn on_disk(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("temporary file");
    file.write_all(bytes).expect("written");
    file.flush().expect("flushed");
    file
}

#[tokio::test]
async fn memory_and_disk_give_the_same_bytes_ranges_and_hash() {
    let bytes = sample(150_000);
    let file = on_disk(&bytes);
    let sources = [
        AttachmentSource::from_bytes(bytes.clone()),
        AttachmentSource::from_file(file.path()).expect("a file"),
    ];
    for source in &sources {
        assert_eq!(source.size(), 150_000, "{source:?}");
        assert!(whole(source).await.expect("read") == bytes, "{source:?}");
    }
    let [memory, disk] = &sources;
    assert_eq!(memory.sha256().await.expect("hash"), disk.sha256().await.expect("hash"));
    let empty = AttachmentSource::from_bytes(Vec::new()).sha256().await.expect("hash");
    assert_eq!(empty[..4], [0xe3, 0xb0, 0xc4, 0x42]);
}

#[tokio::test]
async fn any_part_of_a_file_is_read_as_it_stands_there() {
    for size in [0, 1, 100, 4_096, 4_097, 5_000, 8_192, 8_193, 150_000] {
        let bytes = sample(size);
        let file = on_disk(&bytes);
        let sources = [
            AttachmentSource::from_bytes(bytes.clone()),
            AttachmentSource::from_file(file.path()).expect("a file"),
        ];
        let near_the_end = bytes.len().saturating_sub(10) as u64;
        // The middle first: nothing of the ends is known then.
        for (offset, length) in [
            (4_000, 200),
            (0, 4),
            (near_the_end, 100),
            (100, 3_996),
            (100, 3_997),
            (near_the_end / 2, u32::MAX),
            (size as u64, 1),
            (u64::MAX, u32::MAX),
            (7, 0),
        ] {
            let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
            let to = from.saturating_add(length as usize).min(bytes.len());
            for source in &sources {
                let read = source.read(offset, length).await.expect("read");
                assert!(read == bytes[from..to], "{source:?} at {offset}, {length} bytes");
            }
        }
    }
}

#[tokio::test]
async fn a_file_that_grows_or_shrinks_while_it_is_read_is_an_error() {
    for shorter in [true, false] {
        let file = on_disk(&sample(500_000));
        let source = AttachmentSource::from_file(file.path()).expect("a file");
        let mut reader = source.open().await.expect("open");
        reader.next().await.expect("first block").expect("not empty");
        file.as_file().set_len(if shorter { 400_000 } else { 500_001 }).expect("resized");
        let result = loop {
            match reader.next().await {
                Ok(Some(_)) => {}
                other => break other.map(|_| ()),
            }
        };
        assert!(matches!(result, Err(ReadError::Changed { expected: 500_000, .. })), "shorter: {shorter}");
        assert!(matches!(whole(&source).await, Err(ReadError::Changed { .. })), "shorter: {shorter}");
    }
}

#[test]
fn a_folder_and_a_missing_file_are_named_in_the_error() {
    let folder = tempfile::tempdir().expect("folder");
    let error = AttachmentSource::from_file(folder.path()).expect_err("a folder");
    assert!(error.to_string().ends_with("is not a regular file"), "{error}");
    let error = AttachmentSource::from_file(folder.path().join("no.pdf")).expect_err("missing");
    assert!(error.to_string().contains("no.pdf"), "{error}");
}

/// Sets the time of change of a file to long ago, so that its version is one that can be told from the next.
fn age(file: &tempfile::NamedTempFile) {
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3_600);
    file.as_file().set_modified(long_ago).expect("the file's time is set");
}

#[tokio::test]
async fn a_digest_is_computed_anew_of_every_other_version_of_a_file() {
    let (digests, file) = (FileDigests::default(), on_disk(&sample(5_000)));
    let digest = |digests: FileDigests| {
        let path = file.path().to_owned();
        async move { digests.sha256(&AttachmentSource::from_file(path).expect("a file")).await.expect("hash") }
    };
    let first = digest(digests.clone()).await;
    // The same size, and a time of change that was set back: only the file's record tells.
    for (turn, byte) in [1_u8, 2, 3].into_iter().enumerate() {
        age(&file);
        if turn == 1 {
            // Until the change itself is old enough to be told from a next one.
            tokio::time::sleep(std::time::Duration::from_millis(3_100)).await;
            digest(digests.clone()).await;
        }
        std::fs::write(file.path(), vec![byte; 5_000]).expect("written");
        age(&file);
        let now = digest(digests.clone()).await;
        assert_eq!(now, digest(FileDigests::default()).await, "turn {turn}");
        assert_ne!(now, first);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_did_not_change_is_hashed_once() {
    let (digests, file) = (FileDigests::default(), on_disk(&sample(5_000)));
    age(&file);
    tokio::time::sleep(std::time::Duration::from_millis(3_100)).await;
    let source = || AttachmentSource::from_file(file.path()).expect("a file");
    let first = digests.sha256(&source()).await.expect("hash");
    let second = source();
    assert_eq!(digests.sha256(&second).await.expect("hash"), first);
    assert!(second.digested().is_some_and(|it| it.version.is_some()));
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_took_the_place_of_another_with_its_size_and_time_is_not_sent() {
    let (file, other) = (on_disk(&sample(5_000)), on_disk(&[7; 5_000]));
    age(&file);
    tokio::time::sleep(std::time::Duration::from_millis(3_100)).await;
    let source = AttachmentSource::from_file(file.path()).expect("a file");
    let when = file.as_file().metadata().and_then(|it| it.modified()).expect("the file's time");
    other.as_file().set_modified(when).expect("the other's time is set");
    std::fs::rename(other.path(), file.path()).expect("renamed");
    assert!(matches!(whole(&source).await, Err(ReadError::Changed { .. })));
}
