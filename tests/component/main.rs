//! The component tier: the plugin as it ships, in the host's engine, with capabilities in memory.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test that can't go on has failed

mod artefacts;
mod cli;
mod contract;
mod courier;
mod determinism;
mod house;
mod imports;
mod inbound;
mod instances;
mod kept;
mod limits;
mod providers;
mod python;
mod secrets;
mod streaming;
mod track;
mod web;
