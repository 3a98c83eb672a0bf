//! Whatever a URL says, nothing is connected to that the rule for destinations has not let pass.

use super::{HttpClient, HttpError, HttpSettings};
use crate::BoxFuture;
use crate::destination::Lookup;
use crate::tls::TlsConfigs;
use postroom_model::AllowList;
use proptest::prelude::*;
use reqwest::{Method, Request};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use url::Url;

/// The one address that may be connected to.
const ALLOWED: &str = "127.0.0.2";
/// Those of this machine that must not be, on the same port.
const FORBIDDEN: [&str; 3] = ["127.0.0.1", "127.0.0.3", "::1"];

/// A resolver that gives another answer each time, and remembers what it was asked.
struct FickleLookup {
    answers: Vec<Vec<IpAddr>>,
    asked: Mutex<Vec<String>>,
}

impl Lookup for FickleLookup {
    fn lookup<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, std::io::Result<Vec<SocketAddr>>> {
        let mut asked = self.asked.lock().expect("lock");
        let answer = self.answers[asked.len() % self.answers.len()].clone();
        asked.push(host.to_owned());
        Box::pin(async move { Ok(answer.into_iter().map(|ip| SocketAddr::new(ip, port)).collect()) })
    }
}

/// Servers on one port of several addresses, and how many connections came to each.
struct Servers {
    port: u16,
    allowed: Arc<AtomicUsize>,
    forbidden: Arc<AtomicUsize>,
}

impl Servers {
    async fn start() -> Self {
        loop {
            let first = TcpListener::bind((ALLOWED, 0)).await.expect("a port");
            let port = first.local_addr().expect("its address").port();
            let mut others = Vec::new();
            for address in FORBIDDEN {
                match TcpListener::bind((address, port)).await {
                    Ok(listener) => others.push(listener),
                    // A machine without IPv6 has nothing to connect to there.
                    Err(_) if address == "::1" => {}
                    // This port of that address is in use: another one is taken.
                    Err(_) => continue,
                }
            }
            if others.len() + 1 < FORBIDDEN.len() {
                continue;
            }
            let servers = Self { port, allowed: Arc::default(), forbidden: Arc::default() };
            tokio::spawn(count(first, Arc::clone(&servers.allowed)));
            for listener in others {
                tokio::spawn(count(listener, Arc::clone(&servers.forbidden)));
            }
            return servers;
        }
    }
}

/// Counts connections, and answers those that speak HTTP.
async fn count(listener: TcpListener, connections: Arc<AtomicUsize>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        connections.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(async move {
            let _ = stream.read(&mut [0; 1024]).await;
            let answer = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n";
            let _ = stream.write_all(answer).await;
        });
    }
}

async fn client(lookup: Arc<dyn Lookup>) -> HttpClient {
    let second = Duration::from_secs(5);
    let settings = HttpSettings {
        allowed: ALLOWED.parse::<AllowList>().expect("a list"),
        resolve: second,
        connect: second,
        idle: None,
    };
    let tls = TlsConfigs::default().for_roots(None).await.expect("roots");
    HttpClient::with_lookup(&settings, &tls, lookup).expect("a client")
}

/// Host names as people, servers and attackers write them.
fn host() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just("rebind.example".to_owned()),
        Just("localhost".to_owned()),
        Just("REBIND.Example".to_owned()),
        Just("b\u{fc}ro.example".to_owned()),
        Just("xn--bro-hoa.example".to_owned()),
        Just("\u{ff52}ebind.example".to_owned()),
        "[a-z0-9-]{1,12}(\\.[a-z]{1,6}){0,2}",
    ];
    let name = (name, prop_oneof![Just(""), Just("."), Just(".."), Just("\u{3002}"), Just("%2e")])
        .prop_map(|(name, end)| format!("{name}{end}"));
    let literal = prop_oneof![
        Just("127.0.0.1"),
        Just("127.0.0.2"),
        Just("127.0.0.3"),
        Just("127.0.0.1."),
        Just("127.1"),
        Just("127.3"),
        Just("2130706433"),
        Just("0x7f.1"),
        Just("0177.0.0.3"),
        Just("0"),
        Just("\u{ff11}27.0.0.1"),
        Just("[::1]"),
        Just("[::ffff:127.0.0.1]"),
        Just("[::ffff:127.0.0.2]"),
        Just("[::127.0.0.3]"),
        Just("[fe80::1%25lo]"),
        Just("[::1%25lo]"),
        Just("[::1%lo]"),
        Just("10.0.0.1"),
        Just("169.254.169.254"),
        Just("[64:ff9b::7f00:1]"),
    ]
    .prop_map(str::to_owned);
    prop_oneof![3 => name, 2 => literal, 1 => ".{0,20}"]
}

/// What a resolver may say: the allowed address, forbidden ones of this machine, networks of others.
fn answers() -> impl Strategy<Value = Vec<Vec<IpAddr>>> {
    let address = prop_oneof![
        3 => Just(ALLOWED),
        2 => Just("127.0.0.1"),
        2 => Just("127.0.0.3"),
        1 => Just("::1"),
        1 => Just("::ffff:127.0.0.3"),
        1 => Just("10.0.0.1"),
        1 => Just("169.254.169.254"),
    ]
    .prop_map(|text| text.parse().expect(text));
    prop::collection::vec(prop::collection::vec(address, 0..3), 1..4)
}

