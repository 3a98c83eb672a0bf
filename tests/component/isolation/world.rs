//! Two companies in one store, set up by the program: Alpha with Alice, who may use `company_plugin`, and Marc, who may use
//! `spare` alone; Beta with Bob, who may use `counter`. A mail catcher counts what is sent.

use crate::artefacts;
use postroom::outbox::LEASE;
use postroom::store::{GroupCommitWriter, LeaseOwner, Location, MailId, Pace, QueueState, Store};
use postroom_cli::catcher::Catcher;
use postroom_tests::fixtures;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

pub(super) struct World {
    folder: TempDir,
    pub(super) catcher: Catcher,
    /// Alice's mails and Bob's: held, in doubt, waiting for a worker, and sent.
    pub(super) alices: Vec<MailId>,
    pub(super) bobs: Vec<MailId>,
}

/// What a run left.
pub(super) struct Run {
    pub(super) code: Option<i32>,
    out: String,
    pub(super) printed: String,
}

impl Run {
    /// Standard output as JSON.
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("not JSON: {e}: {}", self.printed))
    }
}

impl World {
    pub(super) async fn new() -> Self {
        let catcher = Catcher::start().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut world = Self { folder, catcher, alices: vec![], bobs: vec![] };
        let port = world.catcher.address().port().to_string();
        for (company, user, account) in
            [("Alpha", "alice", "office"), ("Alpha", "marc", "spare"), ("Beta", "bob", "counter")]
        {
            if user != "marc" {
                world.ok(&["company", "add", company]);
            }
            let at = ["--company", company];
            let address = format!("{user}@{}.example", company.to_lowercase());
            world.ok(&[&["user", "add", user, "--address", &address, "--name", user], &at[..]].concat());
            let server = ["--host", "127.0.0.1", "--port", &port, "--security", "none", "--no-login"];
            let add = ["account", "add", account, "--address", &address, "--user", user];
            world.ok(&[&add[..], &server, &at].concat());
            world.ok(&[&["account", "permit", account, "--allow-private", "127.0.0.1"][..], &at].concat());
        }
        world.alices = world.mails("Alpha", "alice", "office", "A").await;
        world.bobs = world.mails("Beta", "bob", "counter", "B").await;
        world
    }

    /// A mail in each of the states that another user might want to change.
    async fn mails(&self, company: &str, user: &str, account: &str, series: &str) -> Vec<MailId> {
        let mut ids: Vec<MailId> = Vec::new();
        for number in 0..4 {
            let document = self.document(&format!("{series}-{number}"), "Delacroix");
            let way = if number == 3 { "--wait=0s" } else { "--queue" };
            let send = ["send", &document, "--without-document", "--json", way];
            let run =
                self.ok(&[&send[..], &["--company", company, "--user", user, "--account", account]].concat());
            ids.push(run.json()["mail"].as_str().expect("an id").parse().unwrap());
        }
        self.ok(&["outbox", "--company", company, "hold", &ids[0].to_string()]);
        let store = self.store().await;
        let (system, lease_owner) = (store.system(), LeaseOwner::new("worker"));
        let company = store.company_named(&company.parse().unwrap()).await.unwrap();
        let account = store.company_store(company.id).account(&account.parse().unwrap()).await.unwrap().id;
        let now = chrono::Local::now().fixed_offset();
        system.claim(&lease_owner, account, Pace::default(), 9, now, LEASE).await.unwrap();
        let journal = GroupCommitWriter::new(&system);
        let doubt = QueueState::InDoubt { reason: "who knows".into() };
        journal.change_state(ids[1], &lease_owner, doubt).await.unwrap();
        journal
            .change_state(ids[2], &lease_owner, QueueState::Ready { due: now, waits: None })
            .await
            .unwrap();
        store.close().await;
        ids
    }

    async fn store(&self) -> Store {
        Store::open(&Location::file(self.path("store.db"))).await.unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The sample invoice with this number, for a customer of this name.
    pub(super) fn document(&self, number: &str, customer: &str) -> String {
        let text = std::fs::read(fixtures::path("documents/invoice.json")).unwrap();
        let mut invoice: serde_json::Value = serde_json::from_slice(&text).unwrap();
        invoice["number"] = number.into();
        invoice["buyer"]["name"] = customer.into();
        let path = self.path(&format!("{}.json", number.replace('/', "-")));
        std::fs::write(&path, invoice.to_string()).unwrap();
        path.display().to_string()
    }

    /// The program with these words; what it said with both its voices.
    pub(super) fn run(&self, words: &[&str]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postroom-under-test"));
        command
            .args(words)
            .current_dir(self.folder.path())
            .env("POSTROOM_PLUGIN", artefacts::full())
            .env("POSTROOM_CACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"))
            .env("POSTROOM_STORE", self.path("store.db"))
            .env("POSTROOM_KEY", self.path("key"))
            .env("XDG_DATA_HOME", self.path("data"))
            .env("XDG_CONFIG_HOME", self.path("config"))
            .stdin(Stdio::null());
        for name in ["SETTINGS", "OPERATOR", "COMPANY", "USER"] {
            command.env_remove(format!("POSTROOM_{name}"));
        }
        let output = command.output().unwrap();
        let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        Run { code: output.status.code(), printed: format!("{out}{err}"), out }
    }

    /// The same, which must go well.
    pub(super) fn ok(&self, words: &[&str]) -> Run {
        let run = self.run(words);
        assert_eq!(run.code, Some(0), "postroom {}: {}", words.join(" "), run.printed);
        run
    }

    /// Every byte of the store: a statement that changed a row would change one of these. Closing the last connection
    /// brings into the file what a program that ended had left beside it.
    pub(super) async fn bytes(&self) -> Vec<u8> {
        self.store().await.close().await;
        std::fs::read(self.path("store.db")).unwrap()
    }
}
