//! Safe HTML.
