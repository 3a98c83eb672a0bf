//! From bytes to text: by the charset that a message names, or, where it names none or a wrong one, by what the bytes are.
//!
//! The library that reads messages decodes most charsets. Four of 7 bits it does not, or not to the end, and of bytes without
//! a name it assumes UTF-8. All of this takes time and memory in proportion to the bytes.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    BIG5, EUC_KR, Encoding, GB18030, ISO_2022_JP, KOI8_U, SHIFT_JIS, UTF_8, WINDOWS_1251, WINDOWS_1252,
    WINDOWS_1253,
};
use std::borrow::Cow;

/// What begins an escape sequence.
const ESC: u8 = 0x1B;
/// Letters beyond ASCII in a row from which on a language is not written in Latin letters.
const RUN: usize = 3;

/// How the bytes of a charset are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Charset {
    /// As one of the Encoding Standard.
    Standard(&'static Encoding),
    /// RFC 2152.
    Utf7,
    /// RFC 1557.
    Iso2022Kr,
    /// RFC 1843.
    Hz,
}

impl Charset {
    /// Finds a charset by its name; none for ASCII too, since what is beyond it has no name then.
    fn named(label: &str) -> Option<Self> {
        let label = label.trim().trim_matches(['"', '\'']);
        // RFC 2231: a language may follow.
        let label = label.split('*').next().unwrap_or_default().to_ascii_lowercase();
        match label.as_str() {
            "utf-7" | "utf7" | "unicode-1-1-utf-7" | "x-unicode-2-0-utf-7" => return Some(Self::Utf7),
            "iso-2022-kr" | "csiso2022kr" => return Some(Self::Iso2022Kr),
            "hz-gb-2312" | "hz" => return Some(Self::Hz),
            "us-ascii" | "ascii" | "ansi_x3.4-1968" => return None,
            // Names that programs write and the standard does not list.
            "cp932" | "ms932" | "cp943" | "x-ms-cp932" | "windows-932" => {
                return Some(Self::Standard(SHIFT_JIS));
            }
            "cp949" | "ms949" | "ksc5601" | "ks_c_5601" | "x-windows-949" => {
                return Some(Self::Standard(EUC_KR));
            }
            "cp936" | "ms936" | "euc-cn" | "cn-gb" => return Some(Self::Standard(GB18030)),
            "cp950" | "ms950" => return Some(Self::Standard(BIG5)),
            _ => {}
        }
        if label.starts_with("iso-2022-jp") || label.starts_with("cp5022") {
            return Some(Self::Standard(ISO_2022_JP));
        }
        let standard = Encoding::for_label_no_replacement(label.as_bytes()).or_else(|| {
            // `cp1251` is listed, `cp-1251`, `win1251` and `iso8859_7` are not.
            let digits = label.trim_start_matches(|c: char| !c.is_ascii_digit());
            let family = label.strip_suffix(digits)?.trim_end_matches(['-', '_']);
            let (family, digits) = match family {
                "cp" | "win" | "windows" | "ms" => ("windows-", digits.to_owned()),
                "iso" => ("iso-", digits.replace('_', "-")),
                _ => return None,
            };
            Encoding::for_label_no_replacement(format!("{family}{digits}").as_bytes())
        });
        standard.map(Self::Standard)
    }

    fn decode(self, bytes: &[u8]) -> String {
        match self {
            Self::Standard(encoding) if encoding == ISO_2022_JP => {
                decoded(encoding, &without_idle_escapes(bytes))
            }
            Self::Standard(encoding) => decoded(encoding, bytes),
            Self::Utf7 => utf7(bytes),
            Self::Iso2022Kr => decoded(EUC_KR, &shifted(bytes, Shift::Iso2022Kr)),
            Self::Hz => decoded(GB18030, &shifted(bytes, Shift::Hz)),
        }
    }
}

/// Decodes bytes of the charset named; of one that is not known, or where none is named, by what they are.
pub(crate) fn decode(label: Option<&str>, bytes: &[u8]) -> String {
    match label.and_then(Charset::named) {
        Some(Charset::Standard(encoding)) if encoding == UTF_8 => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => decode_unlabelled(bytes, None).into_owned(),
        },
        Some(charset) => charset.decode(bytes),
        None => decode_unlabelled(bytes, None).into_owned(),
    }
}

