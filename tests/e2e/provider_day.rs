//! A provider's days, one after the other: its quota is used up in the morning, a user changes the password, its certificate
//! runs out, and at night all is well again. No mail fails for any of it, and none leaves twice.

use crate::bulk::invoices;
use crate::home::Home;
use crate::program::{Run, ended};
use crate::servers::output;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Mails of the batch, and how many the provider takes on its first day.
const MAILS: usize = 200;
const QUOTA: usize = 40;

/// What the provider does.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mood {
    /// Takes so many more.
    Takes(usize),
    /// Knows another password.
    OtherPassword,
    /// Shows a certificate that has expired.
    Expired,
}

/// The provider, with the mails that it took, by recipient, and the count of logins that it refused.
struct Provider {
    port: u16,
    authority: PathBuf,
    seen: Arc<Mutex<Seen>>,
}

struct Seen {
    mood: Mood,
    taken: BTreeMap<String, usize>,
    refused_logins: usize,
}

impl Provider {
    fn start(folder: &Path) -> Self {
        let [valid, expired] = certificates(folder);
        let seen = Seen { mood: Mood::Takes(QUOTA), taken: BTreeMap::new(), refused_logins: 0 };
        let seen = Arc::new(Mutex::new(seen));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = Arc::clone(&shared);
                let is_expired = seen.lock().expect("what was seen").mood == Mood::Expired;
                let config = Arc::clone(if is_expired { &expired } else { &valid });
                std::thread::spawn(move || converse(stream, config, &seen));
            }
        });
        Self { port, authority: folder.join("authority.pem"), seen }
    }

    fn is_now(&self, mood: Mood) {
        self.seen.lock().expect("what was seen").mood = mood;
    }

    fn taken(&self) -> BTreeMap<String, usize> {
        self.seen.lock().expect("what was seen").taken.clone()
    }

    fn refused_logins(&self) -> usize {
        self.seen.lock().expect("what was seen").refused_logins
    }
}

/// One conversation; it ends where the client does.
fn converse(stream: TcpStream, config: Arc<ServerConfig>, seen: &Mutex<Seen>) -> Option<()> {
    let mut plain = BufReader::new(stream);
    reply(plain.get_mut(), "220 provider.test ESMTP")?;
    loop {
        match command(&mut plain)?.as_str() {
            "EHLO" => reply(plain.get_mut(), "250-provider.test\r\n250 STARTTLS")?,
            "STARTTLS" => break,
            _ => reply(plain.get_mut(), "530 5.7.0 STARTTLS first")?,
        }
    }
    reply(plain.get_mut(), "220 go ahead")?;
    let connection = ServerConnection::new(config).ok()?;
    let mut wire = BufReader::new(StreamOwned::new(connection, plain.into_inner()));
    let mut to = String::new();
    loop {
        let line = line(&mut wire)?;
        let answer = match line.split([' ', '\r']).next()?.to_ascii_uppercase().as_str() {
            "EHLO" => "250-provider.test\r\n250 AUTH PLAIN",
            "AUTH" => {
                let mut seen = seen.lock().ok()?;
                if seen.mood == Mood::OtherPassword {
                    seen.refused_logins += 1;
                    "535 5.7.8 Username and Password not accepted"
                } else {
                    "235 2.7.0 welcome"
                }
            }
            "MAIL" if seen.lock().ok()?.mood == Mood::Takes(0) => {
                "550 5.4.5 Daily user sending limit exceeded"
            }
            "RCPT" => {
                to = line.split(['<', '>']).nth(1)?.to_owned();
                "250 2.1.5 ok"
            }
            "DATA" => {
                reply(wire.get_mut(), "354 go ahead")?;
                while self::line(&mut wire)? != ".\r\n" {}
                let mut seen = seen.lock().ok()?;
                take(&mut seen, &to)
            }
            "QUIT" => {
                reply(wire.get_mut(), "221 bye")?;
                return None;
            }
            _ => "250 ok",
        };
        reply(wire.get_mut(), answer)?;
    }
}

fn take(seen: &mut Seen, to: &str) -> &'static str {
    match seen.mood {
        Mood::Takes(0) => "550 5.4.5 Daily user sending limit exceeded",
        mood => {
            if let Mood::Takes(left) = mood {
                seen.mood = Mood::Takes(left - 1);
            }
            *seen.taken.entry(to.to_owned()).or_default() += 1;
            "250 2.0.0 taken"
        }
    }
}

fn reply(to: &mut impl Write, words: &str) -> Option<()> {
    to.write_all(format!("{words}\r\n").as_bytes()).ok()?;
    to.flush().ok()
}

fn line(from: &mut BufReader<impl Read>) -> Option<String> {
    let mut line = Vec::new();
    from.read_until(b'\n', &mut line).ok().filter(|size| *size > 0)?;
    Some(String::from_utf8_lossy(&line).into_owned())
}

fn command(from: &mut BufReader<impl Read>) -> Option<String> {
    Some(line(from)?.split([' ', '\r']).next()?.to_ascii_uppercase())
}

