//! Gmail and Outlook from the command line: sign in with a browser, send, run out, sign in again, sign out (rules A9,
//! A10). The authorization server insists on every rule; the APIs ask it whose a token is.

#[path = "../oauth/server/mod.rs"]
#[allow(dead_code, unused_imports)]
pub(crate) mod server;

use crate::home::Home;
use crate::program::ended;
use crate::servers::{TOKEN_HOLDER, believe, servers};
use postroom::transport::oauth::SystemClock;
use postroom::transport::tokens::Resource;
use postroom_providers::{Gmail, Graph, TokenState};
use server::{AuthorizationServer, Browser, CLIENT, Manner, SECRET};
use std::io::{BufRead as _, BufReader, Read as _};
use std::sync::Arc;

pub(crate) const USER: &str = "office@ateliernord.example.com";

/// Whose a token is, as the authorization server knows it.
fn judge(server: &Arc<AuthorizationServer>) -> impl Fn(&str) -> TokenState + Send + Sync + 'static {
    let server = Arc::clone(server);
    move |token| match server.mailbox_owner(token, Resource::Api) {
        Some(_) => TokenState::Valid,
        None => TokenState::Revoked,
    }
}

/// An account at the provider, which no user has signed in to.
pub(crate) fn add(home: &Home, name: &str, server: &AuthorizationServer, api: &str) {
    home.put("client-secret", SECRET.as_bytes());
    let origin = server.origin();
    let [authorize, token, revoke, device] =
        ["authorize", "token", "revoke", "device"].map(|it| format!("{origin}{it}"));
    let api = format!("{api}/");
    let mut words = vec![
        "account",
        "add",
        name,
        "--transport",
        name,
        "--address",
        USER,
        "--display-name",
        "Atelier Nord",
        "--client-id",
        CLIENT,
        "--client-secret-file",
        "client-secret",
        "--authorization-url",
        &authorize,
        "--token-url",
        &token,
        "--device-url",
        &device,
        "--api-url",
        &api,
        "--user",
        "lotte",
    ];
    if name == "gmail" {
        words.extend(["--revocation-url", &revoke]);
    }
    home.ok(&words);
    home.permit(name);
}

/// `postroom account authorize`, with a browser that goes where it is sent.
pub(crate) async fn authorize(home: &Home, account: &'static str) -> crate::program::Run {
    let words = ["account", "authorize", account, "--no-browser", "--wait", "60s"];
    let mut child = home.start(&words);
    let mut stderr = BufReader::new(child.stderr.take().expect("its words"));
    let url = tokio::task::spawn_blocking(move || {
        let mut line = String::new();
        while !line.contains("sign in at ") {
            line.clear();
            assert!(stderr.read_line(&mut line).expect("a line") > 0, "no page was named");
        }
        // The test does not need the rest, which must not block the program.
        std::thread::spawn(move || stderr.read_to_end(&mut Vec::new()));
        line.trim().rsplit(' ').next().expect("a URL").parse().expect("a URL")
    });
    let url: url::Url = url.await.expect("a page");
    Browser.open(&url).await;
    tokio::task::spawn_blocking(move || ended(child, &words)).await.expect("it ends")
}

async fn run(home: &Arc<Home>, words: &'static [&'static str]) -> crate::program::Run {
    let home = Arc::clone(home);
    tokio::task::spawn_blocking(move || home.run(words)).await.expect("it ends")
}

