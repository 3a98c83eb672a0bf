//! Where a request may go: below the account's base URL, or to where its provider pointed.

use postroom_model::{AllowList, normalise_host};
use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Mutex, PoisonError};

use url::{Host, Origin, Url};

use super::account::Account;

/// The most origins remembered in one call.
const MOST_GIVEN: usize = 16;
/// The longest target.
const LONGEST: usize = 8 * 1024;

/// The URLs that providers returned (upload sessions) during one call of the plugin. Only the origin counts. The
/// oldest are forgotten first.
#[derive(Debug, Default)]
pub struct GivenUrls {
    origins: Mutex<VecDeque<(String, Origin)>>,
}

impl GivenUrls {
    /// Creates an empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a URL that the provider of this account returned, unless the rules forbid it.
    pub(super) fn add(&self, account: &Account, url: &str) {
        let Ok(mut url) = Url::parse(url) else { return };
        if normalise_host(&mut url).is_err() || check(&url, &account.allow_private).is_err() {
            return;
        }
        let entry = (account.name.clone(), url.origin());
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        if !origins.contains(&entry) {
            origins.push_back(entry);
        }
        while origins.len() > MOST_GIVEN {
            origins.pop_front();
        }
    }

    fn contains(&self, account: &Account, url: &Url) -> bool {
        let origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        origins.iter().any(|(name, origin)| *name == account.name && *origin == url.origin())
    }
}

/// Returns the URL of a target, or which rule forbids it.
pub(super) fn read(target: &str, account: &Account, given: &GivenUrls) -> Result<Url, String> {
    if target.len() > LONGEST {
        return Err(format!("the target is longer than {LONGEST} bytes"));
    }
    if target.bytes().any(|byte| byte <= b' ' || byte == 0x7f || matches!(byte, b'\\' | b'#')) {
        return Err("the target has white space, control characters, \\ or #".into());
    }
    if target.starts_with('/') {
        let base = account.base.as_str().trim_end_matches('/');
        let mut url = Url::parse(&format!("{base}{target}"))
            .map_err(|error| format!("the target is no path: {error}"))?;
        let below = url.path().starts_with(account.base.path().trim_end_matches('/'));
        if url.origin() != account.base.origin() || !below {
            return Err("the target leads out of the provider's API".into());
        }
        normalise_host(&mut url).map_err(|error| error.to_string())?;
        check(&url, &account.allow_private)?;
        return Ok(url);
    }
    let mut url = Url::parse(target).map_err(|_| "the target is neither a path nor a URL".to_owned())?;
    normalise_host(&mut url).map_err(|error| error.to_string())?;
    check(&url, &account.allow_private)?;
    if !given.contains(account, &url) {
        return Err("the target is not the provider's, and the provider has not given it in this call".into());
    }
    Ok(url)
}

/// HTTPS, or plain HTTP to a loopback address that the operator allows; nobody's name or password in it.
fn check(url: &Url, allowed: &AllowList) -> Result<(), String> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a URL carries no login".into());
    }
    let permitted = match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(host)) => {
            let name = url.host_str().unwrap_or_default();
            loopback(&host).is_some_and(|address| allowed.allows(name, address))
        }
        _ => false,
    };
    if permitted {
        return Ok(());
    }
    Err("only https is spoken; http to a loopback address needs the operator's permission (allow_private)"
        .into())
}

fn loopback(host: &Host<&str>) -> Option<IpAddr> {
    let address = match host {
        Host::Ipv4(address) => IpAddr::V4(*address),
        Host::Ipv6(address) => IpAddr::V6(*address),
        Host::Domain("localhost") => IpAddr::V4(Ipv4Addr::LOCALHOST),
        Host::Domain(_) => return None,
    };
    address.is_loopback().then_some(address)
}
