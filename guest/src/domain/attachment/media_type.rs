//! Media types (RFC 2045, RFC 6838): `type/subtype`, no parameters.

/// Longest media type: 127 for each side of the slash (RFC 6838 §4.2).
const MAX_SIDE: usize = 127;

/// Returns true for `type/subtype` of token characters in lower case.
pub(super) fn is_valid(media_type: &str) -> bool {
    let side = |s: &str| (1..=MAX_SIDE).contains(&s.len()) && s.bytes().all(is_token);
    media_type.split_once('/').is_some_and(|(kind, subtype)| side(kind) && side(subtype))
}

fn is_token(b: u8) -> bool {
    matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'!' | b'#' | b'$' | b'&' | b'-' | b'^' | b'_' | b'.' | b'+')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_lower_case_type_and_subtype_is_valid() {
        let long = "a".repeat(127) + "/" + &"b".repeat(127);
        for good in ["application/pdf", "image/svg+xml", "application/vnd.ms-excel", "x-a/1", &long] {
            assert!(is_valid(good), "{good:?}");
        }
        let too_long = format!("{long}b");
        for bad in [
            "",
            "/",
            "pdf",
            "application/",
            "/pdf",
            "a/b/c",
            "Application/PDF",
            "text/plain; charset=utf-8",
            "text/plain ",
            "text/\"x\"",
            "text/x\r\nBcc: a@b.c",
            "té/xt",
            "text/x?",
            &too_long,
        ] {
            assert!(!is_valid(bad), "{bad:?}");
        }
    }
}
