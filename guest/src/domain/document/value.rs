//! The two kinds of value that every form of a document shares: a decimal, and a date. Neither ever passes
//! through a float or a guess.

use super::limits::{MAX_DIGITS, MAX_INTEGER_DIGITS};
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// What a decimal looks like, for messages.
pub(super) const DECIMAL: &str = "a decimal such as -1234.50, with a point and no thousands separator";

/// What a number or a name of a document must not hold, for messages.
pub(super) const TURNING: &str =
    "without marks that turn the direction of text, which let it show as another";

/// Returns true if a character ends a line without being a control character, or turns the direction of text.
pub(super) fn is_turning(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

/// UNTDID 1001 codes that make a document a credit note: those of EN 16931's list.
const CREDIT_CODES: [&str; 11] = ["81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"];

/// Returns true for a type code (BT-3) of a credit note.
pub(super) fn is_credit_code(code: &str) -> bool {
    CREDIT_CODES.contains(&code.trim())
}

/// What a date looks like, for messages.
pub(super) const DATE: &str = "an ISO 8601 date such as 2026-11-22";

/// Digits that fit 64 bits, whichever they are.
const SHORT_DIGITS: usize = 18;

/// Why a text is no decimal that can be kept exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum DecimalFault {
    #[error("expected {DECIMAL}")]
    Form,
    #[error("more than {MAX_INTEGER_DIGITS} digits before the decimal point")]
    TooLarge,
    #[error("more than {MAX_DIGITS} digits: it can't be kept exactly")]
    TooPrecise,
}

/// Reads `[+-]digits[.digits]`, exactly. Zeros without a value (leading, or at the end of a fraction too long to keep) do not count.
pub(super) fn decimal(text: &str) -> Result<Decimal, DecimalFault> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', ..] => (true, &text[1..]),
        [b'+', ..] => (false, &text[1..]),
        _ => (false, text),
    };
    let (integer, fraction) = match digits.split_once('.') {
        Some((_, "")) => return Err(DecimalFault::Form),
        Some((integer, fraction)) => (integer, fraction),
        None => (digits, ""),
    };
    let numeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if integer.is_empty() || !numeric(integer) || !numeric(fraction) {
        return Err(DecimalFault::Form);
    }
    let integer = integer.trim_start_matches('0');
    if integer.len() > MAX_INTEGER_DIGITS {
        return Err(DecimalFault::TooLarge);
    }
    let mut fraction = fraction;
    if integer.len() + fraction.len() > MAX_DIGITS {
        fraction = fraction.trim_end_matches('0');
        if integer.len() + fraction.len() > MAX_DIGITS {
            return Err(DecimalFault::TooPrecise);
        }
    }
    // Nearly every decimal fits 64 bits, and 128 are slow in the sandbox.
    let short = integer.len() + fraction.len() <= SHORT_DIGITS;
    let digits = integer.bytes().chain(fraction.bytes()).map(|digit| digit - b'0');
    let magnitude = match short {
        true => digits.fold(0i64, |sum, digit| sum * 10 + i64::from(digit)).into(),
        false => digits.fold(0i128, |sum, digit| sum * 10 + i128::from(digit)),
    };
    let scale = u32::try_from(fraction.len()).map_err(|_| DecimalFault::TooPrecise)?;
    let signed = if negative { -magnitude } else { magnitude };
    Decimal::try_from_i128_with_scale(signed, scale).map_err(|_| DecimalFault::TooPrecise)
}

/// Returns a computed decimal, if it is one that could have been read.
pub(super) fn bounded(computed: Option<Decimal>) -> Option<Decimal> {
    computed.and_then(|computed| decimal(&computed.to_string()).ok())
}

/// Reads `YYYY-MM-DD`, and nothing that only looks like it.
pub(super) fn date(text: &str) -> Option<NaiveDate> {
    let bytes: &[u8; 10] = text.as_bytes().try_into().ok()?;
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0u32, |sum, d| d.is_ascii_digit().then(|| sum * 10 + u32::from(d - b'0')))
    };
    let (year, month, day) = (number(&bytes[0..4])?, number(&bytes[5..7])?, number(&bytes[8..10])?);
    if bytes[4] != b'-' || bytes[7] != b'-' || year == 0 {
        return None;
    }
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly_or_not_at_all() {
        for (text, expected) in [
            ("0", Ok("0")),
            ("-0.00", Ok("0.00")),
            ("336.9", Ok("336.9")),
            ("336.90", Ok("336.90")),
            ("+7", Ok("7")),
            ("-1234.50", Ok("-1234.50")),
            ("000000000000000000000000000001.5", Ok("1.5")),
            ("0.1000000000000000000000000000000000000000", Ok("0.1")),
            ("0.3333333333333333333333333333", Ok("0.3333333333333333333333333333")),
            ("999999999999999999.99", Ok("999999999999999999.99")),
            ("1000000000000000000", Err(DecimalFault::TooLarge)),
            ("0.33333333333333333333333333333", Err(DecimalFault::TooPrecise)),
            ("1,50", Err(DecimalFault::Form)),
            ("1.234,50", Err(DecimalFault::Form)),
            ("1 000", Err(DecimalFault::Form)),
            ("1_000", Err(DecimalFault::Form)),
            (".5", Err(DecimalFault::Form)),
            ("5.", Err(DecimalFault::Form)),
            ("1.2.3", Err(DecimalFault::Form)),
            ("1e3", Err(DecimalFault::Form)),
            ("NaN", Err(DecimalFault::Form)),
            ("-", Err(DecimalFault::Form)),
            ("--1", Err(DecimalFault::Form)),
            ("١", Err(DecimalFault::Form)),
            ("", Err(DecimalFault::Form)),
        ] {
            assert_eq!(decimal(text).map(|d| d.to_string()), expected.map(str::to_owned), "{text:?}");
        }
    }

    #[test]
    fn dates_are_iso_and_exist() {
        for (text, valid) in [
            ("2026-11-22", true),
            ("2024-02-29", true),
            ("2026-02-29", false),
            ("2026-13-01", false),
            ("2026-1-2", false),
            ("22-11-2026", false),
            ("2026/11/22", false),
            ("0000-01-01", false),
            ("+026-01-01", false),
            ("2026-11-22Z", false),
            ("", false),
        ] {
            assert_eq!(date(text).is_some(), valid, "{text:?}");
        }
    }
}
