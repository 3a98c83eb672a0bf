//! Messages that came in: bounces, receipts, complaints, answers.

#![no_main]

use chrono::DateTime;
use libfuzzer_sys::fuzz_target;
use postroom_fuzz::{Cost, bounded};
use postroom_plugin::domain::inbound::read;

/// A message of many empty parts or header fields is the dearest.
const MOST: Cost = Cost { held: 200, allocated: 600, base: 1 << 20 };

fuzz_target!(|input: &[u8]| {
    let now = DateTime::from_timestamp(1_795_766_400, 0).unwrap_or_default().fixed_offset();
    let own = ["office@ateliernord.example".to_owned()];
    bounded(MOST, input, || {
        let _ = read(input, &own, now);
    });
});
