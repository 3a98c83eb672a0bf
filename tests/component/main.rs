//! The component tier: the plugin as it ships, in the host's engine, with capabilities in memory.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that can't go on has failed

mod artefacts;
mod cli;
mod clock;
mod contract;
mod courier;
mod determinism;
mod documents;
mod exit_codes;
mod guide;
mod house;
mod imports;
mod inbound;
mod instances;
mod isolation;
mod kept;
mod limits;
mod node;
mod providers;
mod python;
mod python_erp;
mod removed;
mod rules;
mod schedule;
mod secrets;
mod shop;
mod standing;
mod status;
mod streaming;
mod track;
mod unruly;
mod web;
