//! Signatures in HTML, as users paste them from whatever they have.

#![no_main]

use libfuzzer_sys::fuzz_target;
use postroom_fuzz::{Cost, bounded};
use postroom_plugin::domain::template::{safe_signature, signature_text};

/// Formatting that is never closed, opened again in each of many paragraphs, is the dearest.
const MOST: Cost = Cost { held: 300, allocated: 1_500, base: 1 << 20 };

fuzz_target!(|input: &[u8]| {
    let Ok(html) = std::str::from_utf8(input) else { return };
    bounded(MOST, input, || {
        let safe = safe_signature(html);
        let lower = safe.to_ascii_lowercase();
        for never in ["<script", "<style", "<svg", "<math", "<!", "<?", " href=\"javascript:"] {
            assert!(!lower.contains(never), "{never} in {safe}");
        }
        // What is safe stays safe when it is parsed once more.
        assert!(!safe_signature(&safe).to_ascii_lowercase().contains("<script"));
        signature_text(html);
    });
});
