//! What the operator of the installation allows an account. Apart from the account's own fields on purpose: who may type
//! a host name must not be able to widen where it may lead.

use serde::{Deserialize, Serialize};

/// Permissions of one account; none unless the operator gave them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Permissions {
    /// Servers at loopback, private, link-local and metadata addresses; plain HTTP for loopback services.
    pub private_networks: bool,
    /// A login although the connection has no encryption.
    pub cleartext_login: bool,
}
