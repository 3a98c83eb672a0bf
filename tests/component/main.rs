//! The component tier: the plugin as it ships, in the host's engine, with capabilities in memory.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that can't go on has failed

mod artefacts;
mod cli;
mod clock;
mod contract;
mod erp_notifier;
mod determinism;
mod documents;
mod exit_codes;
mod guide;
mod test_host;
mod imports;
mod inbound;
mod instances;
mod isolation;
mod stored_message;
mod limits;
mod node;
mod providers;
mod python;
mod python_erp;
mod orphaned;
mod rules;
mod schedule;
mod secrets;
mod test_worker;
mod queue_state;
mod status;
mod streaming;
mod track;
mod faulty_server;
mod web;