async fn send(home: &Arc<Home>, account: &'static str) -> crate::program::Run {
    let home = Arc::clone(home);
    tokio::task::spawn_blocking(move || home.send(account, "customer@west.test", &["--again"]))
        .await
        .expect("it ends")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a9_gmail_from_the_sign_in_to_the_sign_out() {
    let server = Arc::new(AuthorizationServer::start(Manner::Google, Arc::new(SystemClock)).await);
    let gmail = Gmail::start(USER, "nobody-has-this-token");
    gmail.access.ask(judge(&server));
    let home = Arc::new(Home::new());
    {
        let (home, server, url) = (Arc::clone(&home), Arc::clone(&server), gmail.url());
        tokio::task::spawn_blocking(move || add(&home, "gmail", &server, &url)).await.expect("added");
    }
    // Before a user has signed in the mail is held, and no request is made.
    let held = send(&home, "gmail").await;
    held.assert(4, &["it is held", "postroom account authorize"]);
    assert!(gmail.requests().is_empty(), "{}", held.output());

    // As Google says it of a client that is still in testing.
    server.behave(|behaviour| behaviour.refresh_seconds = Some(7 * 86_400));
    let signed_in = authorize(&home, "gmail").await;
    signed_in.assert(0, &[&format!("signed in as {USER}"), "a new sign-in is needed by"]);
    run(&home, &["account", "show", "gmail"]).await.assert(0, &["a new sign-in is needed by"]);
    run(&home, &["account", "test", "gmail"]).await.assert(0, &["Gmail API test successful"]);
    let mail = held.json()["mail"].as_str().expect("an id").to_owned();
    let resumed = {
        let (home, mail) = (Arc::clone(&home), mail.clone());
        tokio::task::spawn_blocking(move || home.run(&["resume", &mail, "--user", "lotte", "--json"]))
            .await
            .expect("it ends")
    };
    resumed.assert(0, &[]);
    assert_eq!(gmail.sent().len(), 1, "{}", resumed.output());
    let report = resumed.json();
    let ids = report["attempts"].as_array().and_then(|all| all.last()).map(|it| it["provider_ids"].clone());
    assert_eq!(ids.expect("an attempt")["message"], gmail.sent()[0].id.as_str(), "the provider's id is kept");
    assert_eq!(report["copy"]["copy"], "by-provider");

    // The user withdraws the permission at the provider: the mail is held, not failed.
    server.withdraw();
    let held = send(&home, "gmail").await;
    held.assert(4, &["it is held", "needs a new sign-in"]);
    assert_eq!(held.json()["status"], "in-transit", "{}", held.output());
    let shown = run(&home, &["account", "show", "gmail", "--json"]).await.json();
    assert_eq!(shown["account"]["state"]["state"], "needs-sign-in");
    run(&home, &["account", "test", "gmail"]).await.assert(4, &["login"]);

    authorize(&home, "gmail").await.assert(0, &["signed in as"]);
    let out = run(&home, &["account", "deauthorize", "gmail"]).await;
    out.assert(0, &["has revoked the grant"]);
    let shown = run(&home, &["account", "show", "gmail", "--json"]).await.json();
    assert_eq!(shown["account"]["state"]["state"], "needs-sign-in");
    let sent = gmail.sent().len();
    send(&home, "gmail").await.assert(4, &["it is held"]);
    assert_eq!(gmail.sent().len(), sent);
    // No token, code or secret that was given out is in anything that was written.
    let secrets = server.secrets();
    assert!(secrets.len() > 5, "{secrets:?}");
    for path in crate::secrets::files(home.folder()).into_iter().filter(|it| !it.ends_with("client-secret")) {
        let bytes = std::fs::read(&path).expect("a file");
        let text = String::from_utf8_lossy(&bytes);
        let found = secrets.iter().find(|secret| text.contains(secret.as_str()));
        assert!(found.is_none(), "{} holds a token", path.display());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_grant_opens_smtp_and_imap_by_xoauth2() {
    let server = Arc::new(AuthorizationServer::start(Manner::Google, Arc::new(SystemClock)).await);
    server.behave(|behaviour| behaviour.user = TOKEN_HOLDER.to_owned());
    let judge = Arc::clone(&server);
    believe(move |token| judge.mailbox_owner(token, Resource::Mail).is_some());
    let home = Arc::new(Home::new());
    let setting_up = (Arc::clone(&home), Arc::clone(&server));
    let added = tokio::task::spawn_blocking(move || {
        let (home, server) = setting_up;
        home.put("client-secret", SECRET.as_bytes());
        let [authorize, token] = ["authorize", "token"].map(|it| format!("{}{it}", server.origin()));
        let (smtp, imap) = (servers().starttls.to_string(), servers().imaps.to_string());
        let authority = servers().authority().display().to_string();
        home.ok(&[
            "account",
            "add",
            "oauth",
            "--address",
            TOKEN_HOLDER,
            "--oauth",
            "google",
            "--client-id",
            CLIENT,
            "--client-secret-file",
            "client-secret",
            "--authorization-url",
            &authorize,
            "--token-url",
            &token,
            "--host",
            "localhost",
            "--port",
            &smtp,
            "--imap-host",
            "localhost",
            "--imap-port",
            &imap,
            "--ca-file",
            &authority,
            "--user",
            "lotte",
        ]);
        home.permit("oauth");
    });
    added.await.expect("added");
    run(&home, &["account", "test", "oauth"]).await.assert(4, &["login", "nobody has signed in"]);
    authorize(&home, "oauth").await.assert(0, &["signed in as oauth@west.test"]);
    let tested = run(&home, &["account", "test", "oauth"]).await;
    tested.assert(0, &["SMTP test successful", "IMAP test successful", "by XOAUTH2"]);
    let test =
        &["account", "send-test", "oauth", "--user", "lotte", "--to", "box-xoauth2@west.test", "--json"];
    let sent = run(&home, test).await;
    sent.assert(0, &[]);
    assert_eq!(sent.json()["copy"]["folder"], "Gesendet", "{}", sent.output());
    // The token is refused although its time is not over: it is renewed, without a sign-in.
    let refreshed = server.refreshes();
    server.forget_access_tokens();
    run(&home, &["account", "test", "oauth"]).await.assert(0, &["SMTP test successful"]);
    assert!(server.refreshes() > refreshed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a10_outlook_sends_through_graph_and_stays_signed_in() {
    let server = Arc::new(AuthorizationServer::start(Manner::Microsoft, Arc::new(SystemClock)).await);
    // Every access token is old at once: each command refreshes, and each refresh brings another refresh token.
    server.behave(|behaviour| behaviour.access_seconds = 1);
    let graph = Graph::start(USER, "nobody-has-this-token");
    graph.access.ask(judge(&server));
    let home = Arc::new(Home::new());
    {
        let (home, server, url) = (Arc::clone(&home), Arc::clone(&server), graph.url());
        tokio::task::spawn_blocking(move || add(&home, "outlook", &server, &url)).await.expect("added");
    }
    authorize(&home, "outlook").await.assert(0, &["signed in as"]);
    for count in 1..=2 {
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        server.behave(|behaviour| behaviour.access_seconds = 30);
        let run = send(&home, "outlook").await;
        run.assert(0, &[]);
        assert_eq!(graph.sent().len(), count, "{}", run.output());
        server.behave(|behaviour| behaviour.access_seconds = 1);
    }
    run(&home, &["account", "deauthorize", "outlook"]).await.assert(0, &["lets no app revoke its own grant"]);
}
