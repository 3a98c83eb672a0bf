//! What differs between providers, as data: endpoints, scopes, extra parameters, lifetimes.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::tokens::Resource;

/// The permissions that the user is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Sending through the provider's API, no more. At Microsoft this takes attachments of about 2 MB; larger
    /// ones go by an upload session, which needs [`Purpose::Mailbox`].
    Send,
    /// Sending and the mailbox: API, SMTP and IMAP.
    Mailbox,
}

/// The URLs of a provider. HTTPS, or HTTP on a loopback server that the operator allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// The page where the user signs in.
    pub authorize: Url,
    /// Codes and refresh tokens become access tokens here.
    pub token: Url,
    /// Device authorization (RFC 8628); none: there is no device flow for mail.
    #[serde(default)]
    pub device: Option<Url>,
    /// Revocation (RFC 7009); none: a single app's grant can't be revoked by that app.
    #[serde(default)]
    pub revoke: Option<Url>,
    /// Returns the user's address for a token.
    #[serde(default)]
    pub identity: Option<Url>,
}

/// The scopes of each purpose.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Scopes {
    /// With every request: identity, and a refresh token where that needs one.
    #[serde(default)]
    pub sign_in: Vec<String>,
    /// [`Purpose::Send`].
    #[serde(default)]
    pub send: Vec<String>,
    /// [`Purpose::Mailbox`].
    #[serde(default)]
    pub mailbox: Vec<String>,
    /// Besides `mailbox`, for SMTP and IMAP, where these are a resource with tokens of their own. None: one
    /// token serves everything.
    #[serde(default)]
    pub mail: Option<Vec<String>>,
}

/// The issuer in the reply to an authorization (`iss`, RFC 9207).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Issuer {
    /// Not known beforehand, so not compared.
    #[default]
    Unknown,
    /// Must be this where it is given.
    IfGiven(String),
    /// Must be given and be this.
    Always(String),
}

/// The name of this machine in a loopback redirect. The listener is on 127.0.0.1 either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum LoopbackHost {
    /// `127.0.0.1`, as RFC 8252 §7.3 recommends.
    #[default]
    #[serde(rename = "127.0.0.1")]
    Address,
    /// `localhost`: Microsoft's portal takes no other without editing the manifest.
    #[serde(rename = "localhost")]
    Name,
}

impl LoopbackHost {
    /// Returns the host of the redirect URI.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Address => "127.0.0.1",
            Self::Name => "localhost",
        }
    }
}

/// The accounts that may sign in at Microsoft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tenant {
    /// Work, school and personal accounts.
    Common,
    /// Work and school accounts of any organization.
    Organizations,
    /// One organization, by its id or a domain of it.
    Own(String),
}

/// A provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// For messages: `Google`.
    pub name: String,
    /// URLs.
    pub endpoints: Endpoints,
    /// Scopes of each purpose.
    pub scopes: Scopes,
    /// More parameters of the authorization request.
    #[serde(default)]
    pub parameters: Vec<(String, String)>,
    /// Issuer in the reply to an authorization.
    #[serde(default)]
    pub issuer: Issuer,
    /// Host of a loopback redirect.
    #[serde(default)]
    pub loopback: LoopbackHost,
    /// Days after which an unused refresh token expires. None: not known.
    #[serde(default)]
    pub idle_days: Option<u32>,
    /// Where users see and withdraw what they allowed.
    #[serde(default)]
    pub permissions: Vec<Url>,
}

impl Provider {
    /// Returns Google: Gmail's API; with [`Purpose::Mailbox`] also SMTP and IMAP, by the same token. No device flow: Google
    /// has none for Gmail's scopes.
    pub fn google() -> Self {
        Self {
            name: "Google".into(),
            endpoints: Endpoints {
                authorize: fixed("https://accounts.google.com/o/oauth2/v2/auth"),
                token: fixed("https://oauth2.googleapis.com/token"),
                device: None,
                revoke: Some(fixed("https://oauth2.googleapis.com/revoke")),
                identity: Some(fixed("https://openidconnect.googleapis.com/v1/userinfo")),
            },
            scopes: Scopes {
                sign_in: words("openid email"),
                send: words("https://www.googleapis.com/auth/gmail.send"),
                mailbox: words("https://mail.google.com/"),
                mail: None,
            },
            // Without these two a second sign-in brings no refresh token.
            parameters: pairs(&[("access_type", "offline"), ("prompt", "consent")]),
            issuer: Issuer::IfGiven("https://accounts.google.com".into()),
            loopback: LoopbackHost::Address,
            // "Not been used for six months."
            idle_days: Some(180),
            permissions: vec![fixed("https://myaccount.google.com/connections")],
        }
    }

