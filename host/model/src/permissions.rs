//! What the operator of the installation allows an account. Apart from the account's own fields on purpose: who may type
//! a host name must not be able to widen where it may lead.

use crate::AllowList;
use serde::{Deserialize, Serialize};

/// Permissions of one account; none unless the operator gave them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Permissions {
    /// Servers and services that may be reached although they are not on the public internet.
    pub allow_private: AllowList,
    /// A login although the connection has no encryption.
    pub allow_cleartext_login: bool,
}
