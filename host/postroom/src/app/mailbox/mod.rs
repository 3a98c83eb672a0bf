//! The mailboxes that a company's users work with: following them, and what a user sees and does in those that they may use.

mod access;
mod follow;
mod search;

pub use access::{MailboxAccess, Shown};
pub use follow::{MailboxFollower, SyncObserver};
pub use search::{SearchProgress, ServerHit, ServerSearch};
