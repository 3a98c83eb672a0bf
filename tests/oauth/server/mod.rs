//! An authorization server that takes nothing for granted: what RFC 6749, 7636, 8252, 8628, 7009 and 9207 let a server
//! insist on, it insists on, in the manner of Google or Microsoft. On loopback, without TLS, for tests.
//!
//! Its user consents at once, except where [`Behaviour`] says otherwise. Its clock is the test's.

mod answers;
mod authorize;
mod browser;
mod clock;
mod device;
mod token;

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use postroom::model::AllowList;
use postroom::transport::oauth::{Client, Clock, Endpoints, Issuer, Network, Provider, Tenant};
use postroom::transport::tokens::Resource;
use sha2::{Digest as _, Sha256};
use url::Url;

pub(crate) use browser::{Browser, Seen};
pub(crate) use clock::{PatientClock, TestClock};

/// The client that is registered, its secret, and a redirect beside loopback ones.
pub(crate) const CLIENT: &str = "postroom-under-test";
/// Its secret.
pub(crate) const SECRET: &str = "the-secret-of-the-client";
/// Where it may be called back besides loopback.
pub(crate) const WEB_REDIRECT: &str = "https://postroom.example.com/oauth/callback";

/// Whose manners the server has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// One token for everything; refresh tokens stay; a revocation endpoint; wants `access_type=offline`.
    Google,
    /// A token for each resource; every refresh brings a new refresh token, old ones stay good; no revocation.
    Microsoft,
    /// By the book: refresh tokens rotate, and one that comes a second time revokes everything (RFC 9700 §4.14).
    Strict,
}

/// How the token endpoint answers once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Once {
    /// With this status, type and body, and without doing anything.
    Say(u16, &'static str, String),
    /// As above with `Retry-After`.
    Busy(u16, u32),
    /// With a redirect to this place.
    Redirect(String),
    /// Does its work, then closes the connection without a word.
    HangUp,
}

/// What can be changed while it runs.
#[derive(Debug, Clone)]
pub(crate) struct Behaviour {
    /// The user who consents.
    pub(crate) user: String,
    /// The user declines.
    pub(crate) declines: bool,
    /// Sent back in place of the `state` that came.
    pub(crate) state: Option<String>,
    /// Sent as `iss`.
    pub(crate) iss: Option<String>,
    /// Sends the browser there in place of the redirect URI.
    pub(crate) elsewhere: Option<String>,
    /// Scopes that the user unticks.
    pub(crate) withheld: Vec<String>,
    /// Gives no refresh token.
    pub(crate) keeps_refresh_token: bool,
    /// Gives no ID token, and no profile.
    pub(crate) anonymous: bool,
    /// Life of an access token in seconds.
    pub(crate) access_seconds: i64,
    /// Told as the end of the refresh token, in seconds.
    pub(crate) refresh_seconds: Option<i64>,
    /// Answers of the token endpoint that come first.
    pub(crate) once: VecDeque<Once>,
    /// Answers of the revocation endpoint: this status.
    pub(crate) revocation_fails: Option<u16>,
    /// The device endpoint's word for the least time between two questions, in seconds. In truth it is 5.
    pub(crate) told_interval: i64,
    /// What the device endpoint says in place of its answer.
    pub(crate) device_says: Option<serde_json::Value>,
    /// The token endpoint waits for a permit of this before each answer.
    pub(crate) held: Option<Arc<tokio::sync::Semaphore>>,
}

/// A request to the token endpoint that came to its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// `grant_type`.
    pub(crate) grant_type: String,
    /// `scope`.
    pub(crate) scope: Option<String>,
    /// `error`, or none where it was answered with tokens.
    pub(crate) error: Option<String>,
}

/// Whose an access token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MailboxOwner {
    /// The user's address.
    pub(crate) address: String,
    /// What it allows.
    pub(crate) scopes: Vec<String>,
}

#[derive(Debug, Clone)]
struct Code {
    client: String,
    redirect: String,
    challenge: String,
    scopes: Vec<String>,
    offline: bool,
    until: DateTime<Utc>,
    /// The grant that it was redeemed for.
    family: Option<u64>,
}

#[derive(Debug, Clone)]
struct Family {
    address: String,
    scopes: Vec<String>,
    revoked: Option<&'static str>,
}

#[derive(Debug, Clone)]
struct Refresh {
    family: u64,
    used: bool,
    until: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone)]
struct Access {
    family: u64,
    scopes: Vec<String>,
    until: DateTime<Utc>,
}

#[derive(Debug, Clone)]
struct Device {
    user_code: String,
    scopes: Vec<String>,
    until: DateTime<Utc>,
    next: DateTime<Utc>,
    decided: Option<bool>,
}

struct Books {
    behaviour: Behaviour,
    last: u64,
    codes: BTreeMap<String, Code>,
    families: BTreeMap<u64, Family>,
    refresh: BTreeMap<String, Refresh>,
    access: BTreeMap<String, Access>,
    devices: BTreeMap<String, Device>,
    asked: Vec<Asked>,
}

struct Server {
    manner: Manner,
    origin: Url,
    clock: Arc<dyn Clock>,
    books: Mutex<Books>,
}

