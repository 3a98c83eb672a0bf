//! Which file names may travel. A name ends up in a header, in a save dialog and on the disk of its reader:
//! it must not break a line, climb out of a folder, or read as something that it is not.

/// Longest name in bytes of UTF-8: what the usual file systems store.
pub(super) const MAX_BYTES: usize = 255;

/// Returns why the name is refused, in words, or nothing.
pub(super) fn fault(name: &str) -> Option<String> {
    if name.trim().is_empty() {
        return Some("a file must have a name".into());
    }
    if name.len() > MAX_BYTES {
        return Some(format!(
            "a file name may have at most {MAX_BYTES} bytes in UTF-8: this has {}",
            name.len()
        ));
    }
    if let Some(c) = name.chars().find(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Some(format!("a file name must not contain control characters: this has U+{:04X}", c as u32));
    }
    if name.contains(['/', '\\']) || matches!(name, "." | "..") {
        return Some("a file name must not contain folders (no / and no \\)".into());
    }
    if let Some(c) = name.chars().find(|c| is_bidi_override(*c)) {
        return Some(format!(
            "a file name must not contain characters that reverse how it reads: this has U+{:04X}",
            c as u32
        ));
    }
    if name.trim() != name {
        return Some("a file name must not begin or end with white space".into());
    }
    if name.contains("=?") {
        return Some("a file name must not contain =? (mail programs would decode what follows)".into());
    }
    None
}

/// Returns true for embeddings, overrides and isolates: `invoice\u{202E}fdp.exe` reads as `invoiceexe.pdf`.
pub(super) fn is_bidi_override(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_any_script_are_accepted() {
        let longest = "é".repeat(127) + "x";
        for name in [
            "invoice.pdf",
            "Rechnung März.pdf",
            "счёт №5.pdf",
            "請求書.pdf",
            "חשבונית.pdf",
            "a \"b\" 50% ;c.txt",
            "👍🏽.png",
            ".profile",
            longest.as_str(),
        ] {
            assert_eq!(fault(name), None, "{name:?}");
        }
    }

    #[test]
    fn names_that_could_deceive_or_inject_are_refused() {
        let too_long = "é".repeat(128);
        for (name, part) in [
            ("", "must have a name"),
            ("   ", "must have a name"),
            (too_long.as_str(), "this has 256"),
            ("a\r\nBcc: x@y.z", "U+000D"),
            ("a\0.pdf", "U+0000"),
            ("a\u{85}.pdf", "U+0085"),
            ("a\u{2028}.pdf", "U+2028"),
            ("../../etc/passwd", "folders"),
            ("C:\\x.pdf", "folders"),
            ("..", "folders"),
            ("invoice\u{202e}fdp.exe", "U+202E"),
            ("a\u{2066}.pdf", "U+2066"),
            (" a.pdf", "white space"),
            ("a.pdf ", "white space"),
            ("=?utf-8?Q?a?=.pdf", "=?"),
        ] {
            let found = fault(name).unwrap_or_default();
            assert!(found.contains(part), "{name:?}: {found:?}");
        }
    }
}
