//! Bounds of a message that is read, in one place; those of the whole message are in [`inbound::limits`](crate::domain::inbound::limits).

use crate::domain::html::Limits;

/// Parts that are looked at.
pub(super) const PARTS: usize = 2_000;
/// Multiparts within each other.
pub(super) const DEPTH: usize = 100;
/// Times that the whole message may be searched for boundaries, over all of its multiparts.
pub(super) const SEARCHES: usize = 40;
/// Files that are listed.
pub(super) const FILES: usize = 1_000;
/// Bytes of text that are read and given out.
pub(super) const TEXT: usize = 1 << 20;
/// Bytes of HTML that are read, of all parts together.
pub(super) const HTML: usize = 4 << 20;
/// Bytes of HTML that are given out.
pub(super) const SAFE_HTML: usize = 8 << 20;
/// Addresses of one field.
pub(super) const ADDRESSES: usize = 500;
/// Characters of a file's name.
pub(super) const FILE_NAME: usize = 255;
/// Notes.
pub(super) const NOTES: usize = 50;
/// Bytes of a signed message that are taken out of what signs it.
pub(super) const SIGNED: usize = 32 << 20;
/// Attributes of a file in TNEF, and properties in one of them.
pub(super) const TNEF: usize = 10_000;

/// Returns the bounds of one HTML document.
pub(super) const fn html(bytes: usize) -> Limits {
    Limits { bytes, nodes: 400_000, markup: 12 << 20, ..Limits::of_bytes(bytes) }
}
