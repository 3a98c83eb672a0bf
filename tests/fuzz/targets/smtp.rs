//! What an SMTP server says: to EHLO, and to all that comes after it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use postroom_fuzz::{Cost, bounded, smtp_replies};

/// A reply of many lines without a word is the dearest.
const MOST: Cost = Cost { held: 100, allocated: 600, base: 512 << 10 };

fuzz_target!(|input: &[u8]| bounded(MOST, input, || smtp_replies(input)));
