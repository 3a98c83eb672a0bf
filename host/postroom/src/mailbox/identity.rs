//! The identity of a message: what stays the same when it is moved, copied, or numbered anew by its server. A uid is a place.

use postroom_model::FolderId;
use postroom_transport::imap::SyncEnvelope;
use sha2::{Digest as _, Sha256};

/// Computes the identity of a message: of its Message-ID, size and date. Without a Message-ID of its header, its size, and its place: two
/// messages of one sender, subject and second are two, and one that is moved is another.
pub(super) fn identity(of: &SyncEnvelope, folder: FolderId, uid_validity: u32) -> [u8; 32] {
    let envelope = &of.envelope;
    let mut digest = Sha256::new();
    match &envelope.message_id {
        Some(id) => {
            digest.update(b"message-id\0");
            digest.update(id.as_bytes());
            digest.update(b"\0");
            digest.update(envelope.date.map(|date| date.timestamp()).unwrap_or_default().to_be_bytes());
        }
        None => {
            digest.update(b"header\0");
            digest.update(of.header_digest);
            digest.update(folder.number().to_be_bytes());
            digest.update(uid_validity.to_be_bytes());
            digest.update(envelope.uid.to_be_bytes());
        }
    }
    digest.update(envelope.size.to_be_bytes());
    digest.finalize().into()
}
