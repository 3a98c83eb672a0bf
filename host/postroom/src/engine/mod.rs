//! Running the plugin: load it once, keep instances warm, bound what a call may cost.
//!
//! An instance serves one company only, and none after a call that met hostile input: state that a bug might
//! leave behind can't reach another company's mail. Instances are cheap (tens of microseconds), so throwing
//! one away is never a reason to hesitate.

mod capabilities;
mod company_plugin;
mod convert;
mod error;
mod imap;
mod instance;
mod instance_pool;
mod limits;
mod load;
mod state;
mod web;

pub use capabilities::Capabilities;
pub use company_plugin::CompanyPlugin;
pub use convert::probe_report;
pub use error::EngineError;
pub use imap::MailboxAccess;
pub use limits::Limits;
pub use load::{Engine, Options};
pub use state::{Accounts, Apis, Files, LogSink};
