//! Providers' HTTP services, by URL. The URLs are data of the account, so that a test, a sovereign cloud or a proxy of
//! the operator's needs no other program.

use super::{SendGridSender, Tenant, Unusable};
use crate::normalise_host;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use url::{Host, Url};

/// Base URL of a service: HTTPS, or HTTP on loopback, which works only where the operator allows private networks. No
/// user, password, query or fragment in it. Its host is written in one way only: lower case, ASCII, without the dot at
/// its end.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ServiceUrl(Cow<'static, str>);

impl ServiceUrl {
    /// Returns the URL's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    const fn known(url: &'static str) -> Self {
        Self(Cow::Borrowed(url))
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

impl std::str::FromStr for ServiceUrl {
    type Err = Unusable;

    fn from_str(text: &str) -> Result<Self, Unusable> {
        let wrong = |expected: &str| Unusable::new("URL", text, expected);
        let mut url = Url::parse(text.trim()).map_err(|e| wrong(&format!("expected an https URL: {e}")))?;
        normalise_host(&mut url).map_err(|e| wrong(&format!("expected an https URL: {e}")))?;
        if !url.username().is_empty() || url.password().is_some() {
            // What was typed may hold a password: it is not repeated.
            return Err(Unusable::new("URL", "…", "a URL must not contain a login or password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("expected a URL without ? and #"));
        }
        match url.scheme() {
            "https" => Ok(Self(String::from(url).into())),
            "http" if is_loopback(&url) => Ok(Self(String::from(url).into())),
            _ => Err(wrong("expected an https URL")),
        }
    }
}

impl TryFrom<String> for ServiceUrl {
    type Error = Unusable;

    fn try_from(text: String) -> Result<Self, Unusable> {
        text.parse()
    }
}

impl From<ServiceUrl> for String {
    fn from(url: ServiceUrl) -> Self {
        url.0.into_owned()
    }
}

impl fmt::Display for ServiceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ServiceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceUrl({})", self.0)
    }
}

/// A provider that signs users in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Google.
    Google,
    /// Microsoft.
    Microsoft,
}

super::secret::named! { Provider, "provider", { Google = "google", Microsoft = "microsoft" } }

/// Where Microsoft signs users in.
const MICROSOFT: &str = "https://login.microsoftonline.com/";

/// The URLs of a provider's services.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoints {
    /// Where a user signs in and allows.
    pub authorization: ServiceUrl,
    /// Where codes and refresh tokens become access tokens.
    pub token: ServiceUrl,
    /// Where a sign-in on another device begins (RFC 8628).
    pub device: Option<ServiceUrl>,
    /// Where a grant is revoked (RFC 7009); none: the provider has no such service.
    pub revocation: Option<ServiceUrl>,
    /// The mail API.
    pub api: ServiceUrl,
}

impl Endpoints {
    /// Returns Google's.
    pub const fn google() -> Self {
        Self {
            authorization: ServiceUrl::known("https://accounts.google.com/o/oauth2/v2/auth"),
            token: ServiceUrl::known("https://oauth2.googleapis.com/token"),
            device: Some(ServiceUrl::known("https://oauth2.googleapis.com/device/code")),
            revocation: Some(ServiceUrl::known("https://oauth2.googleapis.com/revoke")),
            api: ServiceUrl::known("https://gmail.googleapis.com/"),
        }
    }

    /// Returns Microsoft's, for a tenant. Microsoft has no service that revokes one grant.
    pub fn microsoft(tenant: &Tenant) -> Self {
        let identity =
            |service: &str| ServiceUrl(format!("{MICROSOFT}{tenant}/oauth2/v2.0/{service}").into());
        Self {
            authorization: identity("authorize"),
            token: identity("token"),
            device: Some(identity("devicecode")),
            revocation: None,
            api: ServiceUrl::known("https://graph.microsoft.com/"),
        }
    }
}

impl Endpoints {
    /// Gives whose accounts may sign in at these endpoints, where they are the provider's own; none where any of them is
    /// another tenant's. Google has no tenants: every account may.
    pub fn tenant(&self, provider: Provider) -> Option<Tenant> {
        match provider {
            Provider::Google => (*self == Self::google()).then(Tenant::common),
            Provider::Microsoft => {
                let rest = self.token.as_str().strip_prefix(MICROSOFT)?;
                let tenant: Tenant = rest.split('/').next()?.parse().ok()?;
                (*self == Self::microsoft(&tenant)).then_some(tenant)
            }
        }
    }
}

impl SendGridSender {
    /// Returns SendGrid in its global region.
    pub const fn global() -> Self {
        Self { api: ServiceUrl::known("https://api.sendgrid.com/"), verified: Vec::new() }
    }

    /// Returns SendGrid in the European Union.
    pub const fn european() -> Self {
        Self { api: ServiceUrl::known("https://api.eu.sendgrid.com/"), verified: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_host_is_written_in_one_way() {
        for (typed, stored) in [
            ("https://api.nord.example.", "https://api.nord.example/"),
            ("https://API.Nord.Example./v1", "https://api.nord.example/v1"),
            ("https://b\u{fc}ro.example", "https://xn--bro-hoa.example/"),
            ("https://b\u{fc}ro.example.", "https://xn--bro-hoa.example/"),
            ("http://localhost.:8080", "http://localhost:8080/"),
            ("https://127.1", "https://127.0.0.1/"),
            ("https://[0:0:0:0:0:0:0:1]", "https://[::1]/"),
        ] {
            assert_eq!(typed.parse::<ServiceUrl>().expect(typed).as_str(), stored, "{typed}");
        }
        for typed in [
            "https://nord..example",
            "https://nord.example..",
            "https://.",
            "https://-?-.example",
            "https://[fe80::1%25eth0]/",
            "https://[fe80::1%eth0]/",
            "http://nord.example",
            "https://u:p@nord.example",
        ] {
            typed.parse::<ServiceUrl>().expect_err(typed);
        }
    }
}
