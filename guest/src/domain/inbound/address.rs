//! Addresses as reports write them: with a type before them, in angle brackets, in the middle of a sentence.

use super::limits;

/// The address of a field such as `rfc822; <a@b.example>`; none where there is none, or one of another mail system.
pub(super) fn of_field(value: &str) -> Option<String> {
    let (kind, rest) = value.split_once(';').unwrap_or(("", value));
    let rest = rest.trim();
    // Encoded only where a server forgot to decode what was in the envelope: `+2B` for `+`, `+3D` for `=`.
    let is_encoded =
        kind.trim().eq_ignore_ascii_case("rfc822") && (rest.contains("+2B") || rest.contains("+3D"));
    let decoded = if is_encoded { xtext(rest) } else { rest.to_owned() };
    find(&decoded).or_else(|| find(value))
}

/// The first address in a text.
pub(super) fn find(text: &str) -> Option<String> {
    all(text).next().map(|(_, address)| address)
}

/// Every address in a text, with the byte at which it begins.
pub(super) fn all(text: &str) -> impl Iterator<Item = (usize, String)> {
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

/// The text without its addresses and their angle brackets; none where there are none.
pub(super) fn without(text: &str) -> Option<String> {
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
    let is_local = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
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
    let is_domain = |c: char| c.is_alphanumeric() || c == '-' || c == '.';
    let end =
        after.char_indices().take(255).find(|(_, c)| !is_domain(*c)).map_or(after.len(), |(end, _)| end);
    let domain = after.get(..end).unwrap_or_default();
    domain.trim_end_matches(['.', '-'])
}

/// `+2B` is `+` (RFC 3461 §4).
fn xtext(text: &str) -> String {
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
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

/// Two spellings of one address have this in common.
pub(super) fn key(address: &str) -> String {
    address.trim().trim_matches(['<', '>']).to_lowercase()
}

/// The part before the `@`, in lower case.
pub(super) fn local(address: &str) -> String {
    address.rsplit_once('@').map_or(address, |(local, _)| local).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

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
