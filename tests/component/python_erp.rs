//! The tables that a business system keeps (`python/erp.sql`), and the loop on them: servers that refuse, hang up and ask
//! to come later, a program that is killed, two of them at once, and what comes back. What is asserted throughout: no mail
//! leaves twice, and none is lost.

mod accounts;
mod returned;
mod rounds;
mod tables;

use crate::artefacts;
use crate::python::{compiled, python, wanted};
use postroom_tests::case::{Case, SENDER};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Output;
use tempfile::TempDir;

/// When the mails are made; all times are given, so that no test waits.
const NOW: &str = "2026-11-22T08:30:00Z";

/// A business system with a database of its own.
struct Erp {
    folder: TempDir,
    python: PathBuf,
}

impl Erp {
    /// One with an account, whose server is named by each run.
    async fn new() -> Self {
        let erp = Self { folder: tempfile::tempdir().unwrap(), python: python().await.to_owned() };
        let account = json!({"do": "account", "name": "office", "transport": "smtp"});
        erp.does(None, vec![json!({"do": "install"}), account]).await;
        erp
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("erp.db")
    }

    /// Does these steps in a process of its own.
    async fn process(&self, server: Option<SocketAddr>, steps: Vec<Value>) -> Output {
        // Where no server is named nothing may leave, and nothing listens on port 1.
        let server = server.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 1)));
        let dead = json!(["127.0.0.1", 1]);
        let scenario = json!({
            "plugin": artefacts::full(),
            "compiled": compiled(),
            "database": self.database(),
            "own_addresses": [SENDER],
            "servers": {"office": [server.ip(), server.port()], "spare": [server.ip(), server.port()], "dead": dead},
            "steps": steps,
        });
        let path = self.folder.path().join(format!("{}.json", uuid::Uuid::new_v4()));
        std::fs::write(&path, scenario.to_string()).unwrap();
        let script = postroom_tests::fixtures::folder().join("component/python/scenario.py");
        let mut command = tokio::process::Command::new(&self.python);
        command.arg(script).arg(path).output().await.unwrap()
    }

    /// Does these steps; gives what they gave and what the tables say in the end.
    async fn does(&self, server: Option<SocketAddr>, steps: Vec<Value>) -> Value {
        let output = self.process(server, steps).await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Does these steps and is killed by one of them.
    async fn dies(&self, server: SocketAddr, steps: Vec<Value>) {
        let output = self.process(Some(server), steps).await;
        assert_eq!(output.status.code(), Some(9), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// A server of this port.
fn on(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// Makes a mail to these addresses, typed by the user.
fn enqueue(request: &str, to: &str) -> Value {
    let mut case = Case::of_document("invoice");
    // One recipient is one: no blind copy for the user.
    case.settings = case.settings.replace("\"auto_bcc_self\": true", "\"auto_bcc_self\": false");
    let mut wanted = wanted(&case, Some(to));
    wanted["document_id"] = json!("2026-0417");
    wanted["account_name"] = json!("office");
    json!({"do": "enqueue", "wanted": wanted, "request": request, "now": NOW})
}

/// Runs the loop once.
fn run(now: &str) -> Value {
    json!({"do": "run", "now": now})
}

/// Statuses of the recipients of a mail.
fn statuses(mail: &Value) -> Vec<&str> {
    mail["recipients"].as_array().unwrap().iter().map(|it| it[1].as_str().unwrap()).collect()
}

/// What its attempts came to.
fn outcomes(mail: &Value) -> Vec<Option<&str>> {
    mail["attempts"].as_array().unwrap().iter().map(|it| it[0].as_str()).collect()
}