/// A running server; it stops when dropped.
pub(crate) struct AuthorizationServer {
    server: Arc<Server>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for AuthorizationServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl AuthorizationServer {
    /// Starts one on a free port of 127.0.0.1.
    pub(crate) async fn start(manner: Manner, clock: Arc<dyn Clock>) -> Self {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let behaviour = Behaviour {
            user: "office@ateliernord.example.com".into(),
            declines: false,
            state: None,
            iss: None,
            elsewhere: None,
            withheld: Vec::new(),
            keeps_refresh_token: false,
            anonymous: false,
            access_seconds: 3_600,
            refresh_seconds: None,
            once: VecDeque::new(),
            revocation_fails: None,
            told_interval: 5,
            device_says: None,
            held: None,
        };
        let books = Books {
            behaviour,
            last: 0,
            codes: BTreeMap::new(),
            families: BTreeMap::new(),
            refresh: BTreeMap::new(),
            access: BTreeMap::new(),
            devices: BTreeMap::new(),
            asked: Vec::new(),
        };
        let origin = Url::parse(&format!("http://{address}/")).expect("a URL");
        let server = Arc::new(Server { manner, origin, clock, books: Mutex::new(books) });
        let router = Router::new()
            .route("/authorize", get(authorize::authorize))
            .route("/token", post(token::token))
            .route("/revoke", post(token::revoke))
            .route("/device", post(device::begin))
            .route("/me", get(answers::profile))
            .with_state(Arc::clone(&server));
        let serving = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("it serves");
        });
        Self { server, serving }
    }

    /// Where it is.
    pub(crate) fn origin(&self) -> &Url {
        &self.server.origin
    }

    /// Its endpoints; those that its model has.
    pub(crate) fn endpoints(&self) -> Endpoints {
        let at = |path: &str| self.server.origin.join(path).expect("a URL");
        Endpoints {
            authorize: at("authorize"),
            token: at("token"),
            device: (self.server.manner != Manner::Google).then(|| at("device")),
            revoke: (self.server.manner != Manner::Microsoft).then(|| at("revoke")),
            identity: Some(at("me")),
        }
    }

    /// The provider as a client is configured for it: that of the model, here.
    pub(crate) fn provider(&self) -> Provider {
        let model = match self.server.manner {
            Manner::Google => Provider { issuer: Issuer::IfGiven(self.issuer()), ..Provider::google() },
            Manner::Microsoft => Provider::microsoft(&Tenant::Common).expect("a tenant"),
            Manner::Strict => Provider {
                name: "Strict".into(),
                issuer: Issuer::Always(self.issuer()),
                idle_days: None,
                ..Provider::google()
            },
        };
        Provider { endpoints: self.endpoints(), ..model }
    }

    /// What it calls itself.
    pub(crate) fn issuer(&self) -> String {
        self.server.issuer()
    }

    /// A client that is registered here.
    pub(crate) fn client(&self) -> Client {
        self.client_of(self.provider())
    }

    /// The same with another idea of the provider.
    pub(crate) fn client_of(&self, provider: Provider) -> Client {
        Client::new(provider, CLIENT, Some(SECRET.into()))
            .network(Network { allowed: AllowList::loopback(), ..Network::default() })
            .clock(Arc::clone(&self.server.clock))
    }

    /// Changes how it behaves.
    pub(crate) fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.server.books().behaviour);
    }

    /// What the token endpoint was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.server.books().asked.clone()
    }

    /// How many refreshes it was asked for.
    pub(crate) fn refreshes(&self) -> usize {
        self.asked().iter().filter(|asked| asked.grant_type == "refresh_token").count()
    }

    /// How many access tokens are good now.
    pub(crate) fn good_tokens(&self) -> usize {
        let now = self.server.clock.now();
        let books = self.server.books();
        books.access.values().filter(|access| books.is_good(access, now)).count()
    }

    /// Whose this access token is, if it is good now for this resource.
    pub(crate) fn mailbox_owner(&self, token: &str, resource: Resource) -> Option<MailboxOwner> {
        let now = self.server.clock.now();
        let books = self.server.books();
        let access = books.access.get(token).filter(|access| books.is_good(access, now))?;
        if self.server.manner == Manner::Microsoft {
            let audience = answers::audience(&access.scopes)?;
            let wanted = match resource {
                Resource::Api => "https://graph.microsoft.com/",
                Resource::Mail => "https://outlook.office.com/",
            };
            if audience != wanted {
                return None;
            }
        }
        let address = books.families[&access.family].address.clone();
        Some(MailboxOwner { address, scopes: access.scopes.clone() })
    }

    /// Every token, code and secret that was given out: none of them may be found where it does not belong.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let books = self.server.books();
        let mut all: Vec<String> = books.refresh.keys().chain(books.access.keys()).cloned().collect();
        all.extend(books.codes.keys().cloned());
        all.push(SECRET.to_owned());
        all
    }

    /// The user withdraws what was granted, at the provider.
    pub(crate) fn withdraw(&self) {
        for family in self.server.books().families.values_mut() {
            family.revoked = Some("withdrawn");
        }
    }

    /// All access tokens stop working, refresh tokens do not.
    pub(crate) fn forget_access_tokens(&self) {
        self.server.books().access.clear();
    }

    /// The user types a device code and decides.
    pub(crate) fn decide(&self, user_code: &str, allows: bool) {
        let mut books = self.server.books();
        let device = books.devices.values_mut().find(|device| device.user_code == user_code);
        device.expect("a code that was given out").decided = Some(allows);
    }
}

impl Server {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn issuer(&self) -> String {
        self.origin.as_str().trim_end_matches('/').to_owned()
    }

    fn after(&self, seconds: i64) -> DateTime<Utc> {
        self.clock.now() + TimeDelta::seconds(seconds)
    }
}

impl Books {
    /// Something nobody guesses, with a look of its own.
    fn fresh(&mut self, prefix: &str) -> String {
        self.last += 1;
        let noise = Sha256::digest(format!("{prefix}{}{:p}", self.last, &raw const *self));
        format!("{prefix}{}", URL_SAFE_NO_PAD.encode(noise))
    }

    fn is_good(&self, access: &Access, now: DateTime<Utc>) -> bool {
        now < access.until && self.families[&access.family].revoked.is_none()
    }
}
