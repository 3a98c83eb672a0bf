//! Messages of every shape, as they are read.

mod bounds;
mod corpus;
mod html;
mod shapes;

use super::*;

fn now() -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339("2026-11-22T09:30:00+01:00").unwrap()
}

fn read_text(raw: &str) -> Reading {
    read(raw.as_bytes(), &[], now()).unwrap()
}
