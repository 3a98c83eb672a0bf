//! Why there is no response, the same for every client.

use crate::destination::Unresolved;
use crate::tls::{self, TlsProblem};
use std::error::Error;
use thiserror::Error as ThisError;

/// Why there is no response. It contains no URL: a path or a query may be a credential.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
pub enum HttpError {
    /// The URL is refused; nothing was connected to.
    #[error("{0}")]
    Refused(&'static str),
    /// There is no address that may be connected to.
    #[error(transparent)]
    Destination(#[from] Unresolved),
    /// No secured connection.
    #[error("{}", .0.detail)]
    Tls(TlsProblem),
    /// No connection.
    #[error("{0}")]
    Connect(String),
    /// The exchange broke off after it was connected.
    #[error("{0}")]
    Broken(String),
}

impl HttpError {
    /// Converts an error of the client by its causes; `host` is the one of the request.
    pub fn of(error: reqwest::Error, host: &str) -> Self {
        let error = error.without_url();
        for cause in causes(&error) {
            if let Some(unresolved) = cause.downcast_ref::<Unresolved>() {
                return Self::Destination(unresolved.clone());
            }
            if let Some(problem) = handshake(cause).filter(|_| error.is_connect()) {
                return Self::Tls(tls::explain(problem, host));
            }
        }
        if error.is_connect() && error.is_timeout() {
            return Self::Connect("no connection in time".to_owned());
        }
        // The layers above the innermost cause add nothing.
        let root = causes(&error).last().map_or_else(|| error.to_string(), ToString::to_string);
        if error.is_connect() { Self::Connect(root) } else { Self::Broken(root) }
    }
}

/// An error and what caused it, outermost first. An error of I/O shows what is within it by `get_ref`, not as its source.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| {
        let within = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        within.map(|inner| inner as &(dyn Error + 'static)).or_else(|| (*error).source())
    })
}

/// The error of a TLS handshake, within however many of the connector's own.
fn handshake<'a>(cause: &'a (dyn Error + 'static)) -> Option<&'a std::io::Error> {
    let outer = cause.downcast_ref::<std::io::Error>()?;
    let inner = outer.get_ref()?;
    if inner.is::<rustls::Error>() { Some(outer) } else { handshake(inner) }
}
