//! An account's abilities, and the statuses that its mail can get: no more than what is so.

use super::super::evidence;
use super::{account, smtp};
use crate::domain::account::{Availability, CAPABILITY_REASONS, capabilities};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ABILITIES: usize = 6;

fn can(json: &Value) -> Vec<(&'static str, Availability)> {
    capabilities(&account(json)).into_iter().map(|of| (of.name, of.available)).collect()
}

#[test]
fn a16_what_an_account_can_do_follows_from_transport_mailbox_and_what_the_host_reads() {
    use Availability::{ByProvider, No, Yes};
    let imap = json!({"host": "imap.example.com", "security": "ssl", "login": "x"});
    let server = smtp("mail.example.com", 465, "ssl");
    let gmail_smtp = smtp("smtp.gmail.com", 465, "ssl");
    for (json, expected) in [
        (json!({"transport": "smtp", "smtp": server, "tracking": true}), [Yes, No, No, No, No, No]),
        (
            json!({"transport": "smtp", "smtp": server, "imap": imap, "tracking": true}),
            [Yes, Yes, No, No, No, No],
        ),
        (
            json!({"transport": "smtp", "smtp": server, "imap": imap, "reads_mailbox": true}),
            [Yes, Yes, Yes, Yes, Yes, No],
        ),
        (json!({"transport": "smtp", "smtp": gmail_smtp, "imap": imap}), [Yes, ByProvider, No, No, No, No]),
        (json!({"transport": "gmail"}), [Yes, ByProvider, No, No, No, No]),
        (
            json!({"transport": "gmail", "imap": imap, "tracking": true, "reads_mailbox": true}),
            [Yes, ByProvider, Yes, Yes, Yes, Yes],
        ),
        (json!({"transport": "gmail", "imap": imap}), [Yes, ByProvider, No, No, No, No]),
        (json!({"transport": "graph", "tracking": true}), [Yes, ByProvider, No, No, Yes, Yes]),
        (
            json!({"transport": "sendgrid", "provider_events": true}),
            [Yes, No, No, No, ByProvider, ByProvider],
        ),
        (
            json!({"transport": "smtp", "smtp": server, "provider_events": true}),
            [Yes, No, No, No, ByProvider, No],
        ),
        (json!({"transport": "sendgrid", "imap": imap}), [Yes, Yes, No, No, No, No]),
        (json!({"transport": "platform", "tracking": true}), [Yes, No, No, Yes, No, Yes]),
        (json!({"transport": "mail-client", "smtp": server}), [ByProvider, ByProvider, No, No, No, No]),
    ] {
        let names = ["send", "sent-copy", "inbox", "replies", "delivered", "read"];
        let all = can(&json);
        assert_eq!(all[..ABILITIES], names.into_iter().zip(expected).collect::<Vec<_>>(), "{json}");
    }
}

#[test]
fn a16_the_reasons_are_sentences() {
    let reasons =
        capabilities(&account(&json!({"transport": "smtp", "smtp": smtp("x.example", 465, "ssl")})));
    assert_eq!(reasons[2].reason(), "Own SMTP without IMAP has no inbox.");
    assert!(reasons[5].reason().starts_with("Own SMTP has no Read tracking"));
    for transport in ["smtp", "gmail", "graph", "sendgrid", "platform", "mail-client"] {
        for (index, of) in capabilities(&account(&json!({"transport": transport}))).iter().enumerate() {
            let reason = of.reason();
            let begins = reason.chars().next().is_some_and(|first| !first.is_lowercase());
            assert!(
                begins && reason.ends_with('.') && !reason.ends_with(".."),
                "{transport} {}: {reason}",
                of.name
            );
            assert!(index >= ABILITIES || reason.len() < 120, "{transport} {}: {reason}", of.name);
        }
    }
    let client = capabilities(&account(&json!({"transport": "mail-client"})));
    assert!(client[4].reason().contains("handed to your mail program"), "{:?}", client[4]);
}

