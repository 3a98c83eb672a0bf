//! The tier's own Postfix and Dovecot: real programs with a private configuration, on loopback, on ports that were
//! free a moment ago, in a folder of their own. Nothing of the system's configuration is read or changed, and any
//! number of runs may be under way at once.
//!
//! One set serves all tests of a run. It lives as long as the test process: a keeper waits for the end of a pipe that
//! the process holds, and stops the servers when it closes, be it by a normal end, a panic or a kill.

mod certificates;
mod greylist;
mod introspection;
mod ports;
mod remote;

pub(crate) use greylist::WORDS as GREYLISTED;
pub(crate) use introspection::{HOLDER as TOKEN_HOLDER, believe};
pub(crate) use remote::UNKNOWN as UNKNOWN_THERE;

use std::fs;
use std::io::Read;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Who submits in most tests.
pub(crate) const SENDER: &str = "office@east.test";

/// What the server with little room announces as its SIZE.
pub(crate) const SMALL_SIZE: u64 = 20_000;

/// The servers at work.
pub(crate) struct MailServers {
    /// Submission with STARTTLS.
    pub(crate) starttls: u16,
    /// Submission with TLS from the first byte.
    pub(crate) implicit: u16,
    /// Neither TLS nor login.
    pub(crate) plain: u16,
    /// STARTTLS, and messages of at most [`SMALL_SIZE`] bytes.
    pub(crate) small: u16,
    /// STARTTLS, and no extension that makes a difference after it.
    pub(crate) old: u16,
    /// Neither TLS nor login, and as strict about pipelining and line ends as can be.
    pub(crate) strict: u16,
    /// Mailboxes, with STARTTLS for those who want it.
    pub(crate) imap: u16,
    /// Mailboxes with TLS from the first byte.
    pub(crate) imaps: u16,
    /// Password of [`SENDER`]. New in each run, and long, so that it is found wherever it leaks.
    pub(crate) password: String,
    /// Password that opens every mailbox by IMAP.
    pub(crate) reader: String,
    /// Access token of [`TOKEN_HOLDER`], for XOAUTH2 and OAUTHBEARER.
    pub(crate) token: String,
    folder: PathBuf,
    _keeper: Child,
}

/// Returns the servers of this run, started by the first test that needs them.
pub(crate) fn servers() -> &'static MailServers {
    static SERVERS: OnceLock<MailServers> = OnceLock::new();
    SERVERS.get_or_init(|| {
        // A port may be taken between the choice and the start: then others are chosen.
        let mut failures = Vec::new();
        for _ in 0..3 {
            match MailServers::start() {
                Ok(servers) => return servers,
                Err(failure) => failures.push(failure),
            }
        }
        panic!("the mail servers do not start:\n{}", failures.join("\n"));
    })
}

