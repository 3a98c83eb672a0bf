//! Links made of a text's own addresses of the web and of mail, while HTML is generated: nothing is rewritten afterwards.

use super::escape::{push_escaped, push_within};

/// Bytes of an address that becomes a link.
const LONGEST: usize = 2_000;
/// What addresses of the web begin with.
const BEGINNINGS: &[&str] = &["https://", "http://", "www."];

/// What every link to elsewhere carries.
pub(crate) const OUTSIDE: [(&str, &str); 2] = [("target", "_blank"), ("rel", "noopener noreferrer nofollow")];

/// Appends a text by `push` until `out` has about `most` bytes, its addresses as links. Returns false where some of the text is left out.
///
/// A link is many times as long as its address: in the second half of the room there are none, so that the text has room.
pub fn push_linked(out: &mut String, text: &str, most: usize, push: impl Fn(&mut String, &str)) -> bool {
    let mut rest = text;
    while out.len() <= most / 2
        && let Some((start, end, scheme)) = next(rest)
    {
        let (before, from) = rest.split_at_checked(start).unwrap_or((rest, ""));
        let (address, after) = from.split_at_checked(end - start).unwrap_or((from, ""));
        if !push_within(out, before, most, &push) {
            return false;
        }
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
    push_within(out, rest, most, push)
}

/// Finds the next address: where it begins and ends, and the scheme that it lacks.
fn next(text: &str) -> Option<(usize, usize, &'static str)> {
    let bytes = text.as_bytes();
    let mut from = 0;
    loop {
        let at = from + memchr::memchr3(b':', b'.', b'@', bytes.get(from..)?)?;
        from = at + 1;
        let found = match bytes.get(at)? {
            b'@' => address(text, at).map(Found::Address),
            _ => web(text, at),
        };
        match found {
            Some(Found::Address(address)) => return Some(address),
            Some(Found::TooLong { end }) => from = end,
            None => {}
        }
    }
}

/// What stands around a sign of an address.
enum Found {
    Address((usize, usize, &'static str)),
    /// It is longer than any that becomes a link.
    TooLong {
        end: usize,
    },
}

/// Finds an address of the web whose beginning ends in or around the sign at `at`.
fn web(text: &str, at: usize) -> Option<Found> {
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
    // Before the end is searched: many beginnings without a host may stand in one run.
    if !body.get(beginning.len()..)?.starts_with(|c: char| c.is_alphanumeric() || c == '[') {
        return None;
    }
    let is_end =
        |c: char| c.is_whitespace() || c.is_control() || "<>\"“”„«»`{}|\\^。，、（）「」".contains(c);
    let end = body.find(is_end).unwrap_or(body.len());
    // Passed over as a whole: a search from each beginning in it would take its square.
    if end > LONGEST {
        return Some(Found::TooLong { end: start + end });
    }
    let address = without_punctuation(body.get(..end)?);
    let scheme = if beginning == "www." { "https://" } else { "" };
    (address.len() > beginning.len()).then_some(Found::Address((start, start + address.len(), scheme)))
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
            assert!(push_linked(&mut out, text, usize::MAX, push_escaped));
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

    #[test]
    fn what_is_longer_than_an_address_is_passed_over_as_a_whole() {
        let run = "https://a".repeat(LONGEST);
        let text = format!("{run} www.a.be");
        let long = web(&text, 5);
        assert!(matches!(long, Some(Found::TooLong { end }) if end == run.len()));
        let mut out = String::new();
        push_linked(&mut out, &text, usize::MAX, push_escaped);
        assert_eq!(out.matches("<a ").count(), 1, "nothing in the run is a link");
        assert!(out.starts_with(&run));
    }

    #[test]
    fn text_has_room_behind_the_links() {
        let text = "www.a.be ".repeat(1_000);
        let mut out = String::new();
        assert!(push_linked(&mut out, &text, 40_000, push_escaped));
        assert!(out.ends_with("www.a.be www.a.be ") && out.len() < 40_000, "{} bytes", out.len());
        let mut out = String::new();
        assert!(!push_linked(&mut out, &text, 4_000, push_escaped));
        assert!((4_000..6_000).contains(&out.len()), "{} bytes", out.len());
    }
}
