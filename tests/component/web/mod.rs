//! The web server over a socket, with the plugin as it ships, a store on disk, and signatures by keys of our own.

mod bounds;
mod captured_log;
mod openings;
mod provider;
mod reports;
mod sign_in;

use crate::test_host::shipped;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use captured_log::CapturedLog;
use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use postroom::app::{Webhook, WebhookProvider};
use postroom::config::Operator;
use postroom::connections::Connections;
use postroom::model::*;
use postroom::store::*;
use postroom::vault::{Keys, MasterKey, Vault};
use postroom_web::{Limits, LinkTokens, Listeners, Site, serve};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tracing::instrument::WithSubscriber as _;

/// What stands before the point in a P-256 key's SubjectPublicKeyInfo.
const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// Whom the mails go to.
const JO: &str = "jo@example.com";

/// A web server with a company that has sent a mail through SendGrid.
struct World {
    _folder: TempDir,
    store: SystemStore,
    vault: Vault,
    tokens: LinkTokens,
    company: Company,
    lotte: User,
    account: Account,
    sendgrid: EcdsaKeyPair,
    address: SocketAddr,
    metrics: SocketAddr,
    log: CapturedLog,
    stop: Option<oneshot::Sender<()>>,
    ended: tokio::task::JoinHandle<()>,
}

/// An answer.
struct BoxFuture {
    status: u16,
    /// In lower case.
    head: String,
    /// As it came.
    raw_head: String,
    body: Vec<u8>,
}

impl BoxFuture {
    /// The value of a header field.
    fn field(&self, name: &str) -> Option<&str> {
        let lines = self.raw_head.lines().filter_map(|line| line.split_once(':'));
        lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl World {
    async fn new() -> Self {
        Self::with(Limits::default(), |site| site).await
    }

    async fn with(limits: Limits, change: impl FnOnce(Site) -> Site) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Location::file(folder.path().join("store.db"))).await.unwrap();
        let vault = Vault::with_keys(store.clone(), Keys::one(MasterKey::generate().unwrap()));
        let mut operator = Operator::default();
        operator.web.public_url = Some("https://post.example".parse().unwrap());
        let connections = Connections::new(vault.clone(), operator);
        let tokens = LinkTokens::new(connections.token_secret().await.unwrap());
        let new = NewCompany {
            name: "Atelier Nord".parse().unwrap(),
            settings: "{}".into(),
            fallback: Fallback::default(),
        };
        let company = store.create_company(&new).await.unwrap();
        let admin = store.company_store(company.id);
        let new = NewUser {
            login: "lotte".parse().unwrap(),
            name: "Lotte".parse().unwrap(),
            address: "lotte@nord.example".parse().unwrap(),
        };
        let lotte = admin.add_user(&new).await.unwrap();
        let account = admin.add_account(&relay("spare")).await.unwrap();
        admin.grant(account.id, lotte.id).await.unwrap();
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let sendgrid =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random).unwrap();
        let key = STANDARD.encode([&SPKI[..], sendgrid.public_key().as_ref()].concat());
        let webhook = Webhook::new(WebhookProvider::SendGrid, Some(&key), Vec::new()).unwrap();
        webhook.store(&connections, &account).await.unwrap();