/// Decodes bytes that stand where no charset is named: by their escape sequences, as UTF-8 where they are that, by the charset
/// of the message around them, or as the text that they most likely are.
pub(crate) fn decode_unlabelled<'a>(bytes: &'a [u8], around: Option<&str>) -> Cow<'a, str> {
    if let Some(charset) = escaped(bytes) {
        return Cow::Owned(charset.decode(bytes));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    // Damaged or cut UTF-8 is still UTF-8.
    if has_multibyte_utf8(bytes) {
        return String::from_utf8_lossy(bytes);
    }
    if let Some(Charset::Standard(encoding)) = around.and_then(Charset::named)
        && encoding != UTF_8
        && let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes)
    {
        return text;
    }
    Cow::Owned(decoded(guessed(bytes), bytes))
}

/// Returns true if a part has to be decoded anew from its bytes, because the library misread it.
pub(crate) fn is_misread(label: Option<&str>, text: &str) -> bool {
    let is_its_own =
        matches!(label.and_then(Charset::named), Some(Charset::Utf7 | Charset::Iso2022Kr | Charset::Hz));
    // A charset that the library takes for ASCII decodes to mojibake or to escape sequences.
    is_its_own
        || text.contains(['\u{FFFD}', '\u{1B}'])
        || (label.is_some_and(|it| Charset::named(it).is_none()) && !text.is_ascii())
}

/// Returns true for the name of a charset that is read.
pub(crate) fn is_known(label: &str) -> bool {
    let bare = label.trim().trim_matches(['"', '\'']);
    Charset::named(label).is_some()
        || ["us-ascii", "ascii", "ansi_x3.4-1968", "x-unknown", "unknown-8bit"]
            .iter()
            .any(|it| bare.eq_ignore_ascii_case(it))
}

/// Returns true for a charset in which every byte is a letter of Western Europe or a sign.
pub(crate) fn is_western(label: &str) -> bool {
    matches!(Charset::named(label), Some(Charset::Standard(encoding)) if encoding == WINDOWS_1252)
}

fn decoded(encoding: &'static Encoding, bytes: &[u8]) -> String {
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

/// Finds the charset that escape sequences announce.
fn escaped(bytes: &[u8]) -> Option<Charset> {
    memchr::memchr_iter(ESC, bytes).take(100).find_map(|at| match bytes.get(at + 1..at + 4)? {
        [b'$', b')', b'C'] => Some(Charset::Iso2022Kr),
        [b'$', b'B' | b'@', _] | [b'(', b'J' | b'I', _] => Some(Charset::Standard(ISO_2022_JP)),
        _ => None,
    })
}

/// Removes escape sequences that only another one follows: the decoder takes an empty stretch for an error, and words that were joined have
/// one at each seam.
fn without_idle_escapes(bytes: &[u8]) -> Cow<'_, [u8]> {
    let length = |rest: &[u8]| match rest {
        [ESC, b'$', b'(', _, ..] => 4,
        [ESC, b'$' | b'(', _, ..] => 3,
        _ => 0,
    };
    if memchr::memchr(ESC, bytes).is_none() {
        return Cow::Borrowed(bytes);
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let found = length(rest);
        if found == 0 {
            out.extend(rest.first());
            at += 1;
            continue;
        }
        let next = rest.get(found..).unwrap_or_default();
        if length(next) == 0 {
            out.extend(rest.get(..found).unwrap_or_default());
        }
        at += found;
    }
    Cow::Owned(out)
}

/// What turns the bytes of a 7-bit charset into those of two bytes for a letter, and back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shift {
    /// SO and SI.
    Iso2022Kr,
    /// `~{` and `~}`.
    Hz,
}

/// Sets the high bit of bytes that are halves of a character, and removes the escape sequences.
fn shifted(bytes: &[u8], by: Shift) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut is_raised = false;
    let mut rest = bytes;
    while let [first, after @ ..] = rest {
        let (taken, shown) = match (by, rest) {
            (Shift::Iso2022Kr, [ESC, b'$', b')', b'C', ..]) => (4, None),
            (Shift::Iso2022Kr, [0x0E, ..]) | (Shift::Hz, [b'~', b'{', ..]) => {
                is_raised = true;
                (if by == Shift::Hz { 2 } else { 1 }, None)
            }
            (Shift::Iso2022Kr, [0x0F, ..]) | (Shift::Hz, [b'~', b'}', ..]) => {
                is_raised = false;
                (if by == Shift::Hz { 2 } else { 1 }, None)
            }
            (Shift::Hz, [b'~', b'~', ..]) if !is_raised => (2, Some(b'~')),
            (Shift::Hz, [b'~', b'\n', ..]) if !is_raised => (2, None),
            // A line begins in ASCII, whatever the one before forgot.
            (_, [b'\n', ..]) => {
                is_raised = false;
                (1, Some(b'\n'))
            }
            (_, [b'!'..=b'~', ..]) if is_raised => (1, Some(first | 0x80)),
            _ => (1, Some(*first)),
        };
        out.extend(shown);
        rest = rest.get(taken..).unwrap_or(after);
    }
    out
}

