//! Numbers and money. Digits that the document has are never dropped, and never invented beyond the
//! currency's own minor unit.

use super::conventions::{NBSP, Sign, conventions, currency_sign};
use crate::domain::document::Money;
use crate::domain::language::Locale;
use rust_decimal::Decimal;

/// Writes a number: `1.234,5`. Trailing zeros go, significant digits stay.
pub fn number(value: Decimal, locale: Locale) -> String {
    let c = conventions(locale);
    let value = value.normalize();
    let mut out = String::with_capacity(24);
    if value.is_sign_negative() && !value.is_zero() {
        out.push('-');
    }
    push_digits(&mut out, value, value.scale(), c.decimal, c.group);
    out
}

/// Writes an amount with its currency: `€ 1.210,00`. The currency's minor digits at least; more where the amount has more.
pub fn money(money: Money, locale: Locale) -> String {
    let c = conventions(locale);
    let amount = money.amount.normalize();
    let digits = amount.scale().max(money.currency.minor_digits());
    let negative = amount.is_sign_negative() && !amount.is_zero();
    let minus = if negative { "-" } else { "" };
    let sign = currency_sign(&money.currency, locale);
    let mut out = String::with_capacity(24);
    match c.sign {
        Sign::Before => {
            out.push_str(minus);
            out.push_str(sign);
            // A code is a word: it needs a space from its number.
            if sign.ends_with(|last: char| last.is_ascii_alphabetic()) {
                out.push_str(NBSP);
            }
        }
        Sign::BeforeSpaced => {
            out.push_str(sign);
            out.push_str(NBSP);
            out.push_str(minus);
        }
        Sign::BeforeSpacedMinusFirst => {
            out.push_str(minus);
            out.push_str(sign);
            out.push_str(NBSP);
        }
        Sign::BeforeSpacedMinusTight => {
            out.push_str(sign);
            out.push_str(if negative { minus } else { NBSP });
        }
        Sign::After => out.push_str(minus),
    }
    push_digits(&mut out, amount, digits, c.decimal, c.money_group);
    if c.sign == Sign::After {
        out.push_str(NBSP);
        out.push_str(sign);
    }
    out
}

/// Digits that 128 bits may have.
const MOST_DIGITS: usize = 39;

/// Writes the digits of a number up to `place`. Without the formatting machinery and its memory: a mail has a hundred numbers.
fn digits_of(mut number: u128, place: &mut [u8; MOST_DIGITS]) -> &str {
    let mut at = MOST_DIGITS;
    let mut put = |digit: u8| {
        at -= 1;
        place[at] = b'0' + digit;
    };
    while number > u128::from(u64::MAX) {
        put((number % 10) as u8);
        number /= 10;
    }
    // Nearly every amount fits 64 bits, whose digits cost a tenth of what those of 128 do.
    let mut short = number as u64;
    loop {
        put((short % 10) as u8);
        short /= 10;
        if short == 0 {
            break;
        }
    }
    str::from_utf8(&place[at..]).unwrap_or_default()
}