        let log = CapturedLog::default();
        let site = Site::open(connections, shipped().clone()).await.unwrap();
        let site = change(site);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let for_metrics = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let metrics = for_metrics.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let listeners = Listeners { public: listener, metrics: Some(for_metrics) };
        let served = serve(listeners, Arc::new(site), limits, async { drop(stopped.await) });
        let ended = tokio::spawn(served.with_subscriber(log.clone()));
        let stop = Some(stop);
        Self {
            _folder: folder,
            store: store.system(),
            vault,
            tokens,
            company,
            lotte,
            account,
            sendgrid,
            address,
            metrics,
            log,
            stop,
            ended,
        }
    }

    /// A mail that the account submitted two hours ago.
    async fn sent(&self, account: &Account) -> MailId {
        let id = MailId::new();
        let party = |address: &str| Party { name: None, address: address.to_owned() };
        let mail = NewMail {
            id,
            account: account.id,
            created: ago(7_201),
            document: None,
            use_case: "new".into(),
            subject: "Invoice 7".into(),
            from: party("office@nord.example"),
            recipients: vec![Recipient::new("to", party(JO))],
            message: Message {
                message_id: format!("<{id}@nord.example>"),
                mail_from: "office@nord.example".into(),
                rcpt_to: vec![JO.into()],
                pieces: vec![Piece::Text("x".into())],
                size: 1,
                needs_smtputf8: false,
                html: String::new(),
                text: String::new(),
            },
            files: Vec::new(),
            revision: None,
            options: SendOptions::default(),
            open_check: OpenCheck::Off,
        };
        let user_store = self.store.user_store(&self.lotte);
        let (lease_owner, journal) = (LeaseOwner::new("worker"), GroupCommitWriter::new(&self.store));
        let lease = Some((lease_owner.clone(), ago(0) + chrono::Duration::minutes(1)));
        user_store.enqueue(std::slice::from_ref(&mail), &Order { lease, ..Order::default() }).await.unwrap();
        let attempt = NewAttempt {
            started: ago(7_201),
            account: account.id,
            transport: "sendgrid".into(),
            fallback: false,
        };
        let attempt = journal.begin(id, &attempt, &lease_owner).await.unwrap();
        let result = Completion {
            finished: ago(7_200),
            result: AttemptResult::Accepted,
            stage: None,
            detail: None,
            provider_ids: vec![("message".into(), format!("sg-{id}"))],
        };
        let settled = Some(StateChange::of(&lease_owner, QueueState::Sent));
        journal.finish(attempt, &result, &[], settled).await.unwrap();
        id
    }

    async fn events(&self, mail: MailId) -> Vec<Event> {
        self.store.mail(mail).await.unwrap().events
    }

    /// Waits until a mail has so many facts.
    async fn with_events(&self, mail: MailId, count: usize) -> Vec<Event> {
        for _ in 0..200 {
            let events = self.events(mail).await;
            if events.len() >= count {
                return events;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{:?}", self.events(mail).await)
    }

    /// The path of the account's webhook.
    fn hook(&self) -> String {
        format!("/hooks/sendgrid/{}", self.tokens.webhook(self.company.id, self.account.id))
    }

    /// Headers of a report that SendGrid signs now, or so many seconds from now.
    fn signed(&self, body: &[u8], seconds: i64) -> String {
        let time = (Utc::now().timestamp() + seconds).to_string();
        let signature = self.sendgrid.sign(&SystemRandom::new(), &[time.as_bytes(), body].concat()).unwrap();
        format!(
            "X-Twilio-Email-Event-Webhook-Signature: {}\r\nX-Twilio-Email-Event-Webhook-Timestamp: {time}\r\n",
            STANDARD.encode(signature)
        )
    }

    /// Posts a report as SendGrid does.
    async fn post(&self, body: &str) -> u16 {
        let headers = self.signed(body.as_bytes(), 0);
        self.ask("POST", &self.hook(), &headers, body.as_bytes()).await.status
    }

    async fn ask(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> BoxFuture {
        self.ask_from("127.0.0.1", method, path, headers, body).await
    }

    /// Asks from this address, as another client.
    async fn ask_from(
        &self,
        client: &str,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> BoxFuture {
        let length =
            if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: post.example\r\nConnection: close\r\n{length}{headers}\r\n"
        );
        let stream = connect(client, self.address).await;
        answer(stream, &[head.as_bytes(), body].concat())
            .await
            .unwrap_or_else(|| panic!("{method} {path} from {client}: no answer"))
    }

    /// What comes back for these bytes; none: nothing does.
    async fn raw(&self, bytes: &[u8]) -> Option<BoxFuture> {
        answer(connect("127.0.0.1", self.address).await, bytes).await
    }

    /// The connections of the server's store.
    fn connections(&self) -> Connections {
        Connections::new(self.vault.clone(), Operator::default())
    }

    /// What is counted.
    async fn metrics(&self) -> String {
        let request = b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        let answer = answer(connect("127.0.0.1", self.metrics).await, request).await.expect("an answer");
        assert_eq!(answer.status, 200);
        String::from_utf8(answer.body).unwrap()
    }

    fn log(&self) -> String {
        self.log.text()
    }
}

/// A connection of this client.
async fn connect(client: &str, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(client.parse().expect(client), 0)).expect(client);
    socket.connect(to).await.unwrap()
}

/// What comes back for these bytes; none: nothing does.
async fn answer(mut stream: TcpStream, bytes: &[u8]) -> Option<BoxFuture> {
    // Who refuses a body closes before all of it is there.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
    let _ = read.expect("an end of the answer");
    let split = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8(answer[..split].to_vec()).unwrap();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(BoxFuture { status, head: head.to_lowercase(), raw_head: head, body: answer[split + 4..].to_vec() })
}

fn relay(name: &str) -> NewAccount {
    let address = format!("{name}@nord.example").parse().unwrap();
    NewAccount::new(name.parse().unwrap(), address, Transport::SendGrid(SendGridSender::global()))
}

fn ago(seconds: i64) -> DateTime<FixedOffset> {
    (Utc::now() - TimeDelta::seconds(seconds)).fixed_offset()
}

/// An event of SendGrid's about a mail.
fn event(mail: &str, kind: &str, seconds_ago: i64) -> serde_json::Value {
    serde_json::json!({
        "email": JO, "event": kind, "timestamp": Utc::now().timestamp() - seconds_ago, "sg_event_id": format!("{mail}{kind}"),
        "message-id": format!("<{mail}@nord.example>"), "useragent": "Thunderbird", "type": "bounce",
    })
}
