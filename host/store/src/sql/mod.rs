//! How statements are written for both databases: reading columns, many rows as one parameter, the owner in the `where`, and
//! transactions that write.
//!
//! Invariant: what comes from outside is bound, never part of a statement's text.

pub(crate) mod address_key;
pub(crate) mod digest;
pub(crate) mod row;
pub(crate) mod rows;
pub(crate) mod scope;
pub(crate) mod writing;
