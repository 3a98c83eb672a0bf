//! Postroom.

pub mod capabilities;
