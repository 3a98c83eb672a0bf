//! A letter without a document: a new one, an answer to a message of a mailbox, or a message that is passed on.
//!
//! What an answer begins with follows from the original, which a stranger wrote: [`addressees`] and [`thread_of`] take of it what can be
//! parsed, [`quote()`] its text, and HTML that is generated anew. [`body`](body()) puts the user's words first, the signature below them, and the
//! quote last: a signature under the quote is not found there.

mod addressees;
mod body;
mod carried_parts;
mod model;
mod people;
mod quote;
mod subject;
#[cfg(test)]
mod tests;
mod thread;
mod words;

pub use addressees::{Addressees, addressees};
pub use body::{Body, body};
pub use carried_parts::carried_parts;
pub use model::{CarriedPart, LetterKind, Original};
pub use quote::{Quote, quote};
pub use subject::{draft_subject, one_line};
pub use thread::thread_of;
