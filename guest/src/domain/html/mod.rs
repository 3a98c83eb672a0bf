//! HTML written by people we don't trust: a signature pasted from a mail program, a mail from a stranger. It is parsed as a browser
//! parses it (html5ever), into a tree of bounded size, and new HTML is generated from that tree by lists of what is allowed. Nothing of the
//! original markup is copied, so whatever a list does not name cannot be in the result.
//!
//! Invariants: no function here recurses on the depth of a document, dropping a tree included; the size of a tree is
//! linear in the length of the input, and so is the time to build it, but for the parser's comparison of the attributes of one tag with
//! each other, which [`Limits`] bounds by the length of the whole; generated HTML is final, and nothing may rewrite it afterwards.

mod escape;
mod generate;
mod limits;
mod lines;
mod links;
mod marks;
mod parse;
mod policy;
mod sink;
mod style;
mod text;
mod tree;

pub use escape::{escaped, push_escaped};
pub use generate::{Generated, generate};
pub use limits::Limits;
pub use lines::{ReadableText, to_lines};
pub(crate) use links::OUTSIDE;
pub use links::push_linked;
pub use parse::parse;
pub use policy::{Attributes, Policy};
pub use text::to_text;
pub use tree::Tree;

/// Lists the elements of a tree with their attributes, those of SVG and MathML too, for checks of what was generated.
#[cfg(any(test, fuzzing))]
pub fn elements(tree: &Tree) -> Vec<(String, Vec<(String, String)>)> {
    tree.elements()
}

#[cfg(test)]
mod tests;