/// Decodes UTF-7: `+` opens base64 of UTF-16, which anything that is no base64 ends, a `-` without being shown itself.
fn utf7(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, after @ ..] = rest {
        if *first != b'+' {
            out.push(char::from(*first));
            rest = after;
            continue;
        }
        let end = after.iter().position(|b| base64_value(*b).is_none()).unwrap_or(after.len());
        let (encoded, tail) = after.split_at_checked(end).unwrap_or((after, &[]));
        rest = tail.strip_prefix(b"-").unwrap_or(tail);
        if encoded.is_empty() {
            out.push('+');
            continue;
        }
        let (mut bits, mut held) = (0_u32, 0_u32);
        let mut units = Vec::with_capacity(encoded.len() / 2);
        for value in encoded.iter().filter_map(|b| base64_value(*b)) {
            bits = bits << 6 | value;
            held += 6;
            if held >= 16 {
                held -= 16;
                units.push(u16::try_from(bits >> held & 0xFFFF).unwrap_or_default());
                bits &= (1 << held) - 1;
            }
        }
        out.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
    }
    out
}

fn base64_value(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(value.into())
}

/// Returns true for text with a character of two bytes or more in UTF-8, and more of those than of invalid bytes.
fn has_multibyte_utf8(bytes: &[u8]) -> bool {
    let (mut letters, mut damaged) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        letters += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        damaged += chunk.invalid().len();
    }
    letters > damaged
}

/// Guesses the encoding of a text: where single letters are beyond ASCII, that of Western Europe; where whole words are, the one that their
/// letters fit.
fn guessed(bytes: &[u8]) -> &'static Encoding {
    let (mut longest, mut run) = (0, 0);
    for byte in bytes {
        run = if byte.is_ascii() { 0 } else { run + 1 };
        longest = longest.max(run);
    }
    if longest < RUN {
        return WINDOWS_1252;
    }
    // The detector was made for pages; of the two scripts with capitals a subject's few words are recognised better by their spelling.
    let spelt = [(WINDOWS_1251, CYRILLIC), (KOI8_U, CYRILLIC), (WINDOWS_1253, GREEK)];
    let likely = spelt.iter().filter_map(|(it, vowels)| Some((likeness(&decoded(it, bytes), vowels)?, *it)));
    if let Some((_, encoding)) = likely.min_by_key(|(distance, _)| *distance) {
        return encoding;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(None, Utf8Detection::Deny)
}

/// Vowels of the scripts that have capital letters, besides Latin.
const CYRILLIC: &str = "аеёиоуыэюяіїєѝў";
const GREEK: &str = "αεηιουωάέήίόύώϊϋΐΰ";
/// Vowels among a hundred letters of a language in one of these scripts.
const VOWELS: usize = 43;
/// How far a few words may be from that.
const FURTHEST: usize = 23;

