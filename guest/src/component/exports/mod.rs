//! The exports, an interface a file.

mod composing;
#[cfg(not(feature = "renderer"))]
mod delivery;
mod documents;
mod info;
mod recipients;
mod templates;
mod tracking;
