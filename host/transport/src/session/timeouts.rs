//! The longest wait for each step up to the login, the same steps for SMTP and IMAP.

use std::time::Duration;

/// The longest wait for each step of opening a connection. Each covers the whole step, so that a server which sends
/// one byte a minute does not escape it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpeningTimeouts {
    /// Resolving the host name.
    pub resolve: Duration,
    /// The TCP connection, all addresses together.
    pub connect: Duration,
    /// The STARTTLS command and the TLS handshake, each.
    pub tls: Duration,
    /// The greeting, and the reply to EHLO or CAPABILITY.
    pub greeting: Duration,
    /// Getting an access token, and each reply during the login.
    pub login: Duration,
}

impl Default for OpeningTimeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            resolve: seconds(10),
            connect: seconds(20),
            tls: seconds(20),
            greeting: seconds(60),
            login: seconds(60),
        }
    }
}

impl OpeningTimeouts {
    /// Sets every step to `limit`.
    pub fn all(limit: Duration) -> Self {
        Self { resolve: limit, connect: limit, tls: limit, greeting: limit, login: limit }
    }
}
