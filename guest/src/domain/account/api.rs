//! Where the providers' APIs are, and where users sign in to them: what a host lets through, and asks for.

use super::Transport;

/// A provider's API and how users sign in to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiSignIn {
    /// The page where the user signs in and allows.
    pub authorization: &'static str,
    /// Where codes and refresh tokens become access tokens.
    pub token: &'static str,
    /// Where a sign-in on another device begins (RFC 8628); none: it has no such way for mail.
    pub device: Option<&'static str>,
    /// What is asked for, by ability.
    pub scopes: &'static [(&'static str, &'static [&'static str])],
}

/// The API of a transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Api {
    /// Name of the transport in the contract.
    pub transport: &'static str,
    /// Where it is.
    pub origin: &'static str,
    /// Where it is for accounts of another region.
    pub other_origins: &'static [&'static str],
    /// Hosts that uploads go to besides the origin's.
    pub upload_hosts: &'static [&'static str],
    /// How users sign in; none: the account has a key.
    pub sign_in: Option<ApiSignIn>,
}

const GMAIL: Api = Api {
    transport: "gmail",
    origin: "https://gmail.googleapis.com",
    other_origins: &[],
    // https://developers.google.com/workspace/gmail/api/guides/uploads: below /upload of the same host.
    upload_hosts: &[],
    sign_in: Some(ApiSignIn {
        authorization: "https://accounts.google.com/o/oauth2/v2/auth",
        token: "https://oauth2.googleapis.com/token",
        // Its device endpoint gives no scope of Gmail's:
        // https://developers.google.com/identity/protocols/oauth2/limited-input-device#allowedscopes
        device: None,
        scopes: &[
            ("identity", &["openid", "email"]),
            ("send", &["https://www.googleapis.com/auth/gmail.send"]),
            ("mailbox", &["https://mail.google.com/"]),
            ("mail-servers", &["https://mail.google.com/"]),
        ],
    }),
};

const GRAPH: Api = Api {
    transport: "graph",
    origin: "https://graph.microsoft.com",
    other_origins: &[],
    // https://learn.microsoft.com/graph/outlook-large-attachments: the answer that opens an upload session names it.
    upload_hosts: &["outlook.office.com"],
    sign_in: Some(ApiSignIn {
        authorization: "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
        token: "https://login.microsoftonline.com/common/oauth2/v2.0/token",
        device: Some("https://login.microsoftonline.com/common/oauth2/v2.0/devicecode"),
        scopes: &[
            ("identity", &["openid", "profile", "email", "offline_access"]),
            ("send", &["https://graph.microsoft.com/Mail.Send", "https://graph.microsoft.com/User.Read"]),
            (
                "mailbox",
                &[
                    "https://graph.microsoft.com/Mail.ReadWrite",
                    "https://graph.microsoft.com/Mail.Send",
                    "https://graph.microsoft.com/User.Read",
                ],
            ),
            (
                "mail-servers",
                &["https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send"],
            ),
        ],
    }),
};

const SENDGRID: Api = Api {
    transport: "sendgrid",
    origin: "https://api.sendgrid.com",
    other_origins: &["https://api.eu.sendgrid.com"],
    upload_hosts: &[],
    sign_in: None,
};

/// Returns the APIs by which mail can leave.
pub const fn apis() -> &'static [Api] {
    &[GMAIL, GRAPH, SENDGRID]
}

/// Returns the API of a transport, if it has one.
pub(super) const fn api_of(transport: Transport) -> Option<&'static Api> {
    match transport {
        Transport::Gmail => Some(&GMAIL),
        Transport::Graph => Some(&GRAPH),
        Transport::Sendgrid => Some(&SENDGRID),
        Transport::Smtp | Transport::Platform | Transport::MailClient => None,
    }
}

impl Api {
    /// Returns the hosts of the API and of its sign-in, each once.
    pub(super) fn hosts(&self) -> Vec<&'static str> {
        let sign_in = self.sign_in.iter().flat_map(|of| [of.token, of.authorization]);
        let mut hosts: Vec<&str> = Vec::new();
        for host in std::iter::once(self.origin).chain(sign_in).filter_map(host) {
            if !hosts.contains(&host) {
                hosts.push(host);
            }
        }
        hosts
    }
}

fn host(url: &'static str) -> Option<&'static str> {
    url.strip_prefix("https://")?.split('/').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_transport_that_has_an_api_is_listed_with_hosts_and_scopes() {
        let of = [Transport::Gmail, Transport::Graph, Transport::Sendgrid];
        let listed: Vec<_> = apis().iter().collect();
        assert_eq!(of.iter().filter_map(|it| api_of(*it)).collect::<Vec<_>>(), listed);
        for transport in [Transport::Smtp, Transport::Platform, Transport::MailClient] {
            assert_eq!(api_of(transport), None);
        }
        for api in apis() {
            let origins = std::iter::once(&api.origin).chain(api.other_origins);
            for origin in origins {
                // As `web.call` continues it: a path begins with its own slash.
                assert!(host(origin).is_some_and(|host| origin.ends_with(host)), "{origin}");
            }
            let Some(sign_in) = api.sign_in else { continue };
            let abilities: Vec<&str> = sign_in.scopes.iter().map(|(ability, _)| *ability).collect();
            assert_eq!(abilities, ["identity", "send", "mailbox", "mail-servers"], "{}", api.transport);
            assert!(sign_in.scopes.iter().all(|(_, scopes)| !scopes.is_empty()), "{}", api.transport);
        }
    }

    #[test]
    fn an_administrator_is_told_each_host_once() {
        let hosts: Vec<_> = apis().iter().map(Api::hosts).collect();
        assert_eq!(
            hosts,
            [
                vec!["gmail.googleapis.com", "oauth2.googleapis.com", "accounts.google.com"],
                vec!["graph.microsoft.com", "login.microsoftonline.com"],
                vec!["api.sendgrid.com"],
            ]
        );
    }
}
