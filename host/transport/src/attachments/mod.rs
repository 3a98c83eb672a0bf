//! Files of a mail: streamed by the host, never as a whole in memory.
//!
//! The plugin names a file by a number; its bytes enter the sandbox only where a rule must examine the first few. They are
//! encoded as base64 straight into the socket's buffer.
//!
//! A file on disk is pinned by its size and time of change when it is opened first: if either differs later, reading fails,
//! so that no mail contains half of one version and half of the next.

mod chunk;
mod digests;
mod encoding;
mod source;
#[cfg(test)]
mod tests;
mod version;

pub use chunk::{Chunk, MessageReader};
pub use digests::FileDigests;
pub use encoding::{Base64Lines, encoded_length};
pub use source::{AttachmentSource, ReadError, SourceReader};
