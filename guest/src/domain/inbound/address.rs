//! Addresses as reports write them: with a type before them, in angle brackets, in the middle of a sentence.

use super::limits;
use std::borrow::Cow;

/// Finds the address in a field such as `rfc822; <a@b.example>`; none where there is none, or one of another mail system.
pub(super) fn of_field(value: &str) -> Option<String> {
    let (kind, rest) = value.split_once(';').unwrap_or(("", value));
    let (kind, rest) = (kind.trim().to_ascii_lowercase(), rest.trim());
    // RFC 6533; old servers call every address `rfc822`.
    if matches!(kind.as_str(), "rfc822" | "utf-8" | "utf8" | "") {
        let plain = if is_xtext(rest) { xtext(rest) } else { Cow::Borrowed(rest) };
        let plain = embedded(&plain);
        // An address in part is another's.
        if plain.contains("\\x{") {
            return None;
        }
        if let Some(found) = whole(&plain).or_else(|| find(&plain)) {
            return Some(found);
        }
    }
    find(value)
}

/// Reads a field that is an address and nothing else. What stands in its local part is not looked at where it is beyond ASCII: a sentence
/// needs rules for where an address ends, a field does not.
fn whole(text: &str) -> Option<String> {
    let text = text.strip_prefix('<').and_then(|text| text.strip_suffix('>')).unwrap_or(text);
    let (local, domain) = text.split_once('@')?;
    let is_plain = |c: char| is_word(c) || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let fits = !local.is_empty() && !local.is_ascii() && local.chars().all(is_plain);
    let domain = domain_after(domain);
    (fits
        && !domain.is_empty()
        && text.len() == local.len() + 1 + domain.len()
        && text.len() <= limits::ADDRESS)
        .then(|| text.to_owned())
}

/// True for a text that is encoded as in an envelope (RFC 3461 §4), which a server forgot to undo: `+2B` for `+`, `+3D` for `=`, `+5C` for
/// a backslash, or the bytes of a character in UTF-8. `a+2024@b.example` is not.
fn is_xtext(text: &str) -> bool {
    let upper = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(b));
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'+', bytes).any(|at| match bytes.get(at + 1..) {
        Some([b'2', b'B', ..] | [b'3', b'D', ..] | [b'5', b'C', ..]) => true,
        Some([b'C'..=b'F', low, b'+', b'8' | b'9' | b'A' | b'B', last, ..]) => {
            upper(Some(low)) && upper(Some(last))
        }
        _ => false,
    })
}

/// Decodes embedded characters: `\x{e4}` is `ä` (RFC 6533 §3), how an address beyond ASCII stands in a report that is ASCII.
fn embedded(text: &str) -> Cow<'_, str> {
    if !text.contains("\\x{") && !text.contains("\\X{") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let hex = after
            .strip_prefix(['x', 'X'])
            .and_then(|it| it.strip_prefix('{'))
            .and_then(|it| it.split_once('}'));
        let decoded = hex.and_then(|(hex, tail)| {
            let is_number = (1..=6).contains(&hex.len()) && hex.bytes().all(|b| b.is_ascii_hexdigit());
            let c = char::from_u32(u32::from_str_radix(hex, 16).ok()?)?;
            (is_number && !c.is_control()).then_some((c, tail))
        });
        match decoded {
            Some((c, tail)) => {
                out.push(c);
                rest = tail;
            }
            None => {
                out.push('\\');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// True for what may be in a word of some language: letters, digits, and the signs that belong to them; no punctuation.
fn is_word(c: char) -> bool {
    c.is_alphanumeric()
        || (!c.is_ascii()
            && !c.is_whitespace()
            && !c.is_control()
            && !matches!(
                c,
                '\u{80}'..='\u{BF}'
                    | '×'
                    | '÷'
                    | '\u{60C}'
                    | '\u{61B}'
                    | '\u{61F}'
                    | '\u{6D4}'
                    | '\u{964}'
                    | '\u{965}'
                    | '\u{2000}'..='\u{200B}'
                    | '\u{200E}'..='\u{2BFF}'
                    | '\u{2E00}'..='\u{2E7F}'
                    | '\u{3000}'..='\u{3003}'
                    | '\u{3008}'..='\u{3020}'
                    | '\u{FE10}'..='\u{FE6F}'
                    | '\u{FF01}'..='\u{FF20}'
                    | '\u{FF3B}'..='\u{FF40}'
                    | '\u{FF5B}'..='\u{FF65}'
                    | '\u{FFE0}'..='\u{FFFF}'
            ))
}

/// Finds the first address in a text.
pub(crate) fn find(text: &str) -> Option<String> {
    all(text).next().map(|(_, address)| address)
}

/// Finds every address in a text, with the byte at which it begins.
pub(crate) fn all(text: &str) -> impl Iterator<Item = (usize, String)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        while let Some(at) = memchr::memchr(b'@', text.as_bytes().get(from..)?).map(|at| at + from) {
            let before = text.get(..at)?;
            let after = text.get(at + 1..)?;
            from = at + 1;
            let local = local_before(before);
            let domain = domain_after(after);
            if local.is_empty() || domain.is_empty() || local.len() + domain.len() > limits::ADDRESS {
                continue;
            }
            return Some((at - local.len(), format!("{local}@{domain}")));
        }
        None
    })
}

