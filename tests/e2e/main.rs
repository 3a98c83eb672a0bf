//! The end-to-end tier: the real plugin in the real host, the program as people run it, real mail servers, and mails
//! that are fetched from the mailbox they were sent to. `cargo xtask test e2e` installs what it needs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
mod account_test;
mod arrival;
mod backup;
mod batches;
mod bulk;
mod connection;
mod conversations;
mod erasure;
mod erp_tables;
mod expiry;
mod fallback;
mod gated;
mod histories;
mod home;
mod imap;
mod killed;
mod letters;
mod limits;
mod mailbox;
mod other_program;
mod pipelining;
mod plugin;
mod program;
mod provider_day;
mod recipients;
mod records;
mod relay;
mod rendering;
mod reports;
mod rotation;
mod samples;
mod secret_flow;
mod secrets;
mod security;
mod sent_again;
mod servers;
mod sign_in;
mod stored;
mod takeover;
mod timeouts;
mod unwritable;
mod upgrades;
mod user_settings;
mod web;
mod workers;
