//! International account numbers (ISO 13616), checked by their own check digits before money is sent to one.

/// Reads an IBAN as people write it, in groups or not; gives its electronic form. None where it is none, or a digit of it is wrong.
pub fn parse(text: &str) -> Option<String> {
    let bare = bare(text).to_ascii_uppercase();
    let bytes = bare.as_bytes();
    (has_form(bytes) && remainder(&bytes[4..], &bytes[..4]) == 1).then_some(bare)
}

/// Returns what looks like an IBAN in groups of four, as people copy it, right or wrong; anything else as it is.
pub fn grouped(text: &str) -> String {
    let bare = bare(text);
    if !has_form(bare.as_bytes()) {
        return text.trim().to_owned();
    }
    let mut groups = String::with_capacity(bare.len() + bare.len() / 4);
    for (at, c) in bare.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            groups.push(' ');
        }
        groups.push(c);
    }
    groups
}

fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn has_form(bytes: &[u8]) -> bool {
    (15..=34).contains(&bytes.len())
        && bytes.iter().all(u8::is_ascii_alphanumeric)
        && bytes[..2].iter().all(u8::is_ascii_alphabetic)
        && bytes[2..4].iter().all(u8::is_ascii_digit)
}

/// Reads a creditor reference of ISO 11649, `RF18 5390 0754 7034`, in its electronic form. Its check is that of an IBAN.
pub fn creditor_reference(text: &str) -> Option<String> {
    let bare = bare(text).to_ascii_uppercase();
    let bytes = bare.as_bytes();
    let has_form = (5..=25).contains(&bytes.len())
        && bytes.starts_with(b"RF")
        && bytes.iter().all(u8::is_ascii_alphanumeric)
        && bytes[2..4].iter().all(u8::is_ascii_digit);
    (has_form && remainder(&bytes[4..], &bytes[..4]) == 1).then_some(bare)
}

/// Returns what is left after division by 97, letters read as 10 to 35 (ISO 7064).
fn remainder(first: &[u8], last: &[u8]) -> u32 {
    first.iter().chain(last).fold(0, |left, byte| match byte {
        b'0'..=b'9' => (left * 10 + u32::from(byte - b'0')) % 97,
        letter => (left * 100 + u32::from(letter.to_ascii_uppercase().saturating_sub(b'A')) + 10) % 97,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_one_whose_digits_are_right() {
        for (text, expected) in [
            ("BE71 0961 2345 6769", Some("BE71096123456769")),
            ("be71096123456769", Some("BE71096123456769")),
            ("DE89\u{a0}3704\u{a0}0044\u{a0}0532\u{a0}0130\u{a0}00", Some("DE89370400440532013000")),
            ("NL91ABNA0417164300", Some("NL91ABNA0417164300")),
            ("MT84MALT011000012345MTLCAST001S", Some("MT84MALT011000012345MTLCAST001S")),
            ("BE71 0961 2345 6768", None),
            ("BE17 0961 2345 6769", None),
            ("B171 0961 2345 6769", None),
            ("BEX1 0961 2345 6769", None),
            ("BE71", None),
            ("BE71-0961-2345-6769", None),
            ("ÉÉ71096123456769", None),
            ("", None),
        ] {
            assert_eq!(parse(text).as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn an_account_is_shown_in_groups_and_anything_else_as_it_is() {
        for (text, expected) in [
            ("BE71096123456769", "BE71 0961 2345 6769"),
            (" NL91 ABNA0417164300 ", "NL91 ABNA 0417 1643 00"),
            ("BE00096123456769", "BE00 0961 2345 6769"),
            (" 20-00-00 12345678 ", "20-00-00 12345678"),
        ] {
            assert_eq!(grouped(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_creditor_reference_is_one_whose_digits_are_right() {
        for (text, expected) in [
            ("RF18 5390 0754 7034", Some("RF18539007547034")),
            ("rf18539007547034", Some("RF18539007547034")),
            ("RF19 5390 0754 7034", None),
            ("+++090/9337/55493+++", None),
            ("RF", None),
            ("", None),
        ] {
            assert_eq!(creditor_reference(text).as_deref(), expected, "{text:?}");
        }
    }
}