/// Removes the addresses and their angle brackets from a text; none where there are none.
pub(crate) fn without(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (at, address) in all(text) {
        let before = text.get(from..at)?;
        out.push_str(before.strip_suffix('<').unwrap_or(before));
        from = at + address.len();
        let after = text.get(from..)?;
        from += usize::from(after.starts_with('>'));
    }
    out.push_str(text.get(from..)?);
    (from > 0).then_some(out)
}

fn local_before(before: &str) -> &str {
    if before.ends_with('"') {
        let inside = before.get(..before.len() - 1).unwrap_or_default();
        let near = inside.len().saturating_sub(64);
        if let Some(open) = inside.rfind('"').filter(|open| *open >= near) {
            return before.get(open..).unwrap_or_default();
        }
    }
    let is_local = |c: char| is_word(c) || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let start = before.char_indices().rev().take(65).take_while(|(_, c)| is_local(*c)).last();
    let local = start.map_or("", |(start, _)| before.get(start..).unwrap_or_default());
    let local = local.trim_start_matches(['.', '\'', '=', '/', '`']);
    local.strip_prefix("mailto:").unwrap_or(local)
}

fn domain_after(after: &str) -> &str {
    if after.starts_with('[') {
        let end = after.bytes().take(60).position(|b| b == b']');
        return end.and_then(|end| after.get(..=end)).unwrap_or_default();
    }
    let is_domain = |c: char| is_word(c) || c == '-' || c == '.';
    let end =
        after.char_indices().take(255).find(|(_, c)| !is_domain(*c)).map_or(after.len(), |(end, _)| end);
    let domain = after.get(..end).unwrap_or_default();
    domain.trim_end_matches(['.', '-'])
}

/// Decodes xtext: `+2B` is `+` (RFC 3461 §4).
fn xtext(text: &str) -> Cow<'_, str> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let decoded = match after {
            [high, low, ..] if *first == b'+' && !high.is_ascii_lowercase() && !low.is_ascii_lowercase() => {
                std::str::from_utf8(&[*high, *low]).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok())
            }
            _ => None,
        };
        match decoded {
            Some(byte) => {
                out.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                out.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(out).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Returns the part before the `@`, in lower case.
pub(crate) fn local(address: &str) -> String {
    address.rsplit_once('@').map_or(address, |(local, _)| local).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::address::match_key;

    #[test]
    fn two_spellings_of_a_domain_are_one_address() {
        assert_eq!(match_key("Jörg@BÜCHER.example"), match_key("jörg@xn--bcher-kva.example"));
        assert_ne!(match_key("jörg@bücher.example"), match_key("jorg@bücher.example"));
    }

    #[test]
    fn an_address_is_found_however_a_report_writes_it() {
        for (text, wanted) in [
            ("rfc822; a@b.example", Some("a@b.example")),
            ("rfc822;<a@b.example>", Some("a@b.example")),
            ("rfc822; a+2Bnews@b.example", Some("a+news@b.example")),
            ("rfc822; a+news@b.example", Some("a+news@b.example")),
            ("rfc822; a+2024@b.example", Some("a+2024@b.example")),
            ("RFC822; \"a b\"@b.example (expanded)", Some("\"a b\"@b.example")),
            ("utf-8; jörg@bücher.example", Some("jörg@bücher.example")),
            (r"utf-8; j\x{f6}rg@b\x{FC}cher.example", Some("jörg@bücher.example")),
            (r"utf-8;<\x{7528}\x{6237}@example.cn>", Some("用户@example.cn")),
            (r"rfc822; \x{e9}lise@b.example", Some("élise@b.example")),
            ("utf-8; j+C3+B6rg@b.example", Some("jörg@b.example")),
            ("utf-8; j+5Cx{f6}rg@b.example", Some("jörg@b.example")),
            (r"utf-8; a\x{2B}b@b.example", Some("a+b@b.example")),
            (r"utf-8; a\x{110000}b@b.example", None),
            (r"utf-8; a\x{0a}b@b.example", None),
            (r"utf-8; a\x{@b.example", None),
            ("utf-8; संपर्क@डाटामेल.भारत", Some("संपर्क@डाटामेल.भारत")),
            ("the address “jörg@bücher.example”.", Some("jörg@bücher.example")),
            ("«a@b.example»", Some("a@b.example")),
            ("rfc822; a+C0DE@b.example", Some("a+C0DE@b.example")),
            ("a@[192.0.2.1]", Some("a@[192.0.2.1]")),
            ("the address 'a@b.example'.", Some("a@b.example")),
            ("x400; /G=A/S=B/", None),
            ("@", None),
            ("@@@", None),
            ("", None),
        ] {
            assert_eq!(of_field(text).as_deref(), wanted, "{text:?}");
        }
    }
}
