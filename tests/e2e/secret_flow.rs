//! Where secrets go: each one is planted, what names a place is hostile, and every place records what it gets. A secret reaches its
//! own place alone.

use crate::home::Home;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postroom::model::*;
use postroom::store::{Location, Store};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const PASSWORD: &str = "planted-password-of-the-company";
const KEY: &str = "SG.planted-key-of-the-company";
const RELAY_KEY: &str = "SG.planted-key-of-the-operator";
const CLIENT_SECRET: &str = "planted-client-secret-of-the-operator";

/// A place that records what it gets, and answers as an SMTP server, an IMAP server or an HTTP server would.
struct Sink {
    port: u16,
    seen: Arc<Mutex<String>>,
}

#[derive(Clone, Copy)]
enum Speaks {
    Smtp,
    Imap,
    Http,
}

impl Sink {
    fn start(speaks: Speaks) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("its number").port();
        let seen = Arc::new(Mutex::new(String::new()));
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || converse(stream, speaks, &shared));
            }
        });
        Self { port, seen }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    /// Whether a secret arrived, as it is or as AUTH gives it.
    fn got(&self, secret: &str) -> bool {
        let seen = self.seen.lock().expect("what was seen").clone();
        let decoded = seen.split_whitespace().filter_map(|word| STANDARD.decode(word).ok());
        let decoded = decoded.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        seen.contains(secret) || decoded.into_iter().any(|text| text.contains(secret))
    }

    fn is_untouched(&self) -> bool {
        self.seen.lock().expect("what was seen").is_empty()
    }
}

fn converse(mut stream: TcpStream, speaks: Speaks, seen: &Mutex<String>) {
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a limit");
    let greeting = match speaks {
        Speaks::Smtp => "220 sink ESMTP\r\n",
        Speaks::Imap => "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] sink\r\n",
        Speaks::Http => "",
    };
    let _ = stream.write_all(greeting.as_bytes());
    let mut reader = BufReader::new(stream.try_clone().expect("the other half"));
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        seen.lock().expect("what was seen").push_str(&line);
        let lower = line.to_ascii_lowercase();
        let answer = match speaks {
            Speaks::Smtp if lower.starts_with("ehlo") => "250-sink\r\n250 AUTH PLAIN LOGIN\r\n".to_owned(),
            Speaks::Smtp if lower.starts_with("auth") => "235 2.7.0 welcome\r\n".to_owned(),
            Speaks::Smtp if lower.starts_with("quit") => "221 2.0.0 bye\r\n".to_owned(),
            Speaks::Smtp => "250 2.0.0 ok\r\n".to_owned(),
            Speaks::Imap => {
                let tag = line.split(' ').next().unwrap_or_default();
                let capability = lower.contains("capability");
                let data = if capability { "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n" } else { "" };
                format!("{data}{tag} OK done\r\n")
            }
            Speaks::Http => {
                if let Some(value) = lower.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap_or(0);
                }
                if line != "\r\n" {
                    continue;
                }
                let mut body = vec![0; length];
                if reader.read_exact(&mut body).is_err() {
                    return;
                }
                seen.lock().expect("what was seen").push_str(&String::from_utf8_lossy(&body));
                let body = r#"{"scopes":["mail.send"]}"#;
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                );
                return;
            }
        };
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// A company with an account at a server that records what it gets.
fn company(home: &Home, own: &Sink) {
    home.put("password", PASSWORD.as_bytes());
    home.put("api-key", KEY.as_bytes());
    let port = own.port.to_string();
    let add = [
        "account",
        "add",
        "office",
        "--address",
        "office@east.test",
        "--host",
        "127.0.0.1",
        "--security",
        "none",
    ];
    home.ok(&[&add[..], &["--port", &port, "--password-file", "password"]].concat());
    permit(home, "office");
}

fn permit(home: &Home, account: &str) {
    let allow =
        ["--allow-private", "127.0.0.1", "--allow-private", "localhost", "--allow-cleartext-login", "true"];
    home.ok(&[&["account", "permit", account][..], &allow].concat());
}