/// No sentence promises what only another program, an option or a set-up brings.
#[test]
fn c2_each_status_says_what_proves_it_and_which_program_has_to_run() {
    use Availability::{ByProvider, No, Yes};
    let server = smtp("mail.example.com", 465, "ssl");
    for (json, expected) in [
        (json!({"transport": "smtp", "smtp": server}), [Yes, Yes, Yes, Yes, Yes]),
        (json!({"transport": "gmail"}), [Yes, Yes, Yes, Yes, Yes]),
        (json!({"transport": "sendgrid", "provider_events": true}), [Yes, Yes, Yes, Yes, Yes]),
        (json!({"transport": "mail-client"}), [No, No, No, No, Yes]),
    ] {
        let names = ["in-transit", "delivered", "read", "failed", "unknown"];
        let all = can(&json);
        let statuses: Vec<_> = all[ABILITIES..].iter().map(|(name, of)| (name.to_string(), *of)).collect();
        let expected: Vec<_> =
            names.into_iter().zip(expected).map(|(name, of)| (format!("status-{name}"), of)).collect();
        assert_eq!(statuses, expected, "{json}");
        assert!(statuses.iter().all(|(_, of)| *of != ByProvider), "{json}");
    }
    let reason = |json: Value, name: &str| {
        let all = capabilities(&account(&json));
        all.into_iter().find(|of| of.name == name).map(|of| of.reason()).unwrap()
    };
    for (json, name, has, has_not) in [
        (
            json!({"transport": "smtp"}),
            "status-delivered",
            &["--notify-delivered", "postroom track"][..],
            "postroom serve",
        ),
        (json!({"transport": "smtp"}), "status-failed", &["worker", "postroom track"], "postroom serve"),
        (
            json!({"transport": "smtp", "provider_events": true}),
            "status-failed",
            &["postroom serve"],
            "pixel",
        ),
        (json!({"transport": "sendgrid"}), "status-failed", &["worker"], "track"),
        (
            json!({"transport": "sendgrid", "provider_events": true}),
            "status-read",
            &["postroom serve"],
            "pixel",
        ),
        (json!({"transport": "graph"}), "status-read", &["postroom track"], "pixel"),
        (
            json!({"transport": "graph", "tracking": true}),
            "status-read",
            &["pixel", "postroom serve"],
            "webhook",
        ),
        (json!({"transport": "mail-client"}), "status-delivered", &["Nothing tells it"], "track"),
    ] {
        let reason = reason(json, name);
        for has in has {
            assert!(reason.contains(has), "{name}: {reason}");
        }
        assert!(!reason.contains(has_not), "{name}: {reason}");
    }
}

#[test]
fn each_reason_has_a_code_and_each_code_is_given() {
    let mut given = BTreeSet::new();
    let (with, imap) = (smtp("mail.example.com", 465, "ssl"), smtp("imap.example.com", 993, "ssl"));
    let known = smtp("smtp.gmail.com", 465, "ssl");
    for transport in ["smtp", "gmail", "graph", "sendgrid", "platform", "mail-client"] {
        for (server, mailbox) in
            [(None, None), (Some(&with), None), (Some(&with), Some(&imap)), (Some(&known), None)]
        {
            for host in 0..8 {
                let json = json!({
                    "transport": transport,
                    "smtp": server,
                    "imap": mailbox,
                    "reads_mailbox": host & 1 != 0,
                    "provider_events": host & 2 != 0,
                    "tracking": host & 4 != 0,
                });
                for (index, of) in capabilities(&account(&json)).into_iter().enumerate() {
                    assert!(
                        !of.reasons.is_empty() && (index >= ABILITIES || of.reasons.len() == 1),
                        "{json} {of:?}"
                    );
                    given.extend(of.reasons.into_iter().map(|reason| reason.code));
                }
            }
        }
    }
    assert_eq!(given, CAPABILITY_REASONS.iter().copied().collect());
}

#[test]
fn the_documentation_has_the_table_of_statuses_as_it_is() {
    let page = include_str!("../../../../../docs/statuses.md");
    let table = evidence::table();
    assert!(page.contains(&table), "docs/statuses.md should have:\n\n{table}\n");
}
