//! The names that texts begin with. They stand apart so that the engine can name them in a fault without the rooms that fill them.

/// Names that every text begins with.
pub(super) const ROOT: &[&str] =
    &["document", "company", "sender", "partner", "recipient", "attached", "portal", "language", "locale"];

/// The name that only layouts begin with, besides.
pub(super) const LAYOUT_ROOT: &str = "mail";
