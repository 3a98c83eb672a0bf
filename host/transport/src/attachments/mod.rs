//! Files that travel with a mail, kept by the host.
//!
//! The plugin names a file by a number; the bytes never enter the sandbox except where a rule must look at
//! the first few. The mail's body takes them from here as base64, straight into the socket's buffer.
//!
//! A file on disk is pinned by its size and time of change when it is first named: if either differs later,
//! reading fails rather than giving a mail half of one version and half of the next.

mod chunk;
mod encoding;
mod source;
#[cfg(test)]
mod tests;

pub use chunk::{Chunk, MessageReader};
pub use encoding::{Base64Lines, encoded_length};
pub use source::{AttachmentSource, ReadError, SourceReader};
