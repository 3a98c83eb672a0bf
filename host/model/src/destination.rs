//! Where a secret may be sent. A secret is sealed together with its destinations, so that a changed server of an account
//! does not receive it.

use super::{
    Account, Authentication, Endpoints, Grant, ImapServer, Provider, RecordsPlace, SecretKind, Security,
    ServiceUrl, SmtpServer, Transport,
};
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::fmt;

/// A place that a secret may be sent to: a server with its port, security and trusted roots, or a URL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Destination(String);

/// All the places that a secret may be sent to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Destinations(BTreeSet<Destination>);

impl Destination {
    /// Returns this installation: the secret is checked here, and is never sent.
    pub fn this_installation() -> Self {
        Self("this installation".to_owned())
    }

    /// Returns the destination of a submission server.
    pub fn smtp(server: &SmtpServer) -> Self {
        let SmtpServer { host, port, security, trusted_ca, .. } = server;
        Self::server("smtp", host.as_str(), port.get(), *security, trusted_ca.as_deref())
    }

    /// Returns the destination of a mailbox.
    pub fn imap(server: &ImapServer) -> Self {
        let ImapServer { host, port, security, trusted_ca, .. } = server;
        Self::server("imap", host.as_str(), port.get(), *security, trusted_ca.as_deref())
    }

    /// Returns the destination of a service by HTTP.
    pub fn url(url: &ServiceUrl, trusted_ca: Option<&str>) -> Self {
        Self(format!("{url}{}", roots(trusted_ca)))
    }

    /// Returns the operator's client at a provider, which only the operator can change.
    pub fn of_operator(provider: Provider) -> Self {
        Self(format!("the operator's client at {provider}"))
    }

    fn server(service: &str, host: &str, port: u16, security: Security, trusted_ca: Option<&str>) -> Self {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        Self(format!("{service} {host}:{port} {security}{}", roots(trusted_ca)))
    }

    /// Reads what [`Destination::as_str`] returned.
    pub fn named(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Returns its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Certificates that are trusted besides the system's, by their digest.
fn roots(trusted_ca: Option<&str>) -> String {
    let digest = |pem: &str| HEXLOWER.encode(&Sha256::digest(pem.trim()));
    trusted_ca.map_or_else(String::new, |pem| format!(" roots {}", digest(pem)))
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The digest means nothing to a person.
        f.write_str(self.0.split(" roots ").next().unwrap_or_default())
    }
}

impl Destinations {
    /// Returns this installation alone.
    pub fn this_installation() -> Self {
        Self::from_iter([Destination::this_installation()])
    }

    /// Returns whether the secret may be sent there.
    pub fn contains(&self, destination: &Destination) -> bool {
        self.0.contains(destination)
    }

    /// Returns whether every destination is one of `others`.
    pub fn is_within(&self, others: &Self) -> bool {
        self.0.is_subset(&others.0)
    }

    /// Iterates over the destinations.
    pub fn iter(&self) -> impl Iterator<Item = &Destination> {
        self.0.iter()
    }

    /// Returns their texts, a line each. No host and no URL has a line break.
    pub fn to_text(&self) -> String {
        self.0.iter().map(Destination::as_str).collect::<Vec<_>>().join("\n")
    }

    /// Reads what [`Destinations::to_text`] returned.
    pub fn from_text(text: &str) -> Self {
        text.lines().map(|line| Destination(line.to_owned())).collect()
    }
}

impl FromIterator<Destination> for Destinations {
    fn from_iter<T: IntoIterator<Item = Destination>>(all: T) -> Self {
        Self(all.into_iter().collect())
    }
}

impl RecordsPlace {
    /// Gives where requests that are signed with the company's key go.
    pub fn destinations(&self) -> Destinations {
        match self {
            Self::Erp { url, trusted_ca, .. } => {
                Destinations::from_iter([Destination::url(url, trusted_ca.as_deref())])
            }
            Self::Folder { .. } => Destinations::default(),
        }
    }
}

impl Grant {
    /// Gives where its tokens, and the secret of its client, are sent at the provider. `api`: its tokens also go to the
    /// mail API.
    fn destinations(&self, api: bool) -> Vec<Destination> {
        if self.client_id.is_none() {
            return vec![Destination::of_operator(self.provider)];
        }
        let Endpoints { token, device, revocation, api: base, .. } = &self.endpoints;
        let api = Some(base).filter(|_| api);
        let urls = [Some(token), device.as_ref(), revocation.as_ref(), api].into_iter().flatten();
        urls.map(|url| Destination::url(url, None)).collect()
    }

