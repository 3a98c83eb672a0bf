//! From a mail's content to a message (RFC 5322, MIME), byte for byte reproducible.
//!
//! The message is made in chunks: headers, bodies and the places where attachments go. The bytes of an attachment never come here, so that
//! the cost of a mail does not depend on its PDF. [`assemble`] puts chunks and files together for hosts that can't stream; the bytes are
//! those that a streaming host sends and those that mail-builder writes with the files in hand (a test proves it).
//!
//! Deliberately absent: a clock, randomness and host names (Date, Message-ID and boundaries come from the
//! letter), a `Bcc` header (only [`readdress`] writes one, for APIs that take it out again), and a `User-Agent`.

mod body;
mod chunk;
mod header;
mod identity;
mod message;
mod message_content;
mod read_back;
mod readdress;
#[cfg(test)]
mod tests;

pub use body::{html_size, html_size_beyond};
pub use chunk::{Chunk, assemble, encoded_len};
pub(in crate::domain) use header::address_field;
pub use identity::{IdentityFault, MailId, MessageId};
pub use message::compose;
pub use message_content::{Composed, ContentFault, Envelope, MessageContent, Thread};
pub use read_back::{NotComposed, PartFile, PartPicture, Parts, read_back};
pub use readdress::{Addressees, readdress, without_files};
