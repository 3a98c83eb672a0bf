//! What hostile servers cost: each case runs in a process of its own, since what was given back to the allocator once would
//! hide what is taken again.
//!
//! Rule A9: a mailbox's server is named by one company, and read by a worker that serves all of them.

#![allow(clippy::expect_used, clippy::panic)] // a test that can't go on has failed

mod imap;
mod process;