fn push_digits(out: &mut String, value: Decimal, digits: u32, decimal: &str, group: &str) {
    let mut place = [0; MOST_DIGITS];
    let mantissa = digits_of(value.mantissa().unsigned_abs(), &mut place);
    let scale = value.scale() as usize;
    let (whole, fraction) = mantissa.split_at(mantissa.len().saturating_sub(scale));
    let (first, groups) = whole.split_at(whole.len() % 3);
    out.push_str(if whole.is_empty() { "0" } else { first });
    let mut groups = groups;
    while let Some((three, rest)) = groups.split_at_checked(3) {
        if groups.len() < whole.len() {
            out.push_str(group);
        }
        out.push_str(three);
        groups = rest;
    }
    if digits > 0 {
        out.push_str(decimal);
        out.extend(std::iter::repeat_n('0', scale - fraction.len()));
        out.push_str(fraction);
        out.extend(std::iter::repeat_n('0', (digits as usize).saturating_sub(scale)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::Currency;

    fn readable(text: &str) -> String {
        text.replace('\u{a0}', "~").replace('\u{202f}', "_")
    }

    #[test]
    fn money_is_written_as_the_region_writes_it() {
        // "~" is a no-break space, "_" a narrow one.
        for (amount, currency, locale, expected) in [
            ("1210", "EUR", "nl", "€~1.210,00"),
            ("1210", "EUR", "nl-BE", "€~1.210,00"),
            ("-1210.5", "EUR", "nl-NL", "€~-1.210,50"),
            ("1210", "EUR", "fr", "1_210,00~€"),
            ("-1210", "EUR", "fr-BE", "-1_210,00~€"),
            ("1210", "CHF", "fr-CH", "CHF~1’210.00"),
            ("1210", "EUR", "fr-LU", "1.210,00~€"),
            ("1210", "EUR", "en", "€1,210.00"),
            ("-1210", "EUR", "en-IE", "-€1,210.00"),
            ("1210", "GBP", "en-GB", "£1,210.00"),
            ("1210", "USD", "en-US", "$1,210.00"),
            ("1210", "USD", "en-GB", "US$1,210.00"),
            ("1210", "SEK", "en-GB", "SEK~1,210.00"),
            ("1210", "EUR", "de", "1.210,00~€"),
            ("1210", "EUR", "de-AT", "€~1.210,00"),
            ("-1210", "EUR", "de-AT", "-€~1.210,00"),
            ("1210", "CHF", "de-CH", "CHF~1’210.00"),
            ("-1210", "CHF", "de-CH", "CHF-1’210.00"),
            ("1210", "USD", "fr", "1_210,00~USD"),
            ("1210", "GBP", "fr", "1_210,00~GBP"),
            ("1210", "USD", "de", "1.210,00~US-$"),
            ("1000000", "EUR", "nl", "€~1.000.000,00"),
            ("0", "EUR", "de", "0,00~€"),
            ("-0.00", "EUR", "de", "0,00~€"),
            ("0.05", "EUR", "en", "€0.05"),
            ("0.1234", "EUR", "nl", "€~0,1234"),
            ("12.50000", "EUR", "nl", "€~12,50"),
            ("1210", "JPY", "en", "JPY~1,210"),
            ("1210.5", "JPY", "nl", "JPY~1.210,5"),
            ("1.5", "KWD", "fr", "1,500~KWD"),
            ("999", "EUR", "fr", "999,00~€"),
            ("79228162514264337593543950335", "EUR", "en", "€79,228,162,514,264,337,593,543,950,335.00"),
            ("0.0000000000000000000000000001", "EUR", "en", "€0.0000000000000000000000000001"),
        ] {
            let money_value =
                Money { amount: amount.parse().unwrap(), currency: Currency::parse(currency).unwrap() };
            let written = money(money_value, Locale::parse(locale).unwrap());
            assert_eq!(readable(&written), expected, "{amount} {currency} {locale}");
        }
    }

    #[test]
    fn numbers_are_written_as_the_region_writes_them() {
        for (value, locale, expected) in [
            ("1234.50", "nl", "1.234,5"),
            ("1234", "fr", "1_234"),
            ("1234.5", "en-US", "1,234.5"),
            ("1234.5", "de-AT", "1~234,5"),
            ("1234.5", "de-CH", "1’234.5"),
            ("6.5", "fr-CH", "6.5"),
            ("-0.125", "de", "-0,125"),
            ("100", "nl", "100"),
            ("21.00", "nl", "21"),
            ("0", "en", "0"),
            ("1E3", "en", "1,000"),
        ] {
            let value_read = value.parse().or_else(|_| Decimal::from_scientific(value)).unwrap();
            assert_eq!(
                readable(&number(value_read, Locale::parse(locale).unwrap())),
                expected,
                "{value} {locale}"
            );
        }
    }
}
