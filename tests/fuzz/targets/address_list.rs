//! Lists of addresses as people paste them, and as they stand in one field of a record.

#![no_main]

use libfuzzer_sys::fuzz_target;
use postroom_fuzz::{Cost, bounded};
use postroom_plugin::domain::address::{read_line, read_list};

/// A list of a thousand addresses of a few characters each is the dearest.
const MOST: Cost = Cost { held: 100, allocated: 400, base: 256 << 10 };

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else { return };
    bounded(MOST, input, || {
        for list in [read_list(text), read_line(text)] {
            for mailbox in &list.mailboxes {
                // What was read as an address is one when it is read again.
                let again = read_line(&mailbox.address.to_string());
                assert_eq!(again.mailboxes.len(), 1, "{:?} is read as {again:?}", mailbox.address);
            }
        }
    });
});
