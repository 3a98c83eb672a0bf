//! Files that hold messages, and files that hold none.

mod maildir;
mod mbox;
