//! The operator's settings of the web server, `[web]` in the operator's file (`docs/operator.md`).

use ipnet::IpNet;
use serde::Deserialize;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use url::{Host, Url};

/// Settings of `postroom serve`. All left out: it listens on this machine alone, and makes no link that leads to it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Web {
    /// Where to listen; none: 127.0.0.1:8025.
    pub listen: Option<SocketAddr>,
    /// Where customers, providers and browsers find it: webhooks, pixels and sign-ins need it.
    pub public_url: Option<PublicUrl>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Networks,
    /// Where to listen for readers of the metrics; none: 127.0.0.1:8026.
    pub metrics_listen: Option<SocketAddr>,
    /// Who may read the metrics there; none: this machine alone.
    pub metrics_from: Option<Networks>,
}

/// The address that others reach the server by: `https://post.example`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PublicUrl(Url);

/// Why an address can't be the public one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{given}\" can't be the public address: {detail}")]
pub struct UnusablePublicUrl {
    given: String,
    detail: &'static str,
}

impl PublicUrl {
    /// Returns the address of a page, by its path without a slash before it.
    pub fn page(&self, path: &str) -> String {
        format!("{self}/{path}")
    }

    /// Returns what browsers name its pages by: scheme, host and port, as in `Origin`.
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// Tells whether browsers reach it by TLS.
    pub fn is_secure(&self) -> bool {
        self.0.scheme() == "https"
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PublicUrl {
    type Err = UnusablePublicUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unusable = |detail| UnusablePublicUrl { given: text.chars().take(200).collect(), detail };
        let url = Url::parse(text.trim()).map_err(|_| unusable("expected https://host"))?;
        let on_this_machine = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        match url.scheme() {
            "https" => {}
            "http" if on_this_machine => {}
            "http" => return Err(unusable("without TLS only this machine is reached: use https://")),
            _ => return Err(unusable("expected https://host")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(unusable("leave out the user and the password"));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(unusable("leave out what follows the host: the server has a host of its own"));
        }
        Ok(Self(url))
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = UnusablePublicUrl;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// Addresses and networks: `10.0.0.7`, `10.0.0.0/8`, `2001:db8::/32`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Returns the addresses of this machine alone.
    pub fn loopback() -> Self {
        let nets = ["127.0.0.0/8", "::1/128"].iter().filter_map(|net| net.parse().ok());
        Self(nets.collect())
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells whether an address is in one of them.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|net| net.contains(&address))
    }
}

impl TryFrom<Vec<String>> for Networks {
    type Error = String;

    fn try_from(texts: Vec<String>) -> Result<Self, String> {
        let net = |text: &String| {
            let address = text.parse::<IpAddr>().map(IpNet::from);
            let net = text.parse::<IpNet>().or(address);
            net.map_err(|_| format!("\"{text}\" is neither an address nor a network, such as 10.0.0.0/8"))
        };
        Ok(Self(texts.iter().map(net).collect::<Result<_, _>>()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_is_one_that_a_link_can_be_made_of() {
        for (text, page) in [
            ("https://post.example", "https://post.example/o/x.gif"),
            ("https://post.example/", "https://post.example/o/x.gif"),
            ("http://127.0.0.1:8025", "http://127.0.0.1:8025/o/x.gif"),
            ("http://localhost:8025", "http://localhost:8025/o/x.gif"),
        ] {
            assert_eq!(text.parse::<PublicUrl>().expect(text).page("o/x.gif"), page, "{text}");
        }
        for (text, why) in [
            ("http://post.example", "use https://"),
            ("post.example", "expected https://"),
            ("ftp://post.example", "expected https://"),
            ("https://u:p@post.example", "the password"),
            ("https://post.example/?a", "follows the host"),
            ("https://post.example/post/", "follows the host"),
            ("", "expected https://"),
        ] {
            let error = text.parse::<PublicUrl>().expect_err(text).to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn networks_are_read_as_people_write_them() {
        let nets = Networks::try_from(vec!["10.0.0.0/8".to_owned(), "2001:db8::7".to_owned()]).unwrap();
        for (address, inside) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("11.0.0.1", false),
            ("2001:db8::7", true),
            ("2001:db8::8", false),
        ] {
            assert_eq!(nets.contains(address.parse().unwrap()), inside, "{address}");
        }
        for text in ["10.0.0.0/33", "localhost", ""] {
            let error = Networks::try_from(vec![text.to_owned()]).unwrap_err();
            assert!(error.contains("neither an address nor a network"), "{text}: {error}");
        }
    }
}
