//! Signing in at Google, Microsoft and others, and staying signed in (OAuth 2.0).
//!
//! A [`Provider`] is data: endpoints and scopes. A [`Client`] is what an operator registered there. One of three
//! ways leads to a [`Granted`]: a browser on this machine (RFC 8252) or at a web app, by a [`PendingAuthorization`] whose
//! page the web server has; or [`authorize_device`] (a code typed elsewhere, RFC 8628). [`Grants`] stores it and returns
//! access tokens for as long as the provider allows: it is the [`Tokens`] of SMTP, IMAP and the providers' APIs.
//!
//! ```no_run
//! use postroom_transport::oauth::*;
//! use std::{sync::Arc, time::Duration};
//!
//! # async fn sign_in(store: Arc<InMemory>) -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(Provider::google(), "1234.apps.googleusercontent.com", Some("secret".into()));
//! let wanted = Wanted::new(Purpose::Send).hint("office@example.com");
//! let granted = authorize_device(&client, &wanted, |it| println!("open {} and enter {}", it.page, it.code)).await?;
//! println!("signed in as {:?}", granted.address);
//! let grants = Grants::new(store.clone(), store);
//! grants.install("account-1", granted).await?;
//! // … send; later:
//! println!("{}", grants.deauthorize("account-1").await?);
//! # Ok(())
//! # }
//! ```
//!
//! Security follows RFC 9700: PKCE with S256 always, exact redirect URIs, `state` and `iss` (RFC 9207) checked, no
//! redirect followed, HTTPS only (plain HTTP to a loopback server that the operator allowed), every response
//! bounded. Tokens are in no `Debug`, error or log; a provider's words are quoted without them.
//!
//! [`Tokens`]: crate::tokens::Tokens

mod authorization;
mod client;
mod clock;
mod deauthorization;
mod device;
mod error;
mod grant;
mod grants;
mod http;
mod identity;
mod provider;
mod redaction;
mod store;
#[cfg(test)]
mod tests;

pub use authorization::{AuthorizationReply, PendingAuthorization, StateDigest, Wanted, state_digest};
pub use client::Client;
pub use clock::{Clock, SystemClock, after};
pub use deauthorization::{AtProvider, Deauthorized};
pub use device::{DevicePrompt, authorize_device};
pub use error::Error;
pub use grant::{Deadline, Grant, Granted};
pub use grants::{BoundTokens, GrantState, Grants};
pub use http::Network;
pub use provider::{Endpoints, Issuer, LoopbackHost, Provider, Purpose, Scopes, Tenant};
pub use store::{Clients, GrantStore, InMemory, StoreError, Stored, Swap};
