//! The web server's routes. There is no login: what a request may do is said by what it carries.

use std::fmt;

/// A route, and whose requests it takes.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// Method.
    pub method: &'static str,
    /// Pattern of the path, as the router has it.
    pub path: &'static str,
    /// Whose requests it takes.
    pub who: Bearer,
}

/// The proof of a request's sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bearer {
    /// Nothing is asked, and nothing of a company is told.
    Anybody,
    /// A mail's own token: a fetch is a fact of that mail alone.
    Recipient,
    /// An account's token, and the provider's signature: facts of mails that this account submitted.
    Provider,
    /// An invitation for one user and one account.
    InvitedUser,
    /// Numbers of the whole installation, from its own machine or network.
    Operator,
}

impl fmt::Display for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Anybody => "anybody",
            Self::Recipient => "a recipient, by the mail's token",
            Self::Provider => "a provider, by the account's token and its signature",
            Self::InvitedUser => "a user, by an invitation",
            Self::Operator => "operator",
        })
    }
}

const fn of(method: &'static str, path: &'static str, who: Bearer) -> Route {
    Route { method, path, who }
}

/// Every route.
pub const ROUTES: &[Route] = &[
    of("POST", "/hooks/{provider}/{token}", Bearer::Provider),
    of("GET", "/o/{*token}", Bearer::Recipient),
    of("GET", "/oauth/start/{token}", Bearer::InvitedUser),
    of("POST", "/oauth/start/{token}", Bearer::InvitedUser),
    of("GET", CALLBACK, Bearer::InvitedUser),
    of("GET", "/health", Bearer::Anybody),
    of("GET", "/ready", Bearer::Anybody),
    of("GET", "/metrics", Bearer::Operator),
];

/// Where the provider sends the browser back to.
const CALLBACK: &str = "/oauth/callback";

/// Finds a route by the method and the pattern of a request. A `HEAD` is a `GET` without its body; the callback stands
/// behind the path of the public address.
pub fn route(method: &str, pattern: &str) -> Option<&'static Route> {
    let method = if method == "HEAD" { "GET" } else { method };
    let is = |path: &str| path == pattern || (path == CALLBACK && pattern.ends_with(CALLBACK));
    ROUTES.iter().find(|route| route.method == method && is(route.path))
}
