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
/// Bytes of a file's name.
pub(super) const FILE_NAME: usize = 255;
/// Notes.
pub(super) const NOTES: usize = 50;
/// Messages that are signed as a whole, within each other.
pub(super) const SIGNATURES: usize = 3;
/// Bytes that are decoded of all messages that are signed as a whole, and of one file in Outlook's own format.
pub(super) const SIGNED: usize = 32 << 20;
/// Attributes of a file in TNEF, and properties in one of them.
pub(super) const TNEF: usize = 10_000;

/// Elements and texts of HTML, of all parts together.
pub(super) const NODES: usize = 400_000;
/// Bytes of the attributes of one HTML document, however long.
const MARKUP: usize = 12 << 20;

/// Returns the bounds of one HTML document of so many bytes, where so many nodes are left for the message: a short one has not those of a
/// long one.
pub(super) fn html(bytes: usize, nodes_left: usize) -> Limits {
    let share = Limits::of_bytes(bytes);
    Limits { nodes: share.nodes.min(nodes_left), markup: share.markup.min(MARKUP), ..share }
}
