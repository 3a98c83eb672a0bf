//! The program with a store of its own: a company, its users and accounts, set up from nothing as a person does it.

use crate::program::{Run, command, ended};
use crate::servers::{SENDER, servers};
use postroom_providers::SendGrid;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// The key of the fallback's API. Long, so that it is found wherever it leaks.
pub(crate) const API_KEY: &str = "SG.planted-key-of-the-fallback-4711";

/// A folder with a store. The company is Atelier Nord; its users are lotte and marc.
pub(crate) struct Home {
    folder: TempDir,
    /// Where its store is, if not in the folder.
    store: Option<String>,
    /// The operator's settings, if there are any.
    operator: Option<String>,
}

impl Home {
    /// A company and two users, no account.
    pub(crate) fn new() -> Self {
        Self::with_store(None)
    }

    /// The same with its store in PostgreSQL.
    pub(crate) fn at(store: &str) -> Self {
        Self::with_store(Some(store.to_owned()))
    }

    fn with_store(store: Option<String>) -> Self {
        let home = Self { folder: tempfile::tempdir().expect("a folder"), store, operator: None };
        home.ok(&["company", "add", "Atelier Nord"]);
        for login in ["lotte", "marc"] {
            home.ok(&["user", "add", login, "--address", &format!("{login}@east.test"), "--name", login]);
        }
        home.put("password", servers().password.as_bytes());
        home.put("reader", servers().reader.as_bytes());
        home.put("api-key", API_KEY.as_bytes());
        home
    }

    /// The same with these settings of the operator's.
    pub(crate) fn with_operator(mut self, file: &str) -> Self {
        self.operator = Some(file.to_owned());
        self
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Puts a file there.
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).expect("a file");
        path
    }

    /// The program with these words.
    pub(crate) fn run(&self, words: &[&str]) -> Run {
        ended(self.start(words), words)
    }

    /// The program, running.
    pub(crate) fn start(&self, words: &[&str]) -> Child {
        let mut command = command(self.folder.path(), words);
        command.envs(self.store.iter().map(|store| ("POSTROOM_STORE", store)));
        command.envs(self.operator.iter().map(|operator| ("POSTROOM_OPERATOR", operator)));
        command.spawn().expect("the program starts")
    }

    /// The program, running under another that gives it a clock or a namespace of its own.
    pub(crate) fn start_under(&self, outer: &[&str], words: &[&str]) -> Child {
        let program = command(self.folder.path(), words);
        let mut under = Command::new(outer[0]);
        under.args(&outer[1..]).arg(program.get_program()).args(program.get_args());
        under
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => under.env(name, value),
                None => under.env_remove(name),
            };
        }
        under.envs(self.store.iter().map(|store| ("POSTROOM_STORE", store)));
        under.spawn().unwrap_or_else(|error| panic!("{}: {error}", outer[0]))
    }

    /// The same, which must go well.
    pub(crate) fn ok(&self, words: &[&str]) -> Run {
        let run = self.run(words);
        assert_eq!(run.code, 0, "postroom {}: {}", words.join(" "), run.output());
        run
    }

    /// The account `company_plugin` at Postfix, with STARTTLS, and a mailbox at Dovecot that no other test uses. Lotte may use
    /// it, Marc may not.
    pub(crate) fn with_office(self, mailbox: &str) -> Self {
        self.add_smtp("office", servers().starttls, &[]);
        let (imap, authority) = (servers().imaps.to_string(), servers().authority().display().to_string());
        self.ok(&[
            "account",
            "set",
            "office",
            "--imap-host",
            "localhost",
            "--imap-port",
            &imap,
            "--imap-login",
            mailbox,
            "--imap-password-file",
            "reader",
            "--ca-file",
            &authority,
        ]);
        self
    }

    /// An account at a submission server on loopback, which Lotte may use.
    pub(crate) fn add_smtp(&self, name: &str, port: u16, more: &[&str]) {
        let (port, authority) = (port.to_string(), servers().authority().display().to_string());
        let mut words = vec![
            "account",
            "add",
            name,
            "--address",
            SENDER,
            "--display-name",
            "Ateliér Nörd",
            "--host",
            "localhost",
            "--security",
            "tls",
            "--port",
            &port,
            "--password-file",
            "password",
            "--ca-file",
            &authority,
            "--timeout",
            "20",
            "--user",
            "lotte",
        ];
        words.extend(more);
        self.ok(&words);
        self.permit(name);
    }

    /// Lets an account reach this machine.
    pub(crate) fn permit(&self, name: &str) {
        self.ok(&["account", "permit", name, "--allow-private", "127.0.0.1", "--allow-private", "localhost"]);
    }

    /// The company's fallback: SendGrid on loopback.
    pub(crate) fn fall_back_to(&self, sendgrid: &str, policy: &str, patience: &str) {
        let url = format!("{sendgrid}/");
        self.ok(&[
            "account",
            "add",
            "spare",
            "--transport",
            "sendgrid",
            "--address",
            "spare@mailer.test",
            "--api-url",
            &url,
            "--api-key-file",
            "api-key",
            "--verified",
            "mailer.test",
        ]);
        self.permit("spare");
        self.ok(&[
            "company",
            "set",
            "--fallback",
            policy,
            "--patience",
            patience,
            "--fallback-account",
            "spare",
        ]);
    }

    /// `postroom send` of the sample invoice as Lotte, with further options.
    pub(crate) fn send(&self, account: &str, to: &str, more: &[&str]) -> Run {
        let invoice = crate::samples::invoice().display().to_string();
        let pdf = self.put("invoice.pdf", &crate::samples::pdf(7, 30_000)).display().to_string();
        let mut words = vec![
            "send",
            &invoice,
            "--user",
            "lotte",
            "--account",
            account,
            "--to",
            to,
            "--pdf",
            &pdf,
            "--json",
        ];
        words.extend(more);
        self.run(&words)
    }

    /// What the store knows of a mail.
    pub(crate) fn mail(&self, account: &str, mail: &str) -> serde_json::Value {
        self.ok(&["account", "sent", account, "--user", "lotte", "--mail", mail, "--json"]).json()
    }
}

/// A SendGrid that knows the fallback's key.
pub(crate) fn sendgrid() -> postroom_providers::Server<SendGrid> {
    SendGrid::start(API_KEY)
}
