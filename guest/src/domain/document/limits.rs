//! How much of anything a document may have. Everything that reads a document is bounded by these, so that
//! the worst file costs a known amount of memory and time.

/// Bytes of the file.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;
/// Lines of the document.
pub const MAX_LINES: usize = 10_000;
/// Entries of any other list: contacts, taxes, notes, references, ways to pay.
pub const MAX_ENTRIES: usize = 1_000;
/// Bytes of one text.
pub const MAX_TEXT: usize = 64 * 1024;
/// Characters of the document's number.
pub const MAX_NUMBER: usize = 200;
/// Depth of XML elements.
pub const MAX_DEPTH: usize = 64;
/// XML elements: 10,000 lines of 25 each, in a tree of some 20 MiB.
pub const MAX_ELEMENTS: usize = 262_144;
/// Attributes of one XML element, namespace declarations included.
pub const MAX_ATTRIBUTES: usize = 64;
/// Digits of a decimal, before and behind the point together.
pub const MAX_DIGITS: usize = 28;
/// Digits of a decimal before the separator, so that sums of lines can't overflow.
pub const MAX_INTEGER_DIGITS: usize = 18;
/// Fields of the business system's own.
pub const MAX_OWN: usize = 100;
/// Bytes of the name of such a field.
pub const MAX_OWN_NAME: usize = 64;