    /// Returns Microsoft: Graph, and the same grant redeemed for Outlook's SMTP and IMAP. It has no way to revoke one
    /// app's grant.
    ///
    /// # Errors
    /// A tenant that is neither an id nor a domain.
    pub fn microsoft(tenant: &Tenant) -> Result<Self, super::Error> {
        let tenant = match tenant {
            Tenant::Common => "common",
            Tenant::Organizations => "organizations",
            Tenant::Own(own) => own.as_str(),
        };
        let fits = !tenant.is_empty()
            && tenant.len() <= 253
            && tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
        if !fits || tenant.starts_with('.') {
            let words = format!("\"{tenant}\" is not a tenant: an id or a domain is");
            return Err(super::Error::Setup(words));
        }
        let at = |end: &str| fixed(&format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/{end}"));
        let graph = "https://graph.microsoft.com";
        let outlook = "https://outlook.office.com";
        Ok(Self {
            name: "Microsoft".into(),
            endpoints: Endpoints {
                authorize: at("authorize"),
                token: at("token"),
                device: Some(at("devicecode")),
                revoke: None,
                identity: Some(fixed(&format!("{graph}/v1.0/me?$select=mail,userPrincipalName"))),
            },
            scopes: Scopes {
                sign_in: words("openid profile email offline_access"),
                send: words(&format!("{graph}/Mail.Send {graph}/User.Read")),
                mailbox: words(&format!("{graph}/Mail.ReadWrite {graph}/Mail.Send {graph}/User.Read")),
                mail: Some(words(&format!("{outlook}/IMAP.AccessAsUser.All {outlook}/SMTP.Send"))),
            },
            parameters: pairs(&[("prompt", "select_account")]),
            // It names the tenant of the user, which is not known beforehand.
            issuer: Issuer::Unknown,
            loopback: LoopbackHost::Name,
            idle_days: Some(90),
            permissions: vec![
                fixed("https://myapps.microsoft.com/"),
                fixed("https://account.live.com/consent/Manage"),
            ],
        })
    }

    /// Creates another provider, for SMTP and IMAP servers that take its tokens. All else can be set afterwards.
    pub fn custom(name: impl Into<String>, endpoints: Endpoints, scopes: Scopes) -> Self {
        Self {
            name: name.into(),
            endpoints,
            scopes,
            parameters: Vec::new(),
            issuer: Issuer::Unknown,
            loopback: LoopbackHost::Address,
            idle_days: None,
            permissions: Vec::new(),
        }
    }

    /// Returns all scopes that the user is asked for.
    pub(super) fn asked(&self, purpose: Purpose) -> Vec<String> {
        let mut all = self.scopes.sign_in.clone();
        all.extend(self.essential(purpose, Resource::Api));
        if purpose == Purpose::Mailbox {
            all.extend(self.scopes.mail.iter().flatten().cloned());
        }
        all
    }

    /// Returns whether a grant for this purpose gives tokens for this resource.
    pub(super) fn covers(&self, purpose: Purpose, resource: Resource) -> bool {
        self.scopes.mail.is_none() || resource == Resource::Api || purpose == Purpose::Mailbox
    }

    /// Returns the scopes that a token for this resource must have.
    pub(super) fn essential(&self, purpose: Purpose, resource: Resource) -> Vec<String> {
        match (&self.scopes.mail, resource, purpose) {
            (Some(mail), Resource::Mail, _) => mail.clone(),
            (_, _, Purpose::Send) => self.scopes.send.clone(),
            (_, _, Purpose::Mailbox) => self.scopes.mailbox.clone(),
        }
    }

    /// Returns the `scope` of a request to the token endpoint. None where one token serves everything.
    pub(super) fn narrowed(&self, purpose: Purpose, resource: Resource) -> Option<String> {
        self.scopes.mail.as_ref()?;
        let scopes = [self.essential(purpose, resource), self.scopes.sign_in.clone()].concat();
        Some(scopes.join(" "))
    }

    /// Returns how long an unused refresh token is valid.
    pub(super) fn idle(&self) -> Option<Duration> {
        self.idle_days.map(|days| Duration::from_secs(u64::from(days) * 86_400))
    }
}

#[expect(
    clippy::expect_used,
    reason = "the tests build every provider, and a tenant's form is checked before"
)]
fn fixed(url: &str) -> Url {
    Url::parse(url).expect("a URL of this file")
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
