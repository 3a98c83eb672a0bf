//! Signing in at Google, Microsoft and others, and staying signed in (OAuth 2.0).
//!
//! A [`Provider`] is data: endpoints and scopes. A [`Client`] is what an operator registered there. One of three
//! ways leads to a [`Granted`]: [`authorize_loopback`] (a browser on this machine, RFC 8252), a [`WebCallback`]
//! (a browser that uses our web app), [`authorize_device`] (a code typed elsewhere, RFC 8628). [`Grants`] keeps
//! it and gives out access tokens for as long as the provider allows: it is the [`Tokens`] of SMTP, IMAP and the
//! providers' APIs.
//!
//! ```no_run
//! use postroom::oauth::*;
//! use std::{sync::Arc, time::Duration};
//!
//! # async fn sign_in(store: Arc<InMemory>) -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(Provider::google(), "1234.apps.googleusercontent.com", Some("secret".into()));
//! let wanted = Wanted::new(Purpose::Send).hint("office@example.com");
//! let limit = Duration::from_secs(300);
//! let granted = authorize_loopback(&client, &wanted, limit, |url| println!("open {url}")).await?;
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
//! redirect followed, HTTPS only (plain HTTP to a loopback server that the operator allowed), everything that a
//! server says bounded. Tokens are in no `Debug`, error or log; what a provider says is quoted without them.
//!
//! [`Tokens`]: crate::capabilities::tokens::Tokens

mod authorization;
mod callback;
mod client;
mod clock;
mod deauthorization;
mod device;
mod error;
mod grant;
mod grants;
mod http;
mod identity;
mod loopback;
mod page;
mod provider;
mod redaction;
mod store;
#[cfg(test)]
mod tests;

pub use authorization::Wanted;
pub use callback::{Owner, Session, WebCallback};
pub use client::Client;
pub use clock::{Clock, SystemClock};
pub use deauthorization::{AtProvider, Deauthorized};
pub use device::{DevicePrompt, authorize_device};
pub use error::Error;
pub use grant::{Deadline, Grant, Granted};
pub use grants::{BoundTokens, Grants, Standing};
pub use http::Network;
pub use loopback::authorize_loopback;
pub use provider::{Endpoints, Issuer, LoopbackHost, Provider, Purpose, Scopes, Tenant};
pub use store::{Clients, GrantStore, InMemory, StoreError, Stored, Swap};
