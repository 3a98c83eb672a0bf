//! Whether a request that changes something was made by a page of ours.

use axum::http::{HeaderMap, header};
use postroom::config::PublicUrl;

/// Tells whether a page of ours made the request: `Sec-Fetch-Site` is `same-origin`, and `Origin` that of the public address. One of the
/// two must be there; each that is there must say so. Every browser sends `Origin` with a form.
pub(super) fn is_same_origin(headers: &HeaderMap, public: &PublicUrl) -> bool {
    let own = public.origin();
    let only = |name: &str, wanted: &str| {
        let values: Vec<_> = headers.get_all(name).iter().collect();
        match values.as_slice() {
            [] => None,
            [value] => Some(value.as_bytes() == wanted.as_bytes()),
            _ => Some(false),
        }
    };
    match (only("sec-fetch-site", "same-origin"), only(header::ORIGIN.as_str(), &own)) {
        (None, None) => false,
        (fetched, origin) => fetched.unwrap_or(true) && origin.unwrap_or(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_of_another_page_is_not_ours_whatever_else_it_says() {
        for (public, site, origin, ours) in [
            ("https://post.example", &["same-origin"][..], &["https://post.example"][..], true),
            ("https://post.example", &["same-origin"], &[], true),
            ("https://post.example", &[], &["https://post.example"], true),
            ("https://post.example:8443/", &[], &["https://post.example:8443"], true),
            ("http://localhost:8025", &[], &["http://localhost:8025"], true),
            ("https://post.example", &[], &[], false),
            ("https://post.example", &["cross-site"], &["https://attacker.example"], false),
            ("https://post.example", &["cross-site"], &["https://post.example"], false),
            ("https://post.example", &["same-site"], &["https://post.example"], false),
            ("https://post.example", &["none"], &[], false),
            ("https://post.example", &["same-origin"], &["https://attacker.example"], false),
            ("https://post.example", &["same-origin"], &["null"], false),
            ("https://post.example", &[], &["null"], false),
            ("https://post.example", &[], &["http://post.example"], false),
            ("https://post.example", &[], &["https://post.example:8443"], false),
            ("https://post.example", &[], &["https://sub.post.example"], false),
            ("https://post.example", &[], &["https://post.example", "https://attacker.example"], false),
            ("https://post.example", &["same-origin", "cross-site"], &[], false),
            ("https://post.example", &["same-origin, cross-site"], &[], false),
        ] {
            let mut headers = HeaderMap::new();
            for (name, values) in [("sec-fetch-site", site), ("origin", origin)] {
                for value in values {
                    headers.append(name, value.parse().unwrap());
                }
            }
            let public: PublicUrl = public.parse().expect(public);
            assert_eq!(is_same_origin(&headers, &public), ours, "{public} {site:?} {origin:?}");
        }
    }
}
