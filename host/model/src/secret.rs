//! What a secret is called. The secret itself is in the vault and in no type of this module.

use super::{AccountId, CompanyId};

/// The owner of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretOwner {
    /// An account of a company.
    Account(CompanyId, AccountId),
    /// A company itself.
    Company(CompanyId),
    /// The operator of the installation: the platform's own accounts and keys.
    Operator,
}

/// The use of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretKind {
    /// Password for the submission server.
    SmtpPassword,
    /// Password for the mailbox, where it is not the same.
    ImapPassword,
    /// An OAuth access token that was entered as such, without a grant to renew it.
    AccessToken,
    /// OAuth refresh token, with what belongs to the grant.
    Grant,
    /// Secret of an OAuth client.
    ClientSecret,
    /// Key of an HTTP API.
    ApiKey,
    /// Private key that signs mail (DKIM).
    DkimKey,
    /// Key that signs our own tokens: reply addresses, links, pixels.
    TokenKey,
    /// How a provider's webhook proves that it is the provider's.
    Webhook,
    /// Key that requests to the company's records are signed with.
    RecordsKey,
}

/// Names of an enumeration, both ways.
macro_rules! named {
    ($type:ident, $what:literal, { $($case:ident = $name:literal),+ $(,)? }) => {
        impl $type {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$case),+];

            /// Returns its name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$case => $name),+ }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::Unusable;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($name => Ok(Self::$case),)+
                    other => Err($crate::Unusable::new(
                        $what, other, concat!("expected one of" $(, " ", $name)+),
                    )),
                }
            }
        }
    };
}

pub(crate) use named;

named! { SecretKind, "kind of secret", {
    SmtpPassword = "smtp-password", ImapPassword = "imap-password", AccessToken = "access-token", Grant = "grant",
    ClientSecret = "client-secret", ApiKey = "api-key", DkimKey = "dkim-key", TokenKey = "token-key",
    Webhook = "webhook", RecordsKey = "records-key",
} }
