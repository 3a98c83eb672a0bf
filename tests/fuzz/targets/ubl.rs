//! Documents as UBL 2.1.

#![no_main]

use libfuzzer_sys::fuzz_target;
use postroom_fuzz::{Cost, bounded};
use postroom_plugin::domain::document::{read, to_json};

/// A tree of many empty elements is the dearest.
const MOST: Cost = Cost { held: 200, allocated: 600, base: 1 << 20 };

fuzz_target!(|input: &[u8]| {
    bounded(MOST, input, || {
        if let Ok(document) = read("application/xml", input) {
            // What was read of it can be read again.
            let json = to_json(&document);
            let again = read("application/json", json.as_bytes());
            assert_eq!(again.as_ref(), Ok(&document), "{json}");
        }
    });
});