impl MailServers {
    /// PEM of the authority that signed the servers' certificate, which is for `localhost`.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.join("tls/authority.pem")
    }

    /// The maildir of a mailbox of west.test, for programs that read files.
    pub(crate) fn maildir(&self, mailbox: &str) -> PathBuf {
        self.folder.join("mail/west.test").join(mailbox).join("Maildir")
    }

    fn start() -> Result<Self, String> {
        if output("id", &["-u"])?.trim() != "0" {
            return Err("Postfix starts as root only: run `cargo xtask test e2e` as root".to_owned());
        }
        let folder =
            tempfile::Builder::new().prefix("postroom-e2e-").tempdir().map_err(|e| e.to_string())?.keep();
        let keeper = keeper(&folder)?;
        let [starttls, implicit, plain, small, old, strict, imap, imaps] = ports::free();
        let servers = Self {
            starttls,
            implicit,
            plain,
            small,
            old,
            strict,
            imap,
            imaps,
            password: format!("planted-{}", uuid::Uuid::now_v7().simple()),
            reader: format!("reader-{}", uuid::Uuid::now_v7().simple()),
            token: format!("token-{}", uuid::Uuid::now_v7().simple()),
            folder,
            _keeper: keeper,
        };
        servers.write().map_err(|e| format!("can't write the configuration: {e}"))?;
        servers.run().map_err(|failure| format!("{failure}\n{}", servers.logs()))?;
        Ok(servers)
    }

    fn write(&self) -> std::io::Result<()> {
        // Postfix and Dovecot work under names of their own and must get in.
        fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o755))?;
        for folder in [
            "log",
            "tls",
            "mail/west.test/zoë",
            "mail/west.test/box-reported",
            "dovecot/state",
            "postfix/etc",
            "postfix/queue",
            "postfix/data",
        ] {
            fs::create_dir_all(self.folder.join(folder))?;
        }
        certificates::make(&self.folder.join("tls"))?;
        let greylist = greylist::start()?;
        let introspection = introspection::start(&self.token)?;
        let remote = remote::start()?;
        let id = |option| output("id", &[option, "dovecot"]).map_err(std::io::Error::other);
        let values = [
            ("DIR", self.folder.display().to_string()),
            ("NUMBER", self.starttls.to_string()),
            ("STARTTLS", self.starttls.to_string()),
            ("IMPLICIT", self.implicit.to_string()),
            ("PLAIN", self.plain.to_string()),
            ("SMALL", self.small.to_string()),
            ("SMALL_SIZE", SMALL_SIZE.to_string()),
            ("OLD", self.old.to_string()),
            ("STRICT", self.strict.to_string()),
            ("IMAP", self.imap.to_string()),
            ("IMAPS", self.imaps.to_string()),
            ("INTROSPECTION", introspection.to_string()),
            ("POLICY", greylist.to_string()),
            ("REMOTE", remote.to_string()),
            ("READER", self.reader.clone()),
            ("UID", id("-u")?.trim().to_owned()),
            ("GID", id("-g")?.trim().to_owned()),
        ];
        for (file, template) in [
            ("postfix/etc/main.cf", include_str!("templates/main.cf")),
            ("postfix/etc/master.cf", include_str!("templates/master.cf")),
            ("postfix/etc/mailboxes", include_str!("templates/mailboxes")),
            ("dovecot/dovecot.conf", include_str!("templates/dovecot.conf")),
            ("dovecot/oauth2.conf", include_str!("templates/oauth2.conf")),
        ] {
            let filled = values
                .iter()
                .fold(template.to_owned(), |t, (name, value)| t.replace(&format!("@{name}@"), value));
            fs::write(self.folder.join(file), filled)?;
        }
        fs::write(self.folder.join("dovecot/senders"), format!("{SENDER}:{{PLAIN}}{}\n", self.password))?;
        fs::write(self.folder.join("log/dovecot"), "")?;
        let path = |name: &str| self.folder.join(name).display().to_string();
        output("chown", &["-R", "dovecot:dovecot", &path("mail"), &path("log/dovecot")])
            .map_err(std::io::Error::other)?;
        output("chown", &["postfix", &path("postfix/data")]).map_err(std::io::Error::other)?;
        Ok(())
    }

    fn run(&self) -> Result<(), String> {
        let path = |name: &str| self.folder.join(name).display().to_string();
        output("dovecot", &["-c", &path("dovecot/dovecot.conf")])?;
        output("postfix", &["-c", &path("postfix/etc"), "start"])?;
        let smtp = [self.starttls, self.implicit, self.plain, self.small, self.old, self.strict];
        for port in smtp.into_iter().chain([self.imap, self.imaps]) {
            let end = Instant::now() + Duration::from_secs(20);
            while TcpStream::connect(("127.0.0.1", port)).is_err() {
                if Instant::now() > end {
                    return Err(format!("nothing answers on port {port}"));
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        Ok(())
    }

    fn logs(&self) -> String {
        let read = |name: &str| fs::read_to_string(self.folder.join("log").join(name)).unwrap_or_default();
        format!("--- postfix\n{}--- dovecot\n{}", read("postfix"), read("dovecot"))
    }
}

/// A shell that outlives the test process by as long as it takes to stop the servers and remove their folder. In a
/// process group of its own, so that Ctrl-C does not end it first.
fn keeper(folder: &Path) -> Result<Child, String> {
    const SCRIPT: &str = r#"
        cat > /dev/null
        postfix -c "$1/postfix/etc" stop
        doveadm -c "$1/dovecot/dovecot.conf" stop
        rm -rf "$1"
    "#;
    Command::new("sh")
        .args(["-c", SCRIPT, "keeper"])
        .arg(folder)
        .env("PATH", search_path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(|e| format!("can't start a shell: {e}"))
}

/// Runs a program to its end. What it leaves in the background must not hold our ends of its pipes, so its output goes
/// through a file.
pub(crate) fn output(program: &str, arguments: &[&str]) -> Result<String, String> {
    let run = || -> std::io::Result<(bool, String)> {
        let mut output = tempfile::tempfile()?;
        let mut command = Command::new(program);
        command.args(arguments).env("PATH", search_path()).stdin(Stdio::null());
        let status = command.stdout(output.try_clone()?).stderr(output.try_clone()?).status()?;
        let mut text = String::new();
        std::io::Seek::rewind(&mut output)?;
        output.read_to_string(&mut text)?;
        Ok((status.success(), text))
    };
    match run() {
        Ok((true, text)) => Ok(text),
        Ok((false, text)) => Err(format!("{program} {}: {text}", arguments.join(" "))),
        Err(error) => Err(format!("can't run {program}: {error}")),
    }
}

/// Servers are in folders that only root's path has.
fn search_path() -> String {
    format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default())
}
