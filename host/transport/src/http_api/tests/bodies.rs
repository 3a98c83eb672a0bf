//! Every piece in its encoding, whole and in stretches, with its length known beforehand.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::super::body::{BodyReader, length};
use super::super::{Piece, Range};
use crate::attachments::{AttachmentSource, Base64Lines, Chunk};

async fn bytes(pieces: &[Piece], stretch: Range) -> Vec<u8> {
    let mut reader = BodyReader::new(pieces, stretch);
    let mut bytes = Vec::new();
    while let Some(block) = reader.next().await.expect("readable") {
        bytes.extend_from_slice(&block);
    }
    bytes
}

fn file(length: usize) -> Vec<u8> {
    (0..length).map(|n| u8::try_from(n * 7 % 251).expect("a byte")).collect()
}

fn message(texts: &[&str], files: &[usize]) -> (Vec<Chunk>, Vec<u8>) {
    let (mut chunks, mut whole) = (Vec::new(), Vec::new());
    for (n, text) in texts.iter().enumerate() {
        chunks.push(Chunk::Text((*text).into()));
        whole.extend_from_slice(text.as_bytes());
        if let Some(size) = files.get(n) {
            chunks.push(Chunk::Attachment(AttachmentSource::from_bytes(file(*size))));
            let mut lines = Base64Lines::new();
            lines.push(&file(*size), &mut whole);
            lines.finish(&mut whole);
        }
    }
    (chunks, whole)
}

#[tokio::test]
async fn a_message_is_encoded_across_the_borders_of_its_chunks() {
    for (texts, files) in [
        (&[""][..], &[][..]),
        (&["a"], &[]),
        (&["ab", "c", "", "de"], &[]),
        (&["Subject: é\r\n\r\n", "\r\n--b\r\n", "\r\n--b--\r\n"], &[1, 200_000]),
        (&["x", "yz", "w"], &[57, 58, 59]),
    ] {
        let (chunks, whole) = message(texts, files);
        for (piece, expected) in [
            (Piece::Message(chunks.clone()), whole.clone()),
            (Piece::MessageBase64(chunks.clone()), STANDARD.encode(&whole).into_bytes()),
            (Piece::MessageBase64Url(chunks), URL_SAFE_NO_PAD.encode(&whole).into_bytes()),
        ] {
            let pieces = [piece];
            assert_eq!(length(&pieces), expected.len() as u64, "{pieces:?}");
            let all = Range { offset: 0, length: length(&pieces) };
            assert!(bytes(&pieces, all).await == expected, "{pieces:?}");
        }
    }
}

#[tokio::test]
async fn pieces_follow_each_other_without_anything_between_them() {
    let source = AttachmentSource::from_bytes(file(100_000));
    let pieces = [
        Piece::Text("{\"content\":\"".into()),
        Piece::FileBase64(source.clone()),
        Piece::Text("\"}".into()),
        Piece::File(source),
    ];
    let mut expected = format!("{{\"content\":\"{}\"}}", STANDARD.encode(file(100_000))).into_bytes();
    expected.extend(file(100_000));
    assert_eq!(length(&pieces), expected.len() as u64);
    assert!(bytes(&pieces, Range { offset: 0, length: length(&pieces) }).await == expected);
}

#[tokio::test]
async fn a_file_that_changed_stops_the_body() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.pdf");
    std::fs::write(&path, file(1000)).expect("written");
    let pieces = [Piece::File(AttachmentSource::from_file(&path).expect("a file"))];
    std::fs::write(&path, file(1001)).expect("written");
    let error =
        BodyReader::new(&pieces, Range { offset: 0, length: 1000 }).next().await.expect_err("changed");
    assert!(error.to_string().contains("attach it again"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn stretches_put_together_are_the_body(sizes in proptest::collection::vec(0usize..300, 1..4), cut in 1u64..90) {
        let (chunks, _) = message(&["a", "bc\r\n", "d"], &sizes);
        let pieces = [
            Piece::Text("<".into()),
            Piece::MessageBase64(chunks.clone()),
            Piece::MessageBase64Url(chunks.clone()),
            Piece::Message(chunks),
            Piece::Text(">".into()),
        ];
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let total = length(&pieces);
        let whole = runtime.block_on(bytes(&pieces, Range { offset: 0, length: total }));
        prop_assert_eq!(whole.len() as u64, total);
        let mut joined = Vec::new();
        let mut offset = 0;
        while offset < total {
            let stretch = Range { offset, length: cut.min(total - offset) };
            joined.extend(runtime.block_on(bytes(&pieces, stretch)));
            offset += stretch.length;
        }
        prop_assert!(joined == whole);
    }
}
