//! Which form of a word goes with a number.

use crate::domain::language::Language;
use rust_decimal::Decimal;

/// Returns true where a number takes the singular: one; in French everything below two.
pub fn is_one(number: Decimal, language: Language) -> bool {
    let size = number.abs();
    match language {
        Language::Fr => size < Decimal::TWO,
        Language::Nl | Language::En | Language::De => size == Decimal::ONE,
    }
}

/// Chooses the singular or the plural, as the number and the language want it.
pub fn plural<'a>(number: Decimal, language: Language, one: &'a str, other: &'a str) -> &'a str {
    if is_one(number, language) { one } else { other }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_plural_but_in_french() {
        for (number, language, expected) in [
            ("0", Language::Nl, "other"),
            ("0", Language::Fr, "one"),
            ("1", Language::En, "one"),
            ("-1", Language::De, "one"),
            ("1.5", Language::Fr, "one"),
            ("1.5", Language::En, "other"),
            ("2", Language::Fr, "other"),
            ("12", Language::De, "other"),
        ] {
            assert_eq!(
                plural(number.parse().unwrap(), language, "one", "other"),
                expected,
                "{number} {language}"
            );
        }
    }
}
