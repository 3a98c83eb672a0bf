//! Host names in one spelling, so that whatever compares, resolves or remembers a name means the same host.

use std::net::IpAddr;
use url::{Host, Url};

/// A text that is not a host name: at most 253 characters of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a host name")]
pub struct NotAHostName(pub String);

/// Writes a host in the form that DNS and certificates use: a literal without brackets, a name in ASCII without the dot
/// at its end.
///
/// # Errors
/// The text is neither an IP address nor a name of labels that DNS can hold (RFC 1035, RFC 5890).
pub fn ascii_host(host: &str) -> Result<String, NotAHostName> {
    let wrong = || NotAHostName(host.chars().take(253).collect());
    let bare = host.trim();
    let bare = bare.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(bare);
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Ok(address.to_string());
    }
    let name = idna::domain_to_ascii(bare).map_err(|_| wrong())?;
    let name = name.strip_suffix('.').unwrap_or(&name);
    let labels_fit = name.split('.').all(|label| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    });
    if labels_fit && name.len() <= 253 { Ok(name.to_owned()) } else { Err(wrong()) }
}

/// Writes a URL's host as [`ascii_host`] does.
///
/// # Errors
/// The host is not a host name.
pub fn normalise_host(url: &mut Url) -> Result<(), NotAHostName> {
    if let Some(Host::Domain(name)) = url.host() {
        let host = ascii_host(name)?;
        if host != name {
            url.set_host(Some(&host)).map_err(|_| NotAHostName(host))?;
        }
    }
    Ok(())
}
