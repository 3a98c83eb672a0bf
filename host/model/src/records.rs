//! Where a company's records are: partners, contacts, documents and their files. Without a place the host works from the
//! files that it is given, and reports the status of no mail.

use super::ServiceUrl;
use crate::AllowList;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;
use std::path::PathBuf;

/// The place of a company's records. The key that requests are signed with is in the vault
/// ([`SecretKind::RecordsKey`](super::SecretKind)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "kebab-case", deny_unknown_fields)]
pub enum RecordsPlace {
    /// In an ERP with the interface of `docs/records.md`.
    Erp {
        /// Base URL of the interface.
        url: ServiceUrl,
        /// The operator's permission: where the URL may lead besides the public internet.
        #[serde(default)]
        allow_private: AllowList,
        /// Certificates in PEM that are trusted besides the system's.
        trusted_ca: Option<String>,
        /// Seconds that each step of a request may take; none: [`RecordsPlace::TIMEOUT`].
        timeout: Option<NonZeroU32>,
    },
    /// In a folder of documents. Notifications for an ERP stay in the store, to be read there.
    Folder {
        /// Absolute path.
        path: PathBuf,
    },
}

impl RecordsPlace {
    /// Seconds that each step of a request may take, where none are set; and at most.
    pub const TIMEOUT: u32 = 20;
    /// See [`RecordsPlace::TIMEOUT`].
    pub const LONGEST_TIMEOUT: u32 = 60;
}

impl std::fmt::Display for RecordsPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Erp { url, .. } => write!(f, "{url}"),
            Self::Folder { path } => write!(f, "{}", path.display()),
        }
    }
}
