//! What the fuzz targets have in common: an oracle for memory, and conversations with servers whose part is written already.

mod memory;
mod safe;

pub use memory::{Cost, bounded};
pub use safe::safe;

use std::sync::LazyLock;
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));

/// Reads what an IMAP server is to have said, as the answer to `question`: each number is another one.
pub fn imap_responses(question: u8, said: &[u8]) {
    RUNTIME.block_on(postroom_transport::imap::fuzzing::answer(question, said));
}

/// Reads what an SMTP server is to have said: to EHLO, and to all that comes after it.
pub fn smtp_replies(said: &[u8]) {
    RUNTIME.block_on(postroom_transport::smtp::fuzzing::replies(said));
}
