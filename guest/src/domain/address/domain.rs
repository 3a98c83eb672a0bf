//! The domain: letters, digits and hyphens, or internationalised (UTS 46, and of that what IDNA 2008 allows), or an address
//! literal.
//!
//! A domain of one label (`localhost`, a top-level domain) and one whose last label is a number are let pass: RFC 5321 has them, and which
//! names exist is up to the DNS.

use super::codepoint;
use super::fault::{AddressFault, Part};
use super::local::check_dots;
use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Octets of a domain.
const LIMIT: usize = 255;
/// Octets of a label.
const LABEL_LIMIT: usize = 63;

/// A domain in both its forms.
#[derive(Debug)]
pub(super) struct Domain {
    /// The domain as a reader sees it (U-labels).
    pub(super) shown: String,
    /// The domain as the wire needs it (A-labels, lower case).
    pub(super) ascii: String,
}

/// Reads all of `text`.
pub(super) fn read(text: &str) -> Result<Domain, AddressFault> {
    if text.is_empty() {
        return Err(AddressFault::NoDomain);
    }
    if let Some(rest) = text.strip_prefix('[') {
        let literal = literal(rest)?;
        return Ok(Domain { shown: literal.clone(), ascii: literal });
    }
    if let Some(wrong) = text.chars().find(|c| c.is_ascii() && !is_ldh(*c) && *c != '.' || c.is_whitespace())
    {
        return Err(match wrong {
            '@' => AddressFault::SecondAt,
            c if c.is_whitespace() => AddressFault::Space(Part::Domain),
            c => AddressFault::Character(Part::Domain, c),
        });
    }
    if text.is_ascii() {
        check_labels(text)?;
        // Without an A-label there is nothing to convert: nearly every domain.
        let ascii = text.to_ascii_lowercase();
        if !ascii.split('.').any(|label| label.starts_with("xn--")) {
            return Ok(Domain { shown: ascii.clone(), ascii });
        }
    }
    let ascii = Uts46::new()
        .to_ascii(text.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Ignore)
        .map_err(|_| AddressFault::Idn)?;
    check_labels(&ascii)?;
    let (shown, decoded) =
        Uts46::new().to_unicode(ascii.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast);
    if decoded.is_err() {
        return Err(AddressFault::Idn);
    }
    if let Some(wrong) = shown.split('.').find_map(codepoint::not_allowed) {
        return Err(AddressFault::Character(Part::Domain, wrong));
    }
    Ok(Domain { shown: shown.into_owned(), ascii: ascii.into_owned() })
}

fn is_ldh(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-'
}

fn check_labels(ascii: &str) -> Result<(), AddressFault> {
    check_dots(ascii, Part::Domain)?;
    if ascii.len() > LIMIT {
        return Err(AddressFault::LongDomain(ascii.len()));
    }
    for label in ascii.split('.') {
        if label.starts_with('-') {
            return Err(AddressFault::HyphenAtStart);
        } else if label.ends_with('-') {
            return Err(AddressFault::HyphenAtEnd);
        } else if label.len() > LABEL_LIMIT {
            return Err(AddressFault::LongLabel(label.len()));
        } else if label.is_empty() || !label.chars().all(is_ldh) {
            return Err(AddressFault::Idn);
        }
    }
    Ok(())
}

/// Parses what follows `[`, and returns it in one canonical form. The tag `IPv6` is the only one registered.
fn literal(rest: &str) -> Result<String, AddressFault> {
    let (content, after) = rest.split_once(']').ok_or(AddressFault::OpenBracket)?;
    if !after.is_empty() {
        return Err(AddressFault::AfterBracket);
    }
    match content.split_at_checked(5) {
        Some((tag, groups)) if tag.eq_ignore_ascii_case("IPv6:") => {
            ipv6(groups).map(|address| format!("[IPv6:{address}]"))
        }
        _ => ipv4(content).map(|address| format!("[{address}]")),
    }
    .ok_or(AddressFault::Literal)
}

fn ipv4(text: &str) -> Option<Ipv4Addr> {
    let mut octets = [0; 4];
    let mut parts = text.split('.');
    for octet in &mut octets {
        let part =
            parts.next().filter(|p| (1..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()))?;
        *octet = part.parse().ok()?;
    }
    parts.next().is_none().then(|| Ipv4Addr::from(octets))
}

/// Checks an IPv6 address: IPv6-full, IPv6-comp, IPv6v4-full and IPv6v4-comp of RFC 5321, 4.1.3, where `::` stands for two groups at least.
fn ipv6(text: &str) -> Option<Ipv6Addr> {
    let (before, after) = match text.split_once("::") {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    };
    let head = groups(before, after.is_none())?;
    let tail = after.map_or(Some(Vec::new()), |text| groups(text, true))?;
    let given = head.len() + tail.len();
    let fits = if after.is_some() { given <= 6 } else { given == 8 };
    if !fits {
        return None;
    }
    let mut all = [0_u16; 8];
    all[..head.len()].copy_from_slice(&head);
    all[8 - tail.len()..].copy_from_slice(&tail);
    Some(Ipv6Addr::from(all))
}

/// Counts groups of one to four hexadecimal digits; the last may be an IPv4 address, which counts for two.
fn groups(text: &str, last: bool) -> Option<Vec<u16>> {
    let mut out = Vec::new();
    if text.is_empty() {
        return Some(out);
    }
    let mut parts = text.split(':').peekable();
    while let Some(part) = parts.next() {
        if last && parts.peek().is_none() && part.contains('.') {
            let [a, b, c, d] = ipv4(part)?.octets();
            out.extend([u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])]);
        } else if (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_hexdigit()) {
            out.push(u16::from_str_radix(part, 16).ok()?);
        } else {
            return None;
        }
        if out.len() > 8 {
            return None;
        }
    }
    Some(out)
}