/// Every command that might send something to where the account points.
fn use_it(home: &Home, account: &str) {
    home.run(&["account", "test", account]);
    home.run(&["account", "send-test", account, "--to", "box@west.test"]);
    home.run(&["account", "folders", account]);
    home.run(&["account", "deauthorize", account]);
}

#[test]
fn a_companys_password_goes_to_the_server_that_it_was_given_for_and_to_no_other() {
    let home = Home::new();
    let (own, evil, evil_imap) =
        (Sink::start(Speaks::Smtp), Sink::start(Speaks::Smtp), Sink::start(Speaks::Imap));
    company(&home, &own);
    use_it(&home, "office");
    assert!(own.got(PASSWORD), "its own server has it");
    let (port, imap) = (evil.port.to_string(), evil_imap.port.to_string());
    home.put("evil.pem", b"-----BEGIN CERTIFICATE-----\n");
    for change in [
        &["--port", &port][..],
        &["--host", "localhost", "--port", &port],
        &["--host", "localhost"],
        &["--security", "tls"],
        &["--ca-file", "evil.pem"],
        &["--imap-host", "127.0.0.1", "--imap-port", &imap, "--imap-security", "none"],
    ] {
        let run = home.run(&[&["account", "set", "office"][..], change].concat());
        run.assert(2, &["give it again", "--password-file"]);
        use_it(&home, "office");
    }
    home.ok(&["account", "set", "office", "--display-name", "Another name"]);
    home.ok(&["account", "test", "office"]);
    // By the store, without a question.
    type Change = fn(&mut SmtpServer, u16);
    let hostile: [(&str, Change); 4] = [
        ("port", |it, port| it.port = port.try_into().expect("a port")),
        ("host and port", |it, port| {
            it.host = "localhost".parse().expect("a host");
            it.port = port.try_into().expect("a port");
        }),
        ("another login", |it, port| {
            it.port = port.try_into().expect("a port");
            it.authentication = Authentication::Token { login: "evil".parse().expect("a login") };
        }),
        ("roots", |it, port| {
            it.trusted_ca = Some("x".to_owned());
            it.port = port.try_into().expect("a port");
        }),
    ];
    for (what, change) in hostile {
        change_row(&home, &|account| {
            if let Transport::Smtp(server) = &mut account.transport {
                change(server, evil.port);
            }
        });
        use_it(&home, "office");
        assert!(!evil.got(PASSWORD), "{what}: the password went to another server");
    }
    change_row(&home, &|account| {
        let by = Authentication::Password {
            login: "office".parse().expect("a login"),
            mechanism: PasswordMechanism::Auto,
        };
        let mut server = ImapServer::new("127.0.0.1".parse().expect("a host"), Security::None, by);
        server.port = evil_imap.port.try_into().expect("a port");
        account.mailbox = Some(server);
    });
    use_it(&home, "office");
    assert!(!evil.got(PASSWORD) && !evil_imap.got(PASSWORD), "the mailbox's server has it");
    // Giving it again allows that it goes there.
    let set = ["account", "set", "office", "--port", &port, "--no-imap", "--login", "office@east.test"];
    home.ok(&[&set[..], &["--password-file", "password"]].concat());
    home.run(&["account", "test", "office"]);
    assert!(evil.got(PASSWORD), "now it was given for that server");
}

/// Changes the account's row by the store's own method, as an administrator of the company can.
fn change_row(home: &Home, change: &(dyn Fn(&mut Account) + Sync)) {
    let path = home.folder().join("data/postroom/postroom.db");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = Store::open(&Location::file(path)).await.expect("the store");
        let company =
            store.company_named(&"Atelier Nord".parse().expect("a name")).await.expect("the company");
        let admin = store.company_store(company.id);
        let mut account = admin.account(&"office".parse().expect("a name")).await.expect("the account");
        change(&mut account);
        admin.update_account(&account).await.expect("changed");
        store.close().await;
    });
}

