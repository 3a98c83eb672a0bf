//! The capability against scripted servers that misbehave in every way seen in the wild, and its pure parts
//! against tables and random input.

mod account_queues;
mod batches;
mod bodies;
mod commands;
mod conversation;
mod destinations;
mod logins;
mod memory;
mod owners;
mod replies;
mod reuse;
mod security;
mod stages;
mod streaming;

use postroom_model::AllowList;
use std::time::Duration;

use super::{Account, Chunk, Failure, Login, Mechanism, Recipient, Secret, Security, Submission, Timeouts};
use crate::tests::{certificates, server};

/// Long enough for a loaded machine, short enough to wait for.
const SHORT: Duration = Duration::from_millis(300);
/// For what must not run out.
const LONG: Duration = Duration::from_secs(10);

/// An account for a scripted server.
fn account(port: u16, security: Security) -> Account {
    Account {
        port,
        allow_private: AllowList::loopback(),
        timeouts: Timeouts { quit: SHORT, ..Timeouts::all(LONG) },
        trusted_ca: Some(certificates::trusted()),
        ..Account::new("test", "127.0.0.1", security)
    }
}

fn with_login(account: Account, secret: Secret, mechanism: Mechanism) -> Account {
    let login = Some(Login { user: "nora@nord.test".into(), secret, mechanism });
    Account { login, allow_cleartext_login: true, ..account }
}

/// A small message to these.
fn submission(recipients: &[&str], text: &str) -> Submission {
    Submission {
        mail_from: "nora@nord.test".into(),
        recipients: recipients
            .iter()
            .map(|address| Recipient { address: (*address).into(), notify: Vec::new() })
            .collect(),
        envelope_id: None,
        smtputf8: false,
        size: text.len() as u64,
        chunks: vec![Chunk::Text(text.into())],
        gate: None,
    }
}

const MESSAGE: &str = "Subject: hello\r\n\r\nHello.\r\n";

/// Everything that a failure shows, to look for what must not be in it.
fn all_words(failure: &Failure) -> String {
    format!("{failure} {failure:?}")
}
