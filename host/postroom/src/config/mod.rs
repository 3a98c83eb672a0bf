//! The settings file: company, user, look, own templates, accounts. TOML, read once at the edge.
//!
//! Beside it the operator's own file, for what holds for a whole installation.
//!
//! Passwords are never in it: an account names a file or an environment variable that holds one.

mod account;
mod error;
mod file;
mod files;
mod operator;
mod secret;
mod web;

pub use account::{AccountSettings, Security};
pub use error::ConfigError;
pub use file::{Config, FallbackForm, UserForm, read_templates};
pub use files::Trust;
pub use operator::{DnsUse, OAuthClient, Operator, Relay};
pub use secret::read_secret;
pub use web::{Networks, PublicUrl, UnusablePublicUrl, Web};
