//! Digests that are keys of an index: half the size of the text, and nothing of a person is in them.

use crate::sql::address_key::address_key;
use sha2::{Digest, Sha256};

/// Computes the digest of a list of texts. No two lists are the same bytes.
pub(crate) fn digest(texts: &[&str]) -> i64 {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    let bytes: [u8; 32] = hash.finalize().into();
    let (first, _) = bytes.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
    i64::from_be_bytes(*first)
}

/// Computes the digest of an address, the same for every spelling of it.
pub(crate) fn address_digest(address: &str) -> i64 {
    digest(&["address", &address_key(address)])
}
