//! Companies, their users and accounts, who may use which account, and what each has set; their addresses on the platform,
//! invitations and sealed secrets.
//!
//! Invariant: the view `reachable` alone decides which accounts a user may use. A method that takes a user reads through it.

pub(crate) mod company_store;
pub(crate) mod invitations;
pub(crate) mod master_keys;
pub(crate) mod operator;
pub(crate) mod platform_addresses;
pub(crate) mod secrets;
pub(crate) mod user_store;
