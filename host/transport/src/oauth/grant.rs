//! A user's grant, as it is stored.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::client::{Client, Redeemed};
use super::clock::after;
use super::error::Error;
use super::identity;
use super::provider::{Provider, Purpose};
use crate::tokens::{Bearer, Resource};

/// The most by which an access token counts as expired early: clocks differ, and a request takes its time.
const MARGIN: Duration = Duration::from_secs(60);
/// The assumed lifetime of an access token whose provider does not send one. A refusal before that leads to a refresh all
/// the same.
const USUAL_LIFETIME: Duration = Duration::from_secs(3_600);

/// The time before which the user must sign in again, as far as the provider sends one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deadline {
    /// The grant ends then in any case. Google sends this for clients that are still in testing, 7 days ahead.
    Ends(DateTime<Utc>),
    /// It ends then if the account is not used before.
    UnlessUsed(DateTime<Utc>),
}

impl Deadline {
    /// Returns the time.
    pub fn at(self) -> DateTime<Utc> {
        match self {
            Self::Ends(at) | Self::UnlessUsed(at) => at,
        }
    }
}

impl fmt::Display for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = self.at().format("%Y-%m-%d %H:%M UTC");
        match self {
            Self::Ends(_) => write!(f, "a new sign-in is needed by {day}"),
            Self::UnlessUsed(_) => write!(f, "a new sign-in is needed if the account is not used by {day}"),
        }
    }
}

/// The result of a sign-in. Nothing is stored before [`Grants::install`](super::Grants::install).
#[derive(Debug, Clone)]
pub struct Granted {
    /// The grant to be stored.
    pub grant: Grant,
    /// The address that signed in, as the provider sends it; none where it does not. It may be compared with the expected
    /// address, and does not prove who the user is.
    pub address: Option<String>,
}

impl Granted {
    /// Checks a token response, and gets the user's address.
    pub(super) async fn of(client: &Client, purpose: Purpose, redeemed: Redeemed) -> Result<Self, Error> {
        let provider = client.provider();
        let missing = missing(provider, purpose, redeemed.scopes.as_deref());
        if !missing.is_empty() {
            return Err(Error::Incomplete(missing));
        }
        let Some(refresh) = redeemed.refresh.clone() else {
            return Err(Error::Unusable(format!("{} gave no refresh token", provider.name)));
        };
        let address = identity::learn(client, &redeemed).await;
        let mut grant = Grant {
            client: client.id().to_owned(),
            purpose,
            address: address.clone(),
            since: redeemed.asked_at,
            refresh,
            single: provider.scopes.mail.is_none(),
            api: None,
            mail: None,
            deadline: None,
            claimed: None,
            spent: None,
            destinations: client.destinations().clone(),
        };
        grant.take(provider, Resource::Api, redeemed);
        Ok(Self { grant, address })
    }
}

/// Returns scopes that the purpose needs and that were not granted. A response without `scope` allowed all that was asked (RFC 6749
/// §5.1).
fn missing(provider: &Provider, purpose: Purpose, allowed: Option<&[String]>) -> Vec<String> {
    let Some(allowed) = allowed else { return Vec::new() };
    let plain = |scope: &str| scope.trim_end_matches('/').to_ascii_lowercase();
    let allowed: Vec<String> = allowed.iter().map(|scope| plain(scope)).collect();
    // Microsoft leaves out the resource: `Mail.Send` for `https://graph.microsoft.com/Mail.Send`.
    let is_allowed = |wanted: &String| {
        let wanted = plain(wanted);
        allowed.iter().any(|allowed| wanted == *allowed || wanted.ends_with(&format!("/{allowed}")))
    };
    provider.essential(purpose, Resource::Api).into_iter().filter(|scope| !is_allowed(scope)).collect()
}

/// A grant: a refresh token, the access tokens made of it, and what is known about them. Secrets show in no `Debug`.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The client that it was given to; no other can use it.
    pub client: String,
    /// What it is good for.
    pub purpose: Purpose,
    /// Who signed in.
    pub address: Option<String>,
    /// When.
    pub since: DateTime<Utc>,
    /// When the user must have signed in again, where that is known.
    pub deadline: Option<Deadline>,
    /// The provider's words, where the grant is worth nothing any more: the account needs a sign-in.
    pub spent: Option<String>,
    /// Where its tokens may be sent: the destinations that its client had when the user signed in. The vault stores them.
    pub destinations: BTreeSet<String>,
    pub(super) refresh: SecretString,
    pub(super) api: Option<Access>,
    pub(super) mail: Option<Access>,
    /// One token serves every resource, and is stored under `api`.
    pub(super) single: bool,
    /// A process refreshes it; no other process does before this.
    pub(super) claimed: Option<DateTime<Utc>>,
}

