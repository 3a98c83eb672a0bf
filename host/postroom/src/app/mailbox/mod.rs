//! The mailboxes that a user may use: what they see, search, read, answer and take care of in them.

mod access;
mod letter;
mod search;

pub use access::{MailboxAccess, Shown};
pub use letter::{LetterPeople, LetterRequest, PreparedLetter};
pub use search::{SearchProgress, ServerHit, ServerSearch};
