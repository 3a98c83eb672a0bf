//! Cookies of the pages that browsers see. With TLS each has the prefix `__Host-`: no other host, not even one of the same
//! domain, can set it.

use axum::http::{HeaderMap, header};

/// To whom a cookie is sent.
#[derive(Debug, Clone, Copy)]
pub(super) enum SameSite {
    /// With requests of our own pages alone.
    Strict,
    /// Also where another page leads to ours.
    Lax,
}

/// A kind of cookie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cookie {
    /// Its name, without the prefix.
    pub(super) name: &'static str,
    /// To whom it is sent.
    pub(super) same_site: SameSite,
    /// How long it is kept, in seconds.
    pub(super) age: u32,
}

impl Cookie {
    /// Gives the name that browsers have for it. Without TLS they take no `__Host-`.
    fn name(self, secure: bool) -> String {
        format!("{}{}", if secure { "__Host-" } else { "" }, self.name)
    }

    /// Writes the `Set-Cookie` of a value.
    pub(super) fn set(self, value: &str, secure: bool) -> String {
        let same_site = match self.same_site {
            SameSite::Strict => "Strict",
            SameSite::Lax => "Lax",
        };
        format!(
            "{}={value}; Path=/; Max-Age={}; HttpOnly; SameSite={same_site}{}",
            self.name(secure),
            self.age,
            if secure { "; Secure" } else { "" }
        )
    }

    /// Reads the value that a browser sent; none where it sent none, or two: one of them may be of another host of the domain.
    pub(super) fn read(self, headers: &HeaderMap, secure: bool) -> Option<&str> {
        let name = self.name(secure);
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let cookies = lines.flat_map(|line| line.split(';')).filter_map(|it| it.trim().split_once('='));
        let mut values = cookies.filter(|(found, _)| *found == name).map(|(_, value)| value);
        let first = values.next()?;
        values.next().is_none().then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COOKIE: Cookie = Cookie { name: "seat", same_site: SameSite::Strict, age: 60 };

    #[test]
    fn with_tls_a_cookie_is_one_that_no_other_host_can_set() {
        for (secure, text) in [
            (true, "__Host-seat=7; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure"),
            (false, "seat=7; Path=/; Max-Age=60; HttpOnly; SameSite=Strict"),
        ] {
            assert_eq!(COOKIE.set("7", secure), text);
        }
    }

    #[test]
    fn a_cookie_is_read_by_its_whole_name_and_only_if_it_came_once() {
        for (lines, secure, value) in [
            (&["seat=7"][..], false, Some("7")),
            (&["a=b; seat=7; c=d"], false, Some("7")),
            (&["a=b", "seat=7"], false, Some("7")),
            (&["__Host-seat=7"], true, Some("7")),
            (&["seat=7"], true, None),
            (&["__Host-seat=7"], false, None),
            (&["seat=7; seat=8"], false, None),
            (&["seat=7", "seat=8"], false, None),
            (&["xseat=7; seats=8; seat"], false, None),
            (&[], false, None),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::COOKIE, line.parse().unwrap());
            }
            assert_eq!(COOKIE.read(&headers, secure), value, "{lines:?} {secure}");
        }
    }
}
