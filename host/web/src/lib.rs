//! The web server, `postroom serve`: providers' reports and fetches of pixels come in by it, and people see its few pages.
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
//! # For embedders
//! [`Site::open`] takes the connections and the engine of an installation, [`serve`] its listeners; [`oauth`] has the pages that
//! end a sign-in, for a web app ([`oauth::WebCallback`]) and for a command ([`oauth::authorize_loopback`]); [`hooks`] the port
//! that verifies reports of Amazon SNS. All else is private.
//!
//! # Invariant
//! The server is public, so everything is bounded: connections and requests of one client, headers, bodies, and the time that
//! each may take. It calls the use cases of `postroom::app` and nothing below them; a request has no access but that of the
//! signed token in it, which names its company. A token in a path is a secret: the log has the route's pattern, never the path.

mod clients;
mod cookie;
mod health;
pub mod hooks;
mod metrics;
mod networks;
pub mod oauth;
mod page;
mod page_texts;
mod peer;
mod pixel;
mod router;
mod same_origin;
mod server;
mod sign_in;
mod site;
mod untrusted_proxy;

pub use postroom::link_token::{Invitation, LinkTokens, pixel_url, sign_in_url};
pub use server::{Limits, Listeners, serve};
pub use site::Site;
