//! The component tier: the plugin as it ships, in the host's engine, with capabilities in memory.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that can't go on has failed

mod artefacts;
mod cli;
mod clock;
mod contract;
mod determinism;
mod documents;
mod erp_notifier;
mod exit_codes;
mod faulty_server;
mod guide;
mod imports;
mod inbound;
mod instances;
mod isolation;
mod letters;
mod limits;
mod logged;
mod node;
mod orphaned;
mod providers;
mod python;
mod python_erp;
mod queue_state;
mod read;
mod rules;
mod schedule;
mod secrets;
mod status;
mod stored_message;
mod streaming;
mod test_host;
mod test_worker;
mod track;
mod web;
