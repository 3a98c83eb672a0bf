//! Bytes that a text writes as two hexadecimal digits: in percent encoding, quoted-printable and its encoded words.

/// Reads two hexadecimal digits of either case as a byte; none where they are no two such digits.
pub(crate) fn byte(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let [high, low] = digits else { return None };
    u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::byte;

    #[test]
    fn two_digits_are_a_byte_and_nothing_else_is() {
        for value in 0..=u8::MAX {
            assert_eq!(byte(format!("{value:02x}").as_bytes()), Some(value));
            assert_eq!(byte(format!("{value:02X}").as_bytes()), Some(value));
        }
        for text in ["", "4", "041", "+f", "-1", " f", "0x", "g0", "é"] {
            assert_eq!(byte(text.as_bytes()), None, "{text}");
        }
    }
}
