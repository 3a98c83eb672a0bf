//! The pages that a browser comes back to from a provider: one of the web app, one of a command on this machine.

mod callback;
mod loopback;
mod page;

pub use callback::{Owner, Session, WebCallback};
pub use loopback::authorize_loopback;
