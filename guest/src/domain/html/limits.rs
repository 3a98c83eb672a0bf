//! How much of a document is parsed. The parser of HTML's standard is not linear: a few bytes may reopen every unclosed formatting element,
//! and each tag looks through all open elements. These bounds keep the work proportional to the input.

/// Bounds of one document. What exceeds `bytes`, `nodes` or `markup` ends the document there; what exceeds another bound is left out, and
/// its text stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes read of the input.
    pub bytes: usize,
    /// Elements and texts in the tree.
    pub nodes: usize,
    /// Elements open at once, so about the depth of the tree.
    pub open_elements: usize,
    /// Attributes of one element.
    pub attributes: usize,
    /// Bytes of one attribute's value.
    pub attribute_bytes: usize,
    /// Bytes of all attributes of all elements, those of reopened elements included: bounds the generated HTML.
    pub markup: usize,
}

impl Limits {
    /// Returns the bounds for a document of at most `bytes`.
    pub const fn of_bytes(bytes: usize) -> Self {
        Self {
            bytes,
            nodes: bytes / 2 + 1024,
            open_elements: 256,
            attributes: 64,
            attribute_bytes: bytes,
            markup: 4 * bytes + 4096,
        }
    }
}
