//! HTML of a stranger's mail, as it is shown: what is generated is parsed again, and nothing forbidden is in it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use postroom_fuzz::{Cost, bounded, safe};
use postroom_plugin::domain::reading::safe_html;

/// Formatting that is never closed, opened again in each of many paragraphs, is the dearest.
const MOST: Cost = Cost { held: 400, allocated: 3_000, base: 1 << 20 };

fuzz_target!(|input: &[u8]| {
    let Ok(html) = std::str::from_utf8(input) else { return };
    bounded(MOST, input, || {
        let (first, _) = safe_html(html);
        safe(&first.html);
        let (again, _) = safe_html(&first.html);
        safe(&again.html);
    });
});
