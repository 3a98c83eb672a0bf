//! Responses of an IMAP server. The first byte chooses the command that they answer.

#![no_main]

use libfuzzer_sys::fuzz_target;
use postroom_fuzz::{Cost, bounded, imap_responses};

/// A list of lists of one letter is the dearest; buffers of a connection are the base.
const MOST: Cost = Cost { held: 200, allocated: 600, base: 256 << 10 };

fuzz_target!(|input: &[u8]| {
    let Some((question, sent)) = input.split_first() else { return };
    bounded(MOST, input, || imap_responses(*question, sent));
});
