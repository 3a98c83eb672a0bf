//! Opens connections to mail servers, in one way for SMTP and IMAP: the address, TCP, TLS or STARTTLS, the greeting.
//!
//! Both protocols share this code because it protects passwords. An account that asks for STARTTLS gets it or nothing
//! is sent, bytes that were received before the handshake are refused (RFC 3207 §6, RFC 9051 §11.1), and what a server
//! announced in the clear does not count after it. The protocols differ in the trait `Protocol`: how a greeting, EHLO or
//! CAPABILITY and STARTTLS are written. Messages, folders and logins are theirs alone.

mod credentials;
mod opening;
mod pool;
mod probe;
mod stream;
mod tcp;
mod timeouts;

pub use credentials::{Login, Mechanism, Secret, Security};
pub use pool::PoolLimits;
pub use probe::{ProbeReport, ProbeStep};
pub use timeouts::OpeningTimeouts;

pub(crate) use credentials::get_token;
pub(crate) use opening::{Endpoint, OpeningStage, Protocol, open, silence_hint};
pub(crate) use pool::{Pool, Reusable};
pub(crate) use probe::ProbeLog;
pub(crate) use stream::{ByteStream, Deadline, Sent, StreamError};
#[cfg(fuzzing)]
pub(crate) use tcp::Socket;
