//! The web server, `postroom serve`: what the outside tells of mails, and the few pages that people see.
//!
//! ```text
//! POST /hooks/{provider}/{token}    a provider's reports            hooks/
//! GET  /o/{token}.gif               a mail's pixel                  pixel.rs
//! GET  /oauth/start/{token}         an invitation to sign in        sign_in.rs
//! GET  /oauth/callback              back from the provider          sign_in.rs, oauth/callback.rs
//! GET  /health  /ready              it runs; its store answers      health.rs
//! ```
//!
//! `GET /metrics`, for Prometheus, is on a listener of its own (`metrics.rs`).
//!
//! Everybody may call it, so everything is bounded: connections and requests of one client, headers, bodies, and the time
//! that each may take. A token in a path is a secret: the log has the route's pattern, never the path.

mod clients;
mod cookie;
mod health;
pub mod hooks;
mod metrics;
mod networks;
pub mod oauth;
mod page_texts;
mod peer;
mod pixel;
mod queue;
mod router;
mod same_origin;
mod server;
mod sign_in;
mod site;
mod untrusted_proxy;

pub use postroom::link_token::{Invitation, LinkTokens, pixel_url, sign_in_url};
pub use server::{Limits, Listeners, serve};
pub use site::{Clock, Site};
