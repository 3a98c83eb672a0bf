//! Rule A8 for stored accounts: each failure names its stage and repeats the server's words, for SMTP, IMAP and APIs.

use crate::home::Home;
use crate::servers::servers;
use postroom_providers::{ClosedPort, Fault, Gmail, Graph, Reply, SendGrid, TokenState};

/// A resolver that says of every domain that Microsoft takes its mail.
fn microsoft_resolver() -> std::net::SocketAddr {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let address = socket.local_addr().expect("its address");
    std::thread::spawn(move || {
        let mut question = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut question) {
            // The question alone, then an MX record about it.
            let end =
                question[12..length].iter().position(|byte| *byte == 0).map_or(length, |at| 12 + at + 5);
            let mut answer = question[..end].to_vec();
            answer[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
            let mut host = vec![0, 10];
            for label in ["firm-example", "mail", "protection", "outlook", "com"] {
                host.push(u8::try_from(label.len()).expect("a short label"));
                host.extend(label.as_bytes());
            }
            host.push(0);
            answer.extend([
                0xc0,
                12,
                0,
                15,
                0,
                1,
                0,
                0,
                0,
                60,
                0,
                u8::try_from(host.len()).expect("a short name"),
            ]);
            answer.extend(host);
            let _ = socket.send_to(&answer, from);
        }
    });
    address
}

#[test]
fn a3_the_provider_of_a_firms_own_domain_is_recognised_where_the_operator_lets_it_be_asked() {
    let add = |home: &Home| {
        let words = ["account", "add", "own", "--address", "office@firm.example", "--user", "lotte"];
        home.run(&[&words[..], &["--password-file", "password"]].concat())
    };
    let asked = format!("[dns]\nrecognise_providers = true\nresolver = \"{}\"\n", microsoft_resolver());
    let home = Home::new();
    let operator = home.put("operator.toml", asked.as_bytes()).display().to_string();
    let home = home.with_operator(&operator);
    add(&home).assert(0, &["firm-example.mail.protection.outlook.com", "smtp.office365.com"]);
    // No resolver is asked unless the operator allows it.
    add(&Home::new()).assert(2, &["--host"]);
}

#[test]
fn a8_an_account_that_works_says_so_for_smtp_and_imap() {
    let home = Home::new().with_office("a8-works@west.test");
    let run = home.ok(&["account", "test", "office", "--user", "lotte"]);
    let lines: Vec<&str> = run.out.lines().collect();
    assert!(lines.contains(&"SMTP test successful"), "{}", run.output());
    assert_eq!(lines.last(), Some(&"IMAP test successful"), "{}", run.output());
    let report = home.ok(&["account", "test", "office", "--json"]).json();
    assert_eq!(report["ok"], true);
    assert_eq!(report["tests"][0]["message"], "SMTP test successful");
    assert_eq!(report["tests"][1]["message"], "IMAP test successful");
}

#[test]
fn a8_each_way_to_fail_names_the_stage_and_quotes_the_server() {
    let home = Home::new();
    home.add_smtp("office", servers().starttls, &[]);
    let closed_port = ClosedPort::new();
    let ports = [closed_port.number(), servers().plain, servers().starttls];
    let [closed, plain, right] = ports.map(|port| port.to_string());
    home.put("wrong", b"not-the-password");
    for (what, change, back, code, stage, words) in [
        (
            "a wrong host",
            &["--host", "no-such-host.invalid", "--password-file", "password"][..],
            &["--host", "localhost", "--port", &right, "--password-file", "password"][..],
            5,
            "resolve",
            "there is no such host",
        ),
        (
            "a closed port",
            &["--port", &closed, "--password-file", "password"],
            &["--port", &right, "--password-file", "password"],
            5,
            "connect",
            "refused",
        ),
        (
            "a plain server where TLS was asked",
            &["--port", &plain, "--password-file", "password"],
            &["--port", &right, "--password-file", "password"],
            4,
            "TLS",
            "does not offer STARTTLS",
        ),
        (
            "a wrong password",
            &["--password-file", "wrong"],
            &["--password-file", "password"],
            4,
            "login",
            "535 5.7.8",
        ),
    ] {
        home.ok(&[&["account", "set", "office"], change].concat());
        let run = home.run(&["account", "test", "office", "--json"]);
        assert_eq!(run.code, code, "{what}: {}", run.output());
        let test = &run.json()["tests"][0];
        assert_eq!(test["failed_at"], stage, "{what}: {}", run.output());
        assert!(test["message"].as_str().is_some_and(|it| it.contains(words)), "{what}: {}", run.output());
        assert!(!run.output().contains("successful"), "{what}: {}", run.output());
        home.ok(&[&["account", "set", "office"], back].concat());
    }
    home.ok(&["account", "test", "office"]).assert(0, &["SMTP test successful"]);

    let untrusted = [
        "account",
        "add",
        "stranger",
        "--address",
        "office@east.test",
        "--host",
        "localhost",
        "--port",
        &right,
        "--password-file",
        "password",
    ];
    home.ok(&untrusted);
    home.run(&["account", "test", "stranger"]).assert(4, &["the operator has not allowed it"]);
    home.permit("stranger");
    home.run(&["account", "test", "stranger"]).assert(4, &["TLS", "its issuer is unknown"]);
}