/// A certificate for `localhost` that is valid for weeks, and one that expired four days ago, of one authority.
fn certificates(folder: &Path) -> [Arc<ServerConfig>; 2] {
    let run = |words: &str| {
        let path = |word: &str| match word.strip_prefix('@') {
            Some(file) => folder.join(file).display().to_string(),
            None => word.to_owned(),
        };
        let words: Vec<String> = words.split_whitespace().map(path).collect();
        let mut all = vec!["-f", "-5d", "openssl"];
        all.extend(words.iter().map(String::as_str));
        output("faketime", &all).expect("a certificate");
    };
    const KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    std::fs::write(
        folder.join("extensions"),
        "subjectAltName=DNS:localhost\nbasicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\n",
    )
    .expect("a file");
    run(&format!("req -x509 {KEY} -days 60 -keyout @authority.key -out @authority.pem -subj /CN=Provider"));
    [("valid", 60), ("expired", 1)].map(|(name, days)| {
        run(&format!("req {KEY} -keyout @{name}.key -out @{name}.request -subj /CN=localhost"));
        run(&format!(
            "x509 -req -in @{name}.request -CA @authority.pem -CAkey @authority.key -CAcreateserial -days {days} \
             -extfile @extensions -out @{name}.pem"
        ));
        let chain = CertificateDer::from_pem_file(folder.join(format!("{name}.pem"))).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(folder.join(format!("{name}.key"))).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().expect("versions").with_no_client_auth();
        Arc::new(config.with_single_cert(vec![chain], key).expect("a certificate and its key"))
    })
}

/// The program so many hours later.
fn at(home: &Home, hours: u32, words: &[&str]) -> Run {
    let by = format!("+{hours}h");
    ended(home.start_under(&["faketime", "--exclude-monotonic", "-f", &by], words), words)
}

/// How many mails stand in each state, and what each list says of one that waits.
fn look(home: &Home, hours: u32, expected: &[&str]) -> BTreeMap<String, u64> {
    let listed = at(home, hours, &["outbox", "--json"]).json();
    let counts = listed["counts"].as_array().expect("counts").iter();
    let counts: BTreeMap<String, u64> = counts
        .map(|it| {
            (it["state"].as_str().expect("a state").to_owned(), it["mails"].as_u64().expect("a number"))
        })
        .collect();
    assert_eq!(counts.get("failed"), None, "{counts:?}");
    assert_eq!(counts.values().sum::<u64>(), MAILS as u64, "{counts:?}");
    if let Some(waiting) = listed["mails"].as_array().expect("mails").first() {
        for words in expected {
            let number = waiting["number"].as_str().expect("a number");
            let status = at(home, hours, &["status", number, "--json"]).json();
            let (why, also) = (waiting["why"].to_string(), status[0]["why"].to_string());
            assert!(why.contains(words), "\"{words}\" is not in {why}");
            assert!(also.contains(words), "\"{words}\" is not in {also}");
            assert_ne!(status[0]["status"], "failed", "{status}");
        }
    }
    counts
}

#[test]
fn a_providers_bad_days_fail_no_mail_and_double_none() {
    let home = Home::new();
    let provider = Provider::start(home.folder());
    home.add_smtp("office", provider.port, &[]);
    let authority = provider.authority.display().to_string();
    home.ok(&["account", "set", "office", "--ca-file", &authority, "--password-file", "password"]);
    let folder = invoices(&home, "day", MAILS, |number| format!("customer-{number}@west.test"));
    let folder = folder.display().to_string();
    home.ok(&["send-bulk", &folder, "--user", "lotte", "--queue", "--yes"]);

    // Morning: the quota is used up after 40 mails.
    at(&home, 0, &["worker", "--drain"]).assert(0, &[]);
    let counts = look(&home, 0, &["550 5.4.5", "Daily user sending limit exceeded", "until"]);
    assert_eq!((counts["sent"], counts["ready"]), (QUOTA as u64, (MAILS - QUOTA) as u64), "{counts:?}");
    let account = at(&home, 0, &["account", "list"]);
    account.assert(0, &["what it may send is used up", "5.4.5"]);
    at(&home, 0, &["account", "pace", "office"]).assert(0, &["40 recipients in 24 hours", "refusal"]);

    // The next noon the password is another one: it is not tried again for each mail.
    provider.is_now(Mood::OtherPassword);
    at(&home, 28, &["worker", "--drain"]).assert(0, &[]);
    look(&home, 28, &["535 5.7.8", "postroom account test office"]);
    at(&home, 28, &["account", "list"]).assert(0, &["can't send", "535 5.7.8"]);
    let logins = provider.refused_logins();
    assert!((1..=4).contains(&logins), "{logins} logins");
    // It is tried again by itself, by one mail, and the pause grows.
    at(&home, 29, &["worker", "--drain"]).assert(0, &[]);
    assert_eq!(provider.refused_logins(), logins + 1);

    // A user enters the new one; in the evening the certificate has expired.
    provider.is_now(Mood::Expired);
    at(&home, 33, &["account", "set", "office", "--password-file", "password"]).assert(0, &[]);
    at(&home, 34, &["worker", "--drain"]).assert(0, &[]);
    look(&home, 34, &["certificate", "expired"]);

    // At night all is well: a test says so, and the mails go on.
    provider.is_now(Mood::Takes(MAILS));
    at(&home, 38, &["account", "test", "office"]).assert(0, &["SMTP test successful"]);
    at(&home, 38, &["worker", "--drain"]).assert(0, &[]);
    assert_eq!(look(&home, 38, &[])["sent"], 2 * QUOTA as u64, "what was learned of the quota is kept to");
    for day in 1..=5 {
        at(&home, 38 + 25 * day, &["worker", "--drain"]).assert(0, &[]);
    }
    let counts = look(&home, 170, &[]);
    assert_eq!(counts["sent"], MAILS as u64, "{counts:?}");
    let taken = provider.taken();
    assert_eq!(taken.len(), MAILS);
    assert!(taken.values().all(|times| *times == 1), "{taken:?}");
}
