//! The mailboxes that a company's users work with: following them, and what a user sees and does in those that they may use.

mod access;
mod follow;
mod letter;
mod search;

pub use access::{MailboxAccess, Shown};
pub use follow::{MailboxFollower, SyncObserver};
pub use letter::{LetterPeople, LetterRequest, PreparedLetter};
pub use search::{SearchProgress, ServerHit, ServerSearch};
