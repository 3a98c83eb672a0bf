//! What the fuzz targets have in common: an oracle for memory, and conversations with servers whose part is written already.

mod memory;
mod safe;

pub use memory::{Cost, bounded};
pub use safe::safe;

use std::sync::LazyLock;
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));

/// Reads `sent` as an IMAP server's responses to the command `question`: each number is another one.
pub fn imap_responses(question: u8, sent: &[u8]) {
    RUNTIME.block_on(postroom_transport::imap::fuzzing::answer(question, sent));
}

/// Reads `sent` as an SMTP server's replies: to EHLO, and to all that comes after it.
pub fn smtp_replies(sent: &[u8]) {
    RUNTIME.block_on(postroom_transport::smtp::fuzzing::replies(sent));
}