    /// Gives where its tokens go as the mail API's.
    pub fn api_destination(&self) -> Destination {
        match self.client_id {
            Some(_) => Destination::url(&self.endpoints.api, None),
            None => Destination::of_operator(self.provider),
        }
    }
}

impl Account {
    /// Gives where a secret of this kind may be sent, as the account is now.
    pub fn destinations(&self, kind: SecretKind) -> Destinations {
        let smtp = if let Transport::Smtp(server) = &self.transport { Some(server) } else { None };
        let by = |wanted: fn(&Authentication) -> bool| {
            let smtp = smtp.filter(|it| wanted(&it.authentication)).map(Destination::smtp);
            let imap = self.mailbox.as_ref().filter(|it| wanted(&it.authentication)).map(Destination::imap);
            smtp.into_iter().chain(imap)
        };
        let is_password = |it: &Authentication| matches!(it, Authentication::Password { .. });
        match kind {
            // The mailbox has the same password, unless it has one of its own.
            SecretKind::SmtpPassword => by(is_password).collect(),
            SecretKind::ImapPassword => self.mailbox.iter().map(Destination::imap).collect(),
            SecretKind::AccessToken => by(|it| matches!(it, Authentication::Token { .. })).collect(),
            SecretKind::Grant => {
                let of_mailbox = self.mailbox.as_ref().and_then(|it| it.authentication.grant());
                let api = matches!(self.transport, Transport::Gmail(_) | Transport::Outlook(_));
                let own = self.transport.grant().into_iter().flat_map(|it| it.destinations(api));
                let theirs = of_mailbox.into_iter().flat_map(|it| it.destinations(false));
                own.chain(theirs).chain(by(|it| matches!(it, Authentication::Grant { .. }))).collect()
            }
            SecretKind::ClientSecret => {
                let of_mailbox = self.mailbox.as_ref().and_then(|it| it.authentication.grant());
                let grants = self.transport.grant().into_iter().chain(of_mailbox);
                grants.filter(|it| it.client_id.is_some()).flat_map(|it| it.destinations(false)).collect()
            }
            SecretKind::ApiKey => match &self.transport {
                Transport::SendGrid(sender) => Destinations::from_iter([Destination::url(&sender.api, None)]),
                _ => Destinations::default(),
            },
            SecretKind::DkimKey | SecretKind::TokenKey | SecretKind::Webhook | SecretKind::RecordsKey => {
                Destinations::this_installation()
            }
        }
    }

    /// Gives the kinds of secret that were given for other places than the account has now, and are dropped with the
    /// change. The password for SMTP stays where its own server does: what the mailbox needs is asked of the vault.
    pub fn outdated_secrets(&self, before: &Self) -> Vec<SecretKind> {
        let smtp = |account: &Self| match &account.transport {
            Transport::Smtp(server) => Some(Destination::smtp(server)),
            _ => None,
        };
        let mut kinds = Vec::new();
        for kind in [
            SecretKind::SmtpPassword,
            SecretKind::ImapPassword,
            SecretKind::AccessToken,
            SecretKind::Grant,
            SecretKind::ClientSecret,
            SecretKind::ApiKey,
        ] {
            let (old, new) = (before.destinations(kind), self.destinations(kind));
            let moved = match kind {
                SecretKind::SmtpPassword => match smtp(self) {
                    Some(server) => smtp(before) != Some(server),
                    None => !new.is_within(&old),
                },
                _ => !new.is_within(&old),
            };
            if moved {
                kinds.push(kind);
            }
        }
        kinds
    }
}
