//! The settings file: company, user, look, own templates, accounts. TOML, read once at the edge.
//!
//! Passwords are never in it: an account names a file or an environment variable that holds one.

mod account;
mod error;
mod file;

pub use account::{AccountSettings, Security};
pub use error::ConfigError;
pub use file::{Config, read_templates};
