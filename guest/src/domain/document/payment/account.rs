//! Account numbers, as far as it matters which of several a reader can pay to.

use crate::domain::iban;

/// Returns true for an IBAN (ISO 13616) whose check digits are right; white space does not count.
pub fn is_iban(account: &str) -> bool {
    iban::parse(account).is_some()
}

/// Hides all of an account but its country and at most the last four characters: the reader knows their own by these.
pub fn masked(account: &str) -> String {
    let bare: Vec<char> = account.chars().filter(|c| !c.is_whitespace()).collect();
    let ending: String = bare[bare.len().saturating_sub(4).max(bare.len().div_ceil(2))..].iter().collect();
    match is_iban(account) {
        true => format!("{}•• •••• {ending}", bare[..2].iter().collect::<String>()),
        false => format!("•••• {ending}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_iban_is_told_by_its_check_digits() {
        for (account, is) in [
            ("BE71 0961 2345 6769", true),
            ("be71096123456769", true),
            ("BE71\u{a0}0961\u{202f}2345\u{2009}6769", true),
            ("GB82WEST12345698765432", true),
            ("NO9386011117947", true),
            ("BE72096123456769", false),
            ("12345678", false),
            ("1234567890123456", false),
            ("BE71", false),
            ("", false),
            ("ÉÉ71096123456769", false),
        ] {
            assert_eq!(is_iban(account), is, "{account:?}");
        }
    }

    #[test]
    fn an_account_that_is_debited_is_never_shown_whole() {
        for (account, shown) in [
            ("BE71 0961 2345 6769", "BE•• •••• 6769"),
            ("BE71\u{a0}0961\u{a0}2345\u{a0}6769", "BE•• •••• 6769"),
            ("12345678", "•••• 5678"),
            ("123456", "•••• 456"),
            ("1234", "•••• 34"),
            ("7", "•••• "),
            ("", "•••• "),
        ] {
            assert_eq!(masked(account), shown, "{account:?}");
        }
    }
}
