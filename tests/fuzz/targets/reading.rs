//! Messages that came in, as a person reads them: parts, charsets, HTML, files, folded quotations.

#![no_main]

use chrono::DateTime;
use libfuzzer_sys::fuzz_target;
use postroom_fuzz::{Cost, bounded, safe};
use postroom_plugin::domain::reading::{fold_text, read};

/// A message of formatting that is never closed, in many parts, is the dearest.
const MOST: Cost = Cost { held: 600, allocated: 4_000, base: 4 << 20 };

fuzz_target!(|input: &[u8]| {
    let now = DateTime::from_timestamp(1_795_766_400, 0).unwrap_or_default().fixed_offset();
    let own = ["office@ateliernord.example".to_owned()];
    bounded(MOST, input, || {
        if let Ok(message) = read(input, &own, now) {
            assert!(
                !message.folded.reply.trim().is_empty() || message.text.trim().is_empty(),
                "all is hidden"
            );
            if let Some(html) = &message.html {
                safe(html);
            }
            for file in &message.files {
                let name = file.name.as_deref().unwrap_or("a");
                assert!(!name.contains(['/', '\\']) && !name.contains(char::is_control), "{name:?}");
            }
        }
        if let Ok(text) = std::str::from_utf8(input) {
            let folded = fold_text(text);
            assert!(!folded.reply.trim().is_empty() || text.trim().is_empty(), "all is hidden");
        }
    });
});
