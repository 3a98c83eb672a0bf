//! Bodies of webhooks, by the reader of every provider. The first byte says which.

#![no_main]

use libfuzzer_sys::fuzz_target;
use postroom_fuzz::{Cost, bounded};
use postroom_plugin::domain::webhook::{Provider, read};

/// A list of empty objects is the dearest.
const MOST: Cost = Cost { held: 200, allocated: 600, base: 256 << 10 };

fuzz_target!(|input: &[u8]| {
    let Some((first, body)) = input.split_first() else { return };
    let provider =
        [Provider::SendGrid, Provider::Mailgun, Provider::Postmark, Provider::Sns][usize::from(first % 4)];
    let Ok(body) = std::str::from_utf8(body) else { return };
    bounded(MOST, input, || {
        let _ = read(provider, body);
    });
});
