//! The command line, run as a person or a script runs it: settings in a file, password in another, and a search of
//! its output for the secret that must not be there.

use crate::plugin::{cache, plugin};
use crate::servers::{SENDER, servers};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use tempfile::TempDir;

/// Longest time that any run may take.
const LIMIT: Duration = Duration::from_secs(120);

/// An account as a user writes it down; fields that a test is not about have the values that work.
pub(crate) struct Written<'a> {
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    pub(crate) security: &'a str,
    pub(crate) login: bool,
    pub(crate) password: &'a str,
    pub(crate) trusted: bool,
    pub(crate) timeout: u64,
    pub(crate) more: &'a str,
}

impl Written<'static> {
    /// STARTTLS and the right password.
    pub(crate) fn starttls() -> Self {
        Self {
            host: "localhost",
            port: servers().starttls,
            security: "tls",
            login: true,
            password: &servers().password,
            trusted: true,
            timeout: 30,
            more: "",
        }
    }

    /// No TLS, no login: for scripted servers.
    pub(crate) fn bare(port: u16) -> Self {
        Self { port, security: "none", login: false, trusted: false, ..Self::starttls() }
    }
}

/// The program, and a folder with a settings file that it runs in.
pub(crate) struct Program {
    folder: TempDir,
}

/// Exit code and output of a run.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Program {
    /// Makes the folder, with settings of one account, named office.
    pub(crate) fn new(account: &Written<'_>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let Written { host, port, security, timeout, more, .. } = account;
        let mut text = format!(
            "[company]\nname = \"Atelier Nord\"\n\n[accounts.office]\naddress = \"{SENDER}\"\nname = \"Ateliér Nörd\"\n\
             host = \"{host}\"\nport = {port}\nsecurity = \"{security}\"\nallow_private = true\ntimeout = {timeout}\n{more}\n"
        );
        if account.login {
            text.push_str(&format!("login = \"{SENDER}\"\npassword_file = \"password\"\n"));
            std::fs::write(folder.path().join("password"), format!("{}\n", account.password))
                .expect("a password");
        }
        if account.trusted {
            text.push_str(&format!("ca_file = \"{}\"\n", servers().authority().display()));
        }
        std::fs::write(folder.path().join("settings.toml"), text).expect("settings");
        Self { folder }
    }

    /// Returns the path of a file in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the folder.
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).expect("a file");
        path
    }

    /// Runs `postroom send` of a document, with further options.
    pub(crate) fn send(&self, document: &Path, to: &str, options: &[&str]) -> Run {
        let document = document.display().to_string();
        let mut words =
            vec!["send", &document, "--settings", "settings.toml", "--account", "office", "--to", to];
        words.extend(options);
        self.run(&words)
    }

    /// Runs `postroom test-connection`, with further options.
    pub(crate) fn test_connection(&self, options: &[&str]) -> Run {
        let mut words = vec!["test-connection", "--settings", "settings.toml", "--account", "office"];
        words.extend(options);
        self.run(&words)
    }

    /// Runs the program with these arguments.
    pub(crate) fn run(&self, words: &[&str]) -> Run {
        ended(command(self.folder.path(), words).spawn().expect("the program starts"), words)
    }
}

/// The program with these words in a folder, and nothing of this machine's own store or settings.
pub(crate) fn command(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postroom-under-test"));
    command
        .args(words)
        .current_dir(folder)
        .env("POSTROOM_PLUGIN", plugin())
        .env("POSTROOM_CACHE", cache())
        .env("XDG_DATA_HOME", folder.join("data"))
        .env("XDG_CONFIG_HOME", folder.join("config"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for name in ["SETTINGS", "STORE", "KEY", "OPERATOR", "COMPANY", "USER"] {
        command.env_remove(format!("POSTROOM_{name}"));
    }
    command
}

/// Waits for a running program to end.
pub(crate) fn ended(child: Child, words: &[&str]) -> Run {
    let id = child.id();
    let (done, ended) = mpsc::channel();
    std::thread::spawn(move || done.send(child.wait_with_output()));
    let output = ended.recv_timeout(LIMIT).unwrap_or_else(|_| {
        let _ = Command::new("kill").arg(id.to_string()).status();
        panic!("postroom {} does not end within {LIMIT:?}", words.join(" "))
    });
    let output = output.expect("the program's output");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("output in UTF-8");
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    let code = output.status.code();
    let code = code.unwrap_or_else(|| panic!("postroom {}: {}\n{out}{err}", words.join(" "), output.status));
    let run = Run { code, out, err };
    assert_no_secret(&words.join(" "), format!("{}{}", run.out, run.err).as_bytes());
    run
}

impl Run {
    /// Exit code, standard output and standard error, for a message of an assertion.
    pub(crate) fn output(&self) -> String {
        format!("exit code {}\n{}{}", self.code, self.out, self.err)
    }

    /// Standard output as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("not JSON: {e}: {}", self.output()))
    }

    /// Asserts the exit code, and that each of these is somewhere in the output.
    pub(crate) fn assert(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, code, "{}", self.output());
        for words in words {
            assert!(self.output().contains(words), "\"{words}\" is not in {}", self.output());
        }
    }
}

/// Asserts that a planted password is not there, neither as it is nor in the forms that AUTH gives it.
pub(crate) fn assert_no_secret(what: &str, bytes: &[u8]) {
    let password = &servers().password;
    let forms = [
        password.clone(),
        STANDARD.encode(password),
        STANDARD.encode(format!("\0{SENDER}\0{password}")),
        STANDARD.encode(format!("user={SENDER}\u{1}auth=Bearer {password}\u{1}\u{1}")),
    ];
    for form in forms {
        let form = form.trim_end_matches('=').as_bytes();
        assert!(!bytes.windows(form.len()).any(|window| window == form), "{what} gives the password away");
    }
}
