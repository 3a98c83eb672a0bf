//! The whole dance with the certified OpenID provider of npm, which others wrote: PKCE, a loopback redirect, `iss`,
//! rotation with reuse detection, revocation. `cargo xtask test e2e` installs it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use chrono::TimeDelta;
use postroom::model::AllowList;
use postroom::transport::oauth::{
    AtProvider, Client, Endpoints, GrantState, Grants, InMemory, Issuer, Network, Provider, Purpose, Scopes,
};
use postroom::transport::tokens::{Bearer, Resource, TokenError, Tokens as _};
use url::Url;

use crate::server::{CLIENT, SECRET, TestClock};
use crate::{ACCOUNT, sign_in};

/// The running provider.
struct Certified {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    issuer: Url,
}

impl Drop for Certified {
    fn drop(&mut self) {
        // It keeps nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Certified {
    fn start() -> Self {
        let folder = std::env::var_os("POSTROOM_OAUTH_PROVIDER").expect("run by `cargo xtask test e2e`");
        let mut child = Command::new("node")
            .arg("serve.mjs")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // It warns of what is for tests alone.
            .stderr(Stdio::null())
            .spawn()
            .expect("node starts");
        let orders = child.stdin.take().unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        let said: serde_json::Value = serde_json::from_str(&line).expect("it says where it is");
        let issuer = said["issuer"].as_str().unwrap().parse().unwrap();
        Self { child, orders, answers, issuer }
    }

    fn client(&self, secret: &str, clock: &TestClock) -> Client {
        let at = |path: &str| self.issuer.join(path).unwrap();
        let endpoints = Endpoints {
            authorize: at("auth"),
            token: at("token"),
            device: None,
            revoke: Some(at("token/revocation")),
            identity: Some(at("me")),
        };
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let scopes =
            Scopes { sign_in: words("openid email"), mailbox: words("offline_access"), ..Scopes::default() };
        let provider = Provider {
            // OpenID Connect Core §11: a refresh token only after consent.
            parameters: vec![("prompt".into(), "consent".into())],
            issuer: Issuer::Always(self.issuer.as_str().trim_end_matches('/').into()),
            ..Provider::custom("Certified", endpoints, scopes)
        };
        Client::new(provider, CLIENT, Some(secret.into()))
            .network(Network { allowed: AllowList::loopback(), ..Network::default() })
            .clock(Arc::new(clock.clone()))
    }

    fn is_good(&mut self, bearer: &Bearer) -> bool {
        writeln!(self.orders, "{}", bearer.expose()).unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

#[tokio::test]
#[ignore = "needs a provider in Node: cargo xtask test e2e"]
async fn a9_the_whole_life_of_a_grant_at_a_certified_provider() {
    let mut provider = Certified::start();
    let clock = TestClock::new();
    let store = Arc::new(InMemory::default());
    let grants = Grants::with_clock(store.clone(), store.clone(), Arc::new(clock.clone()));
    let client = provider.client(SECRET, &clock);
    store.register(ACCOUNT, client.clone());

    let (granted, page) = sign_in(&client, Purpose::Mailbox).await;
    let granted = granted.unwrap_or_else(|error| panic!("{error}: {page:?}"));
    assert_eq!(granted.address.as_deref(), Some("office@ateliernord.example.com"));
    assert_eq!(page.status, 200);
    // Somebody takes a copy of the refresh token as it is now.
    let stolen = granted.clone();
    grants.install(ACCOUNT, granted).await.unwrap();
    let first = grants.token(ACCOUNT, Resource::Mail).await.unwrap();
    assert!(provider.is_good(&first));

    for _ in 0..3 {
        clock.advance(TimeDelta::hours(1));
        let bearer = grants.token(ACCOUNT, Resource::Mail).await.unwrap();
        assert!(bearer != first && provider.is_good(&bearer));
    }

    // The copy is used: the provider sees a token that was rotated away, and ends the whole grant.
    store.register("thief", client);
    grants.install("thief", stolen).await.unwrap();
    clock.advance(TimeDelta::hours(1));
    for account in ["thief", ACCOUNT] {
        let problem = grants.token(account, Resource::Mail).await.unwrap_err();
        let TokenError::NeedsSignIn(words) = problem else { panic!("{account}: {problem}") };
        assert_eq!(words, "invalid_grant: grant request is invalid", "{account}");
    }
    assert!(matches!(grants.grant_state(ACCOUNT).await.unwrap(), GrantState::NeedsSignIn(_)));
}

#[tokio::test]
#[ignore = "needs a provider in Node: cargo xtask test e2e"]
async fn a9_de_authorize_ends_the_tokens_at_a_certified_provider() {
    let mut provider = Certified::start();
    let clock = TestClock::new();
    let store = Arc::new(InMemory::default());
    let grants = Grants::with_clock(store.clone(), store.clone(), Arc::new(clock.clone()));
    let client = provider.client(SECRET, &clock);
    store.register(ACCOUNT, client.clone());
    let granted = sign_in(&client, Purpose::Mailbox).await.0.unwrap();
    grants.install(ACCOUNT, granted).await.unwrap();
    let bearer = grants.token(ACCOUNT, Resource::Api).await.unwrap();
    assert!(provider.is_good(&bearer));
    let outcome = grants.deauthorize(ACCOUNT).await.unwrap();
    assert_eq!(outcome.at_provider, Some(AtProvider::Revoked));
    assert!(!provider.is_good(&bearer));
}

#[tokio::test]
#[ignore = "needs a provider in Node: cargo xtask test e2e"]
async fn a_wrong_secret_is_refused_by_a_certified_provider() {
    let provider = Certified::start();
    let client = provider.client("another-secret", &TestClock::new());
    let refused = sign_in(&client, Purpose::Mailbox).await.0.unwrap_err();
    assert!(!refused.is_transient() && refused.to_string().contains("invalid_client"), "{refused}");
}
