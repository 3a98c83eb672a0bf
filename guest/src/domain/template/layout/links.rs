//! Links that a mail may carry: pages, and the company's own telephone, address and web site.

use super::super::body::unbroken;
use crate::domain::template::request::RenderRequest;

/// Longest link of a portal, in bytes.
pub const LONGEST_LINK: usize = 2_000;

/// Returns true for a link that a mail may carry: of the web, one word, not endless.
pub fn is_web(url: &str) -> bool {
    (url.starts_with("https://") || url.starts_with("http://"))
        && url.len() <= LONGEST_LINK
        && !url.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Lists the company's ways to be reached as they may occur in a text, each with its link. A page's address is linked by its scheme.
pub(super) fn known(request: &RenderRequest<'_>) -> Vec<(String, String)> {
    let company = &request.settings.company;
    let mut known = Vec::new();
    if let Some(telephone) = company.telephone.as_deref()
        && let Some(link) = tel(telephone)
    {
        known.push((unbroken(telephone), link.clone()));
        known.push((telephone.to_owned(), link));
    }
    if let Some(email) = company.email.as_deref()
        && let Some(link) = mailto(email)
    {
        known.push((email.to_owned(), link));
    }
    known.dedup_by(|a, b| a.0 == b.0);
    known
}

/// Makes the link `tel:+3295550120` of "+32 (0)9 555 01 20"; none for what a telephone would not dial.
pub(super) fn tel(number: &str) -> Option<String> {
    // Abroad the zero in brackets is not dialled, and a country code is for callers abroad.
    let number = number.trim();
    let number =
        if number.starts_with(['+', '0']) { number.replacen("(0)", "", 1) } else { number.to_owned() };
    let mut link = String::from("tel:");
    for (at, c) in number.char_indices() {
        match c {
            '0'..='9' => link.push(c),
            '+' if at == 0 => link.push(c),
            ' ' | '\u{a0}' | '\u{202f}' | '.' | '-' | '/' | '(' | ')' => {}
            _ => return None,
        }
    }
    (link.len() >= "tel:".len() + 3).then_some(link)
}

/// Makes the `mailto:` of an address that needs no quoting.
pub(super) fn mailto(address: &str) -> Option<String> {
    let (local, domain) = address.trim().split_once('@')?;
    let plain = |text: &str, more: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    (plain(local, ".-_+") && plain(domain, ".-")).then(|| format!("mailto:{local}@{domain}"))
}

/// Makes the link to a web site, with or without its scheme.
pub(super) fn page(site: &str) -> Option<String> {
    let site = site.trim();
    if is_web(site) {
        return Some(site.to_owned());
    }
    let plain = site.chars().all(|c| c.is_ascii_alphanumeric() || ".-/_~".contains(c));
    let has_dot = site.split('/').next().is_some_and(|host| host.contains('.') && !host.starts_with('.'));
    (plain && has_dot && site.len() <= LONGEST_LINK).then(|| format!("https://{site}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_to_be_reached_is_a_link_where_a_program_can_follow_it() {
        for (number, expected) in [
            ("+32 9 555 01 20", Some("tel:+3295550120")),
            ("+32 (0)9 555.01.20", Some("tel:+3295550120")),
            ("09/555 01 20", Some("tel:095550120")),
            ("+49\u{a0}30-1234", Some("tel:+49301234")),
            ("09 555 ext. 3", None),
            ("1+2", None),
            ("12", None),
            ("", None),
            ("\"><script>", None),
        ] {
            assert_eq!(tel(number).as_deref(), expected, "{number:?}");
        }
        for (address, expected) in [
            ("hello@nord.example", Some("mailto:hello@nord.example")),
            ("a+b.c_d-e@nord.example", Some("mailto:a+b.c_d-e@nord.example")),
            ("hello", None),
            ("a b@nord.example", None),
            ("a@b@c", None),
            ("a?bcc=x@nord.example", None),
        ] {
            assert_eq!(mailto(address).as_deref(), expected, "{address:?}");
        }
        for (site, expected) in [
            ("https://nord.example", Some("https://nord.example")),
            ("www.nord.example/shop", Some("https://www.nord.example/shop")),
            ("nord", None),
            ("javascript:alert(1)", None),
            ("nord.example\" onclick=\"x", None),
            (".example", None),
        ] {
            assert_eq!(page(site).as_deref(), expected, "{site:?}");
        }
    }
}