#[test]
fn whatever_url_is_asked_for_every_connection_goes_to_an_address_that_was_permitted() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let servers = runtime.block_on(Servers::start());
    let shape = (
        prop_oneof![2 => Just("http"), 2 => Just("https"), 1 => Just("HTTPS"), 1 => Just("ftp"), 1 => Just("ws")],
        prop_oneof![4 => Just(String::new()), 1 => Just("user:word@".to_owned()), 1 => ".{0,8}"],
        host(),
        prop_oneof![3 => Just("/"), 1 => Just("/@127.0.0.1/"), 1 => Just("\\@127.0.0.3/"), 1 => Just("?a#b")],
        answers(),
    );
    proptest!(ProptestConfig::with_cases(400), |((scheme, login, host, rest, answers) in shape)| {
        let text = format!("{scheme}://{login}{host}:{}{rest}", servers.port);
        let Ok(url) = Url::parse(&text) else { return Ok(()) };
        // A path that was read as a host has another port: none of our servers listens there.
        prop_assume!(url.port() == Some(servers.port));
        let lookup = Arc::new(FickleLookup { answers: answers.clone(), asked: Mutex::default() });
        let before = servers.allowed.load(Ordering::SeqCst);
        let answers_seen = runtime.block_on(async {
            let client = client(Arc::clone(&lookup) as Arc<dyn Lookup>).await;
            // Twice, as a request that is repeated: the second must not profit from the first.
            for _ in 0..2 {
                let asked = client.execute(Request::new(Method::GET, url.clone()));
                let _ = tokio::time::timeout(Duration::from_secs(10), asked).await.expect("an end");
            }
            lookup.asked.lock().expect("lock").clone()
        });
        prop_assert_eq!(servers.forbidden.load(Ordering::SeqCst), 0, "{} {:?}", text, answers);
        for name in &answers_seen {
            prop_assert!(!name.ends_with('.') && name.is_ascii(), "{} was resolved as {}", text, name);
            prop_assert!(!name.bytes().any(|byte| byte.is_ascii_uppercase()), "{} as {}", text, name);
        }
        let offered = answers.iter().any(|answer| answer.contains(&ALLOWED.parse::<IpAddr>().expect("one")));
        let is_literal = !matches!(url.host(), Some(url::Host::Domain(_)));
        if servers.allowed.load(Ordering::SeqCst) > before {
            prop_assert!(offered || is_literal, "{} was connected to", text);
        }
    });
}

#[tokio::test]
async fn a_name_is_resolved_for_each_connection_and_each_answer_is_checked() {
    let servers = Servers::start().await;
    let addresses = |text: &[&str]| text.iter().map(|it| it.parse().expect(it)).collect::<Vec<IpAddr>>();
    for host in ["rebind.example", "rebind.example.", "REBIND.example", "b\u{fc}ro.example."] {
        let answers = vec![addresses(&[ALLOWED]), addresses(&["127.0.0.3"])];
        let lookup = Arc::new(FickleLookup { answers, asked: Mutex::default() });
        let client = client(Arc::clone(&lookup) as Arc<dyn Lookup>).await;
        let url: Url = format!("https://{host}:{}/", servers.port).parse().expect("a URL");
        let before = servers.allowed.load(Ordering::SeqCst);
        let first = client.execute(Request::new(Method::GET, url.clone())).await;
        assert!(matches!(first, Err(HttpError::Tls(_))), "{host}: {first:?}");
        assert_eq!(servers.allowed.load(Ordering::SeqCst), before + 1, "{host}");
        let second = client.execute(Request::new(Method::GET, url)).await;
        assert!(matches!(second, Err(HttpError::Destination(_))), "{host}: {second:?}");
        assert_eq!(servers.forbidden.load(Ordering::SeqCst), 0, "{host}");
    }
}

#[tokio::test]
async fn what_is_no_destination_is_refused_before_the_network_and_a_redirect_is_an_answer() {
    let servers = Servers::start().await;
    let port = servers.port;
    let lookup = Arc::new(FickleLookup {
        answers: vec![vec!["203.0.113.1".parse().expect("one")]],
        asked: Mutex::default(),
    });
    let client = client(Arc::clone(&lookup) as Arc<dyn Lookup>).await;
    for (url, words) in [
        (format!("http://rebind.example:{port}/"), "without TLS only a server on this machine"),
        (format!("http://10.0.0.1:{port}/"), "an address of a private network"),
        (format!("http://203.0.113.1:{port}/"), "reserved address"),
        (format!("ftp://127.0.0.2:{port}/"), "by HTTPS only"),
        (format!("https://u:p@127.0.0.2:{port}/"), "carries no login"),
        (format!("https://127.0.0.1:{port}/"), "a loopback address"),
        (format!("https://[::ffff:127.0.0.3]:{port}/"), "a loopback address"),
        (format!("https://rebind..example:{port}/"), "not a host name"),
        (format!("http://localhost.:{port}/"), "reserved address"),
    ] {
        let request = Request::new(Method::GET, url.parse().expect("a URL"));
        let error = client.execute(request).await.expect_err(&url).to_string();
        assert!(error.contains(words), "{url}: {error}");
    }
    assert_eq!(servers.allowed.load(Ordering::SeqCst), 0);
    let url = format!("http://127.0.0.2:{port}/").parse().expect("a URL");
    let answer = client.execute(Request::new(Method::GET, url)).await.expect("an answer");
    assert_eq!(answer.status(), 302);
    assert_eq!(servers.forbidden.load(Ordering::SeqCst), 0);
}
