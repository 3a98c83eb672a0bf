//! The composed message in little room: a retry needs it byte for byte, and a hundred thousand may wait. What all mails have in
//! common, the layout and the texts, is a dictionary, so that each mail takes little more than its own text.

use crate::StoreError;
use crate::mail::types::{Message, Piece};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt::Display;
use std::io::Read;
use std::sync::LazyLock;
use zstd::bulk::Compressor;
use zstd::dict::{DecoderDictionary, EncoderDictionary};
use zstd::stream::read::Decoder;

/// Bytes of a message's own text; files are not part of it.
const LARGEST: usize = 32 << 20;

/// The dictionary, trained by `zstd --train --maxdict=32768` on the messages in `tests/snapshot/snapshots` without their files:
/// every kind, use case and language. It has a number, which is in each message that was packed with it: from the first release
/// on it stays as it is, and a better one gets another number and a file beside it.
const COMMON: &[u8] = include_bytes!("message_blob.dict");
const LEVEL: i32 = 1;
/// The form in which the parts follow each other; another form gets another number.
const FORM: u8 = 1;

static PACKING: LazyLock<EncoderDictionary<'static>> =
    LazyLock::new(|| EncoderDictionary::copy(COMMON, LEVEL));
static UNPACKING: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(COMMON));

thread_local! {
    /// A compressor for each thread: creating one costs as much as packing a message.
    static PACKER: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
}

/// The parts of a message that are stored packed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MessageBlob<'a> {
    pub(crate) pieces: Cow<'a, [Piece]>,
    pub(crate) html: Cow<'a, str>,
    pub(crate) text: Cow<'a, str>,
}

impl<'a> MessageBlob<'a> {
    pub(crate) fn of(message: &'a Message) -> Self {
        let Message { pieces, html, text, .. } = message;
        Self { pieces: pieces.into(), html: html.into(), text: text.into() }
    }

    pub(crate) fn pack(&self) -> Result<Vec<u8>, StoreError> {
        let unpackable = |e: &dyn Display| StoreError::invalid("message", e);
        let plain = postcard::to_extend(self, vec![FORM]).map_err(|e| unpackable(&e))?;
        if plain.len() > LARGEST {
            return Err(StoreError::invalid("message", format!("its text has more than {LARGEST} bytes")));
        }
        let packed = PACKER.with_borrow_mut(|packer| match packer {
            Some(packer) => packer.compress(&plain),
            None => packer.insert(Compressor::with_prepared_dictionary(&PACKING)?).compress(&plain),
        });
        // The buffer was allocated for the worst case.
        packed.map_err(|e| unpackable(&e)).map(|mut packed| {
            packed.shrink_to_fit();
            packed
        })
    }

    pub(crate) fn unpack(packed: &[u8]) -> Result<MessageBlob<'static>, StoreError> {
        let damaged = |error: &dyn Display| StoreError::Damaged(format!("a mail's message: {error}"));
        let mut plain = Vec::new();
        let reader = Decoder::with_prepared_dictionary(packed, &UNPACKING).map_err(|e| damaged(&e))?;
        reader.take(LARGEST as u64 + 1).read_to_end(&mut plain).map_err(|e| damaged(&e))?;
        if plain.len() > LARGEST {
            return Err(damaged(&"it is too large"));
        }
        match plain.split_first() {
            Some((&FORM, parts)) => postcard::from_bytes(parts).map_err(|e| damaged(&e)),
            _ => Err(damaged(&"its form is unknown")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_back_byte_for_byte_in_less_room() {
        let text = "Content-Type: text/html\r\n\r\n<p>R&eacute;sum\u{e9} \0 \u{1f4e6}</p>\r\n".repeat(500);
        let pieces = vec![Piece::Text(text.clone()), Piece::File(7), Piece::Text(String::new())];
        let message_blob = MessageBlob { pieces: (&pieces).into(), html: "<p>".into(), text: "p".into() };
        let packed = message_blob.pack().unwrap();
        assert!(packed.len() * 5 < text.len(), "{} of {}", packed.len(), text.len());
        let back = MessageBlob::unpack(&packed).unwrap();
        assert_eq!((back.pieces.as_ref(), &*back.html, &*back.text), (pieces.as_slice(), "<p>", "p"));
    }

    #[test]
    fn what_is_damaged_is_said_to_be() {
        let bomb = zstd::bulk::compress(&vec![b' '; LARGEST + 10], 3).unwrap();
        let garbage = zstd::bulk::compress(b"{\"pieces\":1}", 3).unwrap();
        let unknown = zstd::bulk::compress(b"\x02abc", 3).unwrap();
        let many = zstd::bulk::compress(b"\x01\xff\xff\xff\xff\x0f", 3).unwrap();
        let other = EncoderDictionary::copy(&b"another dictionary, which nobody has".repeat(50), 3);
        let other = Compressor::with_prepared_dictionary(&other).unwrap().compress(&[b'x'; 500]).unwrap();
        for packed in [&b""[..], b"abc", &bomb, &garbage, &unknown, &many, &bomb[..10], &other] {
            let error = MessageBlob::unpack(packed).unwrap_err();
            assert!(matches!(error, StoreError::Damaged(_)), "{error}");
        }
    }
}
