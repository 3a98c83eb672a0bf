//! Postroom.
