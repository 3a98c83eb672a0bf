//! Identities in the index of a mailbox: numbers, the mailbox's in the upper half and a count within the mailbox in the lower.
//! So the ids of one mailbox do not show how much mail another one has.

macro_rules! number {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(into = "String", try_from = "String")]
        pub struct $name(i64);

        impl $name {
            /// Creates an id from the number that is stored.
            pub fn from_number(number: i64) -> Self {
                Self(number)
            }

            /// Returns the number that is stored.
            pub fn number(self) -> i64 {
                self.0
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
                text.parse().map(Self).map_err(|_| $crate::Unusable::new($what, text, "expected a number"))
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

number! {
    /// A folder of a mailbox.
    FolderId, "folder id"
}
number! {
    /// A message in the index of a mailbox.
    IndexedMessageId, "message id"
}
number! {
    /// A conversation.
    ConversationId, "conversation id"
}
number! {
    /// A note on a conversation.
    NoteId, "note id"
}
number! {
    /// A bookmark of a message.
    BookmarkId, "bookmark id"
}