#[test]
fn a_key_of_an_api_goes_to_the_api_that_it_was_given_for_and_to_no_other() {
    let home = Home::new();
    let (own, evil) = (Sink::start(Speaks::Http), Sink::start(Speaks::Http));
    home.put("api-key", KEY.as_bytes());
    let add = ["account", "add", "office", "--transport", "sendgrid", "--address", "a@east.test"];
    home.ok(&[&add[..], &["--api-url", &own.url(""), "--api-key-file", "api-key"]].concat());
    permit(&home, "office");
    use_it(&home, "office");
    assert!(own.got(KEY));
    let run = home.run(&["account", "set", "office", "--api-url", &evil.url("")]);
    run.assert(2, &["API key", "--api-key-file"]);
    home.run(&["account", "set", "office", "--region", "eu"]).assert(2, &["--api-key-file"]);
    change_row(&home, &|account| {
        if let Transport::SendGrid(sender) = &mut account.transport {
            sender.api = evil.url("").parse().expect("a URL");
        }
    });
    use_it(&home, "office");
    assert!(!evil.got(KEY), "the key went to another API");
}

#[test]
fn the_operators_secrets_go_to_the_operators_places_whatever_a_company_writes() {
    let home = Home::new();
    let (own, evil) = (Sink::start(Speaks::Http), Sink::start(Speaks::Http));
    home.put("relay.key", RELAY_KEY.as_bytes());
    home.put("client.secret", CLIENT_SECRET.as_bytes());
    let operator = format!(
        "[oauth.google]\nclient_id = \"operator-client\"\nsecret_file = \"client.secret\"\ntoken_url = \"{0}token\"\n\
         revocation_url = \"{0}revoke\"\napi_url = \"{0}\"\nallow_private = [\"127.0.0.1\"]\n\
         [platform]\nname = \"Postroom\"\ndomain = \"platform.test\"\nreply_domain = \"reply.platform.test\"\n\
         [platform.sendgrid]\nkey_file = \"relay.key\"\napi = \"{0}\"\nallow_private = [\"127.0.0.1\"]\n",
        own.url("")
    );
    home.put("operator.toml", operator.as_bytes());
    let with = ["--operator", "operator.toml"];
    let evil_url = evil.url("");
    let relay =
        format!("domain = \"platform.test\", relay = {{ relay = \"sendgrid\", api = \"{evil_url}\" }}");
    let endpoints = format!(
        "endpoints = {{ authorization = \"{evil_url}\", token = \"{evil_url}token\", revocation = \"{evil_url}revoke\", \
         api = \"{evil_url}\" }}"
    );
    for (number, connection) in [
        format!("transport = \"platform\", {relay}"),
        format!(
            "transport = \"platform\", relay = {{ relay = \"smtp\", host = \"127.0.0.1\", port = {} }}",
            evil.port
        ),
        "transport = \"platform\", dkim = { selector = \"evil\" }".to_owned(),
        format!("transport = \"gmail\", provider = \"google\", {endpoints}"),
        format!("transport = \"outlook\", provider = \"microsoft\", {endpoints}"),
    ]
    .into_iter()
    .enumerate()
    {
        let file =
            format!("[accounts.office]\naddress = \"office@evil.test\"\nconnection = {{ {connection} }}\n");
        home.put("evil.toml", file.as_bytes());
        let name = format!("Evil {number}");
        let import = ["company", "import", "evil.toml", "--name", &name, "--trust-file"];
        assert_ne!(home.run(&[&import[..], &with].concat()).code, 0, "{connection}");
    }
    home.put(
        "good.toml",
        b"[accounts.office]\naddress = \"a@b.test\"\nconnection = { transport = \"platform\" }\n",
    );
    home.ok(&[&["company", "import", "good.toml", "--name", "Good"][..], &with].concat());
    let test = ["account", "test", "office", "--company", "Good"];
    home.run(&[&test[..], &with].concat());
    assert!(own.got(RELAY_KEY), "the operator's own relay has its key");
    let company = ["--company", "Atelier Nord"];
    let add = ["account", "add", "office", "--address", "office@gmail.com", "--transport", "gmail"];
    for url in ["--token-url", "--revocation-url", "--device-url", "--api-url", "--authorization-url"] {
        let run = home.run(&[&add[..], &[url, &evil_url], &company, &with].concat());
        run.assert(3, &["--client-id"]);
    }
    home.ok(&[&add[..], &company, &with].concat());
    for url in ["--token-url", "--revocation-url", "--api-url"] {
        let set = ["account", "set", "office", url, &evil_url];
        home.run(&[&set[..], &company, &with].concat()).assert(3, &["--client-id"]);
    }
    assert!(evil.is_untouched(), "{}", evil.seen.lock().expect("what was seen"));
}

