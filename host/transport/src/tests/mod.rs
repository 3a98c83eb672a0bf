//! Servers that do what a test tells them, and certificates for them: what the tests of all capabilities share.

pub(super) mod certificates;
pub(super) mod server;
