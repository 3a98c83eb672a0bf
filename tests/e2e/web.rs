//! `postroom serve` as a program: SendGrid reports a mail that was sent through it, and the timeline tells.

use crate::home::{API_KEY, Home, sendgrid};
use crate::mailbox::the_one;
use crate::program::command;
use crate::servers::servers;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Child;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

/// What stands before the point in a P-256 key's SubjectPublicKeyInfo.
const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
pub(crate) const OPERATOR: &str = "[web]\npublic_url = \"http://localhost:8025\"\n";
const THUNDERBIRD: &str =
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0\r\n";

/// The server, running.
pub(crate) struct Served {
    child: Child,
    address: SocketAddr,
    log: Arc<Mutex<String>>,
    /// Takes the lines of the log until the program has closed it.
    reader: Option<std::thread::JoinHandle<()>>,
}

impl Served {
    pub(crate) fn start(home: &Home) -> Self {
        Self::start_with(home, &[])
    }

    fn start_with(home: &Home, options: &[&str]) -> Self {
        let words = [&["serve", "--operator", "operator.toml", "--listen", "127.0.0.1:0"], options].concat();
        Self::of(&mut command(home.folder(), &words))
    }

    /// The server that this command starts.
    pub(crate) fn of(command: &mut std::process::Command) -> Self {
        let mut child = command.spawn().expect("the program starts");
        let mut lines = BufReader::new(child.stderr.take().expect("its log")).lines();
        let first = lines.next().expect("a line").expect("text");
        let address = first.split("http://").nth(1).and_then(|rest| rest.split([' ', ',', ';']).next());
        let address = address.and_then(|it| it.parse().ok()).unwrap_or_else(|| panic!("{first}"));
        let log = Arc::new(Mutex::new(first));
        let shared_log = Arc::clone(&log);
        let reader = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                shared_log.lock().unwrap().push_str(&format!("\n{line}"));
            }
        });
        Self { child, address, log, reader: Some(reader) }
    }

    /// Status and body of an answer.
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, Vec<u8>) {
        let (status, _, body) = self.ask_all(method, path, headers, body);
        (status, body)
    }

    /// Status, head and body of an answer.
    fn ask_all(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, String, Vec<u8>) {
        let mut stream = TcpStream::connect(self.address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a limit");
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        );
        stream.write_all(request.as_bytes()).expect("a request");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        let split = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8_lossy(&answer[..split]).into_owned();
        let status = head.split(' ').nth(1).and_then(|it| it.parse().ok()).expect("a status");
        (status, head, answer[split + 4..].to_vec())
    }

    /// Waits for a line of the log that has these words.
    fn line(&self, words: &str) -> String {
        let began = std::time::Instant::now();
        loop {
            let log = self.log.lock().unwrap().clone();
            if let Some(line) = log.lines().find(|line| line.contains(words)) {
                return line.to_owned();
            }
            assert!(began.elapsed() < Duration::from_secs(20), "{words} is not in {log}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends it as an operator does, and gives its log.
    pub(crate) fn end(mut self) -> String {
        let id = self.child.id().to_string();
        std::process::Command::new("kill").args(["-TERM", &id]).status().expect("kill");
        let status = self.child.wait().expect("an end");
        self.reader.take().expect("a reader").join().expect("the whole log");
        let log = self.log.lock().unwrap().clone();
        assert!(status.success(), "{status}: {log}");
        log
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a time").as_secs()
}

/// A company whose account is at SendGrid, and SendGrid's key pair.
fn reporting(url: &str) -> (Home, EcdsaKeyPair) {
    let home = Home::new();
    home.put("operator.toml", OPERATOR.as_bytes());
    home.fall_back_to(url, "off", "0s");
    home.ok(&["account", "grant", "spare", "lotte"]);
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).expect("a key");
    let pair =
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random).expect("a key");
    home.put(
        "verification-key",
        STANDARD.encode([&SPKI[..], pair.public_key().as_ref()].concat()).as_bytes(),
    );
    (home, pair)
}

pub(crate) fn path(url: &Value) -> String {
    let url = url.as_str().expect("a URL");
    url.strip_prefix("http://localhost:8025").unwrap_or_else(|| panic!("{url}")).to_owned()
}

#[test]
fn c5_sendgrids_report_of_a_mail_that_was_sent_shows_in_its_timeline_at_once() {
    let sendgrid = sendgrid();
    let (home, pair) = reporting(&sendgrid.url());
    let set = ["account", "webhook", "spare", "--provider", "sendgrid", "--key-file", "verification-key"];
    home.run(&set).assert(3, &["[web] public_url"]);
    let set = [&set[..], &["--operator", "operator.toml", "--json"]].concat();
    let hook = path(&home.ok(&set).json()["url"]);
    let shown = home.ok(&["account", "show", "spare"]);
    shown.assert(0, &["SendGrid reports each delivery and failure"]);
    assert!(hook.starts_with("/hooks/sendgrid/") && hook.len() > 70, "{hook}");
    home.send("spare", "jo@box.example", &["--check-opens", "true"]).assert(0, &[]);
    let sent = sendgrid.sent();
    let (mail, arguments) = (&sent[0], &sent[0]["custom_args"]);
    assert_eq!(mail["tracking_settings"]["open_tracking"]["enable"], true);
    assert!(
        !mail["content"][1]["value"].as_str().expect("HTML").contains("/o/"),
        "SendGrid has a pixel of its own"
    );

    let served = Served::start(&home);
    assert_eq!(served.ask("GET", "/ready", "", ""), (200, b"ready\n".to_vec()));
    let event = |kind: &str, seconds: u64| {
        json!({
            "email": "jo@box.example", "event": kind, "timestamp": seconds, "sg_event_id": format!("e-{kind}"),
            "sg_message_id": "sg-000001.filter1.1", "useragent": "Thunderbird", "response": "250 OK",
            "message-id": arguments["message-id"], "envelope-id": arguments["envelope-id"],
        })
    };
    let body = json!([event("open", seconds()), event("delivered", seconds() - 2)]).to_string();
    let time = seconds().to_string();
    let signature = pair.sign(&SystemRandom::new(), format!("{time}{body}").as_bytes()).expect("a signature");
    let headers = format!(
        "X-Twilio-Email-Event-Webhook-Signature: {}\r\nX-Twilio-Email-Event-Webhook-Timestamp: {time}\r\n",
        STANDARD.encode(signature)
    );
    assert_eq!(served.ask("POST", &hook, "", &body).0, 401, "unsigned");
    assert_eq!(served.ask("POST", &hook, &headers, &format!("{body} ")).0, 401, "forged");
    for _ in 0..3 {
        assert_eq!(served.ask("POST", &hook, &headers, &body).0, 200, "{}", served.log.lock().unwrap());
    }
    let id =
        arguments["message-id"].as_str().expect("an id").trim_start_matches('<').split('@').next().unwrap();
    let shown = home.mail("spare", id);
    assert_eq!(shown["status"], "read", "{shown:#}");
    let from_webhook =
        shown["events"].as_array().expect("events").iter().filter(|it| it["source"] == "webhook");
    assert_eq!(from_webhook.count(), 2, "{shown:#}");
    home.ok(&["account", "webhook", "spare", "--remove"]);
    assert_eq!(served.ask("POST", &hook, &headers, &body).0, 404, "removed");
    let log = served.end();
    for secret in [hook.rsplit('/').next().unwrap(), "jo@box.example", API_KEY] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
    assert!(log.ends_with("ended"), "{log}");
}

#[test]
fn c4_openings_are_checked_where_they_can_be_seen_and_refused_elsewhere() {
    let home = Home::new();
    home.put("operator.toml", OPERATOR.as_bytes());
    home.add_smtp("office", 1, &[]);
    home.send("office", "jo@west.test", &["--check-opens", "true"])
        .assert(3, &["Own SMTP has no Read tracking"]);
    let add = [
        "account",
        "add",
        "gmail",
        "--address",
        "nord@gmail.com",
        "--client-id",
        "a-client",
        "--user",
        "lotte",
    ];
    home.ok(&add);
    let set = ["account", "settings", "gmail", "--user", "lotte", "--check-opens", "true"];
    home.run(&set).assert(3, &["its address is not reachable for recipients"]);
    home.ok(&[&set[..], &["--operator", "operator.toml"]].concat());
}

#[test]
fn c3_the_pixel_of_a_platform_mail_tells_of_its_opening_and_its_preview_does_not() {
    let home = Home::new();
    let (port, authority) = (servers().starttls, servers().authority().display().to_string());
    let operator = format!(
        "{OPERATOR}[platform]\nname = \"Postroom\"\ndomain = \"east.test\"\nreply_domain = \"west.test\"\n\
         [platform.smtp]\nhost = \"localhost\"\nport = {port}\nsecurity = \"tls\"\nlogin = \"office@east.test\"\n\
         password_file = \"password\"\nca_file = \"{authority}\"\nallow_private = [\"localhost\"]\n"
    );
    home.put("operator.toml", operator.as_bytes());
    let with = ["--operator", "operator.toml"];
    let add = [
        "account",
        "add",
        "platform",
        "--address",
        "lotte@east.test",
        "--transport",
        "platform",
        "--user",
        "lotte",
    ];
    home.ok(&[&add[..], &with].concat());
    let send = |to: &str, more: &[&str]| {
        let run = home.send(
            "platform",
            to,
            &[&["--view-url", "https://portal.east.test/i/1"], more, &with].concat(),
        );
        run.assert(0, &[]);
        run.json()["mail"].as_str().expect("an id").to_owned()
    };
    send("box-c3-off@west.test", &[]);
    assert!(!html(&the_one("box-c3-off@west.test")).contains("/o/"), "off by default");
    let mail = send("box-c3@west.test", &["--check-opens", "true"]);
    let html = html(&the_one("box-c3@west.test"));
    let pixel =
        html.split("http://localhost:8025").nth(1).and_then(|it| it.split('"').next()).expect("a pixel");
    assert!(pixel.starts_with("/o/") && pixel.ends_with(".gif"), "{pixel}");
    let before = home.mail("platform", &mail);
    assert!(!before["html"].as_str().expect("HTML").contains("/o/"), "a preview tells of nothing");

    let served = Served::start(&home);
    std::thread::sleep(Duration::from_secs(11)); // sooner it would be a scanner's
    let (status, picture) = served.ask("GET", pixel, THUNDERBIRD, "");
    assert!(status == 200 && picture.starts_with(b"GIF89a"));
    let began = std::time::Instant::now();
    loop {
        let shown = home.mail("platform", &mail);
        if shown["status"] == "read" {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(10), "{shown:#}");
        std::thread::sleep(Duration::from_millis(200));
    }
    assert!(!served.end().contains(pixel), "the token is in no log");
}

fn html(message: &[u8]) -> String {
    let message = mail_parser::MessageParser::default().parse(message).expect("a message");
    message.body_html(0).expect("HTML").into_owned()
}

#[test]
fn a9_an_invitation_says_what_it_is_for_and_opening_it_changes_nothing() {
    let home = Home::new();
    home.put("operator.toml", OPERATOR.as_bytes());
    home.ok(&[
        "account",
        "add",
        "gmail",
        "--address",
        "nord@gmail.com",
        "--client-id",
        "a-client",
        "--user",
        "lotte",
    ]);
    let invite = [
        "account",
        "authorize",
        "gmail",
        "--user",
        "lotte",
        "--invite",
        "--operator",
        "operator.toml",
        "--json",
    ];
    let start = path(&home.ok(&invite).json()["url"]);
    let served = Served::start(&home);
    let (status, head, page) = served.ask_all("GET", &start, "", "");
    let page = String::from_utf8(page).expect("text");
    assert!(status == 200 && page.contains("Atelier Nord") && page.contains("nord@gmail.com"), "{page}");
    let form = page.split("value=\"").nth(1).and_then(|it| it.split('"').next()).expect("a form");
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("a cookie");
    assert!(cookie.contains("SameSite=Strict") && cookie.contains("HttpOnly"), "{cookie}");
    let body = format!("form={form}");
    let press = |from: &str| {
        let cookie = cookie.split(';').next().expect("a pair");
        let headers =
            format!("{from}Cookie: {cookie}\r\nContent-Type: application/x-www-form-urlencoded\r\n");
        served.ask("POST", &start, &headers, &body).0
    };
    assert_eq!(press("Origin: https://attacker.example\r\nSec-Fetch-Site: cross-site\r\n"), 403);
    assert_eq!(served.ask("POST", &start, "Origin: http://localhost:8025\r\n", "").0, 403, "no form");
    let own = "Origin: http://localhost:8025\r\nSec-Fetch-Site: same-origin\r\n";
    assert_eq!(press(own), 303, "to the provider");
    assert_eq!(press(own), 404, "a link is for one use");
    assert_eq!(served.ask("GET", "/oauth/callback?code=x&state=y", THUNDERBIRD, "").0, 401, "no cookie");
    let last = if start.ends_with('A') { 'E' } else { 'A' };
    let forged = format!("{}{last}", &start[..start.len() - 1]);
    assert_eq!(served.ask("GET", &forged, "", "").0, 404);
    assert_eq!(served.ask("GET", "/oauth/start/x", "", "").0, 404);
    served.end();
}

#[test]
fn metrics_are_at_an_address_of_their_own_and_a_proxy_that_is_not_trusted_is_said() {
    let home = Home::new();
    home.put("operator.toml", OPERATOR.as_bytes());
    home.add_smtp("office", 1, &[]);
    let served = Served::start_with(&home, &["--metrics-listen", "127.0.0.1:0"]);
    assert_eq!(served.ask("GET", "/metrics", "", "").0, 404, "not for the public");
    served.ask("GET", "/health", "X-Forwarded-For: 198.51.100.7\r\n", "");
    let metrics = served.line("metrics at http://");
    let address =
        metrics.split("http://").nth(1).and_then(|it| it.strip_suffix("/metrics")).expect("an address");
    let (public, mut served) = (served.address, served);
    served.address = address.parse().expect(address);
    let (status, text) = served.ask("GET", "/metrics", "", "");
    let text = String::from_utf8(text).expect("text");
    assert!(status == 200 && text.contains("postroom_untrusted_proxy_requests_total 1"), "{text}");
    assert_eq!(served.ask("GET", "/health", "", "").0, 404);
    served.address = public;
    let log = served.end();
    assert!(log.contains("trusted_proxies = [\"127.0.0.1\"]"), "{log}");
}
