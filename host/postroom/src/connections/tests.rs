//! Secrets and where they go: whatever an account of a company says, the operator's are for the operator's own places.

use super::*;
use crate::vault::{Keys, MasterKey};
use postroom_model::*;
use postroom_store::{Location, StoreError};
use std::num::NonZeroU32;

const OPERATOR: &str = r#"
[oauth.google]
client_id = "operator-client"
secret_file = "google.secret"

[oauth.microsoft]
client_id = "operator-client"
token_url = "https://login.operator.example/token"
api_url = "https://graph.operator.example/"

[platform]
name = "Postroom"
domain = "platform.example"
reply_domain = "reply.platform.example"
"#;

const RELAY: &str = "[platform.smtp]\nhost = \"relay.operator.example\"\nsecurity = \"tls\"\nlogin = \"platform\"\n\
                     password_file = \"relay.password\"\n";
const API: &str =
    "[platform.sendgrid]\nkey_file = \"relay.password\"\napi = \"https://api.operator.example/\"\n";

struct Room {
    folder: tempfile::TempDir,
    store: Store,
    company: Company,
}

fn parse<T: std::str::FromStr<Err = Unusable>>(text: &str) -> T {
    text.parse().unwrap()
}

impl Room {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("google.secret"), "the-operators-client-secret").unwrap();
        std::fs::write(folder.path().join("relay.password"), "the-operators-relay-password").unwrap();
        let store = Store::open(&Location::file(folder.path().join("store.db"))).await.unwrap();
        let company = store.create_company(&NewCompany::named(parse("Evil"))).await.unwrap();
        Self { folder, store, company }
    }

    fn connections(&self, relay: &str) -> Connections {
        let file = self.folder.path().join("operator.toml");
        std::fs::write(&file, format!("{OPERATOR}{relay}")).unwrap();
        let vault = Vault::with_keys(self.store.clone(), Keys::one(MasterKey::generate().unwrap()));
        Connections::new(vault, Operator::read(&file).unwrap())
    }

    fn account(&self, transport: Transport) -> Account {
        Account {
            id: AccountId::new(),
            company: self.company.id,
            name: parse("office"),
            address: parse("office@evil.example"),
            display_name: None,
            transport,
            mailbox: None,
            send_as: Vec::new(),
            folders: Folders::new(),
            state: AccountState::Ready,
            permissions: Permissions::default(),
        }
    }
}

fn grant(provider: Provider, endpoints: Endpoints) -> Grant {
    Grant { provider, client_id: None, endpoints, authorized: None }
}

#[tokio::test]
async fn the_platforms_way_out_is_that_of_the_operators_settings_as_they_are_now() {
    let room = Room::new().await;
    let account = room.account(Transport::Platform(PlatformSender { suffix: NonZeroU32::new(3) }));
    let opened = room.connections(RELAY).open(&account).await.unwrap();
    assert_eq!(opened.smtp.unwrap().host, "relay.operator.example");
    assert!(opened.web.is_none());
    // The operator changes the relay: no account has to be touched, and none keeps a password going to the old one.
    let moved = RELAY.replace("relay.operator", "relay2.operator");
    let opened = room.connections(&moved).open(&account).await.unwrap();
    assert_eq!(opened.smtp.unwrap().host, "relay2.operator.example");
    let opened = room.connections(API).open(&account).await.unwrap();
    assert_eq!(opened.web.unwrap().base.as_str(), "https://api.operator.example/");
    assert!(opened.smtp.is_none());
}

