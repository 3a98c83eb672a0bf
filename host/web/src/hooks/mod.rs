//! Webhooks: what providers report about mails that they were given.
//!
//! One way for all of them: *verify* (here, with the account's key) → *read* (the plugin, in the sandbox) → *match* (a mail
//! that this very account submitted) → *record* (facts are a set: what comes twice changes nothing). What is forged, stale or
//! repeated changes nothing and is answered 401 or 403; what is verified is answered 200 whether or not it could be
//! matched, for the provider would only send it again.

mod intake;
mod mailgun;
mod postmark;
mod sendgrid;
mod sns;
mod sns_access;
#[cfg(test)]
mod tests;
mod unreadable;
mod verification;

pub(super) use intake::receive;
pub use sns_access::{AmazonSns, SnsAccess};
