//! Which characters a label of a domain may hold, by IDNA 2008 (RFC 5892): letters, digits and marks of any script, and a few
//! signs only where their script needs them. The conversion of domains (UTS 46) lets all symbols and punctuation pass.

use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, Script};

/// Returns what cannot stand where it does in a label, in its U-form; none where all may.
pub(super) fn not_allowed(label: &str) -> Option<char> {
    let characters: Vec<char> = label.chars().collect();
    characters.iter().enumerate().find(|(at, c)| !is_allowed(**c, *at, &characters)).map(|(_, c)| *c)
}

/// Returns true for punctuation or a mathematical sign, such as an arrow: beyond ASCII none of an address, wherever it stands.
/// What a script writes inside a word is not meant.
pub(super) fn is_punctuation(c: char) -> bool {
    use GeneralCategory as G;
    let punctuation = [
        G::DashPunctuation,
        G::OpenPunctuation,
        G::ClosePunctuation,
        G::InitialPunctuation,
        G::FinalPunctuation,
        G::OtherPunctuation,
        G::MathSymbol,
    ];
    !c.is_ascii() && punctuation.contains(&category(c))
}

/// Returns true for a sign that is a picture or a unit: a bullet, an envelope, a currency.
pub(super) fn is_symbol(c: char) -> bool {
    use GeneralCategory as G;
    !c.is_ascii() && [G::OtherSymbol, G::CurrencySymbol, G::ModifierSymbol].contains(&category(c))
}

/// Returns whether the script in this place needs the character (RFC 5892, appendix A); none where there is no such rule.
pub(super) fn by_context(c: char, at: usize, label: &[char]) -> Option<bool> {
    let before = at.checked_sub(1).and_then(|at| label.get(at)).copied();
    let after = label.get(at + 1).copied();
    let is = |c: Option<char>, scripts: &[Script]| c.is_some_and(|c| scripts.contains(&script(c)));
    Some(match c {
        // Catalan's `l·l`.
        '\u{B7}' => {
            before.is_some_and(|c| matches!(c, 'l' | 'L')) && after.is_some_and(|c| matches!(c, 'l' | 'L'))
        }
        // Greek numeral sign.
        '\u{375}' => is(after, &[Script::Greek]),
        // Hebrew geresh and gershayim.
        '\u{5F3}' | '\u{5F4}' => is(before, &[Script::Hebrew]),
        // Katakana's middle dot.
        '\u{30FB}' => {
            label.iter().any(|c| [Script::Hiragana, Script::Katakana, Script::Han].contains(&script(*c)))
        }
        // Digits of two kinds are never mixed.
        '\u{660}'..='\u{669}' => !label.iter().any(|c| ('\u{6F0}'..='\u{6F9}').contains(c)),
        '\u{6F0}'..='\u{6F9}' => !label.iter().any(|c| ('\u{660}'..='\u{669}').contains(c)),
        // Where joiners may stand UTS 46 has looked.
        '\u{200C}' | '\u{200D}' => true,
        _ => return None,
    })
}

fn is_allowed(c: char, at: usize, label: &[char]) -> bool {
    use GeneralCategory as G;
    if c.is_ascii() {
        return true;
    }
    if let Some(is_allowed) = by_context(c, at, label) {
        return is_allowed;
    }
    match c {
        // Exceptions, allowed and not.
        '\u{6FD}' | '\u{6FE}' | '\u{F0B}' | '\u{3007}' => return true,
        '\u{640}' | '\u{7FA}' | '\u{302E}' | '\u{302F}' | '\u{3031}'..='\u{3035}' | '\u{303B}' => {
            return false;
        }
        // Old Hangul, which is not composed.
        '\u{1100}'..='\u{11FF}' | '\u{A960}'..='\u{A97C}' | '\u{D7B0}'..='\u{D7FB}' => return false,
        _ => {}
    }
    matches!(
        category(c),
        G::LowercaseLetter
            | G::OtherLetter
            | G::ModifierLetter
            | G::NonspacingMark
            | G::SpacingMark
            | G::DecimalNumber
    )
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

fn script(c: char) -> Script {
    CodePointMapData::<Script>::new().get(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_any_script_are_allowed_and_signs_only_where_their_script_needs_them() {
        for (label, wanted) in [
            ("bücher", None),
            ("col·lectiu", None),
            ("a·b", Some('·')),
            ("·ll", Some('·')),
            ("डाटामेल", None),
            ("テスト・ケース", None),
            ("a・b", Some('・')),
            ("א׳", None),
            ("׳א", Some('׳')),
            ("͵α", None),
            ("α͵", Some('͵')),
            ("٣", None),
            ("٣۳", Some('٣')),
            ("ς", None),
            ("〇", None),
            ("a“b", Some('“')),
            ("a’b", Some('’')),
            ("a–b", Some('–')),
            ("a→b", Some('→')),
            ("a、b", Some('、')),
            ("❤", Some('❤')),
            ("aـb", Some('ـ')),
            ("x-1", None),
        ] {
            assert_eq!(not_allowed(label), wanted, "{label}");
        }
    }
}