#[tokio::test]
async fn a_row_from_before_that_names_a_relay_of_its_own_names_it_no_more() {
    let room = Room::new().await;
    let old = r#"{"transport":"platform","domain":"evil.example","relay":{"relay":"sendgrid",
        "api":"https://evil.example/"},"dkim":{"selector":"evil"},"suffix":2}"#;
    assert!(serde_json::from_str::<Transport>(old).is_err(), "no file and no caller says where the relay is");
    assert!(serde_json::from_str::<Transport>(r#"{"transport":"platform","suffix":2}"#).is_ok());
    assert_eq!(room.store.companies().await.unwrap().len(), 1);
}

/// Every endpoint of a provider, with one of them at a host of others.
fn hostile(own: &Endpoints) -> Vec<(&'static str, Endpoints)> {
    let evil: ServiceUrl = parse("https://evil.example/token");
    vec![
        ("authorization", Endpoints { authorization: evil.clone(), ..own.clone() }),
        ("token", Endpoints { token: evil.clone(), ..own.clone() }),
        ("device", Endpoints { device: Some(evil.clone()), ..own.clone() }),
        ("no device", Endpoints { device: None, ..own.clone() }),
        ("revocation", Endpoints { revocation: Some(evil.clone()), ..own.clone() }),
        ("api", Endpoints { api: evil.clone(), ..own.clone() }),
        (
            "a tenant that is none",
            Endpoints {
                token: parse("https://login.microsoftonline.com/a/b/oauth2/v2.0/token"),
                ..own.clone()
            },
        ),
        (
            "a host that begins alike",
            Endpoints {
                token: parse("https://login.microsoftonline.com.evil.example/common"),
                ..own.clone()
            },
        ),
    ]
}

#[tokio::test]
async fn the_operators_client_is_used_at_no_place_that_an_account_names() {
    let room = Room::new().await;
    let connections = room.connections(RELAY);
    let admin = room.store.company_store(room.company.id);
    let tenant: Tenant = parse("evil.example");
    for (provider, own) in
        [(Provider::Google, Endpoints::google()), (Provider::Microsoft, Endpoints::microsoft(&tenant))]
    {
        for (which, endpoints) in hostile(&own) {
            let grant = grant(provider, endpoints);
            let by_password =
                Authentication::Grant { login: parse("office@evil.example"), grant: grant.clone() };
            let server = SmtpServer::new(parse("smtp.evil.example"), Security::Tls, by_password.clone());
            let mailbox = ImapServer::new(parse("imap.evil.example"), Security::Ssl, by_password);
            for (transport, mailbox) in [
                (Transport::Gmail(grant.clone()), None),
                (Transport::Outlook(grant.clone()), None),
                (Transport::Smtp(server), None),
                (Transport::MailClient, Some(mailbox)),
            ] {
                let what = format!("{provider}, {which}, {}", transport.kind());
                let account = Account { mailbox: mailbox.clone(), ..room.account(transport.clone()) };
                let error = connections.client(&account).await.map(|_| ()).expect_err(&what);
                assert!(error.to_string().contains("--client-id"), "{what}: {error}");
                if matches!(transport, Transport::Gmail(_) | Transport::Outlook(_)) {
                    assert!(connections.open(&account).await.is_err(), "{what}");
                }
                let new =
                    NewAccount { mailbox, ..NewAccount::new(parse("new"), parse("a@b.example"), transport) };
                let refused = admin.add_account(&new).await.expect_err(&what);
                assert!(matches!(refused, StoreError::Invalid { .. }), "{what}: {refused}");
            }
        }
    }
}

#[tokio::test]
async fn the_operators_client_is_used_where_the_operator_says() {
    let room = Room::new().await;
    let connections = room.connections(RELAY);
    let account = room.account(Transport::Gmail(grant(Provider::Google, Endpoints::google())));
    let client = connections.client(&account).await.unwrap();
    assert_eq!(client.id(), "operator-client");
    assert_eq!(client.provider().endpoints.token.as_str(), "https://oauth2.googleapis.com/token");
    let tenant: Tenant = parse("company.example");
    let account = room.account(Transport::Outlook(grant(Provider::Microsoft, Endpoints::microsoft(&tenant))));
    let client = connections.client(&account).await.unwrap();
    assert_eq!(client.provider().endpoints.token.as_str(), "https://login.operator.example/token");
    let authorize = client.provider().endpoints.authorize.as_str();
    assert_eq!(authorize, "https://login.microsoftonline.com/company.example/oauth2/v2.0/authorize");
    let opened = connections.open(&account).await.unwrap();
    assert_eq!(opened.web.unwrap().base.as_str(), "https://graph.operator.example/");
}
