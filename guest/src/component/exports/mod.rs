//! The exports, an interface a file.

mod accounts;
mod composing;
#[cfg(not(feature = "renderer"))]
mod delivery;
mod documents;
mod drafts;
#[cfg(not(feature = "renderer"))]
mod inbound;
mod info;
#[cfg(not(feature = "renderer"))]
mod openings;
mod recipients;
#[cfg(not(feature = "renderer"))]
mod sent;
mod templates;
mod tracking;
#[cfg(not(feature = "renderer"))]
mod webhooks;