/// Measures how far a text is from one of these scripts in the share of its vowels; none where it is spelt as no language is: a capital
/// behind a small letter, other letters or signs in a word, a final sigma before the end; nor where all are capitals or none is, as in what
/// Hebrew would be taken for.
fn likeness(text: &str, vowels: &str) -> Option<usize> {
    let (mut letters, mut sounding, mut capitals) = (0, 0, 0);
    for word in text.split(|c: char| c.is_ascii()).filter(|word| !word.is_empty()) {
        let word = word.trim_matches(['«', '»', '“', '”', '„', '’', '–', '—', '…', '№', '\u{a0}']);
        let mut before = None;
        for c in word.chars() {
            let is_letter =
                matches!(c, '\u{370}'..='\u{3FF}' | '\u{400}'..='\u{45F}' | 'Ґ' | 'ґ') && c.is_alphabetic();
            let breaks = |before: char| before == 'ς' || (before.is_lowercase() && c.is_uppercase());
            if !is_letter || before.is_some_and(breaks) || (before.is_none() && matches!(c, 'ς' | 'ΐ' | 'ΰ'))
            {
                return None;
            }
            letters += 1;
            capitals += usize::from(c.is_uppercase());
            sounding += usize::from(c.to_lowercase().any(|c| vowels.contains(c)));
            before = Some(c);
        }
    }
    let distance = VOWELS.abs_diff((100 * sounding).checked_div(letters)?);
    (distance <= FURTHEST && (1..letters).contains(&capitals)).then_some(distance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charsets_of_7_bits_are_decoded() {
        for (label, bytes, wanted) in [
            ("ISO-2022-JP", &b"\x1b$B5Y2KCf\x1b(B ok"[..], "休暇中 ok"),
            ("iso-2022-jp-3", b"\x1b$B5Y2K\x1b(B\x1b$BCf\x1b(B", "休暇中"),
            ("ISO-2022-KR", b"\x1b$)C\x0e@Z5?\x0f: ok", "자동: ok"),
            ("iso-2022-kr", b"\x0e@Z5?\x0f", "자동"),
            ("HZ-GB-2312", b"~{WT6/~} ~~ ok", "自动 ~ ok"),
            ("hz", b"~{WT~}~{6/~}", "自动"),
            ("utf-7", b"Gr+APYA3w-e +- a+-b", "Größe + a+b"),
            ("UTF-7", b"+ZeVnLIqe", "日本語"),
            ("utf-7", b"+2D3eAA-", "😀"),
            ("cp932", b"\x8e\xa9\x93\xae", "自動"),
            ("win-1251", b"\xd1\xf7\xe5\xf2", "Счет"),
            ("iso8859_7", b"\xc1\xe2", "Αβ"),
        ] {
            assert_eq!(decode(Some(label), bytes), wanted, "{label} {bytes:?}");
        }
    }

    #[test]
    fn bytes_without_a_name_are_read_as_what_they_are() {
        for (around, bytes, wanted) in [
            (None, &b"R\xe9ponse"[..], "Réponse"),
            (Some("utf-8"), b"R\xe9ponse", "Réponse"),
            (None, "Réponse".as_bytes(), "Réponse"),
            (Some("iso-8859-2"), b"P\xf8ijato", "Přijato"),
            (Some("koi8-r"), "Счёт".as_bytes(), "Счёт"),
            (Some("koi8-r"), b"\xf3\xde\xc5\xd4", "Счет"),
            (Some("us-ascii"), b"\x1b$B5Y2KCf\x1b(B", "休暇中"),
            (None, b"\xcd\xe5\xf2 \xed\xe0 \xec\xe5\xf1\xf2\xe5 \xe4\xee \xef\xee\xed\xe5\xe4\xe5\xeb\xfc\xed\xe8\xea\xe0", "Нет на месте до понедельника"),
            (Some("utf-8"), b"\xc0\xe2\xf2\xee\xee\xf2\xe2\xe5\xf2: \xf1\xf7\xe5\xf2", "Автоответ: счет"),
            (None, b"\xe1\xd7\xd4\xcf\xcf\xd4\xd7\xc5\xd4", "Автоответ"),
            (None, b"\xd4\xe9\xec\xef\xeb\xfc\xe3\xe9\xef", "Τιμολόγιο"),
            (None, b"\xc1\xf5\xf4\xfc\xec\xe1\xf4\xe7 \xe1\xf0\xdc\xed\xf4\xe7\xf3\xe7", "Αυτόματη απάντηση"),
            (None, b"\xd7\xd4\xb6\xaf\xbb\xd8\xb8\xb4: \xb7\xa2\xc6\xb1", "自动回复: 发票"),
            (None, b"\x8e\xa9\x93\xae\x95\xd4\x90M: \x90\xbf\x8b\x81\x8f\x91", "自動返信: 請求書"),
            (None, b"\xc0\xda\xb5\xbf \xc8\xb8\xbd\xc5: \xc3\xbb\xb1\xb8\xbc\xad", "자동 회신: 청구서"),
            (None, b"\xfa\xf9\xe5\xe1\xe4 \xe0\xe5\xe8\xe5\xee\xe8\xe9\xfa: \xe7\xf9\xe1\xe5\xf0\xe9\xfa", "תשובה אוטומטית: חשבונית"),
            (None, b"Gr\xc3\xb6\xc3\x9fe \xc3", "Größe \u{fffd}"),
            (None, b"", ""),
        ] {
            assert_eq!(decode_unlabelled(bytes, around), wanted, "{around:?} {bytes:?}");
        }
    }
}