/// An access token and when it counts as expired.
#[derive(Debug, Clone)]
pub(super) struct Access {
    pub(super) token: SecretString,
    pub(super) until: DateTime<Utc>,
}

impl Grant {
    /// Serialises the grant, secrets included, for a vault.
    ///
    /// # Errors
    /// None in practice: the form is plain JSON.
    pub fn seal(&self) -> Result<SecretString, serde_json::Error> {
        let access = |access: &Option<Access>| {
            access.as_ref().map(|access| (access.token.expose_secret().to_owned(), access.until))
        };
        let sealed = Sealed {
            client: self.client.clone(),
            purpose: self.purpose,
            address: self.address.clone(),
            since: self.since,
            deadline: self.deadline,
            spent: self.spent.clone(),
            claimed: self.claimed,
            single: self.single,
            refresh: self.refresh.expose_secret().to_owned(),
            api: access(&self.api),
            mail: access(&self.mail),
        };
        serde_json::to_string(&sealed).map(SecretString::from)
    }

    /// Reads what [`Grant::seal`] returned.
    ///
    /// # Errors
    /// The text is not that. The message holds nothing of it.
    pub fn unseal(sealed: &SecretString) -> Result<Self, Error> {
        let sealed: Sealed = serde_json::from_str(sealed.expose_secret())
            .map_err(|_| Error::Setup("the stored grant can't be read; sign in again".into()))?;
        let access = |access: Option<(String, DateTime<Utc>)>| {
            access.map(|(token, until)| Access { token: token.into(), until })
        };
        Ok(Self {
            client: sealed.client,
            purpose: sealed.purpose,
            address: sealed.address,
            since: sealed.since,
            deadline: sealed.deadline,
            spent: sealed.spent,
            destinations: BTreeSet::new(),
            claimed: sealed.claimed,
            single: sealed.single,
            refresh: sealed.refresh.into(),
            api: access(sealed.api),
            mail: access(sealed.mail),
        })
    }

    /// Returns an access token that is valid now.
    pub(super) fn usable(&self, resource: Resource, now: DateTime<Utc>) -> Option<Bearer> {
        let access = match resource {
            Resource::Mail if !self.single => &self.mail,
            _ => &self.api,
        };
        let valid = access.as_ref().filter(|access| now < access.until)?;
        Some(Bearer::new(valid.token.expose_secret()))
    }

    /// Stores a response of the token endpoint in the grant.
    pub(super) fn take(&mut self, provider: &Provider, resource: Resource, answer: Redeemed) {
        let lifetime = answer.lifetime.unwrap_or(USUAL_LIFETIME);
        let good_for = lifetime.saturating_sub(MARGIN.min(lifetime / 10));
        let access = Access { token: answer.access, until: after(answer.asked_at, good_for) };
        match resource {
            Resource::Mail if !self.single => self.mail = Some(access),
            _ => self.api = Some(access),
        }
        if let Some(rotated) = answer.refresh {
            self.refresh = rotated;
        }
        let unused = || provider.idle().map(|idle| Deadline::UnlessUsed(after(answer.asked_at, idle)));
        self.deadline = match (answer.refresh_lifetime, self.deadline) {
            (Some(seconds), _) => Some(Deadline::Ends(after(answer.asked_at, seconds))),
            (None, Some(ends @ Deadline::Ends(_))) => Some(ends),
            (None, _) => unused(),
        };
        self.claimed = None;
    }

    /// Forgets this access token. False where it had been replaced already.
    pub(super) fn forget(&mut self, rejected: &Bearer) -> bool {
        let mut was_kept = false;
        for slot in [&mut self.api, &mut self.mail] {
            let is_it = |access: &mut Access| access.token.expose_secret() == rejected.expose();
            was_kept |= slot.take_if(is_it).is_some();
        }
        was_kept
    }
}

/// The serialised form of a grant.
#[derive(Serialize, Deserialize)]
struct Sealed {
    client: String,
    purpose: Purpose,
    address: Option<String>,
    since: DateTime<Utc>,
    deadline: Option<Deadline>,
    spent: Option<String>,
    claimed: Option<DateTime<Utc>>,
    single: bool,
    refresh: String,
    api: Option<(String, DateTime<Utc>)>,
    mail: Option<(String, DateTime<Utc>)>,
}
