//! Why something is so, for two readers: a code, which never changes its meaning and which [`explain`](super::interface_texts::explain)
//! puts into the user's language, and English words about the single case.
//!
//! The codes of a group are the cases of one type, so its list is complete: what is not in the list can't be given.

/// A reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// One of the codes of its group.
    pub code: &'static str,
    /// What is known of the single case, in English.
    pub detail: String,
}

/// Declares the reasons of a group: each case with its code, and its English words where nothing more is known.
macro_rules! reasons {
    ($(#[$doc:meta])* $type:ident, { $($case:ident = $code:literal, $words:expr;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $type { $(#[doc = concat!("`", $code, "`.")] $case),* }

        impl $type {
            /// Every case.
            pub const ALL: &'static [Self] = &[$(Self::$case),*];
            /// The code of every case.
            pub const CODES: &'static [&'static str] = &[$($code),*];

            /// Returns the code.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$case => $code),* }
            }

            /// Returns its meaning in English.
            pub const fn words(self) -> &'static str {
                match self { $(Self::$case => $words),* }
            }
        }

        impl From<$type> for $crate::domain::reason::Reason {
            fn from(of: $type) -> Self {
                Self { code: of.code(), detail: of.words().to_owned() }
            }
        }
    };
}
pub(crate) use reasons;

/// Joins two lists of codes, whose lengths make that of both.
pub(crate) const fn joined<const N: usize>(
    first: &[&'static str],
    second: &[&'static str],
) -> [&'static str; N] {
    assert!(first.len() + second.len() == N, "the length is not that of both lists");
    let mut all = [""; N];
    let mut index = 0;
    while index < N {
        all[index] = if index < first.len() { first[index] } else { second[index - first.len()] };
        index += 1;
    }
    all
}
