//! Links made of a text's own addresses of the web and of mail, while HTML is generated: nothing is rewritten afterwards.

use super::escape::push_escaped;

/// Bytes of an address that becomes a link.
const LONGEST: usize = 2_000;
/// What addresses of the web begin with.
const BEGINNINGS: &[&str] = &["https://", "http://", "www."];

/// What every link to elsewhere carries.
pub(crate) const OUTSIDE: [(&str, &str); 2] = [("target", "_blank"), ("rel", "noopener noreferrer nofollow")];

/// Appends a text by `push`, its addresses as links.
pub fn push_linked(out: &mut String, text: &str, push: impl Fn(&mut String, &str)) {
    let mut rest = text;
    while let Some((start, end, scheme)) = next(rest) {
        let (before, from) = rest.split_at_checked(start).unwrap_or((rest, ""));
        let (address, after) = from.split_at_checked(end - start).unwrap_or((from, ""));
        push(out, before);
        out.push_str("<a href=\"");
        push_escaped(out, scheme);
        push_escaped(out, address);
        out.push('"');
        for (name, value) in OUTSIDE {
            out.extend([" ", name, "=\"", value, "\""]);
        }
        out.push('>');
        push(out, address);
        out.push_str("</a>");
        rest = after;
    }
    push(out, rest);
}

/// Finds the next address: where it begins and ends, and the scheme that it lacks.
fn next(text: &str) -> Option<(usize, usize, &'static str)> {
    let bytes = text.as_bytes();
    let mut from = 0;
    loop {
        let at = from + memchr::memchr3(b':', b'.', b'@', bytes.get(from..)?)?;
        from = at + 1;
        let found = match bytes.get(at)? {
            b'@' => address(text, at),
            _ => web(text, at),
        };
        if found.is_some() {
            return found;
        }
    }
}

/// Finds an address of the web whose beginning ends in or around the sign at `at`.
fn web(text: &str, at: usize) -> Option<(usize, usize, &'static str)> {
    let bytes = text.as_bytes();
    let (start, beginning) = BEGINNINGS.iter().find_map(|beginning| {
        let sign = beginning.find([':', '.'])?;
        let start = at.checked_sub(sign)?;
        let candidate = bytes.get(start..start + beginning.len())?;
        candidate.eq_ignore_ascii_case(beginning.as_bytes()).then_some((start, *beginning))
    })?;
    if text.get(..start)?.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '@') {
        return None;
    }
    let body = text.get(start..)?;
    let is_end =
        |c: char| c.is_whitespace() || c.is_control() || "<>\"“”„«»`{}|\\^。，、（）「」".contains(c);
    // What goes on beyond the longest is no address, and is not searched to its end for each beginning in it.
    let near = body.get(..body.floor_char_boundary(LONGEST + 1))?;
    let end = near.find(is_end).unwrap_or(near.len());
    let address = without_punctuation(near.get(..end).filter(|address| address.len() <= LONGEST)?);
    let is_any = address.len() > beginning.len();
    let is_host = address.get(beginning.len()..)?.starts_with(|c: char| c.is_alphanumeric() || c == '[');
    let scheme = if beginning == "www." { "https://" } else { "" };
    (is_any && is_host).then_some((start, start + address.len(), scheme))
}

/// Removes what ends a sentence and not an address, and a bracket that was opened before it.
fn without_punctuation(address: &str) -> &str {
    let surplus = |open: char, close: char| {
        address.matches(close).count().saturating_sub(address.matches(open).count())
    };
    let (mut round, mut square) = (surplus('(', ')'), surplus('[', ']'));
    address.trim_end_matches(|last: char| {
        let surplus = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' => return true,
            ')' => &mut round,
            ']' => &mut square,
            _ => return false,
        };
        let is_outside = *surplus > 0;
        *surplus = surplus.saturating_sub(1);
        is_outside
    })
}

/// Finds an address of mail around the sign at `at`.
fn address(text: &str, at: usize) -> Option<(usize, usize, &'static str)> {
    let is_local = |c: char| c.is_ascii_alphanumeric() || "._%+-".contains(c);
    let is_domain = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c);
    let (before, after) = (text.get(..at)?, text.get(at + 1..)?);
    let local = before.chars().rev().take(65).take_while(|c| is_local(*c)).count();
    let domain = after.chars().take(254).take_while(|c| is_domain(*c)).count();
    let domain = after.get(..domain)?.trim_end_matches(['.', '-']);
    let start = at - local;
    let is_word = (1..=64).contains(&local)
        && !before.get(start..)?.starts_with('.')
        && !text.get(..start)?.ends_with(char::is_alphanumeric)
        && domain.contains('.')
        && domain.starts_with(|c: char| c.is_ascii_alphanumeric());
    is_word.then_some((start, at + 1 + domain.len(), "mailto:"))
}

#[cfg(test)]
mod tests {
    use super::super::escape::push_escaped;
    use super::*;

    #[test]
    fn addresses_become_links_and_nothing_else_does() {
        let found = |text: &str| {
            let mut out = String::new();
            push_linked(&mut out, text, push_escaped);
            out.replace(" target=\"_blank\" rel=\"noopener noreferrer nofollow\"", "")
        };
        for (text, wanted) in [
            (
                "see https://a.be/b?c=d&e (now).",
                "see <a href=\"https://a.be/b?c=d&amp;e\">https://a.be/b?c=d&amp;e</a> (now).",
            ),
            ("(http://a.be/b_(c))", "(<a href=\"http://a.be/b_(c)\">http://a.be/b_(c)</a>)"),
            ("www.a.be, x", "<a href=\"https://www.a.be\">www.a.be</a>, x"),
            ("to a.b+c@d.be.", "to <a href=\"mailto:a.b+c@d.be\">a.b+c@d.be</a>."),
            ("https://a.be\"onclick=\"x", "<a href=\"https://a.be\">https://a.be</a>&quot;onclick=&quot;x"),
            ("javascript:alert(1) data:text/html,x", "javascript:alert(1) data:text/html,x"),
            ("https:// http://. www. @ a@b @b.be x@.be", "https:// http://. www. @ a@b @b.be x@.be"),
            ("a: b. c", "a: b. c"),
        ] {
            assert_eq!(found(text), wanted, "{text}");
        }
    }
}
