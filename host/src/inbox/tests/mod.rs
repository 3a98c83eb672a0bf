//! Maildirs.

mod maildir;
