//! The database itself: where it is, how a connection is made durable, which schema it has, and which programs may work with it.
//!
//! Invariant: no statement runs on a connection before its settings were read back and the schema was compared with the
//! migrations of this program.

pub(crate) mod compatibility;
pub(crate) mod connect;
pub(crate) mod dialect;
pub(crate) mod location;
pub(crate) mod migrations;
