//! Identities: UUIDs of version 7, so that rows sort by when they were made. One type each, since an account's id where a
//! company's belongs would be an access to another company's mail.

macro_rules! identity {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(into = "String", try_from = "String")]
        pub struct $name(uuid::Uuid);

        impl $name {
            /// Creates a new id.
            #[allow(clippy::new_without_default)]
            pub fn new() -> Self {
                Self(uuid::Uuid::now_v7())
            }

            /// Returns its sixteen bytes.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// Reads an id from its bytes.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(uuid::Uuid::from_bytes(bytes))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::Unusable;

            fn from_str(text: &str) -> Result<Self, $crate::Unusable> {
                uuid::Uuid::parse_str(text).map(Self).map_err(|_| $crate::Unusable::new($what, text, "expected a UUID"))
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::Unusable;

            fn try_from(text: String) -> Result<Self, $crate::Unusable> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    };
}

identity! {
    /// A company.
    CompanyId, "company id"
}
identity! {
    /// A user of one company.
    UserId, "user id"
}
identity! {
    /// A mail account of one company.
    AccountId, "account id"
}
identity! {
    /// A mail. Its text is also the identity that the plugin derives Message-ID and boundaries from.
    MailId, "mail id"
}
identity! {
    /// An attempt to send a mail.
    AttemptId, "attempt id"
}
identity! {
    /// Mails that were asked for together.
    BatchId, "batch id"
}
identity! {
    /// An invitation to sign in.
    InvitationId, "invitation id"
}
