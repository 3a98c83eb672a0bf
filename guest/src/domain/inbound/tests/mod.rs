//! Reports, replies and plain mail, each as a system or a person writes it.

mod corpus;
mod hostile;
mod persons;
mod reading;
mod receipts;

use super::{Report, read};
use chrono::{DateTime, FixedOffset};
use std::path::PathBuf;

fn now() -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339("2026-11-27T09:00:00+01:00").unwrap()
}

fn understood(raw: &[u8]) -> Report {
    read(raw, &["office@ateliernord.example".to_owned()], now()).unwrap()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/reports")
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(format!("{name}.eml"))).unwrap()
}