#[test]
fn an_imported_file_reads_no_variable_and_no_file_but_those_beside_it() {
    let home = Home::new();
    let sink = Sink::start(Speaks::Smtp);
    let outside = tempfile::tempdir().expect("a folder");
    let secret = outside.path().join("secret");
    std::fs::write(&secret, "planted-file-of-the-operator\n").expect("a secret");
    std::fs::write(outside.path().join("logo.png"), b"\x89PNG planted").expect("a logo");
    std::fs::create_dir_all(home.folder().join("import/texts")).expect("a folder");
    std::os::unix::fs::symlink(&secret, home.folder().join("import/link")).expect("a link");
    std::os::unix::fs::symlink(outside.path(), home.folder().join("import/texts/more")).expect("a link");
    std::fs::write(home.folder().join("import/own"), "the-companys-own\n").expect("a secret");
    let (secret, folder) = (secret.display(), outside.path().display());
    for (number, (line, field)) in [
        ("password_env = \"PATH\"".to_owned(), "password_env"),
        ("password_env = \"POSTROOM_KEY\"".to_owned(), "password_env"),
        (format!("password_file = \"{secret}\""), "password_file"),
        ("password_file = \"/etc/passwd\"".to_owned(), "password_file"),
        ("password_file = \"../password\"".to_owned(), "password_file"),
        ("password_file = \"link\"".to_owned(), "password_file"),
        ("password_file = \"texts/more/secret\"".to_owned(), "password_file"),
        (format!("password_file = \"own\"\nca_file = \"{secret}\""), "ca_file"),
        (format!("password_file = \"own\"\n[templates]\ncompany = \"{folder}\""), "own folder"),
        ("password_file = \"own\"\n[templates]\ncompany = \"..\"".to_owned(), "own folder"),
        (format!("password_file = \"own\"\n[X]\nlogo = \"{folder}/logo.png\""), "logo"),
        ("password_file = \"own\"\n[X]\nlogo = \"link\"".to_owned(), "logo"),
    ]
    .into_iter()
    .enumerate()
    {
        // What is of the whole file stands before its tables.
        let (line, whole) = line.split_once("\n[X]\n").unwrap_or((&line, ""));
        let file = format!(
            "{whole}\n[accounts.office]\naddress = \"a@evil.test\"\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\n\
             login = \"a\"\n{line}\n",
            sink.port
        );
        home.put("import/company.toml", file.as_bytes());
        let name = format!("Evil {number}");
        let run = home.run(&["company", "import", "import/company.toml", "--name", &name]);
        run.assert(3, &[field, "--trust-file"]);
        assert!(!run.output().contains("planted"), "{}", run.output());
        home.run(&["company", "show", "--company", &name]).assert(3, &["there is no company"]);
    }
    let file = "[accounts.office]\naddress = \"a@evil.test\"\nhost = \"127.0.0.1\"\nlogin = \"a\"\npassword_file = \"own\"\n";
    home.put("import/company.toml", file.as_bytes());
    home.ok(&["company", "import", "import/company.toml", "--name", "Good"]);
    assert!(sink.is_untouched());
}