#[test]
fn a8_a_mailbox_that_fails_is_told_of_beside_a_server_that_works() {
    let home = Home::new().with_office("a8-imap@west.test");
    home.put("wrong", b"not-the-password");
    home.ok(&["account", "set", "office", "--imap-password-file", "wrong"]);
    let run = home.run(&["account", "test", "office"]);
    run.assert(4, &["SMTP test successful", "[AUTHENTICATIONFAILED]"]);
    assert!(!run.output().contains("IMAP test successful"), "{}", run.output());
}

#[test]
fn a8_an_expired_token_is_a_failed_login_in_the_servers_words() {
    let home = Home::new();
    home.put("token", b"planted-expired-token");
    let (port, authority) = (servers().starttls.to_string(), servers().authority().display().to_string());
    home.ok(&[
        "account",
        "add",
        "oauth",
        "--address",
        "oauth@west.test",
        "--host",
        "localhost",
        "--port",
        &port,
        "--token-file",
        "token",
        "--ca-file",
        &authority,
    ]);
    home.permit("oauth");
    let run = home.run(&["account", "test", "oauth"]);
    run.assert(4, &["login", "535 5.7.8"]);
    assert!(!run.output().contains("planted"), "{}", run.output());
    home.put("token", servers().token.as_bytes());
    home.ok(&["account", "set", "oauth", "--token-file", "token"]);
    home.ok(&["account", "test", "oauth"]).assert(0, &["SMTP test successful", "by XOAUTH2"]);
}

#[test]
fn a8_sendgrid_says_whether_the_key_may_send() {
    let sendgrid = SendGrid::start(crate::home::API_KEY);
    let home = Home::new();
    home.fall_back_to(&sendgrid.url(), "ask", "0s");
    home.ok(&["account", "test", "spare"]).assert(0, &["SendGrid test successful", "the key may send"]);
    sendgrid.fail_next("GET /v3/scopes", Fault::Say(Reply::empty(503)));
    home.run(&["account", "test", "spare"]).assert(5, &["HTTP 503"]);
    sendgrid.access.set(crate::home::API_KEY, TokenState::Revoked);
    let run = home.run(&["account", "test", "spare"]);
    run.assert(4, &["login"]);
    assert!(!run.output().contains(crate::home::API_KEY), "{}", run.output());
    assert!(sendgrid.sent().is_empty(), "a test sends nothing");
}

#[test]
fn a8_an_account_that_nobody_signed_in_to_says_that() {
    let (gmail, graph) = (Gmail::start("nord@east.test", "t"), Graph::start("nord@east.test", "t"));
    let home = Home::new();
    for (name, transport, url) in [("gmail", "gmail", gmail.url()), ("outlook", "outlook", graph.url())] {
        let api = format!("{url}/");
        home.ok(&[
            "account",
            "add",
            name,
            "--transport",
            transport,
            "--address",
            "nord@east.test",
            "--api-url",
            &api,
            "--client-id",
            "a-client",
        ]);
        home.permit(name);
        home.run(&["account", "test", name]).assert(4, &["login", "nobody has signed in"]);
    }
    assert!(gmail.requests().is_empty() && graph.requests().is_empty(), "nothing is asked without a token");
}
