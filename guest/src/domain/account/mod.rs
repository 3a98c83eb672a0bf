//! An account before anything is sent: what its provider offers, what it can do, what is wrong with its settings,
//! and who a company is on the platform. An account crosses the boundary as JSON by the schema `account` and holds
//! no secret.

mod administrator;
mod api;
mod capability;
mod check;
mod evidence;
mod identity;
mod limits;
mod model;
mod notes;
mod page;
mod preset;
mod providers;
mod reasons;
mod servers;
#[cfg(test)]
mod tests;

pub use administrator::{Origin, Page, administrator_page};
pub use api::{Api, ApiSignIn, apis};
pub use capability::{Availability, CAPABILITIES, Capability, capabilities};
pub use check::{Code, FINDINGS, Finding, Severity, check};
pub use identity::{Identity, IdentityFault, Platform, platform_identity};
pub use limits::{Limits, limits};
pub use model::{Account, Relation, SCHEMA, Security, SendAs, Server, SignIn, Transport};
pub use notes::{NOTES, Note};
pub use preset::{
    Candidate, Host, KnownBy, LoginForm, Preset, Protocol, by_id, files_by_itself, guess, presets,
    proposed_port,
};
pub use reasons::{CAPABILITY_REASONS, CapabilityReason};
